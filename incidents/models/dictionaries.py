"""What the town's staff keep in the admin: categories, hints at the law, services, norms."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models.alarms import Alarm


class Service(models.Model):
    """Who is called: police, fire brigade, the owner of a bench."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    is_police = models.BooleanField(_("police"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("service")
        verbose_name_plural = _("services")

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A kind of incident."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Alarm.Priority, default=3)
    # Of the national classifier, so that a card can be passed to 112.
    ekp_code = models.CharField(_("code of the 112 classifier"), max_length=30, blank=True)
    evidence = models.CharField(
        _("what the video must show"), max_length=300, blank=True, help_text=_("Shown on the card.")
    )
    services = models.ManyToManyField(
        Service, blank=True, related_name="+", verbose_name=_("services")
    )
    is_counted = models.BooleanField(
        _("counted in reports"), default=True, help_text=_("Tests and drills are not.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class LegalHint(models.Model):
    """An article that may fit, from a day to a day; the police decide. Amounts stand here only."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="legal_hints")
    article = models.CharField(_("article"), max_length=60)
    text = models.CharField(_("meaning"), max_length=300)
    penalty = models.CharField(_("penalty"), max_length=200, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)

    class Meta:
        ordering = ["category", "position", "article"]
        verbose_name = _("hint at the law")
        verbose_name_plural = _("hints at the law")

    def __str__(self) -> str:
        return self.article


class ChecklistItem(models.Model):
    """A step of the scenario card of a category; without a category: of all."""

    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.CASCADE, related_name="checklist"
    )
    text = models.CharField(_("step"), max_length=200)
    is_required = models.BooleanField(_("required"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("step of the checklist")
        verbose_name_plural = _("checklist")

    def __str__(self) -> str:
        return self.text


class Norm(models.Model):
    """The seconds that an interval of a card may take."""

    class Interval(models.TextChoices):
        """Between two moments of an incident; see Incident."""

        REVIEW = "REVIEW", _("from alarm to accepted")
        CONFIRM = "CONFIRM", _("from accepted to verdict")
        HAND_OVER = "HAND_OVER", _("from verdict to hand-over")
        ACCEPT = "ACCEPT", _("from hand-over to the service's answer")
        ARRIVE = "ARRIVE", _("from the service's answer to arrival")

    interval = models.CharField(_("interval"), max_length=10, choices=Interval, unique=True)
    seconds = models.PositiveIntegerField(_("seconds"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("norm")
        verbose_name_plural = _("norms")

    def __str__(self) -> str:
        return f"{self.get_interval_display()}: {self.seconds}"
