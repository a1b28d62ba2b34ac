"""What leaves the house: to whom, in which form, and what came of each delivery.

Nothing is sent and nothing can be fetched before staff have switched it on in Exchange. A drill is
told to nobody.
"""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models.alarms import Alarm
from incidents.models.dictionaries import Category
from incidents.models.incidents import Incident

# CAP 1.2 forbids these in the names of senders and messages.
NAME_FOR_CAP = RegexValidator(
    r"^[^\s,<&]+\Z", _("No spaces and none of the signs , < & may stand here.")
)


class Exchange(models.Model):
    """One row: who speaks, and what is switched on. All of it is off at first."""

    class Security(models.TextChoices):
        NONE = "NONE", _("none")
        STARTTLS = "STARTTLS", "STARTTLS"
        TLS = "TLS", "TLS"

    sender = models.CharField(
        _("sender"),
        max_length=100,
        blank=True,
        validators=[NAME_FOR_CAP],
        help_text=_("The name of the duty service for machines, such as edds.town.example."),
    )
    sender_name = models.CharField(_("name of the duty service"), max_length=120, blank=True)
    contact = models.CharField(_("phone of the duty service"), max_length=120, blank=True)
    has_cap_feed = models.BooleanField(_("CAP feed"), default=False)
    has_documents = models.BooleanField(_("EIDO and GeoJSON documents"), default=False)
    sends_webhooks = models.BooleanField(_("webhooks are sent"), default=False)
    sends_mail = models.BooleanField(_("mail is sent"), default=False)
    # Nothing older goes out: switching on does not send a year.
    since = models.DateTimeField(_("incidents registered since"), null=True, blank=True)

    mail_host = models.CharField(_("mail server"), max_length=200, blank=True)
    mail_port = models.PositiveIntegerField(_("port of the mail server"), default=25)
    mail_security = models.CharField(
        _("security of the mail"), max_length=8, choices=Security, default=Security.NONE
    )
    mail_username = models.CharField(_("user name of the mail"), max_length=120, blank=True)
    # Fernet token; see cameras/secrets.py. Never shown, logged or sent.
    mail_password_encrypted = models.TextField(blank=True, editable=False)
    mail_from = models.EmailField(_("from address of the mail"), blank=True)

    class Meta:
        verbose_name = _("exchange with other systems")
        verbose_name_plural = _("exchange with other systems")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="exchange_is_one_row"),
        ]

    def __str__(self) -> str:
        return str(_("exchange with other systems"))


class Reader(models.Model):
    """A system that may fetch the feed and the documents by its token."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    # SHA-256 of the token, in hex: the token itself is shown once and kept nowhere.
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)
    read_at = models.DateTimeField(_("read last"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("reader of the feed")
        verbose_name_plural = _("readers of the feed")

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """Who is told by itself: a webhook or a mail address."""

    class Channel(models.TextChoices):
        WEBHOOK = "WEBHOOK", _("webhook")
        MAIL = "MAIL", _("mail")

    class Format(models.TextChoices):
        EIDO = "EIDO", "NENA EIDO"
        CAP = "CAP", "CAP 1.2"
        GEOJSON = "GEOJSON", "GeoJSON"

    name = models.CharField(_("name"), max_length=120, unique=True)
    channel = models.CharField(_("way"), max_length=7, choices=Channel, default=Channel.WEBHOOK)
    url = models.CharField(_("address of the webhook"), max_length=500, blank=True)
    # Fernet token of the key that signs; see cameras/secrets.py.
    secret_encrypted = models.TextField(blank=True, editable=False)
    format = models.CharField(_("form"), max_length=7, choices=Format, default=Format.EIDO)
    mail_address = models.EmailField(_("mail address"), blank=True)
    categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="+",
        verbose_name=_("categories"),
        help_text=_("None: all."),
    )
    least_priority = models.PositiveSmallIntegerField(
        _("this urgent or more"), choices=Alarm.Priority, default=Alarm.Priority.LOW
    )
    is_active = models.BooleanField(_("in use"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(channel="WEBHOOK") & ~models.Q(url=""))
                | (models.Q(channel="MAIL") & ~models.Q(mail_address="")),
                name="subscriber_has_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OutsideMessage(models.Model):
    """What was told of an incident and when, as a CAP message; written once.

    The last one of an incident says what the world knows of it: `digest` is of all that goes out,
    so that a change of the card that concerns nobody outside is no message.
    """

    class Type(models.TextChoices):
        """The msgType of CAP 1.2."""

        ALERT = "Alert", _("alert")
        UPDATE = "Update", _("update")
        CANCEL = "Cancel", _("cancellation")

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="messages")
    identifier = models.CharField(max_length=120, unique=True)
    type = models.CharField(_("kind"), max_length=6, choices=Type)
    sent_at = models.DateTimeField(_("sent"))
    # Of the card; the same version is looked at once.
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    cap = models.TextField()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [models.Index(fields=["incident", "-id"], name="message_of_incident")]

    def __str__(self) -> str:
        return self.identifier


class Delivery(models.Model):
    """One message to one subscriber, until it is there or given up."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        DONE = "DONE", _("delivered")
        DEAD = "DEAD", pgettext_lazy("delivery", "given up")

    # The same with every attempt: who gets it twice can tell.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="deliveries")
    message = models.ForeignKey(OutsideMessage, on_delete=models.PROTECT, related_name="deliveries")
    # As it was when the message was made.
    body = models.TextField()
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    created_at = models.DateTimeField(_("made"))
    done_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # One sentence for the technician, in English, without credentials.
    error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="delivery_due")]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "message"], name="delivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.message_id} {self.state}"
