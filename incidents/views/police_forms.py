"""What the police seat fills in."""

from __future__ import annotations

from typing import Self

from django import forms
from django.utils.translation import gettext_lazy as _

from cameras.models import Location
from incidents.models import EvidenceRequest, Incident


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(
        format="%Y-%m-%dT%H:%M:%S", attrs={"class": "inp", "type": "datetime-local", "step": 1}
    )


def _line(length: int) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "inp", "maxlength": length})


class OutcomeForm(forms.Form):
    disposition = forms.ChoiceField(
        label=_("Outcome"),
        choices=[("", "–"), *Incident.Disposition.choices[1:]],
        widget=forms.Select(attrs={"class": "inp"}),
    )
    number = forms.CharField(
        label=_("Number of the protocol"), max_length=60, required=False, widget=_line(60)
    )
    article = forms.CharField(label=_("Article"), max_length=60, required=False, widget=_line(60))
    remark = forms.CharField(label=_("Note"), max_length=300, required=False, widget=_line(300))

    @classmethod
    def of(cls, incident: Incident) -> Self:
        return cls(
            initial={
                "disposition": incident.disposition,
                "number": incident.disposition_number,
                "article": incident.disposition_article,
                "remark": incident.disposition_note,
            }
        )


class RequestForm(forms.Form):
    number = forms.CharField(label=_("Number of the request"), max_length=60, widget=_line(60))
    dated_on = forms.DateField(
        label=_("Date of the request"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"class": "inp", "type": "date"}),
    )
    basis = forms.ChoiceField(
        label=_("Basis and term"),
        choices=EvidenceRequest.Basis.choices,
        widget=forms.Select(attrs={"class": "inp"}),
    )
    place = forms.ModelChoiceField(
        Location.objects.all(),
        label=_("Place"),
        widget=forms.Select(attrs={"class": "inp"}),
    )
    started_at = forms.DateTimeField(label=_("Footage from"), widget=_moment())
    ended_at = forms.DateTimeField(label=_("Footage until"), widget=_moment())
    text = forms.CharField(label=_("What is asked for"), max_length=500, widget=_line(500))
