"""The incident card, after the model of the emergency number 112."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cameras.models import Camera, Location
from incidents.models.alarms import Alarm
from incidents.models.dictionaries import Category, ChecklistItem, Service

PERSON = settings.AUTH_USER_MODEL


class Incident(models.Model):
    """What happened, who was told, and how it ended; its moments give its five intervals."""

    class Status(models.TextChoices):
        NEW = "NEW", _("new")
        IN_REVIEW = "IN_REVIEW", _("being checked")
        CONFIRMED = "CONFIRMED", _("confirmed")
        HANDED_OVER = "HANDED_OVER", _("handed over")
        ACCEPTED = "ACCEPTED", _("accepted by the service")
        ON_SCENE = "ON_SCENE", _("arrival")
        RESOLVED = "RESOLVED", _("dealt with")
        VERIFIED = "VERIFIED", _("checked by the senior")
        CLOSED = "CLOSED", _("closed")
        FALSE_ALARM = "FALSE_ALARM", _("false alarm")
        DUPLICATE = "DUPLICATE", _("duplicate")
        NOT_ACCEPTED = "NOT_ACCEPTED", _("not accepted")
        UNFINISHED = "UNFINISHED", _("not finished")

    class Source(models.TextChoices):
        DETECTOR = "DETECTOR", _("detector")
        DISPATCHER = "DISPATCHER", _("dispatcher")
        CALL_112 = "CALL_112", _("call to 112")
        CITIZEN = "CITIZEN", _("citizen")
        POLICE = "POLICE", _("police")
        OUTSIDE = "OUTSIDE", _("another system")

    class CallerRole(models.TextChoices):
        """Who calls; the words of the 112 card."""

        NONE = "", _("not said")
        WITNESS = "WITNESS", _("witness")
        VICTIM = "VICTIM", _("victim")
        RELATIVE = "RELATIVE", _("relative")
        FRIEND = "FRIEND", _("acquaintance")
        CHILD = "CHILD", _("child")
        INVOLVED = "INVOLVED", _("involved")

    class Disposition(models.TextChoices):
        """What came of it; told by the police seat."""

        NONE = "", _("no answer yet")
        PROTOCOL = "PROTOCOL", _("protocol drawn up")
        DETAINED = "DETAINED", _("detained")
        TALK = "TALK", _("preventive talk")
        NOT_CONFIRMED = "NOT_CONFIRMED", _("not confirmed")
        PASSED_ON = "PASSED_ON", _("passed on")
        REFUSED = "REFUSED", _("case refused")

    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()  # within the year; see `name`
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.NEW)
    # Grows with every change: who saves an older one is told that another was first.
    version = models.PositiveIntegerField(default=1)
    source = models.CharField(_("source"), max_length=12, choices=Source)
    is_drill = models.BooleanField(
        _("drill"), default=False
    )  # in no report, told to nobody outside

    place = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="incidents", verbose_name=_("place")
    )
    cameras = models.ManyToManyField(Camera, blank=True, related_name="incidents")
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="incidents", verbose_name=_("category")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Alarm.Priority)
    certainty = models.CharField(
        _("certainty"), max_length=8, choices=Alarm.Certainty, default=Alarm.Certainty.OBSERVED
    )
    # The first hundred characters are what services are sent.
    summary = models.CharField(_("essence"), max_length=100, blank=True)
    description = models.TextField(_("description"), max_length=2000, blank=True)

    # Beside the place's own address: "the bench at the entrance".
    where_exactly = models.CharField(_("where exactly"), max_length=200, blank=True)
    caller_name = models.CharField(_("caller"), max_length=120, blank=True)
    caller_phone = models.CharField(_("phone of the caller"), max_length=60, blank=True)
    caller_role = models.CharField(
        _("who the caller is"), max_length=8, choices=CallerRole, blank=True, default=""
    )
    # What was read aloud to the police, as it was read.
    told_text = models.TextField(_("message to the police"), max_length=3000, blank=True)

    occurred_at = models.DateTimeField(_("happened"))
    detected_at = models.DateTimeField(_("noticed"))
    registered_at = models.DateTimeField(_("registered"))
    reviewed_at = models.DateTimeField(_("check begun"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    handed_over_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted by the service"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("arrival"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("dealt with"), null=True, blank=True)
    verified_at = models.DateTimeField(_("checked by the senior"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    is_emergency = models.BooleanField(_("emergency"), default=False)
    is_important = models.BooleanField(_("important"), default=False)
    injured_count = models.PositiveSmallIntegerField(_("injured"), default=0)
    has_children = models.BooleanField(_("children"), default=False)
    has_weapon = models.BooleanField(_("weapon"), default=False)
    has_fire = models.BooleanField(_("fire"), default=False)

    ext_112_number = models.CharField(_("number of 112"), max_length=40, blank=True)
    kusp_number = models.CharField(_("KUSP number"), max_length=40, blank=True)
    kusp_at = models.DateTimeField(_("registered in the KUSP"), null=True, blank=True)
    kusp_unit = models.CharField(_("police unit"), max_length=120, blank=True)
    kusp_officer = models.CharField(_("officer who took it"), max_length=120, blank=True)

    false_reason = models.CharField(_("why it is false"), max_length=200, blank=True)
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates"
    )
    linked = models.ManyToManyField("self", blank=True)
    disposition = models.CharField(
        _("outcome"), max_length=13, choices=Disposition, blank=True, default=Disposition.NONE
    )
    disposition_article = models.CharField(_("article"), max_length=60, blank=True)
    disposition_number = models.CharField(_("number of the protocol"), max_length=60, blank=True)
    disposition_note = models.CharField(_("note"), max_length=300, blank=True)
    disposition_at = models.DateTimeField(null=True, blank=True)

    created_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    handled_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-registered_at", "-pk"]
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="incident_numbered_in_year"),
            models.CheckConstraint(
                condition=~models.Q(status="FALSE_ALARM") | ~models.Q(false_reason=""),
                name="incident_false_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["status", "registered_at"], name="incident_status")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The number as it is said and printed: АГ-2026-000123."""
        return f"{settings.INCIDENT_PREFIX}-{self.year}-{self.number:06d}"


