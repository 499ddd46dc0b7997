"""The same bytes over two channels at the same moment are one invoice, noted twice."""

from __future__ import annotations

import threading

import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.world import sample

from laufzettel.engine.tables import case
from laufzettel.records.tables import invoice, receipt_repeat

FILES = 25


def test_the_same_file_over_two_channels_at_once_is_one_invoice(new_world: NewWorld) -> None:
    """R07: one number in the Eingangsbuch, one case, one noted repeat; for each of 25 files."""
    world = new_world()
    files = [sample("SMALL", f"RE-26-{number}") for number in range(FILES)]
    _ = world.app  # composed once, before the threads
    barrier = threading.Barrier(2)
    received: dict[str, list[str]] = {"mail": [], "ordner": []}
    errors: list[BaseException] = []

    def deliver(channel: str) -> None:
        try:
            for number, data in enumerate(files):
                barrier.wait()
                received[channel].append(world.deliver(f"{number}.xml", data, channel))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=deliver, args=(channel,)) for channel in received]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert received["mail"] == received["ordner"]
    assert len(set(received["mail"])) == FILES
    keys = {key for (key,) in world.rows(sa.select(case.c.business_key))}
    assert keys == {f"invoice:{invoice_id}" for invoice_id in received["mail"]}
    assert world.rows(sa.select(sa.func.count()).select_from(case)) == [(FILES,)]
    repeats = [row[0] for row in world.rows(sa.select(receipt_repeat.c.invoice_id))]
    assert sorted(repeats) == sorted(received["mail"])
    numbers = sa.select(invoice.c.receipt_no).order_by(invoice.c.receipt_no)
    expected = [(f"E-2026-{number:06d}",) for number in range(1, FILES + 1)]
    assert world.rows(numbers) == expected
    world.work()
    assert world.breaches() == []
