"""Footage: files and their index, gaps, holds, exports, and who records what."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cameras.models import Camera, Stream


class Volume(models.Model):
    """A folder on one disk where recordings lie. Its identity is a file in the folder."""

    identity = models.UUIDField(unique=True)
    node = models.CharField(max_length=100)  # the machine that sees it
    path = models.CharField(_("folder"), max_length=500)
    # 0: no quota.
    quota_bytes = models.BigIntegerField(_("quota, bytes"), default=0)
    low_free_percent = models.FloatField(_("deletion starts at free, %"), default=10)
    full_free_percent = models.FloatField(_("alarm at free, %"), default=3)
    # Written by watch_volumes.
    checked_at = models.DateTimeField(null=True, blank=True)
    total_bytes = models.BigIntegerField(default=0)
    free_bytes = models.BigIntegerField(default=0)
    is_full = models.BooleanField(default=False)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["node", "path"]
        verbose_name = _("volume")
        verbose_name_plural = _("volumes")

    def __str__(self) -> str:
        return f"{self.node}:{self.path}"


class VideoFormat(models.Model):
    """How to decode: the initialization segment shared by many recordings."""

    # SHA-256 of the initialization segment, hex.
    digest = models.CharField(max_length=64, unique=True)
    codec = models.CharField(max_length=20)  # FFmpeg's name
    # RFC 6381, for MediaSource: avc1.64001f, or avc1.64001f,mp4a.40.2 with sound.
    codec_string = models.CharField(max_length=60)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    has_audio = models.BooleanField(default=False)
    # ftyp and moov.
    initialization = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.codec_string} {self.width}x{self.height}"


class RecordingQuerySet(models.QuerySet["Recording"]):
    def overlapping(self, started_at: datetime, ended_at: datetime) -> RecordingQuerySet:
        """Recordings that share a moment with the half-open range."""
        return self.filter(started_at__lt=ended_at, ended_at__gt=started_at)


class Recording(models.Model):
    """One file, about a minute of one stream. The file is the truth, this row its index."""

    class Place(models.TextChoices):
        VOLUME = "VOLUME", _("volume")
        BUCKET = "BUCKET", _("bucket")

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="recordings")
    volume = models.ForeignKey(Volume, on_delete=models.PROTECT, related_name="recordings")
    place = models.CharField(max_length=6, choices=Place, default=Place.VOLUME)
    # Relative to the volume's folder; the same text is the key in the bucket.
    path = models.CharField(max_length=300, unique=True)
    # Recordings of one run follow each other without a lost packet.
    run = models.UUIDField()
    video_format = models.ForeignKey(VideoFormat, on_delete=models.PROTECT)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    size_bytes = models.BigIntegerField()
    # Hex, computed while the file was written; of the whole file.
    sha256 = models.CharField(max_length=64)
    frame_count = models.PositiveIntegerField()
    # archive.engine.index: where each GOP begins, in time and in bytes.
    gop_index = models.BinaryField()
    # The writer died: cut after the last whole fragment, hash computed at recovery.
    is_recovered = models.BooleanField(default=False)
    # Set first, then the file goes, then the row.
    is_deleting = models.BooleanField(default=False)

    objects = RecordingQuerySet.as_manager()

    class Meta:
        ordering = ["started_at"]
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        indexes = [
            # The time line and playback of one stream. It covers: a day of coverage is read
            # from the index alone, without the rows and their GOP indexes.
            models.Index(
                fields=["stream", "started_at", "ended_at"], name="recording_stream_times"
            ),
            # Oldest first, for deletion; covers the sum that a quota is compared with.
            models.Index(
                fields=["volume", "started_at", "size_bytes"], name="recording_volume_sizes"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")), name="recording_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def duration(self) -> timedelta:
        return self.ended_at - self.started_at


class Gap(models.Model):
    """An interval of a stream without footage, and why."""

    class Cause(models.TextChoices):
        UNREACHABLE = "UNREACHABLE", _("camera unreachable")
        AUTH_FAILED = "AUTH_FAILED", _("camera refused the password")
        NO_FRAMES = "NO_FRAMES", _("camera sent no frames")
        CAMERA_CLOSED = "CAMERA_CLOSED", _("camera closed the connection")
        UNSUPPORTED = "UNSUPPORTED", _("camera sent no usable stream")
        FORMAT_CHANGED = "FORMAT_CHANGED", _("camera changed its stream")
        CLOCK_JUMPED = "CLOCK_JUMPED", _("time jumped")
        RECORDER_DIED = "RECORDER_DIED", _("recorder died")
        RECORDER_STOPPED = "RECORDER_STOPPED", _("recorder was stopped")
        DISK_FULL = "DISK_FULL", _("no space on the disk")
        DISABLED = "DISABLED", _("recording was off")
        FOOTAGE_LOST = "FOOTAGE_LOST", _("file lost or damaged")

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="gaps")
    started_at = models.DateTimeField()
    # Null while it lasts.
    ended_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=16, choices=Cause)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["started_at"]
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        indexes = [models.Index(fields=["stream", "started_at"], name="gap_stream_started")]
        constraints = [
            models.UniqueConstraint(
                fields=["stream"], condition=Q(ended_at=None), name="gap_one_open_per_stream"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id} {self.started_at:%Y-%m-%d %H:%M:%S} {self.cause}"


class Hold(models.Model):
    """Keeps a range of a camera's footage from deletion, whatever the disk says."""

    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="holds")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=300)
    # The end of its term; null: until it is released.
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")), name="hold_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.started_at:%Y-%m-%d %H:%M:%S} {self.reason}"


