"""Brings messages to subscribers: again and again with growing pauses, then a person decides."""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import F

from cameras.audit import write_audit_entry
from cameras.secrets import SecretUnreadableError, decrypt_secret
from incidents.engine.eido import MEDIA_TYPE as EIDO_TYPE
from incidents.engine.posting import (
    AddressRefusedError,
    Network,
    PostFailedError,
    parse_networks,
    post,
    resolve,
    signature_of,
)
from incidents.models import Delivery, Exchange, Subscriber
from incidents.queries.interchange import due_deliveries, exchange

State = Delivery.State
# After the first failed attempt, the second and so on: eight attempts in not quite a day.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1800, 7200, 21_600, 43_200))
# A worker that dies in the middle leaves the delivery to the next one after so long.
_LEASE = timedelta(minutes=2)
_AT_ONCE = 50
_TIMEOUT_S = 10.0
_MEDIA_TYPES = {
    Subscriber.Format.EIDO: "application/json; charset=utf-8",
    Subscriber.Format.GEOJSON: "application/json; charset=utf-8",
    Subscriber.Format.CAP: "application/cap+xml; charset=utf-8",
}


class DeliveryFailedError(Exception):
    """Why it did not arrive, for the technician; `is_final`: another attempt is of no use."""

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


def deliver_due(*, at: datetime) -> int:
    """Try what is due; return how much arrived. A subscriber that fails once is left for now."""
    failing: set[int] = set()
    arrived = 0
    rows = due_deliveries(at).select_related("subscriber", "message__incident")
    for delivery in rows[:_AT_ONCE]:
        if delivery.subscriber_id in failing or not _claim(delivery, at):
            continue
        try:
            _send(delivery, at)
        except DeliveryFailedError as error:
            failing.add(delivery.subscriber_id)
            _note_failure(delivery, error, at)
        else:
            arrived += 1
            Delivery.objects.filter(pk=delivery.pk).update(state=State.DONE, done_at=at, error="")
    return arrived


def _claim(delivery: Delivery, at: datetime) -> bool:
    """Take the delivery on; another worker may have been first."""
    mine = Delivery.objects.filter(
        pk=delivery.pk,
        state=State.WAITING,
        attempt_count=delivery.attempt_count,
        next_attempt_at__lte=at,
    ).update(attempt_count=F("attempt_count") + 1, next_attempt_at=at + _LEASE)
    return mine == 1


def _note_failure(delivery: Delivery, error: DeliveryFailedError, at: datetime) -> None:
    failed = delivery.attempt_count + 1
    is_over = error.is_final or failed > len(PAUSES)
    pause = timedelta(0) if is_over else PAUSES[failed - 1]
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.DEAD if is_over else State.WAITING,
        next_attempt_at=at + pause,
        error=str(error)[:300],
    )


def _send(delivery: Delivery, at: datetime) -> None:
    """Raises DeliveryFailedError."""
    try:
        if delivery.subscriber.channel == Subscriber.Channel.MAIL:
            _mail(delivery, exchange())
        else:
            _post(delivery, at)
    except AddressRefusedError as error:
        raise DeliveryFailedError(str(error), is_final=True) from error
    except SecretUnreadableError as error:
        raise DeliveryFailedError(str(error), is_final=True) from error


def _post(delivery: Delivery, at: datetime) -> None:
    subscriber = delivery.subscriber
    secret = decrypt_secret(subscriber.secret_encrypted)
    if not secret:
        raise DeliveryFailedError("no key to sign with", is_final=True)
    body = delivery.body.encode()
    identifier, timestamp = str(delivery.public_id), int(at.timestamp())
    headers = {
        "Content-Type": _MEDIA_TYPES[Subscriber.Format(subscriber.format)],
        "User-Agent": f"Atomgrad/{settings.VERSION}",
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature_of(
            secret, identifier=identifier, timestamp=timestamp, body=body
        ),
    }
    if subscriber.format == Subscriber.Format.EIDO:
        headers["X-Atomgrad-Data"] = EIDO_TYPE
    try:
        post(subscriber.url, body, headers, allowed=_networks(), timeout_s=_TIMEOUT_S)
    except PostFailedError as error:
        raise DeliveryFailedError(str(error), is_final=error.status == HTTPStatus.GONE) from error


def _networks() -> list[Network]:
    return parse_networks(settings.OUTSIDE_NETWORKS)


def _mail(delivery: Delivery, row: Exchange) -> None:
    """Raises DeliveryFailedError."""
    if not (row.mail_host and row.mail_from):
        raise DeliveryFailedError("no mail server is set")
    subject, _, text = delivery.body.partition("\n\n")
    try:
        resolve(row.mail_host, row.mail_port, _networks())
        connection = EmailBackend(
            host=row.mail_host,
            port=row.mail_port,
            username=row.mail_username,
            password=decrypt_secret(row.mail_password_encrypted),
            use_tls=row.mail_security == Exchange.Security.STARTTLS,
            use_ssl=row.mail_security == Exchange.Security.TLS,
            timeout=int(_TIMEOUT_S),
        )
        EmailMessage(
            subject,
            text,
            row.mail_from,
            [delivery.subscriber.mail_address],
            headers={"Message-ID": f"<{delivery.public_id}@{row.sender}>"},
            connection=connection,
        ).send()
    except (PostFailedError, smtplib.SMTPException, OSError) as error:
        text = str(error) or type(error).__name__
        raise DeliveryFailedError(f"{row.mail_host}: {text}") from error


@transaction.atomic
def retry(*, delivery: Delivery, actor: User, at: datetime, address: str | None = None) -> bool:
    """Try a delivery that was given up once more, from the beginning; False: it is not given up."""
    changed = Delivery.objects.filter(pk=delivery.pk, state=State.DEAD).update(
        state=State.WAITING, attempt_count=0, next_attempt_at=at
    )
    if changed:
        write_audit_entry(
            actor=actor, action="exchange.retry", target=delivery, at=at, address=address
        )
    return bool(changed)
