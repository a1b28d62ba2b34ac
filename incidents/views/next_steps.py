"""What a person may do next with a card: one strong act, and the others beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cameras.access import Act
from incidents.actions.incidents import NEXT
from incidents.models import Incident

Status = Incident.Status

_VERBS: dict[str, Promise] = {
    Status.IN_REVIEW: _("Start the check"),
    Status.CONFIRMED: _("Confirm"),
    Status.HANDED_OVER: _("Handed over"),
    Status.ACCEPTED: _("Accepted by the service"),
    Status.NOT_ACCEPTED: _("Not accepted"),
    Status.ON_SCENE: _("Arrival"),
    Status.RESOLVED: _("Dealt with"),
    Status.VERIFIED: _("Checked"),
    Status.CLOSED: _("Close"),
    Status.FALSE_ALARM: _("False alarm"),
}
_MAIN: dict[str, Status] = {
    Status.NEW: Status.IN_REVIEW,
    Status.IN_REVIEW: Status.CONFIRMED,
    Status.CONFIRMED: Status.HANDED_OVER,
    Status.NOT_ACCEPTED: Status.HANDED_OVER,
    Status.HANDED_OVER: Status.ACCEPTED,
    Status.ACCEPTED: Status.ON_SCENE,
    Status.ON_SCENE: Status.RESOLVED,
    Status.UNFINISHED: Status.RESOLVED,
    Status.RESOLVED: Status.VERIFIED,
    Status.VERIFIED: Status.CLOSED,
}
_BY_THE_PORTAL = frozenset({Status.UNFINISHED, Status.DUPLICATE})
_BY_THE_SENIOR = frozenset({Status.VERIFIED, Status.CLOSED})


@dataclass(frozen=True, slots=True)
class NextStep:
    to: Status

    @property
    def verb(self) -> str:
        return str(_VERBS[self.to])

    @property
    def needs_kusp(self) -> bool:
        return self.to == Status.ACCEPTED

    @property
    def needs_reason(self) -> bool:
        return self.to == Status.FALSE_ALARM


@dataclass(frozen=True, slots=True)
class NextSteps:
    main: NextStep | None
    others: list[NextStep]
    awaits_senior: bool = False


def next_steps(incident: Incident, acts: frozenset[Act]) -> NextSteps:
    """Return what may follow, for somebody who may do `acts`."""
    if Act.HANDLE_INCIDENTS not in acts:
        return NextSteps(None, [])
    possible = NEXT.get(incident.status, frozenset()) - _BY_THE_PORTAL
    main = _MAIN.get(incident.status)
    if possible & _BY_THE_SENIOR and Act.VERIFY_INCIDENTS not in acts:
        return NextSteps(None, [], awaits_senior=True)
    order = list(_VERBS)
    others = sorted(possible - {main}, key=order.index)
    return NextSteps(NextStep(main) if main else None, [NextStep(to) for to in others])
