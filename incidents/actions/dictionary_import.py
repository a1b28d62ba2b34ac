"""Takes a dictionary from a file: first it says what would change, then all of it or nothing.

Rows are known by their key (see dictionary_columns): a known one is changed, another is added, and
what the file does not name stays. A column that the file lacks is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.audit import write_audit_entry
from incidents.actions.dictionaries import Row, check, save_row
from incidents.actions.dictionary_columns import (
    CellError,
    Dictionary,
    faults_of,
    text_of,
    title_of,
    titles_of,
    value_of,
)
from incidents.models import Category, Service


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` as a spreadsheet counts: the head is the first."""

    line: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    line: int
    name: str
    is_new: bool
    # The head of the column, what stands there, what will.
    fields: list[tuple[str, str, str]]


@dataclass(slots=True)
class Plan:
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    same: int = 0

    @property
    def digest(self) -> str:
        """Of what would change: whoever agrees to one plan has not agreed to another."""
        told = [[row.line, row.name, row.is_new, row.fields] for row in self.changes]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


class ImportRefusedError(Exception):
    """Nothing was written; `plan` says what is wrong or what has changed since it was shown."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("not as it was shown")
        self.plan = plan


@dataclass(slots=True)
class _Read:
    """A line of the file, and the row that it makes."""

    line: int
    row: Row
    services: list[Service] | None


def plan_import(*, dictionary: Dictionary, table: Sequence[Sequence[str]]) -> Plan:
    """Say what taking the table would change, and every fault in it; nothing is written."""
    return _plan(dictionary, table)[0]


@transaction.atomic
def import_table(
    *,
    dictionary: Dictionary,
    table: Sequence[Sequence[str]],
    digest: str,
    actor: User,
    at: datetime,
    file_name: str = "",
    address: str | None = None,
) -> Plan:
    """Write what the plan of that digest said, all of it or nothing.

    Raises:
        ImportRefusedError: see there.
    """
    plan, reads = _plan(dictionary, table)
    if plan.faults or plan.digest != digest:
        raise ImportRefusedError(plan)
    for read in reads:
        save_row(row=read.row, services=read.services, actor=actor, at=at, address=address)
    write_audit_entry(
        actor=actor,
        action="dictionary.import",
        target=actor,
        at=at,
        detail={
            "dictionary": dictionary.name,
            "file": file_name,
            "added": sum(1 for change in plan.changes if change.is_new),
            "changed": sum(1 for change in plan.changes if not change.is_new),
        },
        address=address,
    )
    return plan


def _plan(dictionary: Dictionary, table: Sequence[Sequence[str]]) -> tuple[Plan, list[_Read]]:
    plan = Plan()
    columns = _columns(dictionary, table[0] if table else [], plan)
    reads: list[_Read] = []
    seen: dict[tuple[Any, ...], int] = {}
    if plan.faults:
        return plan, reads
    for line, cells in enumerate(table[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        read = _read(dictionary, columns, line, cells, seen, plan)
        if read is not None:
            reads.append(read)
    return plan, reads


def _columns(dictionary: Dictionary, head: Sequence[str], plan: Plan) -> dict[str, int]:
    """Find the columns by their heads, in any language of the portal."""
    known = {title: name for name in dictionary.columns for title in titles_of(dictionary, name)}
    columns: dict[str, int] = {}
    for number, title in enumerate(head):
        name = known.get(title.strip().casefold())
        if name is None and title.strip():
            plan.faults.append(Fault(1, title.strip(), _("There is no such column.")))
        elif name in columns:
            plan.faults.append(Fault(1, title.strip(), _("The column is there twice.")))
        elif name is not None:
            columns[name] = number
    for name in dictionary.key:
        if name not in columns:
            plan.faults.append(Fault(1, title_of(dictionary, name), _("The column is missing.")))
    return columns


def _read(
    dictionary: Dictionary,
    columns: dict[str, int],
    line: int,
    cells: Sequence[str],
    seen: dict[tuple[Any, ...], int],
    plan: Plan,
) -> _Read | None:
    values, faults = _values(dictionary, columns, line, cells)
    if faults:
        plan.faults += faults
        return None
    key = tuple(values[name] for name in dictionary.key)
    if key in seen:
        text = _("The same as in line %(line)d.") % {"line": seen[key]}
        plan.faults.append(Fault(line, title_of(dictionary, dictionary.key[0]), text))
        return None
    seen[key] = line
    return _changed(dictionary, line, values, plan)


def _values(
    dictionary: Dictionary, columns: dict[str, int], line: int, cells: Sequence[str]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for name, number in columns.items():
        text = cells[number] if number < len(cells) else ""
        try:
            values[name] = value_of(dictionary, name, text)
        except CellError as error:
            faults.append(Fault(line, title_of(dictionary, name), str(error)))
    return values, faults


def _changed(dictionary: Dictionary, line: int, values: dict[str, Any], plan: Plan) -> _Read | None:
    """Put the values into the row that they are of; note the change, or the faults."""
    key = {name: values[name] for name in dictionary.key}
    found: Row | None = dictionary.model.objects.filter(**key).first()
    row: Row = found or dictionary.model()
    before = {name: text_of(row, name) if found else "" for name in values}
    services: list[Service] | None = values.get("services")
    for name, value in values.items():
        if name != "services":
            setattr(row, name, value)
    try:
        check(row)
    except ValidationError as error:
        plan.faults += [
            Fault(line, title_of(dictionary, name) if name else "", text)
            for name, text in faults_of(error)
        ]
        return None
    after = {name: _after(row, name, services) for name in values}
    fields = [
        (title_of(dictionary, name), before[name], after[name])
        for name in values
        if before[name] != after[name]
    ]
    if not fields:
        plan.same += 1
        return None
    plan.changes.append(Change(line, str(row), found is None, fields))
    return _Read(line, row, services)


def _after(row: Row, name: str, services: list[Service] | None) -> str:
    if name != "services" or not isinstance(row, Category):
        return text_of(row, name)
    return ", ".join(sorted(service.code for service in services or []))
