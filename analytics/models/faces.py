"""Faces: the three switches, who was seen, the watch list, and every search."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from analytics.models.watching import Detection
from cameras.models import Camera, Location


def _person(**options: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options
    )


class FaceSwitch(models.Model):
    """One of the three switches: off until asked for, confirmed where the law needs two, in term.

    It is on when confirmed_at is set and until is not over; a withdrawn one is deleted, its story
    stands in the audit log.
    """

    class Name(models.TextChoices):
        DETECTION = "DETECTION", _("faces are found")
        SEARCH = "SEARCH", _("search by a face")
        WATCH_LIST = "WATCH_LIST", _("watch list")

    name = models.CharField(max_length=10, choices=Name, primary_key=True)
    order_number = models.CharField(_("order"), max_length=100, blank=True)
    until = models.DateTimeField(_("ends"), null=True, blank=True)
    asked_by = _person()
    asked_at = models.DateTimeField()
    confirmed_by = _person(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("switch of face analysis")
        verbose_name_plural = _("switches of face analysis")
        constraints = [
            # The database itself refuses one person with two keys.
            models.CheckConstraint(
                condition=~Q(name="WATCH_LIST")
                | Q(confirmed_by=None)
                | ~Q(confirmed_by=models.F("asked_by")),
                name="watch_list_needs_two",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FaceEncounter(models.Model):
    """One face that passed one camera: a track, its best shot and its template."""

    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="faces")
    # Names the track for ever, so that a search over the same footage writes no second row.
    identity = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # Of the best shot: when, where ([left, top, right, bottom] in shares), how large, how good.
    best_at = models.DateTimeField()
    box: models.JSONField[Any, Any] = models.JSONField()
    eye_distance_px = models.FloatField()
    quality = models.FloatField()
    shots = models.PositiveSmallIntegerField(default=1)
    # Path of the best shot in the media storage; encrypted, as the template is.
    picture = models.CharField(max_length=200, blank=True)
    # Encrypted; empty where the face is too poor to be compared.
    template = models.BinaryField(default=bytes)
    recognizer = models.CharField(max_length=40, blank=True)
    delete_after = models.DateTimeField()

    class Meta:
        ordering = ["-best_at"]
        verbose_name = _("face seen")
        verbose_name_plural = _("faces seen")
        indexes = [
            models.Index(fields=["camera", "best_at"], name="face_camera_best"),
            models.Index(fields=["delete_after"], name="face_delete_after"),
        ]

    def __str__(self) -> str:
        return f"{self.best_at:%Y-%m-%d %H:%M:%S} #{self.pk}"


class WatchEntry(models.Model):
    """A person whom the police look for: on a ground, in a place, until a day."""

    class Kind(models.TextChoices):
        WANTED = "WANTED", _("wanted")
        MISSING = "MISSING", _("missing")
        MISSING_CHILD = "MISSING_CHILD", _("missing child")

    class Ground(models.TextChoices):
        CASE = "CASE", _("criminal case")
        REPORT = "REPORT", _("police report (КУСП)")
        ORDER = "ORDER", _("order")

    kind = models.CharField(_("kind"), max_length=13, choices=Kind)
    name = models.CharField(_("who"), max_length=200)
    ground = models.CharField(_("ground"), max_length=6, choices=Ground)
    ground_number = models.CharField(_("number of the ground"), max_length=100)
    # None: every place that is not excluded.
    places = models.ManyToManyField(
        Location, blank=True, through="WatchEntryPlace", verbose_name=_("places")
    )
    until = models.DateTimeField(_("ends"))
    created_by = _person()
    created_at = models.DateTimeField()
    # Matches nothing before a second person confirmed it.
    confirmed_by = _person(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = _person(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("entry of the watch list")
        verbose_name_plural = _("watch list")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("created_by")),
                name="watch_entry_needs_two",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WatchEntryPlace(models.Model):
    """A place of an entry. It can't be deleted: without its last place an entry is everywhere."""

    watchentry = models.ForeignKey(WatchEntry, on_delete=models.CASCADE)
    location = models.ForeignKey(Location, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watchentry", "location"], name="watch_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.watchentry_id} {self.location_id}"


class WatchPhoto(models.Model):
    """A photo of an entry, and its template; both encrypted."""

    entry = models.ForeignKey(WatchEntry, on_delete=models.CASCADE, related_name="photos")
    picture = models.CharField(max_length=200)
    template = models.BinaryField()
    recognizer = models.CharField(max_length=40)
    quality = models.FloatField()
    eye_distance_px = models.FloatField()

    class Meta:
        verbose_name = _("photo of an entry")
        verbose_name_plural = _("photos of entries")

    def __str__(self) -> str:
        return f"{self.entry_id} {self.picture}"


class WatchHit(models.Model):
    """An encounter that resembles an entry; what a person says of it is the detection's verdict."""

    entry = models.ForeignKey(WatchEntry, on_delete=models.CASCADE, related_name="hits")
    encounter = models.ForeignKey(FaceEncounter, null=True, on_delete=models.SET_NULL)
    # The alarm hangs on it.
    detection = models.OneToOneField(Detection, on_delete=models.CASCADE, related_name="watch_hit")
    score = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        verbose_name = _("hit of the watch list")
        verbose_name_plural = _("hits of the watch list")

    def __str__(self) -> str:
        return f"{self.entry_id} {self.score:.2f}"


class FaceSearch(models.Model):
    """One search by a face: who, why, over what, and what was shown."""

    asked_by = _person()
    asked_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=300)
    cameras = models.ManyToManyField(Camera, blank=True)
    begin = models.DateTimeField()
    end = models.DateTimeField()
    minimum_quality = models.FloatField(default=0)
    # The picture asked with: path, encrypted; kept as long as the answers.
    picture = models.CharField(max_length=200)
    # [[encounter id, score], ...] best first.
    answers: models.JSONField[Any, Any] = models.JSONField(default=list)
    delete_after = models.DateTimeField()

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("search by a face")
        verbose_name_plural = _("searches by a face")

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} #{self.pk}"


class FaceCalibration(models.Model):
    """What the town's own pictures say of false accepts; the newest of a recognizer is shown."""

    recognizer = models.CharField(max_length=40)
    measured_at = models.DateTimeField()
    # As `name value unit` lines have them: [{"name", "value", "unit", "low", "high"}, ...]
    figures: models.JSONField[Any, Any] = models.JSONField()
    # PNG; it holds shares and scores, nobody's face.
    curve = models.BinaryField()

    class Meta:
        ordering = ["-measured_at"]
        verbose_name = _("calibration of faces")
        verbose_name_plural = _("calibrations of faces")

    def __str__(self) -> str:
        return f"{self.recognizer} {self.measured_at:%Y-%m-%d}"


class FaceThreshold(models.Model):
    """From which score on the town shows a hit; the newest of a recognizer is in force."""

    recognizer = models.CharField(max_length=40)
    value = models.FloatField(_("threshold"))
    reason = models.CharField(_("reason"), max_length=300)
    set_by = _person()
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["-set_at", "-pk"]
        verbose_name = _("threshold of faces")
        verbose_name_plural = _("thresholds of faces")

    def __str__(self) -> str:
        return f"{self.recognizer} {self.value:.2f}"
