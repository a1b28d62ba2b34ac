"""Tells the world what changed: a CAP message for each change, and a delivery to each subscriber.

Nobody calls this when a card changes: the card's version is ahead of the last message's, and the
task that runs every few seconds finds it. So nothing of a card waits for another system, and what
was changed while the workers were down is told when they are back.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from incidents.engine.cap import Header, MessageType, Reference, cap_xml
from incidents.engine.eido import eido_of
from incidents.engine.geojson import incident_feature
from incidents.engine.outside import (
    OutsideIncident,
    Speaker,
    digest_of,
    joined,
    one_line,
    utc_text,
)
from incidents.models import Delivery, Exchange, Incident, OutsideMessage, Subscriber
from incidents.queries.interchange import (
    changed_incidents,
    exchange,
    is_tellable,
    last_message,
    outside_incident,
    speaker_of,
    subscribers_of,
)

Type = OutsideMessage.Type
_AT_ONCE = 200
_EVENTS = {
    Type.ALERT: "incident.alert",
    Type.UPDATE: "incident.update",
    Type.CANCEL: "incident.cancel",
}


def publish_changes(*, at: datetime) -> int:
    """Write the messages that are due; return how many. Nothing unless it is switched on."""
    row = exchange()
    if not _is_on(row) or row.since is None:
        return 0
    told = [
        _tell(pk, row, at)
        for pk in changed_incidents(row.since).values_list("pk", flat=True)[:_AT_ONCE]
    ]
    return sum(1 for message in told if message is not None)


def _is_on(row: Exchange) -> bool:
    is_any = row.has_cap_feed or row.has_documents or row.sends_webhooks or row.sends_mail
    return bool(row.sender) and is_any


@transaction.atomic
def _tell(incident_id: int, row: Exchange, at: datetime) -> OutsideMessage | None:
    locked = Incident.objects.select_for_update(of=("self",)).select_related("place", "category")
    incident = locked.get(pk=incident_id)
    before = last_message(incident)
    told = outside_incident(incident)
    kind = _kind(incident, before, digest_of(told))
    if kind is None:
        if before is not None:
            OutsideMessage.objects.filter(pk=before.pk).update(version=incident.version)
        return None
    message = _message(incident, told, kind, speaker_of(row), at)
    for subscriber in subscribers_of(message):
        Delivery.objects.create(
            subscriber=subscriber,
            message=message,
            body=_body(subscriber, told, message, speaker_of(row)),
            next_attempt_at=at,
            created_at=at,
        )
    return message


def _kind(incident: Incident, before: OutsideMessage | None, digest: str) -> Type | None:
    """Say what the change is to those outside; None: nothing, or nothing that may be told."""
    if incident.is_drill:
        return None
    is_known = before is not None and before.type != Type.CANCEL
    if not is_tellable(incident):
        return Type.CANCEL if is_known else None
    if not is_known:
        return Type.ALERT
    return Type.UPDATE if before is not None and before.digest != digest else None


def _message(
    incident: Incident, told: OutsideIncident, kind: Type, speaker: Speaker, at: datetime
) -> OutsideMessage:
    identifier = f"urn:uuid:{uuid.uuid4()}"
    types: dict[str, MessageType] = {
        Type.ALERT: "Alert",
        Type.UPDATE: "Update",
        Type.CANCEL: "Cancel",
    }
    header = Header(
        identifier, at, types[kind], [] if kind == Type.ALERT else _references(incident, speaker)
    )
    return OutsideMessage.objects.create(
        incident=incident,
        identifier=identifier,
        type=kind,
        sent_at=at,
        version=incident.version,
        digest=digest_of(told),
        cap=cap_xml(told, speaker, header),
    )


def _references(incident: Incident, speaker: Speaker) -> list[Reference]:
    """Name what a message takes the place of: all since the incident was last announced."""
    found: list[Reference] = []
    for message in OutsideMessage.objects.filter(incident=incident).order_by("-pk"):
        found.insert(0, Reference(speaker.sender, message.identifier, message.sent_at))
        if message.type == Type.ALERT:
            break
    return found


def _body(
    subscriber: Subscriber, told: OutsideIncident, message: OutsideMessage, speaker: Speaker
) -> str:
    if subscriber.channel == Subscriber.Channel.MAIL:
        return mail_text(told, Type(message.type))
    if subscriber.format == Subscriber.Format.CAP:
        return message.cap
    data: dict[str, Any]
    if subscriber.format == Subscriber.Format.EIDO:
        identifier = message.identifier.rpartition(":")[2]
        data = eido_of(told, speaker, identifier=identifier, at=message.sent_at)
    else:
        data = incident_feature(told)
    # The kind stands in the body, for only that is signed.
    envelope = {
        "type": _EVENTS[Type(message.type)],
        "timestamp": utc_text(message.sent_at),
        "data": data,
    }
    return json.dumps(envelope, ensure_ascii=False)


def mail_text(told: OutsideIncident, kind: Type) -> str:
    """Return the subject, an empty line and the text, in the town's language."""
    with override(settings.LANGUAGE_CODE):
        what = {
            Type.ALERT: _("new incident"),
            Type.UPDATE: _("incident changed"),
            Type.CANCEL: _("incident called off"),
        }[kind]
        subject = one_line(
            f"{told.name} P{told.priority}: {told.category_name}, {told.place} ({what})"
        )
        return "\n".join([subject, "", *_mail_lines(told)])


def _mail_lines(told: OutsideIncident) -> list[str]:
    rows = [
        (_("Number"), told.name),
        (_("State"), told.status_name),
        (_("Category"), told.category_name),
        (_("Priority"), f"P{told.priority}"),
        (_("Place"), joined([told.place, told.address])),
        (_("Happened"), _local(told.occurred_at)),
        (_("Handed over"), _local(told.handed_over_at)),
        (_("KUSP number"), told.police_number),
        (_("Outcome"), told.disposition_name),
        (_("Essence"), one_line(told.summary)),
        (_("Description"), told.description),
    ]
    return [f"{name}: {value}" for name, value in rows if value]


def _local(moment: datetime | None) -> str:
    if moment is None:
        return ""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return f"{local:%d.%m.%Y %H:%M:%S} ({local:%z})"
