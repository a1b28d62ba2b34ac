"""The police seat: the outcome told back, requests made, answered with a package or refused."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.access import Act, can
from cameras.audit import write_audit_entry
from cameras.models import Location
from incidents.actions.incidents import create_incident, note
from incidents.actions.packages import create_package
from incidents.models import Category, EvidenceRequest, Incident, Package
from incidents.queries.incidents import incidents_visible_to

Basis, State = EvidenceRequest.Basis, EvidenceRequest.State
TERMS: dict[str, timedelta] = {Basis.CASE: timedelta(days=3), Basis.POLICE_ACT: timedelta(days=30)}
"""КоАП 26.10; Law on the police, article 13, part 1, item 4."""
_NEEDS_NUMBER = Incident.Disposition.PROTOCOL
_OTHER = "other"


class PoliceRefusedError(Exception):
    """Why it can not be done, as a sentence for the person."""


# --- the outcome ------------------------------------------------------------------------


@transaction.atomic
def tell_outcome(  # noqa: PLR0913 -- what the police say, by name
    *,
    incident: Incident,
    actor: User,
    at: datetime,
    disposition: str,
    article: str = "",
    number: str = "",
    remark: str = "",
    address: str | None = None,
) -> Incident:
    """Write what came of a case; only the police say it, and may say it anew.

    Raises:
        PoliceRefusedError: not of the police, not handed over, or a number is missing.

    """
    _require_police(actor)
    row = incidents_visible_to(actor).select_for_update(of=("self",)).filter(pk=incident.pk).first()
    if row is None or row.handed_over_at is None:
        raise PoliceRefusedError(_("This incident was not handed over to the police."))
    if disposition not in set(Incident.Disposition.values) - {""}:
        raise PoliceRefusedError(_("Choose what came of it."))
    if disposition == _NEEDS_NUMBER and not (number and article):
        raise PoliceRefusedError(_("A protocol has a number and an article."))
    told = {
        "disposition": disposition,
        "disposition_article": article,
        "disposition_number": number,
        "disposition_note": remark,
    }
    before = {name: getattr(row, name) for name in told}
    if before == told:
        return row
    for name, value in told.items():
        setattr(row, name, value)
    row.disposition_at, row.version = at, row.version + 1
    row.save(update_fields=[*told, "disposition_at", "version"])
    note(incident=row, kind="outcome", detail=told, actor=actor, at=at)
    for name, value in told.items():
        if value != before[name]:
            detail = {"field": name, "before": before[name], "after": value}
            note(incident=row, kind="field", detail=detail, actor=actor, at=at)
    _audit(row, "incidents.tell_outcome", actor, at, told, address)
    return row


# --- requests ---------------------------------------------------------------------------


@transaction.atomic
def make_request(  # noqa: PLR0913 -- what a request says, by name
    *,
    actor: User,
    at: datetime,
    number: str,
    dated_on: date,
    basis: str,
    place: Location,
    started_at: datetime,
    ended_at: datetime,
    text: str,
    incident: Incident | None = None,
    address: str | None = None,
) -> EvidenceRequest:
    """Register a request of the police; its term runs from the day it came.

    Raises:
        PoliceRefusedError: no right, or it does not say what it has to.

    """
    if not (can(actor, Act.USE_POLICE_SEAT) or can(actor, Act.MAKE_PACKAGES)):
        raise PoliceRefusedError(_("You have no right to do this."))
    if basis not in TERMS:
        raise PoliceRefusedError(_("Choose the basis of the request."))
    if not (number.strip() and text.strip()):
        raise PoliceRefusedError(_("A request has a number and says what is asked for."))
    if ended_at <= started_at:
        raise PoliceRefusedError(_("The end must be later than the beginning."))
    if dated_on > timezone.localdate(at):
        raise PoliceRefusedError(_("The date of the request lies in the future."))
    request = EvidenceRequest.objects.create(
        number=number.strip(),
        dated_on=dated_on,
        basis=basis,
        place=place,
        started_at=started_at,
        ended_at=ended_at,
        text=text.strip(),
        incident=incident,
        made_at=at,
        made_by=actor,
        due_at=due_of(basis, at),
    )
    detail = {"number": request.number, "basis": basis, "place": place.name}
    _audit(request, "incidents.make_request", actor, at, detail, address)
    if incident is not None:
        note(incident=incident, kind="request_made", detail=detail, actor=actor, at=at)
    return request


def due_of(basis: str, at: datetime) -> datetime:
    """Return the end of the term: the end of the last day, in the town's time."""
    zone = timezone.get_default_timezone()
    last = timezone.localdate(at, zone) + TERMS[basis]
    return datetime.combine(last, time(23, 59, 59), zone)


