"""Acts on many tasks at once: each is an act of its own, and none hinders another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.db import Database
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.tasks.rules import DutyRules
from laufzettel.engine.tasks.user_tasks import TaskStatus, UserTask
from laufzettel.errors import InputError, LaufzettelError
from laufzettel.identity import Actor

#: Most tasks of one act.
TASKS_MAX: Final = 200
#: How far ahead a task can be put off.
PUT_OFF_MAX: Final = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one task of an act on many."""

    task_id: str
    subject: str  # "" where the task is not the actor's to see
    ok: bool
    text_de: str


#: Acts on one open task in a write transaction.
Act = Callable[[sa.Connection, UserTask], None]


def each(
    db: Database, rules: DutyRules, actor: Actor, ids: Sequence[str], act: Act, done: str
) -> tuple[Outcome, ...]:
    """Do ``act`` to each task in a transaction of its own, and tell what became of each.

    Raises InputError for too many tasks, or none.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise InputError("Es ist keine Aufgabe ausgewählt.")
    if len(wanted) > TASKS_MAX:
        raise InputError(f"Auf einmal gehen höchstens {TASKS_MAX} Aufgaben.")
    return tuple(_one(db, rules, actor, task_id, act, done) for task_id in wanted)


def _one(
    db: Database, rules: DutyRules, actor: Actor, task_id: str, act: Act, done: str
) -> Outcome:
    subject = ""
    try:
        with db.write() as connection:
            task = user_tasks.load(connection, actor.tenant, task_id)
            is_theirs = user_tasks.is_offered(task, actor)
            subject = task.subject if is_theirs else ""
            text = _taken(connection, rules, task, actor) if is_theirs else None
            if text is None:
                act(connection, task)
    except LaufzettelError as error:
        return Outcome(task_id=task_id, subject=subject, ok=False, text_de=str(error))
    return Outcome(task_id=task_id, subject=subject, ok=text is None, text_de=text or done)


def _taken(connection: sa.Connection, rules: DutyRules, task: UserTask, actor: Actor) -> str | None:
    if task.status is not TaskStatus.OPEN or task.assignee in (None, actor.person):
        return None
    name = rules.name_of(connection, task.tenant, task.assignee or "")
    return f"schon von {name} übernommen"


def follow_up_time(day: date, now: datetime) -> datetime:
    """Return the moment at which the day begins in the office.

    Raises InputError for a day that is not ahead, or too far ahead.

    >>> from datetime import UTC
    >>> follow_up_time(date(2026, 12, 1), datetime(2026, 11, 23, 8, tzinfo=UTC)).isoformat()
    '2026-11-30T23:00:00+00:00'
    """
    today = now.astimezone(OFFICE_ZONE).date()
    if day <= today:
        raise InputError("Der Tag der Wiedervorlage muss in der Zukunft liegen.")
    if day > today + PUT_OFF_MAX:
        raise InputError("Eine Wiedervorlage ist höchstens zwei Jahre im Voraus möglich.")
    return datetime.combine(day, time(), tzinfo=OFFICE_ZONE).astimezone(now.tzinfo)
