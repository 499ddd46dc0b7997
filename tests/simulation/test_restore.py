"""Yesterday's backup restored after today's deliveries books nothing twice (DESIGN decision 15).

The judge is the HKR's own ledger, which no restore touches, and the journal of what really
left the house.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.simulation.test_nothing_stays_behind import later, ordered, statuses
from tests.simulation.world import OPERATOR, TENANT, World, sample
from tools.throwaway_postgres import Server

from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.kasse.port import UnreachableError
from laufzettel.engine.tables import counter, parcel
from laufzettel.errors import ConflictError

NewWorld = Callable[[], World]
#: Puts the backup that it has made when it was called back in the database's place.
Restore = Callable[[], World]


@pytest.fixture
def backup(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[World], Restore]:
    """Makes a backup of the database alone: folders and the HKR stay as they are."""

    def of(world: World) -> Restore:
        world.die()
        is_file = world.url.startswith("sqlite")
        kept = _copy_file(world, tmp_path) if is_file else _copy_database(world, request)

        def restore() -> World:
            world.die()
            if is_file:
                shutil.copy(kept, world.url.removeprefix("sqlite:///"))
            restored = replace(world, url=world.url if is_file else kept, taken=set(), _app=None)
            request.addfinalizer(restored.die)
            return restored

        return restore

    return of


def _copy_file(world: World, folder: Path) -> str:
    return str(shutil.copy(world.url.removeprefix("sqlite:///"), folder / "backup.sqlite"))


def _copy_database(world: World, request: pytest.FixtureRequest) -> str:
    server: Server = request.getfixturevalue("postgres_server")
    url = server.create_database(template=world.url.rpartition("/")[2])
    request.addfinalizer(lambda: server.drop_database(url))
    return url


def _incidents(world: World) -> list[str]:
    return sorted(one.code for one in world.app.engine.incidents(OPERATOR))


def _today(world: World) -> None:
    """One order that the backup has as pending, and one that it knows nothing of."""
    world.finish()
    ordered(world, 1, first=1)
    world.finish()
    assert world.handovers.count() == {"1": 1, "2": 1}
    assert len(world.ledger.bookings()) == 2


def _ask_and_release(world: World) -> tuple[int, int]:
    found = world.app.engine.reconciliation.ask([TENANT])
    world.app.retell(TENANT)
    world.app.engine.reconciliation.release([TENANT], by="okafor", reason="geprüft", despite=False)
    (hkr,) = [one for one in found if one.channel == "hkr"]
    return hkr.adopted, hkr.unknown_here


def test_a_restored_database_notices_it_and_books_nothing_twice(
    new_world: NewWorld, backup: Callable[[World], Restore]
) -> None:
    world = new_world()
    ordered(world, 1)
    restore = backup(world)
    _today(world)
    bookings = world.ledger.bookings()

    world = restore()
    assert statuses(world) == ["pending"]
    world.work()
    later(world, minutes=5)
    world.work()

    assert statuses(world) == ["pending"]
    assert _incidents(world) == ["abgleich"]
    assert "hat schon Übergabe 2, hier ist 0 die letzte" in (
        world.app.engine.incidents(OPERATOR)[0].cause
    )
    assert _ask_and_release(world) == (1, 1)
    assert statuses(world) == ["done"]
    assert _incidents(world) == ["beim_empfaenger_unbekannt"]
    later(world, minutes=5)
    world.finish()

    assert [view.end for view in world.app.engine.cases(OPERATOR)] == ["paid_and_archived"]
    assert world.ledger.bookings() == bookings
    assert world.ledger.received() == {key: 1 for key in world.ledger.received()}
    assert world.handovers.count() == {"1": 1, "2": 1}


def test_after_the_release_work_goes_on_behind_what_the_peer_has(
    new_world: NewWorld, backup: Callable[[World], Restore]
) -> None:
    """Neither the number of an Übergabe nor that of an Anordnung is used a second time."""
    world = new_world()
    ordered(world, 1)
    restore = backup(world)
    _today(world)
    world = restore()
    world.work()
    _ask_and_release(world)
    later(world, minutes=5)
    world.finish()

    ordered(world, 1, first=5)
    world.finish()

    assert world.handovers.count() == {"1": 1, "2": 1, "3": 1}
    assert len(world.ledger.bookings()) == 3
    numbers = dict(world.rows(sa.select(counter.c.name, counter.c.value)))
    assert (numbers["parcel:hkr"], numbers["order:2026"]) == (3, 3)
    assert world.ledger.problems() == []
    # The order that only the HKR knows is missing here, and the proof goes on saying so.
    assert [one.rule for one in world.breaches()] == ["nummer_luecke"]


def test_a_parcel_of_which_nobody_knows_is_asked_for_and_not_sent_again(
    new_world: NewWorld, backup: Callable[[World], Restore]
) -> None:
    """The backup was made between the forming of a parcel and its sending."""
    world = new_world()
    ordered(world, 1)
    world.app.jobs.run_due(1)
    assert statuses(world) == ["sending"]
    restore = backup(world)
    world.finish()
    assert world.handovers.count() == {"1": 1}

    world = restore()
    world.app.engine.reconciliation.begin([TENANT], cause="Sicherung eingespielt", by="okafor")
    world.work()
    assert statuses(world) == ["unknown"]
    assert _ask_and_release(world) == (1, 0)
    later(world, minutes=5)
    world.finish()

    assert world.handovers.count() == {"1": 1}
    assert len(world.ledger.bookings()) == 1


def test_a_letter_that_went_out_after_the_backup_is_not_sent_again(
    new_world: NewWorld, backup: Callable[[World], Restore]
) -> None:
    """The post keeps no numbers: each letter is asked for by its key before it goes out."""
    world = new_world()
    world.deliver("fehlerhaft.xml", sample("FAULTY"))
    restore = backup(world)
    world.finish()
    assert list(world.letters.count().values()) == [1]

    world = restore()
    world.app.engine.reconciliation.begin([TENANT], cause="Sicherung eingespielt", by="okafor")
    world.work()
    later(world, seconds=1)
    _ask_and_release(world)
    later(world, minutes=5)
    world.finish()

    assert [view.end for view in world.app.engine.cases(OPERATOR)] == ["rejected"]
    assert list(world.letters.count().values()) == [1]


def test_it_is_released_only_when_every_channel_was_asked(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_sqlite()
    verbs = world.app.engine.reconciliation
    assert verbs.begin([TENANT], cause="Sicherung eingespielt", by="okafor")
    assert not verbs.begin([TENANT], cause="noch einmal", by="okafor")

    every = "musterstadt/hkr, musterstadt/mail, musterstadt/post"
    with pytest.raises(ConflictError, match=f"Nicht abgeglichen: {every}"):
        verbs.release([TENANT], by="okafor", reason="geprüft", despite=False)

    def unreachable(self: DirectoryLedger) -> int:
        raise UnreachableError

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryLedger, "last_number", unreachable)
        states = {one.channel: one.error for one in verbs.ask([TENANT])}
    unreached = "Das HKR ist nicht erreichbar. Es wurde nichts übergeben."
    assert states == {"hkr": unreached, "mail": "", "post": ""}
    with pytest.raises(ConflictError, match="Nicht abgeglichen: musterstadt/hkr"):
        verbs.release([TENANT], by="okafor", reason="geprüft", despite=False)

    verbs.ask([TENANT])
    verbs.release([TENANT], by="okafor", reason="geprüft", despite=False)
    told = world.app.engine.timeline(OPERATOR, "parcels")
    assert [one.kind for one in told] == ["abgleich.begun", "abgleich.released"]
    # What was typed at the command line may be a name, which the chain must not hold.
    assert [(one.actor, one.texts["by"]) for one in told] == [("operator", "okafor")] * 2
    assert _incidents(world) == []
    with pytest.raises(ConflictError, match="Es läuft kein Abgleich"):
        verbs.ask([TENANT])


def test_a_database_that_was_not_restored_asks_once_and_goes_on(new_world: NewWorld) -> None:
    world = new_world()
    ordered(world, 2)
    world.finish()
    world.die()
    ordered(world, 1, first=2)
    world.finish()

    assert world.app.engine.reconciliation.current() is None
    assert world.app.engine.reconciliation.ahead([TENANT]) == []
    assert world.rows(sa.select(parcel.c.status).distinct()) == [("done",)]
