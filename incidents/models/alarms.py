"""What asks a person to act."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.models import Detection
from cameras.models import Camera, Location

PERSON = settings.AUTH_USER_MODEL


class FalseReason(models.TextChoices):
    """Why an alarm was false, as people say it most; the first is taken where none is named."""

    NOTHING = "NOTHING", _("nothing is there")
    LIGHT = "LIGHT", _("light, shadow, weather")
    ANIMAL = "ANIMAL", _("animal or bird")
    ORDINARY = "ORDINARY", _("ordinary behavior")
    WORK = "WORK", _("permitted work")
    CAMERA = "CAMERA", _("fault of the camera")


class AlarmCounter(models.Model):
    """One row: the number of the last change of any alarm.

    A change takes its number in its own transaction and holds the row until it commits, so that
    numbers become visible in their order and none is left out: whoever has read up to a number
    has missed nothing before it. A column of the database's own serial numbers would not do, it
    gives them out before the commit.
    """

    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)


class Alarm(models.Model):
    """What came to the desk: a detection, a person's mark, a call, an event of another system.

    Alarms of one event are a group: its first is the head, which the desk shows and which is
    claimed and judged for all; the members name it in `group`.
    """

    class State(models.TextChoices):
        NEW = "NEW", _("new")
        # Found too late to call anybody: in the list, never on the desk.
        QUIET = "QUIET", _("found afterwards")
        ACKNOWLEDGED = "ACKED", _("accepted")

    class Priority(models.IntegerChoices):
        URGENT = 1, _("P1 Urgent")
        IMPORTANT = 2, _("P2 Important")
        ORDINARY = 3, _("P3 Ordinary")
        LOW = 4, _("P4 Low")

    class Certainty(models.TextChoices):
        """As the Common Alerting Protocol 1.2 has it."""

        POSSIBLE = "POSSIBLE", _("possible")
        LIKELY = "LIKELY", _("likely")
        OBSERVED = "OBSERVED", _("observed")

    class Source(models.TextChoices):
        DETECTOR = "DETECTOR", _("detector")
        DISPATCHER = "DISPATCHER", _("dispatcher")
        CALL_112 = "CALL_112", _("call to 112")
        CITIZEN = "CITIZEN", _("citizen")
        OUTSIDE = "OUTSIDE", _("another system")
        ONVIF = "ONVIF", _("camera's own analytics")

    class Verdict(models.TextChoices):
        NONE = "", _("not judged")
        REAL = "REAL", _("real")
        FALSE = "FALSE", _("false")
        WATCH = "WATCH", _("watched")

    class Escalation(models.IntegerChoices):
        """How loudly the portal asks for a person; a claim and a verdict end it."""

        NONE = 0, _("none")
        SENIOR = 1, _("told to the senior")
        LOUDER = 2, _("told again, louder")

    class Scope(models.TextChoices):
        """Why the members of a group are one alarm; of its head."""

        EVENT = "EVENT", _("one event")
        PLACE = "PLACE", _("one place")

    # None: it came another way than by a detector of the portal.
    detection = models.OneToOneField(
        Detection, null=True, blank=True, on_delete=models.CASCADE, related_name="alarm"
    )
    source = models.CharField(
        _("source"), max_length=10, choices=Source, default=Source.DETECTOR, db_index=True
    )
    # The other system's own name of it: told twice, it is one alarm.
    external_id = models.CharField(max_length=100, blank=True)
    is_drill = models.BooleanField(_("drill"), default=False)
    # From AlarmCounter: of the raising, and of the last change since.
    sequence = models.PositiveBigIntegerField(unique=True)
    revision = models.PositiveBigIntegerField(unique=True)
    place = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="alarms", verbose_name=_("place")
    )
    # Those of the detection, so that lists need no join. No camera: somebody told of the place.
    camera = models.ForeignKey(
        Camera, null=True, blank=True, on_delete=models.PROTECT, related_name="alarms"
    )
    # Of a detector, or the code of a category of incidents.
    kind = models.CharField(_("situation"), max_length=30)
    # In the words of whoever told of it; a detector's sentence is made anew for each reader.
    text = models.TextField(_("text"), blank=True)
    raised_at = models.DateTimeField(_("raised"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    certainty = models.CharField(_("certainty"), max_length=8, choices=Certainty)
    created_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=5, choices=State, default=State.NEW)
    acknowledged_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(
        _("verdict"), max_length=5, choices=Verdict, default=Verdict.NONE, blank=True
    )
    # One of FalseReason, or a person's own words.
    verdict_reason = models.CharField(_("reason"), max_length=200, blank=True)
    verdict_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verdict_at = models.DateTimeField(null=True, blank=True)
    # The head of its group; None: it stands for itself, and for its members.
    group = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    # Of a head: how many alarms it stands for, itself among them, and when the last one came.
    group_count = models.PositiveIntegerField(default=1)
    group_scope = models.CharField(max_length=5, choices=Scope, default=Scope.EVENT)
    latest_at = models.DateTimeField(default=timezone.now)
    escalation = models.PositiveSmallIntegerField(choices=Escalation, default=Escalation.NONE)
    escalated_at = models.DateTimeField(null=True, blank=True)
    # The card that was made of it; several alarms may be of one incident.
    incident = models.ForeignKey(
        "incidents.Incident",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="alarms",
    )

    class Meta:
        ordering = ["-sequence"]
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        indexes = [
            # The column of the desk.
            models.Index(fields=["state", "raised_at"], name="alarm_state_raised"),
            # To whom a new one belongs, and how many a place has had.
            models.Index(fields=["place", "latest_at"], name="alarm_place_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="ACKED", acknowledged_at__isnull=False)
                | (~models.Q(state="ACKED") & models.Q(acknowledged_at__isnull=True)),
                name="alarm_acknowledged_at_a_moment",
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~models.Q(external_id=""),
                name="alarm_told_once",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind}"


class AlarmPicture(models.Model):
    """The frame of one camera at the moment of an alarm that a person marked."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("being taken")
        READY = "READY", _("ready")
        MISSING = "MISSING", _("no frame")

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="pictures")
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    # Of the frame: the last one that is not after the moment.
    taken_at = models.DateTimeField(null=True, blank=True)
    # Path in the media storage.
    path = models.CharField(max_length=200, blank=True)
    # Why there is none, as a sentence.
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("picture of an alarm")
        verbose_name_plural = _("pictures of alarms")
        constraints = [
            models.UniqueConstraint(fields=["alarm", "camera"], name="alarm_pictured_once"),
        ]

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.camera_id}"
