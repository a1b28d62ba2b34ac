"""Footage for players: by byte ranges, as HLS, and its pictures."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from archive import queries, storage
from archive.engine.file_names import footage_file_name
from archive.engine.frames import FrameNotFoundError
from archive.engine.growing import GrowingRecording
from archive.engine.index import unpack_index
from archive.engine.keyframes import keyframe_content
from archive.engine.playlist import PlaylistFile, media_playlist, moved_fragments
from archive.engine.reader import ByteSource, LocalFile, describe_tracks, digest_of
from archive.engine.timeline import LATEST_US, ticks_of, to_us
from archive.forms import (
    BadQueryError,
    camera_for,
    integer_of,
    moment_of,
    range_of,
    recording_for,
    stream_for,
    stream_of,
)
from archive.models import Recording, VideoFormat
from archive.pictures import Picture, picture_at, preview_at
from archive.responses import (
    AN_HOUR,
    FOREVER,
    NO_STORE,
    accelerated_response,
    content_response,
    json_answer,
    refusal,
)
from archive.signals import as_shown_to
from cameras.access import Act, can
from cameras.models import Camera, Stream

_LONGEST_FOOTAGE = timedelta(hours=25)  # the longest local day
_WIDEST_PREVIEW = 1280


@require_safe
def footage(request: HttpRequest) -> HttpResponse:
    """Describe what a player needs to fetch footage of one camera by byte ranges."""
    try:
        started_at, ended_at = range_of(request, longest=_LONGEST_FOOTAGE)
        stream = stream_of(request)
    except BadQueryError as error:
        return refusal(error)
    growing = queries.growing_between(stream, started_at, ended_at)  # first: one may get its row
    rows = list(queries.recordings_between(stream, started_at, ended_at))
    formats = VideoFormat.objects.in_bulk({row.video_format_id for row in rows})
    described = {item.digest: _format_json(item) for item in formats.values()}
    recordings = [_recording_json(row, formats[row.video_format_id].digest) for row in rows]
    paths = {row.path for row in rows}
    for item in (item for item in growing if item.path not in paths):
        digest = digest_of(item.initialization)
        described.setdefault(digest, _growing_format_json(item, digest, stream))
        recordings.append(_growing_json(item, digest, stream))
    answer = {
        "stream": stream.pk,
        "role": stream.role,
        "has_sub": queries.find_stream(stream.camera, Stream.Role.SUB) is not None,
        "formats": described,
        "recordings": recordings,
    }
    return json_answer(answer)


def _format_json(video_format: VideoFormat) -> dict[str, Any]:
    return {
        "codec_string": video_format.codec_string,
        "codec": video_format.codec,
        "width": video_format.width,
        "height": video_format.height,
        "url": reverse("archive-format", args=[video_format.digest]),
    }


def _growing_format_json(growing: GrowingRecording, digest: str, stream: Stream) -> dict[str, Any]:
    tracks = describe_tracks(growing.initialization)
    return {
        "codec_string": ",".join(track.codec_string for track in tracks),
        "codec": tracks[0].codec,
        "width": tracks[0].width,
        "height": tracks[0].height,
        "url": f"{reverse('archive-format', args=[digest])}?stream={stream.pk}",
    }


def _recording_json(recording: Recording, digest: str) -> dict[str, Any]:
    return {
        "id": recording.pk,
        "start_us": to_us(recording.started_at),
        "end_us": to_us(recording.ended_at),
        "size": recording.size_bytes,
        "format": digest,
        "url": reverse("archive-recording", args=[recording.pk]),
        "keyframes_url": reverse("archive-keyframes", args=[recording.pk]),
        "is_growing": False,
        "gops": unpack_index(recording.gop_index).tolist(),
    }


def _growing_json(growing: GrowingRecording, digest: str, stream: Stream) -> dict[str, Any]:
    return {
        "id": None,
        "start_us": growing.started_us,
        "end_us": growing.ended_us,
        "size": growing.size,
        "format": digest,
        "url": reverse("archive-growing", args=[stream.pk, growing.name]),
        "keyframes_url": None,
        "is_growing": True,
        "gops": unpack_index(growing.gop_index).tolist(),
    }


@require_safe
def format_file(request: HttpRequest, digest: str) -> HttpResponseBase:
    """Send an initialization segment; of a minute that has no row yet with `?stream=`."""
    if not can(request.user, Act.VIEW_ARCHIVE):
        raise Http404
    row = VideoFormat.objects.filter(digest=digest).first()
    data = bytes(row.initialization) if row else _growing_initialization(request, digest)
    headers = {"Cache-Control": FOREVER, "ETag": f'"{digest}"'}
    return HttpResponse(data, content_type="video/mp4", headers=headers)


def _growing_initialization(request: HttpRequest, digest: str) -> bytes:
    try:
        stream = stream_for(request.user, integer_of(request, "stream", default=0))
    except BadQueryError as error:
        raise Http404 from error
    for growing in queries.growing_recordings(stream):
        if digest_of(growing.initialization) == digest:
            return growing.initialization
    raise Http404


@require_safe
def recording_file(request: HttpRequest, recording_id: int) -> HttpResponseBase:
    recording = recording_for(request.user, recording_id)
    in_bucket = recording.place == Recording.Place.BUCKET
    if in_bucket and settings.BUCKET_PLAYBACK == "redirect":
        answer = HttpResponseRedirect(storage.presigned_url(recording))
        answer.headers["Cache-Control"] = NO_STORE  # it must not outlive the signature
        return answer
    if not in_bucket and (
        accelerated := accelerated_response(
            internal_path=f"{recording.volume_id}/{recording.path}",
            content_type="video/mp4",
            etag=recording.sha256,
        )
    ):
        return accelerated
    return content_response(request, source=_open(recording), etag=recording.sha256)


@require_safe
def keyframes_file(request: HttpRequest, recording_id: int) -> HttpResponseBase:
    recording = recording_for(request.user, recording_id)
    try:
        every = integer_of(request, "every", default=1, low=1, high=1000)
    except BadQueryError as error:
        return refusal(error)
    source = _open(recording)
    content = keyframe_content(
        source,
        initialization=bytes(recording.video_format.initialization),
        gops=unpack_index(recording.gop_index),
        end_time=ticks_of(to_us(recording.ended_at) - to_us(recording.started_at)),
        every=every,
    )
    etag = f"{recording.sha256}-{every}"
    return content_response(request, source=source, content=content, etag=etag)


@require_safe
def growing_file(request: HttpRequest, stream_id: int, name: str) -> HttpResponseBase:
    """Send a file that is being written, or was until a moment ago."""
    stream = stream_for(request.user, stream_id)
    path = queries.find_growing_path(stream, name, at=timezone.now())
    if path is None:
        raise Http404
    try:
        source = LocalFile(path)
    except FileNotFoundError:
        return growing_file(request, stream_id, name)  # renamed between the two steps
    return content_response(request, source=source, cache_control=NO_STORE)


@require_safe
def playlist(request: HttpRequest, camera_id: int) -> HttpResponse:
    """HLS for outside players; the archive page has a player of its own."""
    try:
        started_at, ended_at = range_of(request, longest=_LONGEST_FOOTAGE)
    except BadQueryError as error:
        return refusal(error)
    stream = queries.find_stream(camera_for(request.user, camera_id))
    if stream is None:
        raise Http404
    rows = queries.recordings_between(stream, started_at, ended_at).select_related("video_format")
    origin = rows.values_list("started_at", flat=True).first() or started_at
    files = [_playlist_file(row, origin, (started_at, ended_at)) for row in rows]
    text = media_playlist(file for file in files if file.gop_times)
    headers = {"Cache-Control": NO_STORE}
    return HttpResponse(text, content_type="application/vnd.apple.mpegurl", headers=headers)


def _playlist_file(
    row: Recording, origin: datetime, bounds: tuple[datetime, datetime]
) -> PlaylistFile:
    """Return a recording with those of its GOPs that touch the range."""
    times = unpack_index(row.gop_index)["time"].tolist()
    low, high = (ticks_of(to_us(bound) - to_us(row.started_at)) for bound in bounds)
    first = max((at for at, time in enumerate(times) if time <= low), default=0)
    last = sum(1 for time in times if time < high)
    end = ticks_of(to_us(row.ended_at) - to_us(row.started_at))
    shift_us = to_us(row.started_at) - to_us(origin)
    url = reverse("archive-segment", args=[row.pk, 0]).removesuffix("0.mp4")
    return PlaylistFile(
        url=f"{url}{{gop}}.mp4?shift_us={shift_us}",
        initialization_url=reverse("archive-format", args=[row.video_format.digest]),
        run=str(row.run),
        started_at=row.started_at,
        first_gop=first,
        gop_times=times[first:last],
        end_time=times[last] if last < len(times) else end,
    )


@require_safe
def playlist_segment(request: HttpRequest, recording_id: int, gop: int) -> HttpResponse:
    """Send one GOP, its times moved to the playlist's time line."""
    recording = recording_for(request.user, recording_id)
    gops = unpack_index(recording.gop_index)
    try:
        shift_us = integer_of(request, "shift_us", default=0, high=LATEST_US)
    except BadQueryError as error:
        return refusal(error)
    if gop >= len(gops):
        raise Http404
    start = int(gops["offset"][gop])
    end = int(gops["offset"][gop + 1]) if gop + 1 < len(gops) else recording.size_bytes
    with closing(_open(recording)) as source:
        data = source.read(start, end - start)
    tracks = describe_tracks(bytes(recording.video_format.initialization))
    timescales = {track.track: track.timescale for track in tracks}
    moved = moved_fragments(data, shift_us=shift_us, timescales=timescales)
    headers = {"Cache-Control": AN_HOUR, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(moved, content_type="video/mp4", headers=headers)


def _open(recording: Recording) -> ByteSource:
    try:
        return storage.open_recording(recording)
    except FileNotFoundError as error:
        raise Http404 from error


# --- pictures ---------------------------------------------------------------------------


@require_safe
def frame_picture(request: HttpRequest) -> HttpResponse:
    """Send the frame shown at a moment; a small one, of the nearest keyframe, with `width`."""
    try:
        stream = stream_of(request)
        moment = moment_of(request, "at_us")
        width = integer_of(request, "width", default=0, low=16, high=_WIDEST_PREVIEW)
        picture = preview_at(stream, moment, width) if width else picture_at(stream, moment)
    except BadQueryError as error:
        return refusal(error)
    except FrameNotFoundError as error:
        return JsonResponse({"error": str(error)}, status=HTTPStatus.NOT_FOUND)
    return _picture_response(request, stream.camera, picture)


def _picture_response(request: HttpRequest, camera: Camera, picture: Picture) -> HttpResponse:
    headers = {
        "X-Frame-Time-Us": str(to_us(picture.taken_at)),
        "Cache-Control": NO_STORE if picture.is_growing else "private, max-age=3600",
        "X-Content-Type-Options": "nosniff",
    }
    if request.GET.get("download") == "1":
        headers["Content-Disposition"] = _attachment(camera, picture.taken_at)
    jpeg = as_shown_to(request.user, picture.jpeg)
    return HttpResponse(jpeg, content_type="image/jpeg", headers=headers)


def _attachment(camera: Camera, moment: datetime) -> str:
    name = footage_file_name(
        place=camera.location.name,
        camera=camera.label,
        moment=timezone.localtime(moment, timezone.get_default_timezone()),
        suffix="jpg",
    )
    return str(content_disposition_header(as_attachment=True, filename=name))