def answer_with_package(
    *,
    request: EvidenceRequest,
    actor: User,
    at: datetime,
    accepts_missing: bool = False,
    address: str | None = None,
) -> EvidenceRequest:
    """Make a package of the place and range that is asked for, and answer with it.

    A request about no card gets one, of source police, so that the package has its place.

    Raises:
        PoliceRefusedError: it is answered already, or no right.
        PackageRefusedError, FootageMissingError: no package can be made of this range.

    """
    _require_desk(actor)
    with transaction.atomic():
        _take_open(request)
        incident = request.incident or _card_of(request, actor, at, address)
        package = create_package(
            incident=incident,
            actor=actor,
            at=at,
            started_at=request.started_at,
            ended_at=request.ended_at,
            cameras=request.place.cameras.select_related("location"),
            reason=_("request %(number)s") % {"number": request.number},
            accepts_missing=accepts_missing,
            address=address,
        )
        return _answer(
            request, actor, at, address, state=State.ANSWERED, package=package, incident=incident
        )


@transaction.atomic
def refuse_request(
    *,
    request: EvidenceRequest,
    actor: User,
    at: datetime,
    reason: str,
    address: str | None = None,
) -> EvidenceRequest:
    """Say why there is no answer.

    Raises:
        PoliceRefusedError: it is answered already, no reason, or no right.

    """
    _require_desk(actor)
    if not reason.strip():
        raise PoliceRefusedError(_("A refusal has a reason."))
    _take_open(request)
    return _answer(request, actor, at, address, state=State.REFUSED, refusal=reason.strip())


def _take_open(request: EvidenceRequest) -> None:
    rows = EvidenceRequest.objects.select_for_update().filter(pk=request.pk, state=State.OPEN)
    if not rows.exists():
        raise PoliceRefusedError(_("The request has been answered already."))


def _answer(  # noqa: PLR0913 -- the fields of an answer, by name
    request: EvidenceRequest,
    actor: User,
    at: datetime,
    address: str | None,
    *,
    state: EvidenceRequest.State,
    package: Package | None = None,
    incident: Incident | None = None,
    refusal: str = "",
) -> EvidenceRequest:
    request.state, request.package, request.refusal = state, package, refusal
    request.answered_at, request.answered_by = at, actor
    request.incident = incident or request.incident
    changed = EvidenceRequest.objects.filter(pk=request.pk, state=State.OPEN).update(
        state=state,
        package=package,
        refusal=refusal,
        answered_at=at,
        answered_by=actor,
        incident=request.incident,
    )
    if not changed:
        raise PoliceRefusedError(_("The request has been answered already."))
    detail = {
        "number": request.number,
        "state": str(state),
        "refusal": refusal,
        "package": str(package.public_id) if package else "",
    }
    _audit(request, "incidents.answer_request", actor, at, detail, address)
    if request.incident is not None:
        kind = "request_answered"
        note(incident=request.incident, kind=kind, detail=detail, actor=actor, at=at)
    return request


def _card_of(request: EvidenceRequest, actor: User, at: datetime, address: str | None) -> Incident:
    category = Category.objects.filter(code=_OTHER).first() or Category.objects.first()
    if category is None:
        raise PoliceRefusedError(_("There are no categories of incidents yet."))
    return create_incident(
        actor=actor,
        source=Incident.Source.POLICE,
        place=request.place,
        category=category,
        occurred_at=request.started_at,
        at=at,
        summary=request.text[:100],
        address=address,
    )


def _require_police(actor: User) -> None:
    if not can(actor, Act.USE_POLICE_SEAT):
        raise PoliceRefusedError(_("You have no right to do this."))


def _require_desk(actor: User) -> None:
    if not can(actor, Act.MAKE_PACKAGES):
        raise PoliceRefusedError(_("You have no right to do this."))


def _audit(
    row: Incident | EvidenceRequest,
    action: str,
    actor: User,
    at: datetime,
    detail: dict[str, Any],
    address: str | None,
) -> None:
    write_audit_entry(actor=actor, action=action, target=row, at=at, detail=detail, address=address)
