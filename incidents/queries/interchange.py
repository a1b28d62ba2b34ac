"""What may leave the house, and in which words."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import override

from cameras.models import Location
from incidents.engine.geojson import OutsidePlace
from incidents.engine.outside import OutsideIncident, OutsideService, Speaker
from incidents.models import Delivery, Exchange, Incident, OutsideMessage, Subscriber

Status = Incident.Status
NEVER_TOLD = (Status.NEW, Status.IN_REVIEW, Status.FALSE_ALARM, Status.DUPLICATE)
DOCUMENT_TERM = timedelta(days=30)


def exchange() -> Exchange:
    """Return what is switched on; nothing is before staff have saved it."""
    return Exchange.objects.filter(pk=1).first() or Exchange(pk=1)


def speaker_of(row: Exchange) -> Speaker:
    return Speaker(row.sender, row.sender_name, row.contact, settings.LANGUAGE_CODE)


def tellable() -> QuerySet[Incident]:
    """Return what a person has confirmed and what is no drill, test, duplicate or false alarm."""
    return Incident.objects.filter(
        is_drill=False, category__is_counted=True, confirmed_at__isnull=False
    ).exclude(status__in=NEVER_TOLD)


def is_tellable(incident: Incident) -> bool:
    return (
        not incident.is_drill
        and incident.category.is_counted
        and incident.confirmed_at is not None
        and incident.status not in NEVER_TOLD
    )


def last_message(incident: Incident) -> OutsideMessage | None:
    return OutsideMessage.objects.filter(incident=incident).order_by("-pk").first()


def changed_incidents(since: datetime) -> QuerySet[Incident]:
    """Return incidents of which the world knows less than the card says; never a drill."""
    told = OutsideMessage.objects.filter(incident=OuterRef("pk")).order_by("-pk")
    known = Incident.objects.filter(is_drill=False, registered_at__gte=since).annotate(
        told_version=Subquery(told.values("version")[:1])
    )
    return known.filter(
        Q(told_version__isnull=True, pk__in=tellable().values("pk"))
        | Q(told_version__lt=F("version"))
    ).order_by("pk")


def outside_incident(incident: Incident) -> OutsideIncident:
    """Return what is told of an incident, in the town's language, whoever asks."""
    with override(settings.LANGUAGE_CODE):
        return OutsideIncident(
            name=incident.name,
            status=incident.status,
            status_name=str(incident.get_status_display()),
            category=incident.category.code,
            category_name=incident.category.name,
            ekp_code=incident.category.ekp_code,
            priority=incident.priority,
            certainty=incident.certainty,
            summary=incident.summary,
            description=incident.description,
            place=incident.place.name,
            address=incident.place.address,
            latitude=None,
            longitude=None,
            occurred_at=incident.occurred_at,
            registered_at=incident.registered_at,
            confirmed_at=incident.confirmed_at,
            handed_over_at=incident.handed_over_at,
            accepted_at=incident.accepted_at,
            arrived_at=incident.arrived_at,
            resolved_at=incident.resolved_at,
            closed_at=incident.closed_at,
            injured_count=incident.injured_count,
            has_children=incident.has_children,
            has_weapon=incident.has_weapon,
            has_fire=incident.has_fire,
            outside_number=incident.ext_112_number,
            police_number=incident.kusp_number,
            disposition=incident.disposition,
            disposition_name=_disposition_name(incident),
            services=_services(incident),
        )


def _disposition_name(incident: Incident) -> str:
    return str(incident.get_disposition_display()) if incident.disposition else ""


def _services(incident: Incident) -> tuple[OutsideService, ...]:
    return tuple(
        OutsideService(row.service.code, row.service.name, row.status, row.changed_at)
        for row in incident.dispatches.select_related("service").order_by("pk")
    )


def outside_places(within: Q) -> list[OutsidePlace]:
    return [
        OutsidePlace(place.pk, place.name, place.address, place.icon, None, None)
        for place in Location.objects.filter(within)
    ]


def subscribers_of(message: OutsideMessage) -> list[Subscriber]:
    """Return who is told: whom it concerns, and whoever was told of the incident before."""
    incident = message.incident
    before = Delivery.objects.filter(subscriber=OuterRef("pk"), message__incident=incident)
    concerned = Q(least_priority__gte=incident.priority) & (
        Q(categories__isnull=True) | Q(categories=incident.category)
    )
    row = exchange()
    channels = [
        channel
        for channel, is_on in (
            (Subscriber.Channel.WEBHOOK, row.sends_webhooks),
            (Subscriber.Channel.MAIL, row.sends_mail),
        )
        if is_on
    ]
    rows = Subscriber.objects.filter(is_active=True, channel__in=channels)
    return list(rows.filter(concerned | Exists(before)).distinct().order_by("pk"))


def due_deliveries(at: datetime) -> QuerySet[Delivery]:
    """Return what may be tried now: the oldest of each incident first, so that none overtakes."""
    row = exchange()
    channels = Q(pk__in=[])
    if row.sends_webhooks:
        channels |= Q(subscriber__channel=Subscriber.Channel.WEBHOOK)
    if row.sends_mail:
        channels |= Q(subscriber__channel=Subscriber.Channel.MAIL)
    earlier = Delivery.objects.filter(
        subscriber=OuterRef("subscriber"),
        message__incident=OuterRef("message__incident"),
        state=Delivery.State.WAITING,
        pk__lt=OuterRef("pk"),
    )
    waiting = Delivery.objects.filter(
        channels,
        state=Delivery.State.WAITING,
        next_attempt_at__lte=at,
        subscriber__is_active=True,
        message__incident__is_drill=False,
    )
    return waiting.exclude(Exists(earlier)).order_by("next_attempt_at", "pk")


def feed_messages(at: datetime) -> QuerySet[OutsideMessage]:
    """Return the messages of the last days, the newest first."""
    return OutsideMessage.objects.filter(
        sent_at__gte=at - DOCUMENT_TERM, incident__is_drill=False
    ).order_by("-pk")
