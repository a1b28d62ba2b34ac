"""What follows from what happens elsewhere."""

from __future__ import annotations

import logging
from datetime import datetime

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.dispatch import receiver
from django.utils.timezone import now

from analytics.models import Detection
from analytics.signals import detection_ended, detection_judged, detection_raised
from incidents.actions import alarm_verdicts, alarms

logger = logging.getLogger(__name__)


@receiver(detection_raised, dispatch_uid="incidents.raise_alarm")
def raise_alarm(sender: object, detection: Detection, **kwargs: object) -> None:
    """Raise the alarm in the process that saw it: nothing is nearer to the desk."""
    del sender, kwargs
    try:
        alarms.raise_alarm(detection=detection, at=now())
    except DatabaseError:
        # The detection is written, and analysis must go on: raise_missed_alarms finds it.
        logger.exception("alarms: detection %s could not be raised", detection.pk)


@receiver(detection_ended, dispatch_uid="incidents.note_end")
def note_end(sender: object, detection: Detection, **kwargs: object) -> None:
    del sender, kwargs
    try:
        alarms.note_end(detection=detection)
    except DatabaseError:
        # A desk that is opened anew shows it.
        logger.exception("alarms: the end of detection %s could not be told", detection.pk)


@receiver(detection_judged, dispatch_uid="incidents.note_verdict")
def note_verdict(
    sender: object, detection: Detection, actor: User, at: datetime, **kwargs: object
) -> None:
    """Close the card on all desks, wherever the verdict was given."""
    del sender, kwargs
    try:
        alarm_verdicts.note_verdict(detection=detection, actor=actor, at=at)
    except DatabaseError:
        # The detection has it; the alarm stays open until it is judged.
        logger.exception("alarms: the verdict on detection %s could not be told", detection.pk)
