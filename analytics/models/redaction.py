"""Working copies of exports in which faces are unreadable."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from archive.models import Export


class RedactedCopy(models.Model):
    """One copy of an export, which itself stays as it is: who asked for it, how far, its hash."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("ready")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="+")
    # [{"at_s", "box": [left, top, right, bottom] in pixels}, …]: faces that stay visible.
    chosen: models.JSONField[Any, Any] = models.JSONField(default=list)
    with_sound = models.BooleanField(default=False)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # 0 to 1. Written with `reported_at`: a run that says nothing has died.
    progress = models.FloatField(default=0)
    reported_at = models.DateTimeField()
    # Relative to EXPORT_DIR.
    path = models.CharField(max_length=300, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    manifest: models.JSONField[Any, Any] = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("redacted copy")
        verbose_name_plural = _("redacted copies")

    def __str__(self) -> str:
        return f"{self.export_id} {self.state}"
