"""The checker finds each kind of loss: a checker that never fires would prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.world import CERTIFY, OPERATOR, START, TENANT, World, sample

from laufzettel.db import Database
from laufzettel.engine.messages import messages
from laufzettel.engine.tables import (
    case,
    effect,
    job,
    message,
    parcel,
    subscription,
    task_offer,
    user_task,
)
from laufzettel.ids import new_id
from laufzettel.records.tables import booking, cash_order, invoice

Damage = Callable[[sa.Connection], None]


def lively(world: World) -> World:
    """Return a world in which every kind of thing lies: done, waiting, on its way."""
    world.deliver("gut.xml", sample("GOOD"))
    world.finish()
    world.deliver("offen.xml", sample("SMALL", "RE-1"))
    world.work()
    world.deliver("wartet.xml", sample("SMALL", "RE-2"))
    world.work()
    (task,) = [task for task in world.tasks("certify") if "RE-2" in task.subject]
    world.complete("yilmaz", task, CERTIFY)
    (order,) = world.tasks("order")
    world.complete("brandt", order, {"decision": "anordnen"})
    world.work()
    return world


def run(*statements: sa.Executable) -> Damage:
    def damage(connection: sa.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return damage


def _unasked_message(connection: sa.Connection) -> None:
    """A message that is awaited, put there past the verbs of the engine."""
    row = connection.execute(sa.select(subscription.c.name, subscription.c.key)).first()
    assert row is not None
    connection.execute(
        sa.insert(message).values(
            id=new_id(),
            tenant=TENANT,
            source="t",
            message_id="1",
            name=row.name,
            key=row.key,
            payload={},
            status="available",
            published_at=START,
        )
    )


def _stale_offer(connection: sa.Connection) -> None:
    row = connection.execute(
        sa.select(user_task.c.id, user_task.c.sort_at).where(user_task.c.status == "completed")
    ).first()
    assert row is not None
    offer = {"tenant": TENANT, "recipient": "group:rpa", "task_id": row.id, "group_": "kasse"}
    connection.execute(sa.insert(task_offer).values(**offer, sort_at=row.sort_at))


_OPEN = user_task.c.status == "open"
_ENDED = sa.select(case.c.id).where(case.c.status == "ended")
_FOREIGN_JOB = {"kind": "raten", "key": "1", "tenant": TENANT, "args": {}, "due": START}
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_SECOND = {
    "tenant": TENANT,
    "order_key": "x:y:auszahlung:9",
    "document_no": "2026-999999",
    "accepted_at": START,
}

#: What is done to the database -> the rules that must be reported.
DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "the task and the timer of an open case vanish": (
        run(
            sa.update(user_task).where(_OPEN).values(status="cancelled"),
            sa.delete(job).where(job.c.kind == "timer"),
        ),
        {"vorgang_ohne_fortgang"},
    ),
    "an ended case keeps a task": (
        run(sa.update(user_task).where(user_task.c.case_id.in_(_ENDED)).values(status="open")),
        {"rest_nach_ende"},
    ),
    "an offer to a second group is missing": (
        run(sa.update(user_task).where(_OPEN).values(groups=["anordnung", "rpa"])),
        {"aufgabe_nicht_zu_finden"},
    ),
    "a task stands in the wrong place of its basket": (
        run(sa.update(user_task).where(_OPEN).values(sort_at=_NEVER)),
        {"aufgabe_nicht_zu_finden"},
    ),
    "an offer has outlived its task": (_stale_offer, {"angebot_ohne_aufgabe"}),
    "an effect is pending and nobody sends it": (
        run(sa.update(effect).values(status="pending")),
        {"versand_ohne_auftrag"},
    ),
    "a parcel is missing": (
        run(sa.delete(parcel).where(parcel.c.number == 1)),
        {"uebergabe_luecke"},
    ),
    "an effect has left its parcel": (
        run(sa.update(effect).values(parcel_id=None)),
        {"uebergabe_inhalt"},
    ),
    "an awaited message has no job": (_unasked_message, {"nachricht_nicht_zugestellt"}),
    "a job of a kind that nobody runs": (
        run(sa.insert(job).values(_FOREIGN_JOB)),
        {"auftrag_ohne_ausfuehrer"},
    ),
    "a job parked for good": (run(sa.update(job).values(due=_NEVER)), {"auftrag_geparkt"}),
    "an invoice whose case is gone": (
        run(
            sa.update(case).where(case.c.status == "open").values(status="ended"),
            sa.update(user_task).where(_OPEN).values(status="cancelled"),
            sa.delete(subscription),
        ),
        {"rechnung_verloren"},
    ),
    "an archived invoice without a booking": (
        run(sa.delete(booking)),
        {"rechnung_buchung", "anordnung_ohne_buchung"},
    ),
    "an order booked a second time": (
        run(
            sa.insert(booking).values(
                **_SECOND, cash_order_id=sa.select(booking.c.cash_order_id).scalar_subquery()
            )
        ),
        {"doppelt_gebucht", "buchung_ohne_anordnung"},
    ),
    "a booking that nobody ordered": (
        run(sa.insert(booking).values(**_SECOND, cash_order_id="niemand")),
        {"buchung_ohne_anordnung"},
    ),
    "one person certified and ordered": (
        run(sa.update(cash_order).values(ordered_by="yilmaz")),
        {"vier_augen"},
    ),
    "a receipt number is missing": (
        run(
            sa.update(invoice)
            .where(invoice.c.receipt_no == "E-2026-000002")
            .values(receipt_no="E-2026-000009")
        ),
        {"nummer_luecke"},
    ),
}


def test_a_sound_world_breaks_nothing(new_world: NewWorld) -> None:
    """Open, waiting and finished cases side by side."""
    assert lively(new_world()).breaches() == []


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_found_and_told_in_german(name: str, new_sqlite: NewWorld) -> None:
    """Each kind of loss is reported by its rule, with a text for the auditor."""
    damage, rules = DAMAGES[name]
    world = lively(new_sqlite())
    with world.app.db.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        damage(connection)

    found = world.breaches()

    assert rules <= {breach.rule for breach in found}
    assert all(breach.text_de.endswith(".") and breach.subject for breach in found)


def test_a_cancelled_case_is_a_recorded_end(new_sqlite: NewWorld) -> None:
    """Whoever ended it gave a reason; the invoice is not lost."""
    world = new_sqlite()
    world.deliver("klein.xml", sample("SMALL"))
    world.work()
    (view,) = world.app.engine.cases(OPERATOR)

    world.app.engine.cancel(OPERATOR, view.id, "Irrläufer")

    assert world.breaches() == []


def test_a_message_is_consumed_once(new_sqlite: NewWorld) -> None:
    """The second of two who claim it learns that it is gone."""
    world = new_sqlite()
    world.app.engine.publish(
        OPERATOR, name="probe", key="k", payload={}, source="t", message_id="1"
    )
    db: Database = world.app.db
    with db.write() as connection:
        ((message_id,),) = connection.execute(sa.select(message.c.id)).all()
        found = messages.open_message(connection, message_id)
        assert found is not None
        claims = [messages.claim(connection, found, "fall", now=START) for _ in range(2)]

    assert claims == [True, False]
