"""Evidence packages, who took them, working copies, and what the police ask for."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cameras.models import Camera, Location
from incidents.models.incidents import PERSON, Incident


class Package(models.Model):
    """A ZIP for the case: who, when, why, what. Its bytes are made while it is fetched."""

    class State(models.TextChoices):
        PREPARING = "PREPARING", _("being laid out")
        READY = "READY", _("ready to be fetched")
        SEALED = "SEALED", _("made and signed")
        FAILED = "FAILED", _("could not be made")
        CANCELLED = "CANCELLED", _("cancelled")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="packages", verbose_name=_("incident")
    )
    cameras = models.ManyToManyField(Camera, related_name="+")
    started_at = models.DateTimeField(_("from"))
    ended_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=300)
    created_at = models.DateTimeField(_("asked for"))
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    # The ZIP's name without ".zip", and the folder in it.
    name = models.CharField(max_length=200)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PREPARING)
    # Gaps, footage that is gone, files that can not be read: what the manifest and papers say.
    missing: models.JSONField[Any, Any] = models.JSONField(default=list)
    # The town's papers are filled by these, so that they never change.
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    # Of the whole ZIP; null until it is laid out.
    size_bytes = models.BigIntegerField(null=True, blank=True)
    done_bytes = models.BigIntegerField(default=0)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    # Whoever lays it out renews the lease; another may go on when it has passed.
    attempt_count = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("evidence package")
        verbose_name_plural = _("evidence packages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__gt=models.F("started_at")),
                name="package_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Tell whether it can still be fetched or will be."""
        return self.state in {self.State.PREPARING, self.State.READY, self.State.SEALED}


class PackageMember(models.Model):
    """A file of the package, at its place in the ZIP; decided once, before its bytes are sent."""

    class Kind(models.TextChoices):
        STORED = "STORED", "stored"  # a file in the package's folder
        FILM = "FILM", "film"  # put together from recordings; its hashes come with the first pass
        LATE = "LATE", "late"  # written once all hashes are known, padded to the size decided here

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="members")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    # What it is: "readme", "original", "still", "caption", "copy", "manifest", "statement", …
    role = models.CharField(max_length=12)
    path = models.CharField(max_length=300)  # below the package's folder
    stored = models.CharField(max_length=100, blank=True)  # its file in the portal's own folder
    size_bytes = models.BigIntegerField()
    crc32 = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    camera = models.ForeignKey(
        Camera, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Of a film: its manifest without hashes, then "parts" and "changed".
    detail: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["package", "position"], name="package_member_place"),
            models.UniqueConstraint(fields=["package", "path"], name="package_member_path"),
        ]

    def __str__(self) -> str:
        return self.path


class PackageReceipt(models.Model):
    """That somebody fetched a package: who, when, from where, how much. A resumed one goes on."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="receipts")
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    address = models.GenericIPAddressField(null=True, blank=True)
    is_police = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    bytes_sent = models.BigIntegerField(default=0)
    # When as many bytes as the package has were sent.
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = _("receipt of a package")
        verbose_name_plural = _("receipts of packages")
        indexes = [models.Index(fields=["package", "person"], name="receipt_of_package")]

    def __str__(self) -> str:
        return f"{self.package_id} {self.person_id} {self.started_at:%Y-%m-%d %H:%M:%S}"


class WorkingCopy(models.Model):
    """A film to look at: the time burned in, faces covered on demand. It proves nothing."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("ready")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="working_copies")
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    hides_faces = models.BooleanField(_("faces are covered"), default=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # 0 to 1, written with `reported_at`: a run that says nothing has died.
    progress = models.FloatField(default=0)
    reported_at = models.DateTimeField()
    path = models.CharField(max_length=300, blank=True)  # relative to EXPORT_DIR
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    manifest: models.JSONField[Any, Any] = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")

    def __str__(self) -> str:
        return f"{self.camera_id} {self.state}"


class EvidenceRequest(models.Model):
    """A written request of the police for footage, with its term, and the answer."""

    class Basis(models.TextChoices):
        CASE = "CASE", _("case on an administrative offence: 3 days (КоАП 26.10)")
        POLICE_ACT = "POLICE_ACT", _("Law on the police, article 13: 30 days")

    class State(models.TextChoices):
        OPEN = "OPEN", _("not answered")
        ANSWERED = "ANSWERED", _("answered with a package")
        REFUSED = "REFUSED", _("refused")

    number = models.CharField(_("number of the request"), max_length=60)
    dated_on = models.DateField(_("date of the request"))
    basis = models.CharField(_("basis and term"), max_length=10, choices=Basis)
    place = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", verbose_name=_("place")
    )
    started_at = models.DateTimeField(_("footage from"))
    ended_at = models.DateTimeField(_("footage until"))
    text = models.CharField(_("what is asked for"), max_length=500)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    package = models.ForeignKey(
        Package, null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    refusal = models.CharField(_("reason of the refusal"), max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name = _("request of the police")
        verbose_name_plural = _("requests of the police")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__gt=models.F("started_at")),
                name="request_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="REFUSED") | ~models.Q(refusal=""),
                name="request_refused_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ANSWERED") | models.Q(package__isnull=False),
                name="request_answered_with_a_package",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="request_state_due")]

    def __str__(self) -> str:
        return self.number
