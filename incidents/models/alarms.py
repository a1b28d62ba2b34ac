"""What asks a person to act."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.models import Detection
from cameras.models import Camera


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
    """A detection that came to the desk."""

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

    detection = models.OneToOneField(Detection, on_delete=models.CASCADE, related_name="alarm")
    # From AlarmCounter: of the raising, and of the last change since.
    sequence = models.PositiveBigIntegerField(unique=True)
    revision = models.PositiveBigIntegerField(unique=True)
    # Those of the detection, so that lists need no join.
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="alarms")
    kind = models.CharField(_("situation"), max_length=12)
    raised_at = models.DateTimeField(_("raised"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    certainty = models.CharField(_("certainty"), max_length=8, choices=Certainty)
    created_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=5, choices=State, default=State.NEW)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
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
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="ACKED", acknowledged_at__isnull=False)
                | (~models.Q(state="ACKED") & models.Q(acknowledged_at__isnull=True)),
                name="alarm_acknowledged_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind}"
