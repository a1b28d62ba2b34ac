"""Who else may raise an alarm: other systems, devices by ONVIF, citizens, calls to 112."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.models import WatchRule
from cameras.models import Camera, Location
from incidents.models.alarms import Alarm

PERSON = settings.AUTH_USER_MODEL
KIND_LENGTH = 30


class AlarmSource(models.Model):
    """Another system that reports by the REST API with a token of its own."""

    class Channel(models.TextChoices):
        OUTSIDE = "OUTSIDE", _("another system")
        CALL_112 = "CALL_112", _("system of 112")

    name = models.CharField(_("name"), max_length=120, unique=True)
    channel = models.CharField(_("what it is"), max_length=8, choices=Channel, default="OUTSIDE")
    # SHA-256 of the token, in hex: the token itself is shown once and kept nowhere.
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)
    places = models.ManyToManyField(
        Location,
        blank=True,
        related_name="+",
        verbose_name=_("places"),
        help_text=_("Of which it may report. None: all."),
    )
    # Codes of situations; an empty list: all.
    kinds = models.JSONField(_("situations"), default=list, blank=True)
    top_priority = models.PositiveSmallIntegerField(
        _("most urgent priority"),
        choices=Alarm.Priority,
        default=Alarm.Priority.URGENT,
        help_text=_("What it reports as more urgent comes with this priority."),
    )
    per_minute = models.PositiveSmallIntegerField(
        _("requests in a minute"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("More of them are answered with 429 and counted."),
    )
    heartbeat_minutes = models.PositiveSmallIntegerField(
        _("reports at least every, minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("When it is silent for longer, that is a fault. Empty: it may be silent."),
    )
    made_at = models.DateTimeField(editable=False)
    heard_at = models.DateTimeField(_("heard last"), null=True, blank=True, editable=False)
    accepted_count = models.PositiveBigIntegerField(
        _("reports accepted"), default=0, editable=False
    )
    repeated_count = models.PositiveBigIntegerField(_("repeated"), default=0, editable=False)
    refused_count = models.PositiveBigIntegerField(_("refused"), default=0, editable=False)
    surplus_count = models.PositiveBigIntegerField(_("too many"), default=0, editable=False)
    surplus_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Why the last one was refused, in English, for who connects the system.
    last_refusal = models.CharField(_("last refusal"), max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("source of alarms")
        verbose_name_plural = _("sources of alarms")

    def __str__(self) -> str:
        return self.name


class OnvifDevice(models.Model):
    """A camera's own events, by a PullPoint subscription; and who listens to it."""

    class State(models.TextChoices):
        UNKNOWN = "UNKNOWN", _("not started")
        LISTENING = "LISTENING", _("listening")
        AUTH_FAILED = "AUTH_FAILED", _("wrong user name or password")
        UNREACHABLE = "UNREACHABLE", _("unreachable")
        UNSUPPORTED = "UNSUPPORTED", _("gives no events")

    camera = models.OneToOneField(
        Camera, on_delete=models.CASCADE, related_name="onvif", verbose_name=_("camera")
    )
    # Never carries credentials.
    url = models.CharField(
        _("address of the device service"),
        max_length=300,
        help_text=_("Such as http://192.168.1.10/onvif/device_service"),
    )
    username = models.CharField(_("user name"), max_length=100, blank=True)
    # Fernet token; see cameras/secrets.py. Never shown, logged or sent.
    password_encrypted = models.TextField(blank=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)
    per_minute = models.PositiveSmallIntegerField(
        _("alarms in a minute"),
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("More of them are counted only."),
    )
    # Grows with every change: who listens begins anew.
    revision = models.PositiveIntegerField(default=1, editable=False)

    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.UNKNOWN, editable=False
    )
    # One sentence for the technician, in English, without credentials.
    detail = models.CharField(max_length=300, blank=True, editable=False)
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    heard_at = models.DateTimeField(_("last event"), null=True, blank=True, editable=False)
    clock_offset_s = models.FloatField(
        _("clock differs, seconds"), null=True, blank=True, editable=False
    )
    event_count = models.PositiveBigIntegerField(_("events"), default=0, editable=False)
    raised_count = models.PositiveBigIntegerField(_("alarms"), default=0, editable=False)
    surplus_count = models.PositiveBigIntegerField(_("too many"), default=0, editable=False)
    surplus_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What it sent that no topic is set for: {"VideoSource/ImageTooDark": 12}.
    unmapped = models.JSONField(default=dict, editable=False)

    # The lease; as archive.models.RecorderLease.
    token = models.PositiveBigIntegerField(default=0, editable=False)
    holder = models.CharField(max_length=120, blank=True, editable=False)
    node = models.CharField(max_length=100, blank=True, editable=False)
    process_id = models.PositiveIntegerField(null=True, blank=True, editable=False)
    process_started = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["camera__number"]
        verbose_name = _("ONVIF device")
        verbose_name_plural = _("ONVIF devices")

    def __str__(self) -> str:
        return f"{self.camera.label} ONVIF"


