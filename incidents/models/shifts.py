"""The shift on duty, its hand-over, the town's mode, the people's log book, and drills."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cameras.models import Camera, Location
from incidents.models.alarms import Alarm

PERSON = settings.AUTH_USER_MODEL


class Shift(models.Model):
    """Who is on duty, from when to when; at most one is open."""

    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    # The others at the desk, as people write them into the log book.
    crew = models.CharField(_("also on duty"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # Who closed it without a hand-over, and why; empty after a hand-over.
    closed_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    close_reason = models.CharField(_("why without hand-over"), max_length=300, blank=True)
    # True or null: a unique key holds many nulls and one True, in every database.
    open_mark = models.BooleanField(null=True, unique=True, default=True, editable=False)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.CheckConstraint(
                # Null is neither true nor false, and what is not false passes a check.
                condition=Q(open_mark__isnull=False, open_mark=True, closed_at=None)
                | Q(open_mark=None, closed_at__isnull=False),
                name="shift_open_until_closed",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(close_reason=""), name="shift_closed_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opened_at:%Y-%m-%d %H:%M} {self.opened_by_id}"


class Handover(models.Model):
    """The sheet of one shift's end: signed by who goes, then by who comes.

    Until it is taken the row may go again (the signature is taken back); then it stays.
    """

    shift = models.OneToOneField(Shift, on_delete=models.PROTECT, related_name="handover")
    # The sheet as it was signed: parts as incidents.queries.sheet makes them.
    sheet: models.JSONField[Any, Any] = models.JSONField(default=list)
    # How far the log book reached, and the hash of its last entry: on paper, so out of reach.
    journal_number = models.PositiveIntegerField(default=0)
    journal_digest = models.CharField(max_length=64, blank=True)
    begun_at = models.DateTimeField()  # the page was opened
    signed_at = models.DateTimeField(_("handed over"))
    signed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    remarks = models.TextField(_("remarks"), max_length=2000, blank=True)
    taken_at = models.DateTimeField(_("taken over"), null=True, blank=True)
    taken_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    disagreement = models.TextField(_("disagreement"), max_length=2000, blank=True)
    next_shift = models.OneToOneField(
        Shift, null=True, blank=True, on_delete=models.PROTECT, related_name="taken_from"
    )

    class Meta:
        ordering = ["-signed_at", "-pk"]
        verbose_name = _("hand-over of a shift")
        verbose_name_plural = _("hand-overs of shifts")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_at=None, taken_by=None, next_shift=None)
                | Q(taken_at__isnull=False, taken_by__isnull=False, next_shift__isnull=False),
                name="handover_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(taken_by=None) | ~Q(taken_by=models.F("signed_by")),
                name="handover_between_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shift_id} {self.signed_at:%Y-%m-%d %H:%M}"


class TownMode(models.Model):
    """A change of the mode in which the town's services work; the newest row is the mode."""

    class Mode(models.TextChoices):
        DAILY = "DAILY", _("daily activity")
        ALERT = "ALERT", _("high alert")
        EMERGENCY = "EMERGENCY", _("emergency")

    mode = models.CharField(_("mode"), max_length=9, choices=Mode)
    since = models.DateTimeField(_("since"))
    changed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(_("basis"), max_length=200)

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("mode of the town")
        verbose_name_plural = _("modes of the town")

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} {self.mode}"


class JournalEntry(models.Model):
    """A line of the people's log book. Never changed, never deleted: see docs/design/shifts.md."""

    class Kind(models.TextChoices):
        NOTE = "NOTE", _("note")
        TASK = "TASK", _("task from the city")
        TOUR = "TOUR", _("tour of the cameras")
        OPENED = "OPENED", _("shift opened")
        HANDED_OVER = "HANDED_OVER", _("shift handed over")
        CLOSED = "CLOSED", _("shift closed without hand-over")
        MODE = "MODE", _("mode of the town")
        SOUND = "SOUND", _("sound test")
        DRILL = "DRILL", _("drill")

    # 1, 2, 3, …: a hole is a missing page.
    number = models.PositiveIntegerField(unique=True)
    # The database itself lets no entry go that another one follows.
    previous = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="following"
    )
    # Of the content and the digest before it: see incidents.engine.journal.
    digest = models.CharField(max_length=64)
    shift = models.ForeignKey(
        Shift, null=True, on_delete=models.PROTECT, related_name="entries", verbose_name=_("shift")
    )
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    written_at = models.DateTimeField(_("written"), db_index=True)
    # None: the portal itself.
    author = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("text"), max_length=2000, blank=True)
    # What the portal writes, in codes, so that it reads in both languages.
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)
    # A task's last moment.
    until = models.DateTimeField(_("until"), null=True)
    corrects = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="correction"
    )

    class Meta:
        ordering = ["-number"]
        verbose_name = _("entry of the journal")
        verbose_name_plural = _("journal of the duty")
        constraints = [
            models.CheckConstraint(
                condition=Q(number=1, previous=None) | Q(number__gt=1, previous__isnull=False),
                name="journal_entry_follows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class Drill(models.Model):
    """An alarm that a senior raises to train the desk; nothing of it leaves the house."""

    # A row of incidents.engine.scenarios.
    scenario = models.CharField(_("scenario"), max_length=20)
    place = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    camera = models.ForeignKey(
        Camera, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # The moment of the archive that serves as its picture.
    footage_at = models.DateTimeField(null=True, blank=True)
    alarm = models.OneToOneField(Alarm, on_delete=models.PROTECT, related_name="drill")
    started_at = models.DateTimeField(_("started"))
    started_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    remarks = models.CharField(_("remarks"), max_length=300, blank=True)
    # How fast it went, as it was at the end: steps of incidents.queries.drills.
    result: models.JSONField[Any, Any] = models.JSONField(default=list)

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = _("drill")
        verbose_name_plural = _("drills")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.scenario}"
