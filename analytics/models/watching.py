"""What staff drew and set, who watches, and what was seen."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cameras.models import Camera


class Region(models.Model):
    """Something drawn on a camera's picture. Points are shares of it, 0 to 1."""

    class Shape(models.TextChoices):
        ZONE = "ZONE", _("zone")
        LINE = "LINE", _("line")
        ASSET = "ASSET", _("thing to be guarded")
        MASK = "MASK", _("part that is not watched")
        SCALE = "SCALE", _("measured stretch on the ground")

    class Direction(models.TextChoices):
        BOTH = "BOTH", _("both ways")
        TO_RIGHT = "TO_RIGHT", _("from left to right")
        TO_LEFT = "TO_LEFT", _("from right to left")

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="regions")
    shape = models.CharField(_("shape"), max_length=5, choices=Shape)
    name = models.CharField(_("name"), max_length=60)
    # [[x, y], …]; a line and a stretch have two.
    points: models.JSONField[Any, Any] = models.JSONField(_("points"))
    # Of a line, seen from its first point to its second.
    direction = models.CharField(
        _("direction"), max_length=8, choices=Direction, default=Direction.BOTH
    )
    # Of a measured stretch.
    length_m = models.FloatField(_("length, m"), null=True, blank=True)
    # Drawn, or last changed. Null: before this was kept.
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)

    class Meta:
        ordering = ["camera__number", "shape", "name"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.UniqueConstraint(fields=["camera", "shape", "name"], name="region_unique_name"),
        ]

    def __str__(self) -> str:
        return self.name


