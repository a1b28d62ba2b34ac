"""What is written on a card besides its own fields: people, damage, services, steps, calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django import forms
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.views.decorators.http import require_POST, require_safe

from cameras.access import Act, can
from incidents.actions import dispatches, incident_links, incident_rows, reminders
from incidents.actions.incidents import IncidentRefusedError, StaleIncidentError
from incidents.forms.cards import (
    DamageForm,
    DispatchForm,
    FollowUpForm,
    OtherCardForm,
    ParticipantForm,
    ReminderForm,
    ServiceForm,
    StepForm,
)
from incidents.models import Damage, Dispatch, Incident, Participant, Reminder
from incidents.queries.reminders import due_reminders
from incidents.views.incidents import card_for

_NO_STORE = {"Cache-Control": "no-store"}


class BadFormError(Exception):
    """What was sent can not be written; `form` says why."""

    def __init__(self, form: forms.BaseForm) -> None:
        super().__init__("a form is not valid")
        self.form = form


Row = TypeVar("Row", Participant, Damage, Dispatch, Reminder)
Form = TypeVar("Form", bound=forms.BaseForm)
By = dict[str, Any]
"""Who acts, when and from where, as the actions take it."""
Write = Callable[[HttpRequest, Incident, By, int | None], "str | None"]


@require_POST
def write_row(
    request: HttpRequest, incident_id: int, block: str, row_id: int | None = None
) -> JsonResponse:
    """Write one row of a block of a card, or take it away; the answer to a bad one says why."""
    if not can(request.user, Act.HANDLE_INCIDENTS) or block not in _WRITERS:
        raise Http404
    incident = card_for(request.user, incident_id)
    try:
        url = _WRITERS[block](request, incident, _by(request), row_id)
    except BadFormError as error:
        return _answer({"errors": error.form.errors}, HTTPStatus.BAD_REQUEST)
    except IncidentRefusedError as error:
        return _answer({"detail": str(error)}, HTTPStatus.BAD_REQUEST)
    except StaleIncidentError as error:
        return _answer({"version": error.incident.version}, HTTPStatus.CONFLICT)
    return _answer({"url": url} if url else {}, HTTPStatus.OK)


@require_safe
def due(request: HttpRequest) -> JsonResponse:
    """Tell what is to be remembered now."""
    if not can(request.user, Act.HANDLE_INCIDENTS):
        raise Http404
    rows = [_reminder_json(row) for row in due_reminders(cast("User", request.user), at=now())]
    # Not every page has a form whose token a script could take.
    return _answer({"reminders": rows, "token": get_token(request)}, HTTPStatus.OK)


def _reminder_json(row: Reminder) -> dict[str, object]:
    return {
        "id": row.pk,
        "text": row.text,
        "time": f"{localtime(row.due_at):%H:%M}",
        "card": row.incident.name,
        "url": reverse("incident", args=[row.incident_id]),
        "done_url": reverse("incident-row", args=[row.incident_id, "reminder", row.pk]),
    }


# --- writers ----------------------------------------------------------------------------------


def _person(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    row = _own(Participant, incident, row_id) if row_id else Participant(incident=incident)
    _write(request, ParticipantForm(request.POST, instance=row), row, by)


def _damage(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    row = _own(Damage, incident, row_id) if row_id else Damage(incident=incident)
    _write(request, DamageForm(request.POST, instance=row), row, by)


def _write(
    request: HttpRequest,
    form: forms.ModelForm[Participant] | forms.ModelForm[Damage],
    row: Participant | Damage,
    by: By,
) -> None:
    if "remove" in request.POST and row.pk:
        incident_rows.remove_row(row=row, **by)
        return
    incident_rows.save_row(row=_checked(form).save(commit=False), **by)


def _service(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    if row_id is None:
        service = _checked(ServiceForm(request.POST)).cleaned_data["service"]
        dispatches.add_service(incident=incident, service=service, **by)
        return
    row = _own(Dispatch, incident, row_id)
    values = _checked(DispatchForm(request.POST, instance=_own(Dispatch, incident, row_id)))
    dispatches.change_dispatch(dispatch=row, **by, **values.cleaned_data)


def _step(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    del row_id
    told = _checked(StepForm(request.POST)).cleaned_data
    incident_rows.mark_step(incident=incident, **by, **told)


def _call(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    del row_id
    told = _checked(FollowUpForm(request.POST)).cleaned_data
    incident_rows.note_call(incident=incident, **by, **told)


def _reminder(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    if row_id is not None:
        reminders.finish_reminder(reminder=_own(Reminder, incident, row_id), **by)
        return
    told = _checked(ReminderForm(request.POST)).cleaned_data
    due_at = by["at"] + timedelta(minutes=told["minutes"])
    reminders.set_reminder(
        incident=incident,
        due_at=due_at,
        text=told["text"],
        **by,
    )


def _link(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> None:
    del row_id
    other = _checked(OtherCardForm(request.POST, user=by["actor"])).cleaned_data["card"]
    incident_links.link_incident(incident=incident, other=other, **by)


def _merge(request: HttpRequest, incident: Incident, by: By, row_id: int | None) -> str:
    del row_id
    told = _checked(OtherCardForm(request.POST, user=by["actor"])).cleaned_data
    survivor = incident_links.merge_incident(
        incident=incident,
        into=told["card"],
        version=told["version"],
        **by,
    )
    return reverse("incident", args=[survivor.pk])


_WRITERS: dict[str, Write] = {
    "person": _person,
    "damage": _damage,
    "service": _service,
    "step": _step,
    "call": _call,
    "reminder": _reminder,
    "link": _link,
    "merge": _merge,
}


def _own(model: type[Row], incident: Incident, row_id: int) -> Row:
    return get_object_or_404(model, incident=incident, pk=row_id)


def _checked(form: Form) -> Form:
    if not form.is_valid():
        raise BadFormError(form)
    return form


def _by(request: HttpRequest) -> By:
    return {
        "actor": cast("User", request.user),
        "at": now(),
        "address": request.META.get("REMOTE_ADDR") or None,
    }


def _answer(data: dict[str, object], status: HTTPStatus) -> JsonResponse:
    return JsonResponse(data, status=status, headers=_NO_STORE)
