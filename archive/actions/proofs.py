"""The chain of each stream, its signed heads, and the proof that an export carries."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from archive.actions import head_copies
from archive.engine.host_clock import read_host_clock
from archive.engine.proof import CHAIN_START, Link, chain_value
from archive.engine.proof_keys import KeyRing
from archive.engine.timeline import to_us
from archive.models import ChainLink, Recording, SignedHeads
from cameras.models import Stream

logger = logging.getLogger(__name__)

_BATCH = 500


def key_ring() -> KeyRing:
    return KeyRing(Path(settings.PROOF_DIR))


def stream_name(stream: Stream) -> str:
    """What a chain calls its stream: number of the camera and role."""
    return f"{stream.camera.number}/{stream.role}"


# --- links ------------------------------------------------------------------------------


@transaction.atomic
def link_recording(*, recording: Recording) -> ChainLink:
    """Append the recording to the chain of its stream.

    One that was adopted anew keeps its old link. Two processes at once are kept apart by the
    constraint on the number: one fails and comes again, because a recording stays pending until
    its row is committed.
    """
    links = ChainLink.objects.select_for_update().filter(stream=recording.stream_id)
    last = links.order_by("-number").first()
    if last and (known := ChainLink.objects.filter(path=recording.path).first()):
        return known
    entry = Link(
        stream=stream_name(recording.stream),
        sha256=recording.sha256,
        started_us=to_us(recording.started_at),
        ended_us=to_us(recording.ended_at),
    )
    return ChainLink.objects.create(
        stream=recording.stream,
        number=last.number + 1 if last else 1,
        path=recording.path,
        started_at=recording.started_at,
        ended_at=recording.ended_at,
        size_bytes=recording.size_bytes,
        sha256=recording.sha256,
        initialization_sha256=recording.video_format.digest,
        value=chain_value(last.value if last else CHAIN_START, entry),
    )


def link_missing(*, paths: Collection[str] | None = None) -> int:
    """Append what was recorded before there were chains (of `paths` only); return how many."""
    linked = ChainLink.objects.values("path")
    rows = Recording.objects.exclude(path__in=linked)
    if paths is not None:
        rows = rows.filter(path__in=paths)
    rows = rows.select_related("stream__camera", "video_format")
    rows = rows.defer("gop_index", "video_format__initialization")
    count = 0
    for recording in rows.order_by("started_at").iterator(chunk_size=_BATCH):
        # One that is registered meanwhile has its link already.
        if not ChainLink.objects.filter(path=recording.path).exists():
            link_recording(recording=recording)
            count += 1
    return count


def prune_chains(*, at: datetime) -> int:
    """Drop the oldest links of each chain, of files long gone; return how many.

    Kept are all links of the last `CHAIN_DAYS`, and those from the oldest file that is still
    there (a hold may keep one for years): a chain is shortened at its beginning only.
    """
    before = at - timedelta(days=settings.CHAIN_DAYS)
    return sum(_prune_chain(stream, before) for stream in Stream.objects.order_by("pk"))


def _prune_chain(stream: Stream, before: datetime) -> int:
    links = ChainLink.objects.filter(stream=stream)
    kept = links.filter(path__in=Recording.objects.filter(stream=stream).values("path"))
    ends = (
        kept.order_by("number").first(),
        links.filter(ended_at__gte=before).order_by("number").first(),
        links.order_by("number").last(),  # the next one is numbered and computed by it
    )
    first = min((link.number for link in ends if link is not None), default=0)
    count, _rows = links.filter(number__lt=first).delete()
    return count


# --- heads ------------------------------------------------------------------------------


def sign_heads(*, at: datetime, is_forced: bool = False) -> SignedHeads | None:
    """Sign where all chains stand, if any has grown or it is forced; copy it to the second place.

    Returns None if nothing was recorded since the last time. A second place that was away gets
    what it missed all the same.
    """
    link_missing()
    signed = _signed_heads(at, is_forced=is_forced)
    if signed or SignedHeads.objects.exists():
        head_copies.copy_heads(at=at)
    return signed


def _signed_heads(at: datetime, *, is_forced: bool) -> SignedHeads | None:
    with transaction.atomic():
        last = SignedHeads.objects.order_by("pk").last()
        heads = _heads()
        is_same = last is not None and json.loads(last.document)["heads"] == heads
        if not heads or (is_same and not is_forced):
            return None
        return _sign(heads, last, at)


def _heads() -> dict[str, Any]:
    heads = {}
    for stream in Stream.objects.select_related("camera").order_by("pk"):
        last = ChainLink.objects.filter(stream=stream).order_by("-number").first()
        if last is not None:
            heads[stream_name(stream)] = {
                "number": last.number,
                "value": last.value,
                "ended_us": to_us(last.ended_at),
            }
    return heads


def _sign(heads: dict[str, Any], last: SignedHeads | None, at: datetime) -> SignedHeads:
    moment = moment_text(at)
    previous = hashlib.sha256(last.document.encode()).hexdigest() if last else CHAIN_START
    document = json.dumps(
        {
            "signed_at": moment,
            "previous": previous,
            "clock": asdict(read_host_clock()),
            "heads": heads,
        }
    )
    signature = key_ring().signer().sign_heads(document.encode(), signed_at=moment)
    return SignedHeads.objects.create(signed_at=at, document=document, signature=signature.decode())


def moment_text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


# --- proofs -----------------------------------------------------------------------------


def chain_proof(*, stream: Stream, paths: Iterable[str], at: datetime) -> dict[str, Any] | None:
    """Return the links from each recording to the next signed head; None without recordings.

    What was recorded since the last head is signed now.
    """
    wanted = list(paths)
    if not wanted:
        return None
    link_missing(paths=wanted)
    chain = ChainLink.objects.filter(stream=stream)
    numbers = sorted(chain.filter(path__in=wanted).values_list("number", flat=True))
    if not numbers:
        return None
    name = stream_name(stream)
    if _signed_number(name) < numbers[-1]:
        sign_heads(at=at)
    segments = []
    covered = 0
    for number in numbers:
        if number <= covered:
            continue
        head = _head_after(name, chain, number)
        covered = json.loads(head.document)["heads"][name]["number"]
        segments.append(_segment(chain, number, covered, head))
    return {"stream": name, "segments": segments}


def _signed_number(name: str) -> int:
    last = SignedHeads.objects.order_by("pk").last()
    return json.loads(last.document)["heads"].get(name, {}).get("number", 0) if last else 0


def _head_after(name: str, chain: Any, number: int) -> SignedHeads:
    """The first head that covers the link. `sign_heads` has made sure that there is one."""
    started_at = chain.get(number=number).started_at
    for head in SignedHeads.objects.filter(signed_at__gte=started_at).order_by("pk").iterator():
        if json.loads(head.document)["heads"].get(name, {}).get("number", 0) >= number:
            return head
    return SignedHeads.objects.latest("pk")


def _segment(chain: Any, first: int, last: int, head: SignedHeads) -> dict[str, Any]:
    before = chain.filter(number=first - 1).first()
    links = chain.filter(number__gte=first, number__lte=last).order_by("number")
    return {
        "previous": before.value if before else CHAIN_START,
        "links": [link_entry(link) for link in links],
        "heads": head.document,
        "signature": head.signature,
    }


def link_entry(link: ChainLink) -> dict[str, Any]:
    return {
        "number": link.number,
        "path": link.path,
        "started_us": to_us(link.started_at),
        "ended_us": to_us(link.ended_at),
        "size_bytes": link.size_bytes,
        "sha256": link.sha256,
        "initialization_sha256": link.initialization_sha256,
    }


def archive_manifest(*, stream: Stream, paths: Iterable[str], at: datetime) -> dict[str, Any]:
    """What files of the archive are checked against: their links, without an export."""
    chain = chain_proof(stream=stream, paths=paths, at=at)
    name = stream_name(stream)
    return {
        "manifest_version": 2,
        "software": f"Atomgrad {settings.VERSION}",
        "export": {"id": f"chain {name} {moment_text(at)}", "kind": "CHAIN"},
        "created_at": moment_text(at),
        "chain": chain,
    }


def sign_manifest(manifest: dict[str, Any], *, at: datetime) -> tuple[bytes, bytes]:
    """Return the content of manifest.json and manifest.sig."""
    content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    signature = (
        key_ring()
        .signer()
        .sign_manifest(content, subject=manifest["export"]["id"], signed_at=moment_text(at))
    )
    return content, signature


# --- scrub ------------------------------------------------------------------------------


def broken_chains() -> list[str]:
    """Return paths of links that do not fit and times of heads that do not."""
    streams = Stream.objects.select_related("camera").order_by("pk")
    wrong = [path for stream in streams for path in broken_links(stream=stream)]
    return wrong + [str(head) for head in broken_heads()]


def broken_links(*, stream: Stream) -> list[str]:
    """Compute the chain of a stream anew; return the paths of links that do not fit.

    A row of the archive whose hash is not that of its link counts as well.
    """
    name, previous, number = stream_name(stream), "", 0
    wrong = []
    for link in ChainLink.objects.filter(stream=stream).order_by("number").iterator():
        # The oldest that is kept is where the computation begins.
        if number:
            entry = Link(name, link.sha256, to_us(link.started_at), to_us(link.ended_at))
            if link.number != number + 1 or chain_value(previous, entry) != link.value:
                wrong.append(link.path)
        elif link.number == 1:
            entry = Link(name, link.sha256, to_us(link.started_at), to_us(link.ended_at))
            if chain_value(CHAIN_START, entry) != link.value:
                wrong.append(link.path)
        previous, number = link.value, link.number
    return wrong + _differing_rows(stream, set(wrong))


def _differing_rows(stream: Stream, known: set[str]) -> list[str]:
    hashes = dict(ChainLink.objects.filter(stream=stream).values_list("path", "sha256"))
    rows = Recording.objects.filter(stream=stream).values_list("path", "sha256")
    return [
        path for path, sha256 in rows if hashes.get(path, sha256) != sha256 and path not in known
    ]


def broken_heads() -> list[SignedHeads]:
    """Return heads whose value is not that of the link they name."""
    names = {stream_name(row): row.pk for row in Stream.objects.select_related("camera")}
    return [head for head in SignedHeads.objects.iterator() if not _fits(head, names)]


def _fits(head: SignedHeads, streams: dict[str, int]) -> bool:
    for name, entry in json.loads(head.document)["heads"].items():
        link = ChainLink.objects.filter(stream=streams.get(name, 0), number=entry["number"]).first()
        if link is not None and link.value != entry["value"]:
            return False
    return True
