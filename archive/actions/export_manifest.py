"""What goes with an export so that it can be checked: manifest.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings

from archive import queries
from archive.engine.export_boxes import ExportOrigin
from archive.engine.host_clock import read_host_clock
from archive.engine.proof_parts import Part
from archive.engine.remux import ExportPlan, WrittenExport
from archive.engine.samples import Stretch
from archive.engine.spans import Span, clip_spans, subtract_spans
from archive.engine.timeline import from_us, to_us
from archive.models import Export, Gap, Recording
from archive.signals import notes_of

MANIFEST_VERSION = 2


def moment_text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def passport_of(export: Export) -> dict[str, Any]:
    """What is the same in the manifest of a video and of a picture."""
    camera = export.camera
    return {
        "manifest_version": MANIFEST_VERSION,
        "software": f"Atomgrad {settings.VERSION}",
        "export": {"id": str(export.public_id), "kind": export.kind},
        "camera": {
            "number": camera.number,
            "name": camera.name,
            "location": camera.location.name,
            "address": camera.location.address,
            "stream": export.stream.role if export.stream else "",
            **notes_of(camera),
        },
        "range": {
            "started_at": moment_text(export.started_at),
            "ended_at": moment_text(export.ended_at),
            "time_zone": settings.TIME_ZONE,
        },
        "clock": clock_note(),
        "requested": {
            "by": export.requested_by.get_username(),
            "name": export.requested_by.get_full_name(),
            "at": moment_text(export.requested_at),
            "reason": export.reason,
        },
    }


def origin_of(export: Export, at: datetime) -> ExportOrigin:
    """What the file says of itself, without its manifest."""
    camera, person = export.camera, export.requested_by
    return ExportOrigin(
        unit=f"Atomgrad {settings.VERSION}",
        operator=person.get_full_name() or person.get_username(),
        source=f"{camera.label} {camera.location.name}, {camera.name}",
        exported_at=at,
    )


def clock_note() -> dict[str, Any]:
    """How far the machine's clock is off now; each signed head holds the same for its hour."""
    return {**asdict(read_host_clock()), "source": "adjtimex"}


def video_manifest(
    export: Export,
    *,
    file_name: str,
    plan: ExportPlan,
    written: WrittenExport,
    recordings: Iterable[dict[str, Any]],
    created_at: datetime,
) -> dict[str, Any]:
    track = plan.table.video
    return {
        **passport_of(export),
        "created_at": moment_text(created_at),
        "file": file_entry(
            name=file_name, size=written.size, sha256=written.sha256, parts=written.parts
        ),
        "video": {
            "codec": track.codec,
            "width": track.width,
            "height": track.height,
            "frame_count": plan.layout.frame_count,
            "has_sound": plan.layout.audio is not None,
        },
        "stretches": [_stretch(stretch) for stretch in plan.layout.stretches],
        "gaps": gaps_in(export, plan.layout.stretches),
        "recordings": [
            {**item, "is_unchanged": item["path"] not in written.damaged} for item in recordings
        ],
    }


def file_entry(*, name: str, size: int, sha256: str, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "name": name,
        "size_bytes": size,
        "sha256": sha256,
        "parts": [part.as_json() for part in parts],
    }


def _stretch(stretch: Stretch) -> dict[str, Any]:
    return {
        "file_start_seconds": stretch.file_start_us / 1_000_000,
        "started_at": moment_text(from_us(stretch.started_us)),
        "ended_at": moment_text(from_us(stretch.ended_us)),
    }


def recording_entry(recording: Recording) -> dict[str, Any]:
    return {
        "path": recording.path,
        "started_at": moment_text(recording.started_at),
        "ended_at": moment_text(recording.ended_at),
        "size_bytes": recording.size_bytes,
        "sha256": recording.sha256,
        "is_recovered": recording.is_recovered,
    }


def gaps_in(export: Export, stretches: Iterable[Stretch]) -> list[dict[str, Any]]:
    """Return what of the range is missing, with the causes that the gap ledger names."""
    bounds = (to_us(export.started_at), to_us(export.ended_at))
    footage = [(stretch.started_us, stretch.ended_us) for stretch in stretches]
    missing = [
        hole
        for hole in subtract_spans(bounds, footage)
        if hole[1] - hole[0] > queries.SPAN_TOLERANCE_US
    ]
    if not missing or export.stream is None:
        return []
    ledger = list(queries.gaps_between(export.stream, export.started_at, export.ended_at))
    return [_gap(hole, ledger) for hole in missing]


def _gap(hole: Span, ledger: list[Gap]) -> dict[str, Any]:
    causes = [gap.cause for gap in ledger if any(True for _ in clip_spans([_span(gap)], hole))]
    return {
        "started_at": moment_text(from_us(hole[0])),
        "ended_at": moment_text(from_us(hole[1])),
        "seconds": (hole[1] - hole[0]) / 1_000_000,
        "causes": list(dict.fromkeys(causes)),
    }


def _span(gap: Gap) -> Span:
    return to_us(gap.started_at), to_us(gap.ended_at) if gap.ended_at else 2**62
