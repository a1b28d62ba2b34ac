"""What another system reports by the REST API: scope, limit, once each, end and picture."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.models import Camera, Location
from incidents.actions.grading import priority_of_outside
from incidents.actions.interchange_settings import hash_of
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.actions.outside_changes import end_reports, tell_desks
from incidents.actions.rates import is_within, note_surplus
from incidents.engine.jpegs import clean_jpeg
from incidents.models import Alarm, AlarmPicture, AlarmSource, OutsideReport

WINDOW = timedelta(minutes=1)
_HEARD_NOTED_EVERY = timedelta(seconds=10)


class OutOfScopeError(Exception):
    """The source may not report this; the text says what."""


class OtherReportError(Exception):
    """The same identifier was used for something else before."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a source tells of one alarm, checked by form already."""

    external_id: str
    place: Location
    kind: str
    text: str
    occurred_at: datetime
    camera: Camera | None = None
    priority: int | None = None
    certainty: str | None = None


def source_of(token: str) -> AlarmSource | None:
    """Return the source whose token it is."""
    return AlarmSource.objects.filter(token_hash=hash_of(token), is_active=True).first()


def may_ask(*, source: AlarmSource, at: datetime) -> bool:
    """Count a request; False when the source has asked too often, which is counted too."""
    if not is_within(key=f"source:{source.pk}", limit=source.per_minute, term=WINDOW, at=at):
        note_surplus(row=source, at=at)
        return False
    if source.heard_at is None or at - source.heard_at > _HEARD_NOTED_EVERY:
        AlarmSource.objects.filter(pk=source.pk).update(heard_at=at)
    return True


def note_refusal(*, source: AlarmSource, reason: str) -> None:
    AlarmSource.objects.filter(pk=source.pk).update(
        refused_count=F("refused_count") + 1, last_refusal=reason[:300]
    )


def accept_report(
    *, source: AlarmSource, told: Told, at: datetime, address: str | None = None
) -> tuple[OutsideReport, bool]:
    """Raise the alarm that a source reports; return the report and whether it is new.

    Raises:
        OutOfScopeError: the place or the situation is not for this source.
        OtherReportError: the identifier was used for another place or situation.

    """
    _check_scope(source, told)
    try:
        return _accept(source, told, at, address)
    except IntegrityError:  # the same report came twice at once: the other one was first
        return _known(source, told), False


@transaction.atomic
def _accept(
    source: AlarmSource, told: Told, at: datetime, address: str | None
) -> tuple[OutsideReport, bool]:
    if OutsideReport.objects.filter(source=source, key=told.external_id).exists():
        report = _known(source, told)
        _count(source, "repeated_count", at)
        return report, False
    report = OutsideReport.objects.create(
        source=source,
        key=told.external_id,
        place=told.place,
        camera=told.camera,
        kind=told.kind,
        text=told.text,
        occurred_at=told.occurred_at,
        received_at=at,
    )
    report.alarm = _raise(source, told, at, address)
    report.save(update_fields=["alarm"])
    _count(source, "accepted_count", at)
    return report, True


def _raise(source: AlarmSource, told: Told, at: datetime, address: str | None) -> Alarm:
    wanted = told.priority or priority_of_outside(told.kind)
    return raise_outside_alarm(
        source=Alarm.Source(source.channel),
        place=told.place,
        camera=told.camera,
        kind=told.kind,
        text=joined(source.name, told.text),
        occurred_at=told.occurred_at,
        at=at,
        priority=max(wanted, source.top_priority),
        certainty=told.certainty or Alarm.Certainty.LIKELY,
        external_id=f"{source.pk}:{told.external_id}",
        address=address,
    )


def joined(name: str, text: str) -> str:
    return f"{name}: {text}" if text else name


def _known(source: AlarmSource, told: Told) -> OutsideReport:
    report = OutsideReport.objects.select_related("alarm").get(source=source, key=told.external_id)
    if (report.place_id, report.kind) != (told.place.pk, told.kind):
        raise OtherReportError(_("This identifier was used for another report."))
    return report


def _check_scope(source: AlarmSource, told: Told) -> None:
    places = set(source.places.values_list("pk", flat=True))
    if places and told.place.pk not in places:
        raise OutOfScopeError(_("This source may not report of this place."))
    if source.kinds and told.kind not in source.kinds:
        raise OutOfScopeError(_("This source may not report this situation."))


def _count(source: AlarmSource, column: str, at: datetime) -> None:
    AlarmSource.objects.filter(pk=source.pk).update(heard_at=at, **{column: F(column) + 1})


# --- afterwards -------------------------------------------------------------------------------


def end_report(*, report: OutsideReport, at: datetime) -> OutsideReport:
    """Note that what was reported is over; told twice, the first time counts."""
    end_reports(reports=OutsideReport.objects.filter(pk=report.pk), at=at)
    report.refresh_from_db()
    return report


def add_picture(*, report: OutsideReport, content: bytes, at: datetime) -> OutsideReport:
    """Keep the picture of a report, made anew: nothing that hides in the file is kept.

    Raises:
        BadPictureError: see there.

    """
    picture = clean_jpeg(content)
    path = default_storage.save(f"outside/{at:%Y-%m}/{uuid.uuid4().hex}.jpg", ContentFile(picture))
    with transaction.atomic():
        OutsideReport.objects.filter(pk=report.pk).update(picture=path)
        tell_desks(alarms=[report.alarm_id] if report.alarm_id else [])
        if report.alarm_id and report.camera_id:
            AlarmPicture.objects.update_or_create(
                alarm_id=report.alarm_id,
                camera_id=report.camera_id,
                defaults={
                    "state": AlarmPicture.State.READY,
                    "taken_at": report.occurred_at,
                    "path": path,
                },
            )
    report.refresh_from_db()
    return report
