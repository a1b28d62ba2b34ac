"""What a query string says, checked; anything wrong becomes a sentence for the person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from archive import access, queries
from archive.engine.timeline import LATEST_US, from_us
from archive.models import Recording
from cameras.access import Act, AnyUser, get_camera_for
from cameras.models import Camera, Stream

_CAMERAS_AT_ONCE = 16
_MANY = 2**63 - 1


class BadQueryError(Exception):
    """What is wrong with the query string."""


def integer_of(
    request: HttpRequest,
    name: str,
    *,
    default: int | None = None,
    low: int = 0,
    high: int = _MANY,
) -> int:
    text = request.GET.get(name)
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > len(str(_MANY)):
        raise BadQueryError(_("“%(name)s” must be a whole number.") % {"name": name})
    if not low <= int(text) <= high:
        raise BadQueryError(_("“%(name)s” is out of bounds.") % {"name": name})
    return int(text)


def moment_of(request: HttpRequest, name: str) -> datetime:
    return from_us(integer_of(request, name, high=LATEST_US))


def range_of(request: HttpRequest, *, longest: timedelta) -> tuple[datetime, datetime]:
    started_at, ended_at = moment_of(request, "from_us"), moment_of(request, "to_us")
    if ended_at <= started_at:
        raise BadQueryError(_("The end must be later than the beginning."))
    if ended_at - started_at > longest:
        raise BadQueryError(_("The range is too long."))
    return started_at, ended_at


def camera_for(user: AnyUser, camera_id: int) -> Camera:
    """Return a camera of whose archive the user may see; raises Http404."""
    try:
        return get_camera_for(user, camera_id=camera_id, act=Act.VIEW_ARCHIVE)
    except Camera.DoesNotExist as error:
        raise Http404 from error


def cameras_of(request: HttpRequest) -> list[Camera]:
    """Return the cameras named, once or more, by `camera`."""
    named = request.GET.getlist("camera")
    if not named or len(named) > _CAMERAS_AT_ONCE:
        raise BadQueryError(_("Name one to sixteen cameras."))
    if not all(text.isascii() and text.isdigit() and len(text) < len(str(_MANY)) for text in named):
        raise BadQueryError(_("“%(name)s” must be a whole number.") % {"name": "camera"})
    return [camera_for(request.user, int(text)) for text in dict.fromkeys(named)]


def stream_of(request: HttpRequest) -> Stream:
    """Return the stream named by `camera` and `role`; raises Http404."""
    camera = camera_for(request.user, integer_of(request, "camera"))
    role = request.GET.get("role", Stream.Role.MAIN)
    stream = queries.find_stream(camera, role)
    if stream is None:
        raise Http404
    return stream


def stream_for(user: AnyUser, stream_id: int) -> Stream:
    try:
        return access.streams_visible_to(user).get(pk=stream_id)
    except Stream.DoesNotExist as error:
        raise Http404 from error


def recording_for(user: AnyUser, recording_id: int) -> Recording:
    try:
        return access.get_recording_for(user, recording_id=recording_id)
    except Recording.DoesNotExist as error:
        raise Http404 from error