class WatchRule(models.Model):
    """A detector on a camera: where, when and how loud."""

    class Grade(models.TextChoices):
        ALARM = "ALARM", _("alarm")
        HINT = "HINT", _("hint")

    class Sensitivity(models.TextChoices):
        LOW = "LOW", _("low")
        NORMAL = "NORMAL", _("normal")
        HIGH = "HIGH", _("high")

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="watch_rules")
    kind = models.CharField(_("situation"), max_length=12)  # analytics.engine.kinds.Kind
    # Null: the whole picture.
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.CASCADE, related_name="rules"
    )
    grade = models.CharField(_("how loud"), max_length=5, choices=Grade, default=Grade.ALARM)
    sensitivity = models.CharField(
        _("sensitivity"), max_length=6, choices=Sensitivity, default=Sensitivity.NORMAL
    )
    # Parameters of the detector that differ from its own, by name.
    overrides: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # Days of the week, 0 is Monday; the hours are the town's. Equal hours: the whole day.
    days: models.JSONField[Any, Any] = models.JSONField(_("days"), default=list, blank=True)
    starts = models.TimeField(_("from"), default="00:00")
    ends = models.TimeField(_("until"), default="00:00")
    is_enabled = models.BooleanField(_("on"), default=True)

    class Meta:
        ordering = ["camera__number", "kind", "id"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return f"{self.camera_id} {self.kind}"


class LearnedState(models.Model):
    """What a rule's detector learned of its camera, so that a restart does not cost weeks."""

    rule = models.OneToOneField(
        WatchRule, on_delete=models.CASCADE, related_name="learned", primary_key=True
    )
    kind = models.CharField(max_length=12)
    detector_version = models.PositiveSmallIntegerField()
    # Of the rule's region then: what was learned of another place is worth nothing. Null: none.
    points: models.JSONField[Any, Any] = models.JSONField(null=True)
    state: models.JSONField[Any, Any] = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("what a detector learned")
        verbose_name_plural = _("what detectors learned")

    def __str__(self) -> str:
        return f"{self.rule_id} {self.kind} v{self.detector_version}"


class Watch(models.Model):
    """One camera under analysis: who does it now, and what it costs.

    The token fences as that of a recorder's lease: a holder with an older one must stop.
    """

    camera = models.OneToOneField(
        Camera, on_delete=models.CASCADE, related_name="watch", primary_key=True
    )
    is_enabled = models.BooleanField(_("analyzed"), default=True)
    # Grows with every change of rules or regions: the worker then begins anew.
    revision = models.PositiveIntegerField(default=1)
    holder = models.CharField(max_length=120, blank=True)
    node = models.CharField(max_length=100, blank=True)
    process_id = models.PositiveIntegerField(null=True)
    process_started = models.BigIntegerField(null=True)
    token = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    # Written by the holder only.
    reported_at = models.DateTimeField(null=True)
    analyzed_until = models.DateTimeField(null=True)
    """Footage up to here was seen, live or from the archive: outages are caught up from it."""
    frames_analyzed = models.BigIntegerField(default=0)
    frames_shed = models.BigIntegerField(default=0)
    searches = models.BigIntegerField(default=0)
    busy_seconds = models.FloatField(default=0)
    # Of the last report: frames analyzed per second, share of a core, how late the last frame was.
    frames_per_second = models.FloatField(default=0)
    cores = models.FloatField(default=0)
    lag_seconds = models.FloatField(default=0)
    # What keeps it from being analyzed in full: see analytics.failure_texts.
    problems: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("analysis of a camera")
        verbose_name_plural = _("analysis of cameras")

    def __str__(self) -> str:
        return f"{self.camera_id} {self.holder} #{self.token}"


class Backfill(models.Model):
    """Recorded footage led through the detectors afterwards: "search the last night for …"."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("ready")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    cameras: models.ManyToManyField[Camera, Any] = models.ManyToManyField(Camera, related_name="+")
    started_at = models.DateTimeField(_("from"))
    ended_at = models.DateTimeField(_("until"))
    # Kinds to look for; empty: the camera's rules as they are.
    kinds: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    requested_at = models.DateTimeField()
    # Null: the portal itself, to catch up an outage.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = _("search in the archive")
        verbose_name_plural = _("searches in the archive")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")), name="backfill_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.state}"


class BackfillPiece(models.Model):
    """A part of a search that one worker does at a time; done twice, it writes the same rows."""

    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="pieces")
    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    is_done = models.BooleanField(default=False)
    holder = models.CharField(max_length=120, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    footage_seconds = models.FloatField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["started_at", "camera"]
        constraints = [
            models.UniqueConstraint(
                fields=["backfill", "camera", "started_at"], name="backfill_piece_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["is_done", "lease_expires_at"], name="backfill_piece_open"),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.started_at:%Y-%m-%d %H:%M:%S}"


class Detection(models.Model):
    """One event that a rule saw, from its first sighting to its last."""

    class Verdict(models.TextChoices):
        NONE = "", _("not judged")
        REAL = "REAL", _("real")
        FALSE = "FALSE", _("false")

    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="detections")
    rule = models.ForeignKey(
        WatchRule, null=True, on_delete=models.SET_NULL, related_name="detections"
    )
    kind = models.CharField(_("situation"), max_length=12)
    grade = models.CharField(_("how loud"), max_length=5, choices=WatchRule.Grade)
    # The name of the zone, line or asset then; empty: the whole picture.
    place = models.CharField(_("place in the picture"), max_length=60, blank=True)
    # Names the event for ever: found again, by a search or after a restart, it is the same row.
    identity = models.CharField(max_length=64, unique=True)
    detector_version = models.PositiveSmallIntegerField()
    # Of its episode: a worker that goes on after another knows by it what it sees again.
    episode_key = models.CharField(max_length=60, blank=True)
    began_at = models.DateTimeField(_("began"))
    raised_at = models.DateTimeField(_("raised"))
    # Null while it lasts.
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # [left, top, right, bottom] in shares of the picture; null: the whole picture.
    box: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    score = models.FloatField(_("certainty"), default=1)
    # What the sentence that explains it is made of.
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # Null: seen live.
    backfill = models.ForeignKey(
        Backfill, null=True, blank=True, on_delete=models.SET_NULL, related_name="detections"
    )
    # Paths in the media storage: the picture of the moment, and with some kinds a second one
    # (who left the bag; the bench before).
    picture = models.CharField(max_length=200, blank=True)
    second_picture = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(
        _("verdict"), max_length=5, choices=Verdict, default=Verdict.NONE, blank=True
    )
    verdict_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verdict_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-raised_at"]
        verbose_name = _("detection")
        verbose_name_plural = _("detections")
        indexes = [
            # The time line of a camera, and its list.
            models.Index(fields=["camera", "raised_at"], name="detection_camera_raised"),
            # Precision per detector and camera.
            models.Index(fields=["kind", "camera", "verdict"], name="detection_verdicts"),
            models.Index(fields=["raised_at"], name="detection_raised"),
        ]

    def __str__(self) -> str:
        return f"{self.raised_at:%Y-%m-%d %H:%M:%S} {self.kind}"


class Trial(models.Model):
    """Rules that are not saved yet, led over recorded footage: what would they have raised?

    Writes no detections. Kept for a day.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("ready")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # What was drawn and set: {"regions": […], "rules": […]}, as the page sends it.
    draft: models.JSONField[Any, Any] = models.JSONField()
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # Of the footage, 0 to 1. Written with `reported_at`: a run that says nothing has died.
    progress = models.FloatField(default=0)
    reported_at = models.DateTimeField()
    # [{"at_us", "kind", "grade", "place", "facts", "box", "picture"}, …] in order of time.
    hits: models.JSONField[Any, Any] = models.JSONField(default=list)
    # Rules that could not be tried, and why.
    problems: models.JSONField[Any, Any] = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = _("trial of rules")
        verbose_name_plural = _("trials of rules")

    def __str__(self) -> str:
        return f"{self.camera_id} {self.requested_at:%Y-%m-%d %H:%M:%S} {self.state}"


class BoxMinute(models.Model):
    """The boxes of one minute of a camera, for the overlay. See analytics.engine.overlay."""

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="box_minutes")
    started_at = models.DateTimeField()
    boxes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["camera", "started_at"], name="box_minute_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.started_at:%Y-%m-%d %H:%M}"


class EvaluationRun(models.Model):
    """Figures that `manage.py evaluate --save` measured."""

    ran_at = models.DateTimeField()
    # What was measured on, in the words of whoever ran it.
    subject = models.CharField(max_length=200)
    # [{"name", "value", "unit", "low", "high"}, …]
    figures: models.JSONField[Any, Any] = models.JSONField(default=list)

    class Meta:
        ordering = ["-ran_at"]
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")

    def __str__(self) -> str:
        return f"{self.ran_at:%Y-%m-%d %H:%M} {self.subject}"
