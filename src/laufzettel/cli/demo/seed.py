"""Fill the town: three dozen invoices arrive and are played into every state.

Like the story it has no memory of its own. Which files came follows from the documents, how
far a plan got from the tasks that are done: a second start adds nothing, and after a kill it
goes on. What visitors have done meanwhile stays as they left it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.app import App
from laufzettel.cli.demo import hkr, town
from laufzettel.cli.demo.plans import PLANS, Plan
from laufzettel.cli.demo.samples import generator
from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.tables import audit_event, case, user_task
from laufzettel.engine.tasks.user_tasks import TaskStatus, UserTask
from laufzettel.handlers.invoice.receive import Delivery
from laufzettel.identity import Actor, Right
from laufzettel.records import people
from laufzettel.records.tables import document, invoice

#: Each round moves every case by one task at least; the longest plan has three.
_ROUNDS_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A case of the town whose plan is not through."""

    case_id: str
    plan: Plan
    done: int  # tasks completed so far
    was_claimed: bool


def seed(app: App) -> int:
    """Receive what did not arrive yet and play all plans; return how many files were new."""
    new = sum(1 for delivery in _missing(app) if not app.receive(delivery).is_repeat)
    ledger = hkr.simulator(app)
    for _ in range(_ROUNDS_MAX):
        moved = app.jobs.run_due()
        moved += _act(app)
        moved += hkr.ask(app, ledger)
        if not moved:
            break
    app.seal()
    return new


def _missing(app: App) -> Iterator[Delivery]:
    """Yield what has not arrived yet, in its order."""
    made = generator()
    arrived = _arrived(app)
    for one in made.town_invoices(_today(app, arrived)):
        data = None if one.file_name in arrived else _content(made, one)
        if data is not None:
            yield Delivery(
                tenant=town.TENANT,
                channel=one.channel,
                sender=one.sample.seller.email,
                file_name=one.file_name,
                data=data,
            )


def _content(made: ModuleType, one: Any) -> bytes | None:
    """Return the file; None for a PDF on a machine without the libraries that draw one."""
    try:
        data: bytes = made.content(one)
    except OSError:  # how WeasyPrint says that Pango is missing; it arrives when it is there
        return None
    return data


def _arrived(app: App) -> dict[str, date]:
    """Return the files of the town that are here, and the day on which each came."""
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(document.c.file_name, document.c.stored_at).where(
                document.c.tenant == town.TENANT, document.c.kind == "original"
            )
        )
        return {row.file_name: row.stored_at.astimezone(OFFICE_ZONE).date() for row in rows}


def _today(app: App, arrived: dict[str, date]) -> date:
    """Return the day that the invoices are dated by: what is missing belongs to what came."""
    names = {one.file_name for one in generator().town_invoices(date.min.replace(year=2026))}
    known = [day for name, day in arrived.items() if name in names]
    if known:
        return min(known)
    with app.db.read() as connection:
        return app.db.now(connection).astimezone(OFFICE_ZONE).date()


def _act(app: App) -> int:
    """Have people do the next task of each plan and take what they have begun; say how many."""
    reader = Actor(tenant=town.TENANT, rights=frozenset({Right.READ}))
    planned = {one.case_id: one for one in _planned(app)}
    moved = 0
    for task in app.engine.tasks(reader):
        one = planned.get(task.case_id)
        moved += one is not None and _do(app, task, one)
    return moved


def _do(app: App, task: UserTask, one: Planned) -> bool:
    if one.done < len(one.plan.acts):
        act = one.plan.acts[one.done]
        if act.element != task.element:
            return False
        app.engine.complete(_actor(app, act.person), task.id, dict(act.answers))
        return True
    if one.plan.claimed_by and not one.was_claimed:
        app.engine.claim(_actor(app, one.plan.claimed_by), task.id)
        return True
    return False


def _actor(app: App, person: str) -> Actor:
    with app.db.read() as connection:
        return people.actor(connection, town.TENANT, person, at=app.db.now(connection))


def _planned(app: App) -> list[Planned]:
    """Return the open cases that somebody of the town has something to do with."""
    done = _counted(user_task.c.status == TaskStatus.COMPLETED)
    claims = (
        sa.select(sa.func.count())
        .where(
            audit_event.c.tenant == town.TENANT,
            audit_event.c.stream == case.c.id,
            audit_event.c.kind == "task.claimed",
        )
        .correlate(case)
        .scalar_subquery()
    )
    key = sa.literal("invoice:").concat(invoice.c.id)
    query = (
        sa.select(case.c.id, document.c.file_name, done.label("done"), claims.label("claims"))
        .join(invoice, sa.and_(invoice.c.tenant == case.c.tenant, case.c.business_key == key))
        .join(document, document.c.invoice_id == invoice.c.id)
        .where(
            case.c.tenant == town.TENANT,
            case.c.status == "open",
            document.c.kind == "original",
            document.c.file_name.in_(PLANS),
        )
    )
    with app.db.read() as connection:
        return [
            Planned(
                case_id=row.id,
                plan=PLANS[row.file_name],
                done=row.done,
                was_claimed=row.claims > 0,
            )
            for row in connection.execute(query)
        ]


def _counted(condition: Any) -> Any:
    """Return how many tasks of the case meet the condition."""
    return (
        sa.select(sa.func.count())
        .where(user_task.c.case_id == case.c.id, condition)
        .correlate(case)
        .scalar_subquery()
    )
