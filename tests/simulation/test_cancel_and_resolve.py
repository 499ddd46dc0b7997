"""What people decide about cases and parcels that do not go on by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.world import OPERATOR, World, sample

from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.kasse.port import UnknownOutcomeError
from laufzettel.engine.tables import effect, parcel, user_task
from laufzettel.errors import ConflictError, ForbiddenError

CLERK = replace(OPERATOR, person="wiebusch")


def _at_the_outbox(world: World) -> str:
    """Carry the small invoice to the pending effect and return its case."""
    world.deliver("klein.xml", sample("SMALL"))
    world.work()
    world.act()  # certify
    world.act()  # order
    world.jobs.run_due(1)  # its document
    (view,) = world.app.engine.cases(OPERATOR)
    return view.id


def _statuses(world: World, table: sa.Table) -> list[str]:
    return [row[0] for row in world.rows(sa.select(table.c.status))]


def test_cancelling_withdraws_what_is_pending_and_nothing_goes_out(new_world: NewWorld) -> None:
    """A pending effect is withdrawn; its job finds nothing to do."""
    world = new_world()
    case_id = _at_the_outbox(world)

    world.app.engine.cancel(OPERATOR, case_id, "doppelt erfasst")
    world.work()

    assert _statuses(world, effect) == ["withdrawn"]
    assert not world.handovers.count()
    (view,) = world.app.engine.cases(OPERATOR)
    assert view.status == "cancelled"
    kinds = [one.kind for one in world.app.engine.timeline(OPERATOR, case_id)]
    assert kinds[-1] == "case.cancelled"


def test_cancelling_takes_back_the_open_task(new_world: NewWorld) -> None:
    """Nobody is left with a task of a case that has ended."""
    world = new_world()
    world.deliver("klein.xml", sample("SMALL"))
    world.work()
    (view,) = world.app.engine.cases(OPERATOR)

    world.app.engine.cancel(OPERATOR, view.id, "Irrläufer")

    assert _statuses(world, user_task) == ["cancelled"]
    with pytest.raises(ConflictError, match="schon beendet"):
        world.app.engine.cancel(OPERATOR, view.id, "noch einmal")


def _unreachable_after_sending(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the HKR fall silent in the middle of the delivery; return the parcel."""

    def silent(*_: object) -> None:
        raise UnknownOutcomeError

    _at_the_outbox(world)
    monkeypatch.setattr(DirectoryLedger, "deliver", silent)
    monkeypatch.setattr(DirectoryLedger, "delivered", silent)
    while world.work() or not world.app.engine.incidents(OPERATOR):
        world.clock.advance(seconds=3600)  # type: ignore[attr-defined]
    monkeypatch.undo()
    ((parcel_id,),) = world.rows(sa.select(parcel.c.id))
    return str(parcel_id)


def test_a_case_with_an_unknown_parcel_is_cancelled_only_when_its_outcome_is_known(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may have been booked cannot be ended away."""
    world = new_sqlite()
    parcel_id = _unreachable_after_sending(world, monkeypatch)
    (view,) = world.app.engine.cases(OPERATOR)

    (incident,) = world.app.engine.incidents(OPERATOR)
    assert incident.code == "versand_unbekannt"
    assert _statuses(world, parcel) == ["unknown"]
    world.app.engine.cancel(OPERATOR, view.id, "egal")
    assert world.app.engine.case(OPERATOR, view.id).status == "cancelling"

    world.app.engine.resolve(CLERK, parcel_id, has_arrived=True, reason="Liegt im HKR vor")
    world.work()

    assert world.app.engine.case(OPERATOR, view.id).status == "cancelled"
    codes = [one.code for one in world.app.engine.incidents(OPERATOR)]
    assert codes == ["spaeter_erfolg"], "what has arrived after all is a person's to judge"


def test_a_person_says_that_an_unknown_parcel_has_arrived(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case waits for the acknowledgement; nothing is sent again."""
    world = new_sqlite()
    parcel_id = _unreachable_after_sending(world, monkeypatch)

    world.app.engine.resolve(CLERK, parcel_id, has_arrived=True, reason="Liegt im HKR vor")
    world.work()

    assert _statuses(world, effect) == ["done"]
    assert not world.handovers.count()
    assert not world.app.engine.incidents(OPERATOR)


def test_what_has_not_arrived_is_sent_again_under_its_number_and_booked_once(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel is not held up, and nobody has to sign again."""
    world = new_sqlite()
    parcel_id = _unreachable_after_sending(world, monkeypatch)

    world.app.engine.resolve(CLERK, parcel_id, has_arrived=False, reason="Leitung war gestört")
    world.finish()

    assert world.handovers.count() == {"1": 1}
    assert [one.batch_number for one in world.ledger.bookings()] == [1]
    assert not world.app.engine.incidents(OPERATOR)


def test_the_system_resolves_nothing(new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a person can say what became of a parcel, and only while it is unknown."""
    world = new_sqlite()
    parcel_id = _unreachable_after_sending(world, monkeypatch)

    with pytest.raises(ForbiddenError, match="sagt nur eine Person"):
        world.app.engine.resolve(OPERATOR, parcel_id, has_arrived=True, reason="?")
    world.app.engine.resolve(CLERK, parcel_id, has_arrived=True, reason="nachgesehen")
    with pytest.raises(ConflictError, match="ist bekannt"):
        world.app.engine.resolve(CLERK, parcel_id, has_arrived=True, reason="nachgesehen")