class Export(models.Model):
    """A copy of footage handed out: who, when, why, what, and its hash."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("ready")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    class Kind(models.TextChoices):
        MP4 = "MP4", "MP4"
        JPG = "JPG", "JPG"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="exports")
    stream = models.ForeignKey(Stream, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=Kind)
    started_at = models.DateTimeField()
    # A JPG is one moment: equal to started_at.
    ended_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports"
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    # A running job renews it; another may take the job over when it has passed.
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    done_bytes = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Relative to EXPORT_DIR.
    path = models.CharField(max_length=300, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    # Seconds of the range without footage.
    gap_seconds = models.FloatField(default=0)
    manifest: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [models.Index(fields=["state", "lease_expires_at"], name="export_state_lease")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class RecorderLease(models.Model):
    """Who records a stream now. The token fences: a holder with an older one must stop."""

    stream = models.OneToOneField(
        Stream, on_delete=models.CASCADE, related_name="lease", primary_key=True
    )
    holder = models.CharField(max_length=120, blank=True)  # worker's name
    node = models.CharField(max_length=100, blank=True)
    process_id = models.PositiveIntegerField(null=True)
    # Field 22 of /proc/PID/stat: tells a process from a later one with the same number.
    process_started = models.BigIntegerField(null=True)
    token = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    # Why the last holder let go: a Gap.Cause, empty if it did not say (it died).
    released_cause = models.CharField(max_length=16, blank=True)

    def __str__(self) -> str:
        return f"{self.stream_id} {self.holder} #{self.token}"


class ChainLink(models.Model):
    """A recording in the chain of its stream; outlives the recording, so that the chain holds."""

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="chain")
    number = models.PositiveBigIntegerField()  # 1, 2, … in the order of registration
    path = models.CharField(max_length=300, unique=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    # SHA-256 of ftyp and moov: tells a cut file from one that was encoded anew.
    initialization_sha256 = models.CharField(max_length=64)
    # archive.engine.proof.chain_value, hex.
    value = models.CharField(max_length=64)

    class Meta:
        ordering = ["stream", "number"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "number"], name="chain_link_number"),
        ]
        indexes = [models.Index(fields=["stream", "started_at"], name="chain_link_started")]

    def __str__(self) -> str:
        return f"{self.stream_id} #{self.number}"


class SignedHeads(models.Model):
    """Where the chains of all streams stood at a moment, signed. Never changed, never deleted."""

    signed_at = models.DateTimeField(db_index=True)
    # Exactly as signed: JSON; it holds the hash of the document before it.
    document = models.TextField()
    signature = models.TextField()

    class Meta:
        ordering = ["signed_at", "pk"]
        verbose_name_plural = "signed heads"

    def __str__(self) -> str:
        return f"{self.signed_at:%Y-%m-%d %H:%M:%S}"


class HeadCopy(models.Model):
    """Up to which heads a second place has them."""

    place = models.CharField(max_length=300, unique=True)
    written = models.BigIntegerField()  # key of SignedHeads; 0: none yet

    class Meta:
        verbose_name_plural = "head copies"

    def __str__(self) -> str:
        return f"{self.place} {self.written}"


class ProofCheck(models.Model):
    """How the last round of one of the proof's own checks went; one row of each kind."""

    class Kind(models.TextChoices):
        SCRUB = "SCRUB", "chains and files"
        HEADS = "HEADS", "second place of the heads"

    kind = models.CharField(max_length=5, choices=Kind, unique=True)
    first_at = models.DateTimeField()  # of the first round ever
    finished_at = models.DateTimeField()
    # Empty while all is well; since: of the first round that found it.
    problem = models.CharField(max_length=300, blank=True)
    problem_count = models.PositiveIntegerField(default=0)
    problem_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.finished_at:%Y-%m-%d %H:%M:%S}"
