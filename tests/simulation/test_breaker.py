"""A peer that fails again and again is left in peace, and told of once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.simulation.test_nothing_stays_behind import later, ordered, statuses
from tests.simulation.world import OPERATOR, TENANT, CountingLedger, World

from laufzettel.connectors.kasse.port import UnreachableError
from laufzettel.engine.handler import Parcel
from laufzettel.engine.outbox import breaker
from laufzettel.handlers.order.deliver import DeliverOrder

NewWorld = Callable[[], World]


class Peer:
    """Counts what reaches the HKR, which is away until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tries, self.is_away = 0, True
        deliver = CountingLedger.deliver
        peer = self

        def tried(self: CountingLedger, number: int, data: bytes) -> None:
            peer.tries += 1
            if peer.is_away:
                raise UnreachableError
            deliver(self, number, data)

        monkeypatch.setattr(CountingLedger, "deliver", tried)


def _codes(world: World) -> list[str]:
    return sorted(one.code for one in world.app.engine.incidents(OPERATOR))


def _until_open(world: World) -> None:
    for _ in range(40):
        world.work()
        with world.app.db.read() as connection:
            if breaker.open_until(connection, TENANT, "hkr") is not None:
                return
        later(world, seconds=30)
    raise AssertionError("the breaker did not open")


def test_after_ten_failures_a_channel_is_tried_now_and_then_by_one(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeliverOrder, "parcel_max", 1)
    world = new_world()
    peer = Peer(monkeypatch)
    ordered(world, 3)

    _until_open(world)
    assert peer.tries == breaker.FAILURES_MAX
    assert _codes(world) == ["kanal_gestoert"]
    world.work()
    assert peer.tries == breaker.FAILURES_MAX, "not before the wait is over"

    later(world, seconds=31)
    world.work()
    assert peer.tries == breaker.FAILURES_MAX + 1, "one tries for all"
    later(world, seconds=31)
    world.work()
    assert peer.tries == breaker.FAILURES_MAX + 1, "the wait has doubled"
    assert _codes(world) == ["kanal_gestoert"], "told once"


def test_as_soon_as_one_gets_through_all_go_on_and_nothing_is_doubled(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeliverOrder, "parcel_max", 1)
    world = new_world()
    peer = Peer(monkeypatch)
    ordered(world, 3)
    _until_open(world)

    peer.is_away = False
    for _ in range(20):
        later(world, seconds=61)
        world.work()

    assert statuses(world) == ["done"] * 3
    assert world.handovers.count() == {"1": 1, "2": 1, "3": 1}
    assert _codes(world) == []
    with world.app.db.read() as connection:
        assert breaker.state(connection, TENANT, "hkr") is None


def test_what_the_peer_refuses_is_an_answer_and_no_failure(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from laufzettel.engine.handler import Refused

    world = new_sqlite()
    ordered(world, 1)

    def refuse(self: DeliverOrder, parcel: Parcel) -> None:
        raise Refused("NEIN", "Abgelehnt.")

    monkeypatch.setattr(DeliverOrder, "send", refuse)
    world.work()

    with world.app.db.read() as connection:
        assert breaker.state(connection, TENANT, "hkr") is None


def test_the_breaker_of_one_channel_leaves_the_others_alone(new_sqlite: NewWorld) -> None:
    world = new_sqlite()
    with world.app.db.write() as connection:
        now = world.app.db.now(connection)
        for _ in range(breaker.FAILURES_MAX):
            breaker.failed(connection, TENANT, "hkr", UnreachableError(), now=now)

    with world.app.db.read() as connection:
        assert breaker.open_until(connection, TENANT, "hkr") is not None
        assert breaker.open_until(connection, TENANT, "post") is None
        assert breaker.open_until(connection, "nachbarstadt", "hkr") is None
