"""What happened, told after the commit: analytics knows nothing of those who listen."""

from __future__ import annotations

from django.dispatch import Signal

# detection: a new Detection. Not sent for one that was found again.
detection_raised = Signal()
# detection: its ended_at was null until now.
detection_ended = Signal()
# detection, actor, at: a person said whether it was real, or took that back.
detection_judged = Signal()
