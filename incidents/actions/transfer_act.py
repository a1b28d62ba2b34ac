"""The act of transfer: one paper on which both sides sign what was told and handed over."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from archive.actions.papers import Paper, hash_text, local_time
from archive.models import Export
from incidents.models import Incident
from incidents.queries.cards import holds_of
from incidents.queries.drill_words import drill_mark
from incidents.queries.spoken import marks_of, spoken_of
from incidents.queries.story import exports_of


def act_of(*, incident: Incident, actor: User, at: datetime) -> bytes:
    """Return the act as PDF.

    Raises:
        NoPaperError: the machine has no font for it.

    """
    title = _("Act of transfer") + f" № {incident.name}"
    paper = Paper(f"{drill_mark()}. {title}" if incident.is_drill else title)
    _what(paper, incident)
    _people(paper, incident)
    _damage(paper, incident)
    _footage(paper, incident)
    paper.space(4)
    paper.heading(_("What was told"))
    paper.text(spoken_of(incident, speaker=actor, at=at).text)
    _signatures(paper, incident, actor, at)
    return paper.content()


def _what(paper: Paper, incident: Incident) -> None:
    place = ", ".join(
        part
        for part in (incident.place.name, incident.place.address, incident.where_exactly)
        if part
    )
    rows = [
        (_("Incident"), f"{incident.category.name}. {incident.summary}".strip()),
        (_("Place"), place),
        (_("Happened"), local_time(incident.occurred_at)),
        (_("Confirmed"), _moment(incident.confirmed_at)),
        (_("Handed over"), _moment(incident.handed_over_at)),
        (_("KUSP No."), incident.kusp_number),
        (_("Accepted by"), _accepted(incident)),
        (_("Number of 112"), incident.ext_112_number),
        (_("Description"), incident.description),
    ]
    for name, value in rows:
        if value:
            paper.row(name, value)


def _accepted(incident: Incident) -> str:
    parts = (incident.kusp_officer, incident.kusp_unit, _moment(incident.kusp_at))
    return ", ".join(part for part in parts if part)


def _moment(moment: datetime | None) -> str:
    return local_time(moment) if moment else ""


def _people(paper: Paper, incident: Incident) -> None:
    for number, person in enumerate(incident.participants.all(), start=1):
        left = _("left: %(place)s") % {"place": person.left_for} if person.left_for else ""
        said = "; ".join(part for part in (marks_of(person), left) if part)
        paper.row(f"{capfirst(person.get_role_display())} {number}", said or "—")


def _damage(paper: Paper, incident: Incident) -> None:
    for damage in incident.damages.all():
        number = damage.inventory_number and f"№ {damage.inventory_number}"
        cost = (
            damage.estimate_rubles
            and f"{number_format(damage.estimate_rubles, 2, force_grouping=True)} ₽"
        )
        parts = (damage.item, number, damage.what, damage.owner, cost)
        paper.row(_("Damage"), ", ".join(str(part) for part in parts if part))


def _footage(paper: Paper, incident: Incident) -> None:
    holds, exports = holds_of(incident), exports_of(incident)
    if holds:
        paper.space(2)
        paper.heading(_("Footage that is kept"))
        heads = [_("Camera"), _("From"), _("Until"), _("Kept until")]
        rows = [
            [
                f"{hold.camera.label} {hold.camera.name}",
                local_time(hold.started_at),
                local_time(hold.ended_at),
                _moment(hold.expires_at) or "—",
            ]
            for hold in holds
        ]
        paper.table(heads, rows)
    for export in exports:
        if export.state == Export.State.DONE:
            paper.row(
                _("File") + f", {export.camera.label}",
                f"{export.kind}, SHA-256\n{hash_text(export.sha256)}",
            )


def _signatures(paper: Paper, incident: Incident, actor: User, at: datetime) -> None:
    line, short = "_" * 26, "_" * 14
    name = actor.get_full_name() or actor.username
    local = timezone.localtime(at, timezone.get_default_timezone())
    paper.space(8)
    paper.text(_("Handed over by") + f": {settings.DUTY_NAME}, {name}")
    paper.space(2)
    paper.text(f"{line}   " + _("Date") + f" {short}")
    paper.space(5)
    paper.text(_("Taken over by") + f": {incident.kusp_officer or line}")
    paper.space(2)
    paper.text(f"{line}   " + _("Date") + f" {short}")
    paper.space(5)
    paper.text(_("Printed on %(moment)s") % {"moment": f"{local:%d.%m.%Y %H:%M}"})
