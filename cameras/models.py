"""Places, cameras and their streams; the audit log, which every other app writes to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _


class Location(models.Model):
    """A public place under cameras."""

    class Icon(models.TextChoices):
        PLAYGROUND = "playground", _("playground")
        WATER = "water", _("waterside")
        STELE = "stele", _("memorial")
        PLACE = "map", _("other place")

    name = models.CharField(_("name"), max_length=100, unique=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    icon = models.CharField(_("sign"), max_length=20, choices=Icon, default=Icon.PLACE)
    # The order on the desk; the first nine answer to the keys 1 to 9.
    position = models.PositiveSmallIntegerField(_("order on the desk"), default=0)
    excludes_faces = models.BooleanField(
        _("faces are not recognized here"),
        default=False,
        help_text=_("A new playground begins so. Nobody is looked for or found by a face here."),
    )
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        return self.name


class Camera(models.Model):
    """A view that is watched; has one stream or two."""

    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="cameras", verbose_name=_("place")
    )
    # The number that people say on the phone: К01.
    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    name = models.CharField(_("what it looks at"), max_length=100)
    is_enabled = models.BooleanField(_("records"), default=True)
    records_audio = models.BooleanField(_("records sound"), default=False)
    # Null: the portal's default (ATOMGRAD_RETENTION_DAYS).
    retention_days = models.PositiveSmallIntegerField(_("days kept"), null=True, blank=True)
    is_demo = models.BooleanField(_("demo"), default=False)
    # Where the camera stands on the plan, in percent of its width and height, and where it
    # looks: degrees clockwise from north.
    plan_x = models.FloatField(null=True, blank=True)
    plan_y = models.FloatField(null=True, blank=True)
    bearing = models.FloatField(_("looks to, degrees"), null=True, blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("camera")
        verbose_name_plural = _("cameras")

    def __str__(self) -> str:
        return f"{self.label} {self.name}"

    @property
    def label(self) -> str:
        return _("C%(number)02d") % {"number": self.number}


class Stream(models.Model):
    """One encoding of a camera's picture."""

    class Role(models.TextChoices):
        MAIN = "MAIN", _("main")
        SUB = "SUB", _("sub")

    class Transport(models.TextChoices):
        TCP = "TCP", "TCP"
        UDP = "UDP", "UDP"

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="streams")
    role = models.CharField(_("role"), max_length=4, choices=Role, default=Role.MAIN)
    # Never carries credentials: they are split off when it is saved.
    url = models.CharField(_("address"), max_length=500)
    username = models.CharField(_("user name"), max_length=100, blank=True)
    # Fernet token; see cameras/secrets.py. Never shown, logged or sent.
    password_encrypted = models.TextField(blank=True, editable=False)
    transport = models.CharField(
        _("transport"), max_length=3, choices=Transport, default=Transport.TCP
    )
    is_recorded = models.BooleanField(_("recorded"), default=True)

    class Meta:
        ordering = ["camera__number", "role"]
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [
            models.UniqueConstraint(fields=["camera", "role"], name="stream_unique_role"),
        ]

    def __str__(self) -> str:
        return f"{self.camera.label}-{self.role}"


class StreamStatus(models.Model):
    """What the recorder last said of a stream; written by the recorder only."""

    class State(models.TextChoices):
        UNKNOWN = "UNKNOWN", _("not started")
        CONNECTING = "CONNECTING", _("connecting")
        ONLINE = "ONLINE", _("online")
        NO_FRAMES = "NO_FRAMES", _("no frames")
        FROZEN = "FROZEN", _("picture frozen")
        AUTH_FAILED = "AUTH_FAILED", _("wrong user name or password")
        UNREACHABLE = "UNREACHABLE", _("unreachable")
        UNSUPPORTED = "UNSUPPORTED", _("not a usable stream")
        DISK_FULL = "DISK_FULL", _("no space to record")

    stream = models.OneToOneField(
        Stream, on_delete=models.CASCADE, related_name="status", primary_key=True
    )
    state = models.CharField(max_length=12, choices=State, default=State.UNKNOWN)
    # One sentence for the technician, in English, without credentials.
    detail = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    last_frame_at = models.DateTimeField(null=True, blank=True)
    codec = models.CharField(max_length=20, blank=True)  # FFmpeg's name: h264, hevc, mjpeg
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frames_per_second = models.FloatField(default=0)
    bitrate_bps = models.BigIntegerField(default=0)
    reconnect_count = models.PositiveIntegerField(default=0)
    # Packets the recorder had to leave out, with the reason counted in its log.
    dropped_packet_count = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.stream_id} {self.state}"


class UserPlace(models.Model):
    """A place that a user was given; who was given none sees all. See cameras.access."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="given_places"
    )
    # Protected: with the last of somebody's places gone, that person would see the whole town.
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "location"], name="user_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.location_id}"


class PlacedUser(User):
    """A user as staff see one: somebody who may be given places, and nothing else."""

    class Meta:
        proxy = True
        verbose_name = _("user's places")
        verbose_name_plural = _("users' places")


class AuditEntry(models.Model):
    """One act of a person (or of the portal, without an actor). Never changed, never deleted."""

    occurred_at = models.DateTimeField(_("when"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("who"),
    )
    action = models.CharField(_("act"), max_length=60)  # "archive.export"
    target = models.CharField(_("about what"), max_length=120)  # "archive.export:7"
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    detail: models.JSONField[Any, Any] = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("log entry")
        verbose_name_plural = _("audit log")

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M:%S} {self.action} {self.target}"
