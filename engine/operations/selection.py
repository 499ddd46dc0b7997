"""Which cases or incidents a batch is about: named ones, or all that fit a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine import access
from laufzettel.engine.execution.case_rows import ALIVE
from laufzettel.engine.tables import bundle, case, incident, user_task
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.errors import InputError
from laufzettel.identity import Actor

#: Most items of one batch.
ITEMS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Everything that fits all that is given; something must be given."""

    ids: tuple[str, ...] = ()  # of cases, or of incidents where these are retried
    process: str = ""
    version: int = 0  # number of the model's version that the case runs
    bundle: str = ""  # id of that version: a number may be both a shared one's and an own one's
    status: str = ""  # of the case
    element: str = ""  # where an open task or incident of the case is
    code: str = ""  # of an open incident of the case

    def check(self) -> None:
        """Raise InputError for a selection of everything, or of too many."""
        if not any(getattr(self, one.name) for one in fields(self)):
            raise InputError("Bitte angeben, um welche Vorgänge es geht; „alle“ gibt es nicht.")
        if self.version and not self.process:
            raise InputError("Eine Nummer der Fassung gehört zu einem Prozess; bitte angeben.")
        if len(self.ids) > ITEMS_MAX:
            raise InputError(f"Auf einmal gehen höchstens {ITEMS_MAX}.")


def cases(connection: sa.Connection, actor: Actor, wanted: Selection) -> list[str]:
    """Return the ids of the cases that fit and that the actor may look at, the oldest first."""
    query = (
        sa.select(case.c.id, case.c.confidential)
        .where(case.c.tenant == actor.tenant, *_of_case(wanted))
        .where(case.c.status.in_(ALIVE))
    )
    if wanted.ids:
        query = query.where(case.c.id.in_(wanted.ids))
    if wanted.status:
        query = query.where(case.c.status == wanted.status)
    if wanted.element:
        query = query.where(sa.or_(_task_at(wanted.element), _incident(element=wanted.element)))
    if wanted.code:
        query = query.where(_incident(code=wanted.code))
    return _visible(connection, actor, connection.execute(_limited(query, case.c.id)).all())


def incidents(connection: sa.Connection, actor: Actor, wanted: Selection) -> list[str]:
    """Return the ids of the open incidents that fit, the oldest first.

    Those of confidential cases that the actor may not look at are left out.
    """
    query = (
        sa.select(incident.c.id, incident.c.case_id, case.c.confidential)
        .outerjoin(case, case.c.id == incident.c.case_id)
        .where(incident.c.tenant == actor.tenant, incident.c.status == IncidentStatus.OPEN)
        .where(*_of_case(wanted))
    )
    if wanted.ids:
        query = query.where(incident.c.id.in_(wanted.ids))
    if wanted.status:
        query = query.where(case.c.status == wanted.status)
    if wanted.element:
        query = query.where(incident.c.element == wanted.element)
    if wanted.code:
        query = query.where(incident.c.code == wanted.code)
    rows = connection.execute(_limited(query, incident.c.id)).all()
    secret = access.hidden(connection, actor, [row.case_id for row in rows if row.confidential])
    return [row.id for row in rows if row.case_id not in secret]


def _of_case(wanted: Selection) -> list[sa.ColumnElement[bool]]:
    found = []
    if wanted.process:
        found.append(case.c.process_id == wanted.process)
    if wanted.bundle:
        found.append(case.c.bundle_id == wanted.bundle)
    if wanted.version:
        of_number = sa.select(bundle.c.id).where(bundle.c.number == wanted.version)
        found.append(case.c.bundle_id.in_(of_number))
    return found


def _task_at(element: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        user_task.c.case_id == case.c.id,
        user_task.c.element == element,
        user_task.c.status.in_((TaskStatus.OPEN, TaskStatus.SUSPENDED)),
    )


def _incident(**columns: str) -> sa.ColumnElement[bool]:
    wanted = [incident.c[name] == value for name, value in columns.items()]
    is_open = incident.c.status == IncidentStatus.OPEN
    return sa.exists().where(incident.c.case_id == case.c.id, is_open, *wanted)


def _limited(query: sa.Select[Any], order: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return query.order_by(order).limit(ITEMS_MAX + 1)


def _visible(connection: sa.Connection, actor: Actor, rows: Sequence[sa.Row[Any]]) -> list[str]:
    secret = access.hidden(connection, actor, [row.id for row in rows if row.confidential])
    return [row.id for row in rows if row.id not in secret]