class OnvifTopic(models.Model):
    """What an event of devices means on the desk."""

    topic = models.CharField(
        _("topic"),
        max_length=200,
        unique=True,
        help_text=_("Without prefixes: RuleEngine/LineDetector/Crossed. A beginning is enough."),
    )
    # The name of the data item that says whether it begins or ends.
    item = models.CharField(
        _("item with the state"),
        max_length=60,
        blank=True,
        help_text=_("Such as IsMotion. Empty: the first that is true or false, if there is one."),
    )
    kind = models.CharField(_("situation"), max_length=KIND_LENGTH)
    grade = models.CharField(_("grade"), max_length=5, choices=WatchRule.Grade, default="ALARM")
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        choices=Alarm.Priority,
        null=True,
        blank=True,
        help_text=_("Empty: that of the situation."),
    )
    pause_s = models.PositiveIntegerField(
        _("pause, seconds"),
        default=30,
        help_text=_("The same event sooner than this is counted only."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["topic"]
        verbose_name = _("topic of ONVIF events")
        verbose_name_plural = _("topics of ONVIF events")

    def __str__(self) -> str:
        return self.topic


class OutsideReport(models.Model):
    """What a source or a device reported; the same key again is the same report."""

    source = models.ForeignKey(
        AlarmSource, null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    device = models.ForeignKey(
        OnvifDevice, null=True, blank=True, on_delete=models.CASCADE, related_name="reports"
    )
    # Of a source: its own identifier. Of a device: the topic and what it is about.
    key = models.CharField(max_length=300)
    # None: a hint, which is noted only.
    alarm = models.OneToOneField(
        Alarm, null=True, blank=True, on_delete=models.CASCADE, related_name="outside_report"
    )
    place = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    camera = models.ForeignKey(
        Camera, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(_("situation"), max_length=KIND_LENGTH)
    text = models.CharField(_("text"), max_length=500, blank=True)
    occurred_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))
    ended_at = models.DateTimeField(_("over"), null=True, blank=True)
    # Path of a JPEG in the default storage.
    picture = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("report from outside")
        verbose_name_plural = _("reports from outside")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key"],
                condition=models.Q(source__isnull=False),
                name="outside_report_once",
            ),
            models.CheckConstraint(
                condition=models.Q(source__isnull=False, device__isnull=True)
                | models.Q(source__isnull=True, device__isnull=False),
                name="outside_report_of_one",
            ),
        ]
        indexes = [
            models.Index(fields=["device", "key", "-id"], name="outside_report_of_device"),
            models.Index(fields=["received_at"], name="outside_report_received"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.kind}"


class CitizenDesk(models.Model):
    """One row: whether citizens may report by the number on the sign. Off at first."""

    is_open = models.BooleanField(_("citizens may report"), default=False)
    operator = models.CharField(
        _("who keeps the cameras"),
        max_length=200,
        blank=True,
        help_text=_("Stands on the sign and in the consent: МКУ «ЕДДС» of the town."),
    )
    phone = models.CharField(_("phone of the duty service"), max_length=60, blank=True)
    public_url = models.CharField(
        _("address of the portal for citizens"),
        max_length=200,
        blank=True,
        help_text=_("In the QR code: https://video.town.example. Empty: as staff open it."),
    )
    per_address_hour = models.PositiveSmallIntegerField(
        _("reports from one address in an hour"),
        default=5,
        validators=[MinValueValidator(1)],
    )
    per_place_hour = models.PositiveSmallIntegerField(
        _("reports of one place in an hour"), default=30, validators=[MinValueValidator(1)]
    )
    accepted_count = models.PositiveBigIntegerField(
        _("reports accepted"), default=0, editable=False
    )
    refused_count = models.PositiveBigIntegerField(_("refused"), default=0, editable=False)
    surplus_count = models.PositiveBigIntegerField(_("too many"), default=0, editable=False)
    surplus_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("citizens' reports")
        verbose_name_plural = _("citizens' reports")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="citizen_desk_is_one_row"),
        ]

    def __str__(self) -> str:
        return str(_("citizens' reports"))


class PlaceSign(models.Model):
    """The number on the sign of a place: four digits and a check digit."""

    place = models.OneToOneField(
        Location, on_delete=models.CASCADE, related_name="sign", verbose_name=_("place")
    )
    number = models.CharField(_("number on the sign"), max_length=5, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"), editable=False)

    class Meta:
        ordering = ["place__position", "place__name"]
        verbose_name = _("sign of a place")
        verbose_name_plural = _("signs of places")

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """As it is printed and said: 4821-7."""
        return f"{self.number[:-1]}-{self.number[-1]}"


class CitizenReport(models.Model):
    """What a citizen wrote. Phone and address are forgotten after thirty days."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # That of the form: sent twice, it is one report.
    form_key = models.UUIDField(unique=True)
    # For reference, as it is said on the phone: 26-000412.
    reference = models.CharField(_("number"), max_length=12, unique=True)
    place = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(_("what happens"), max_length=KIND_LENGTH)
    text = models.CharField(_("text"), max_length=500, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    # HMAC of the address from which it came: whoever floods is blocked by it.
    address_hash = models.CharField(max_length=32, blank=True, db_index=True)
    received_at = models.DateTimeField(_("received"))
    alarm = models.OneToOneField(
        Alarm, null=True, blank=True, on_delete=models.CASCADE, related_name="citizen_report"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("report of a citizen")
        verbose_name_plural = _("reports of citizens")
        indexes = [models.Index(fields=["received_at"], name="citizen_report_received")]

    def __str__(self) -> str:
        return self.reference


class AddressBlock(models.Model):
    """An address that may not report for a day."""

    address_hash = models.CharField(max_length=32, db_index=True)
    until = models.DateTimeField(_("until"))
    blocked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    blocked_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.address_hash[:8]} {self.until:%Y-%m-%d %H:%M}"


class EmergencyCall(models.Model):
    """A call to 112 that was passed on to the desk. The phone is forgotten after thirty days."""

    alarm = models.OneToOneField(Alarm, on_delete=models.CASCADE, related_name="call")
    ext_112_number = models.CharField(_("number of 112"), max_length=40, unique=True)
    phone = models.CharField(_("caller's phone"), max_length=40, blank=True)
    taken_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("call to 112")
        verbose_name_plural = _("calls to 112")

    def __str__(self) -> str:
        return self.ext_112_number


class RateWindow(models.Model):
    """How often something came in a window of time, where Redis is away."""

    key = models.CharField(max_length=150, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key} {self.count}"
