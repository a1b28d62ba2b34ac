"""One of everything, for the tests that ask every route."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils.timezone import now

from analytics.models import Backfill, Detection, RedactedCopy, Region, Trial, Watch, WatchRule
from archive.engine.timeline import to_us
from archive.models import Export, Gap, Hold, Recording, Volume
from cameras.models import AuditEntry, Camera
from incidents.models import Alarm, AlarmPicture, Damage, Drill, Handover, Incident
from tests.analytics.factories import (
    make_detection,
    make_rule,
    make_search,
    make_trial,
    make_zone,
)
from tests.analytics.views.face_rows import FaceRows, make_face_rows
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.incidents.cards import make_card, make_dictionaries
from tests.incidents.factories import make_alarm, make_frame
from tests.incidents.outside_rows import OutsideRows, make_outside_rows
from tests.incidents.package_rows import PackageRows, make_package_rows
from tests.incidents.shift_rows import make_drill, make_handover, make_two_on_duty
from tests.incidents.sources import SourceRows, make_source_rows


@dataclass(frozen=True)
class World:
    """One of everything, so that a route that is open has something to show."""

    camera: Camera
    recording: Recording
    growing: Recording
    gap: Gap
    hold: Hold
    export: Export
    waiting: Export
    entry: AuditEntry
    region: Region
    rule: WatchRule
    detection: Detection
    trial: Trial
    search: Backfill
    alarm: Alarm
    frame: AlarmPicture
    redacted: RedactedCopy
    faces: FaceRows
    outside: OutsideRows
    sources: SourceRows
    packages: PackageRows
    card: Incident
    damage: Damage
    dictionaries: list[Model]
    handover: Handover
    drill: Drill

    def texts(self) -> dict[str, str]:
        start, end = self.recording.started_at, self.recording.ended_at
        return {
            "camera": str(self.camera.pk),
            "place": str(self.camera.location_id),
            "start": str(to_us(start)),
            "end": str(to_us(end)),
            "at": str(to_us(start) + 100_000),
            "start_text": start.isoformat(),
            "end_text": end.isoformat(),
            "encounter": str(self.faces.encounter.pk),
            "incident": str(self.packages.incident.pk),
            "date": f"{start:%Y-%m-%d}",
            "category": str(self.card.category_id),
            "revision": str(Watch.objects.get(camera=self.camera).revision),
        }


def make_world() -> World:
    camera = make_camera()
    volume = make_volume(settings.ARCHIVE_DIR)
    moment = now()
    recorded_at = moment - timedelta(hours=3)
    owner = User.objects.create(username="owner")
    card = make_card(recorded_at, place=camera.location)
    recording = record_at(camera, volume, recorded_at)
    term = {"started_at": recorded_at, "ended_at": recorded_at + timedelta(seconds=1)}
    export = make_export(camera, owner, term, state=Export.State.DONE)
    return World(
        camera=camera,
        recording=recording,
        growing=record_at(camera, volume, moment - timedelta(seconds=20)),
        gap=Gap.objects.create(stream=recording.stream, cause=Gap.Cause.NO_FRAMES, **term),
        hold=Hold.objects.create(
            camera=camera, reason="order 7", created_at=moment, created_by=owner, **term
        ),
        export=export,
        waiting=make_export(camera, owner, term, state=Export.State.WAITING),
        entry=AuditEntry.objects.create(occurred_at=moment, action="hold.create", target="7"),
        region=make_zone(camera),
        rule=make_rule(camera, "motion"),
        detection=make_detection(camera),
        trial=make_trial(camera, owner),
        search=make_search(camera, owner, recorded_at),
        alarm=(alarm := make_alarm(camera)),
        frame=make_frame(alarm),
        redacted=make_redacted(export),
        faces=make_face_rows(camera, owner),
        outside=make_outside_rows(camera),
        sources=make_source_rows(camera),
        packages=make_package_rows(recording, owner),
        card=card,
        damage=Damage.objects.create(incident=card, item="Скамья"),
        dictionaries=make_dictionaries(),
        handover=make_handover(*make_two_on_duty(), at=moment),
        drill=make_drill(camera),
    )


def record_at(camera: Camera, volume: Volume, moment: datetime) -> Recording:
    return record(main_stream(camera), volume, encode_clip(25), started_at=moment)


def make_export(
    camera: Camera, owner: User, term: dict[str, datetime], *, state: Export.State
) -> Export:
    public_id = uuid.uuid4()
    path = Path(str(public_id)) / "clip.mp4"
    (settings.EXPORT_DIR / path).parent.mkdir(parents=True)
    (settings.EXPORT_DIR / path).write_bytes(b"bytes")
    return Export.objects.create(
        public_id=public_id,
        camera=camera,
        kind=Export.Kind.MP4,
        state=state,
        path=str(path),
        requested_by=owner,
        requested_at=now(),
        reason="order 7",
        **term,
    )


def make_redacted(export: Export) -> RedactedCopy:
    return RedactedCopy.objects.create(
        export=export,
        state=RedactedCopy.State.DONE,
        path=export.path,
        requested_by=export.requested_by,
        requested_at=now(),
        reported_at=now(),
    )


def arguments_of(name: str, world: World) -> dict[str, Any]:
    """What the address of a route needs, by the route's name."""
    samples: dict[str, Any] = {
        "archive-format": {"digest": world.recording.video_format.digest},
        "archive-recording": {"recording_id": world.recording.pk},
        "archive-keyframes": {"recording_id": world.recording.pk},
        "archive-growing": {
            "stream_id": world.growing.stream_id,
            "name": Path(world.growing.path).stem,
        },
        "archive-playlist": {"camera_id": world.camera.pk},
        "archive-segment": {"recording_id": world.recording.pk, "gop": 0},
        "archive-export": {"public_id": world.export.public_id, "name": "clip.mp4"},
        "location-detail": {"pk": world.camera.location_id},
        "camera-detail": {"pk": world.camera.pk},
        "recording-detail": {"pk": world.recording.pk},
        "gap-detail": {"pk": world.gap.pk},
        "alarm-picture": {"detection_id": world.alarm.detection_id, "which": "first"},
        "alarm-detail": {"pk": world.alarm.pk},
        "alarm-acknowledge": {"pk": world.alarm.pk},
        "alarm-verdict": {"pk": world.alarm.pk},
        "alarm-pictures": {"pk": world.alarm.pk},
        "alarm-frame": {"picture_id": world.frame.pk},
        "hold-detail": {"pk": world.hold.pk},
        "hold-release": {"pk": world.hold.pk},
        "export-detail": {"id": world.waiting.public_id},
        "export-redacted": {"public_id": world.export.public_id},
        "export-redacted-file": {"public_id": world.export.public_id},
        "analysis-camera": {"camera_id": world.camera.pk},
        "analysis-picture": {"camera_id": world.camera.pk},
        "analysis-switch": {"camera_id": world.camera.pk},
        "analysis-hints": {"camera_id": world.camera.pk},
        "analysis-trial-picture": {"public_id": world.trial.public_id, "number": 0},
        "faces-picture": {"encounter_id": world.faces.encounter.pk},
        "faces-search-found": {"search_id": world.faces.search.pk},
        "faces-search-picture": {"search_id": world.faces.search.pk},
        "faces-entry": {"entry_id": world.faces.entry.pk},
        "faces-confirm": {"entry_id": world.faces.entry.pk},
        "faces-withdraw": {"entry_id": world.faces.entry.pk},
        "faces-photo": {"photo_id": world.faces.photo.pk},
        "faces-hit-picture": {"hit_id": world.faces.hit.pk, "which": "seen"},
        "faces-turn": {"name": "SEARCH", "act": "ask"},
        "incident": {"incident_id": world.card.pk},
        "incident-state": {"incident_id": world.card.pk},
        "incident-act": {"incident_id": world.card.pk},
        "incident-row-new": {"incident_id": world.card.pk, "block": "call"},
        "incident-row": {
            "incident_id": world.card.pk,
            "block": "damage",
            "row_id": world.damage.pk,
        },
        "incident-detail": {"pk": world.card.pk},
        "incident-status": {"pk": world.card.pk},
        "report-file": {"extension": "csv"},
        "report-month-file": {"extension": "csv"},
        "shift-drill-end": {"drill_id": world.drill.pk},
        "shift-handover": {"handover_id": world.handover.pk},
        "exchange-retry": {"delivery_id": world.outside.delivery.pk},
        "cap-message": {"public_id": world.outside.message_id},
        "incident-faces": {"incident_id": world.outside.incident.pk},
        "incident-eido": {"incident_id": world.outside.incident.pk},
        "outside-alarm-end": {"external_id": world.sources.report.key},
        "outside-alarm-picture": {"external_id": world.sources.report.key},
        "outside-picture": {"report_id": world.sources.report.pk},
        "citizen-report": {"number": world.sources.sign.number},
        "citizen-sent": {"public_id": world.sources.citizen.public_id},
        "citizen-block": {"report_id": world.sources.citizen.pk},
        "call-nearby": {"place_id": world.camera.location_id},
        "police-incident": {"incident_id": world.packages.incident.pk},
        "police-outcome": {"incident_id": world.packages.incident.pk},
        "police-still": {"public_id": world.packages.package.public_id, "position": 0},
        "police-answer": {"request_id": world.packages.request.pk},
        "package-detail": {"id": world.packages.package.public_id},
        "package-file": {"public_id": world.packages.package.public_id},
        "camera-setup": {"camera_id": world.camera.pk},
        "camera-trials": {"camera_id": world.camera.pk},
        "trial": {"public_id": world.trial.public_id},
        "search-detail": {"id": world.search.public_id},
        "search-found": {"id": world.search.public_id},
        "region-detail": {"pk": world.region.pk},
        "watchrule-detail": {"pk": world.rule.pk},
        "detection-detail": {"pk": world.detection.pk},
        "detection-verdict": {"pk": world.detection.pk},
    }
    arguments: dict[str, Any] = samples.get(name, {})
    return arguments