class Participant(models.Model):
    """Somebody in the picture; never called an offender, and no name unless the police write it."""

    class Role(models.TextChoices):
        UNKNOWN = "UNKNOWN", _("unidentified person")
        WITNESS = "WITNESS", _("witness")
        VICTIM = "VICTIM", _("victim")
        CALLER = "CALLER", _("caller")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="participants")
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.UNKNOWN)
    sex = models.CharField(
        _("sex"),
        max_length=1,
        blank=True,
        choices=[("", _("not seen")), ("M", _("male")), ("F", _("female"))],
    )
    age = models.CharField(_("age by sight"), max_length=20, blank=True)
    marks = models.CharField(_("marks and deeds"), max_length=300, blank=True)
    clothes = models.CharField(_("clothes"), max_length=200, blank=True)
    items = models.CharField(_("things carried"), max_length=200, blank=True)
    left_for = models.CharField(_("where the person went"), max_length=200, blank=True)
    vehicle = models.CharField(_("vehicle"), max_length=100, blank=True)
    name = models.CharField(_("name, from the police"), max_length=120, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("participant")
        verbose_name_plural = _("participants")

    def __str__(self) -> str:
        return self.name or str(self.get_role_display())


class Damage(models.Model):
    """A thing that was broken."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="damages")
    item = models.CharField(_("object"), max_length=120)
    inventory_number = models.CharField(_("inventory number"), max_length=40, blank=True)
    what = models.CharField(_("damage"), max_length=200, blank=True)
    owner = models.CharField(_("owner"), max_length=120, blank=True)
    estimate_rubles = models.DecimalField(
        _("estimate, rubles"), max_digits=11, decimal_places=2, null=True, blank=True
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("damage")
        verbose_name_plural = _("damages")

    def __str__(self) -> str:
        return self.item


class Dispatch(models.Model):
    """A service that was told, and how far it has come; each change is in the chronology."""

    class Status(models.TextChoices):
        ADDED = "ADDED", _("added")
        RECEIVED = "RECEIVED", _("received by the service")
        ACCEPTED = "ACCEPTED", _("accepted")
        NOT_ACCEPTED = "NOT_ACCEPTED", _("not accepted")
        STARTED = "STARTED", _("setting out")
        ARRIVED = "ARRIVED", _("arrival")
        WORKING = "WORKING", _("at work")
        DONE = "DONE", _("work done")
        REFUSED = "REFUSED", _("work refused")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="dispatches")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    is_main = models.BooleanField(_("main service"), default=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.ADDED)
    changed_at = models.DateTimeField()
    unit_order_number = models.CharField(_("number of the crew's order"), max_length=40, blank=True)
    accepted_by = models.CharField(_("who took it"), max_length=120, blank=True)
    comment = models.CharField(_("comment"), max_length=200, blank=True)

    class Meta:
        ordering = ["-is_main", "pk"]
        verbose_name = _("service of an incident")
        verbose_name_plural = _("services of incidents")
        constraints = [
            models.UniqueConstraint(fields=["incident", "service"], name="dispatch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.get_status_display()}"


class ChronologyEntry(models.Model):
    """A line of the card's story, written once: `kind` with `detail` says it in any language.

    A change of a field is one, too: kind "field" with detail {"field", "before", "after"}.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="chronology")
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    # None: the portal itself.
    actor = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        verbose_name = _("line of the chronology")
        verbose_name_plural = _("chronology")
        indexes = [models.Index(fields=["incident", "occurred_at"], name="chronology_of_incident")]

    def __str__(self) -> str:
        return f"{self.occurred_at:%H:%M:%S} {self.kind}"


class ChecklistMark(models.Model):
    """A step that was done."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="marks")
    item = models.ForeignKey(ChecklistItem, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "item"], name="checklist_marked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.item_id}"


class Reminder(models.Model):
    """Comes back to the desk every twenty seconds from its moment until somebody handles it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="reminders")
    due_at = models.DateTimeField(_("due"))
    text = models.CharField(_("text"), max_length=200)
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["due_at"]
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")

    def __str__(self) -> str:
        return self.text
