"""What the Eingangsbuch says of a delivery, and of the same delivery once more."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa
from tests.simulation.world import TENANT, World

from laufzettel.handlers.invoice.receive import Delivery, Receipt
from laufzettel.records.tables import receipt_repeat

DATA = b"<Invoice/>"
DELIVERY = Delivery(
    tenant=TENANT, channel="ordner-sftp", sender="SFTP", file_name="a.xml", data=DATA, key="s:1"
)


def test_a_receipt_tells_number_channel_time_sender_and_checksum(town: World) -> None:
    """The same for every way in."""
    receipt = town.app.receive(DELIVERY)

    assert receipt == Receipt(
        invoice_id=receipt.invoice_id,
        receipt_no="E-2026-000001",
        is_repeat=False,
        channel="ordner-sftp",
        sender="SFTP",
        received_at=datetime(2026, 11, 23, 7, tzinfo=UTC),
        sha256=hashlib.sha256(DATA).hexdigest(),
    )


def test_a_delivery_handed_over_again_after_a_crash_is_no_repeat(town: World) -> None:
    """Its channel had not heard that it was taken; nothing came a second time."""
    first = town.app.receive(DELIVERY)

    assert town.app.receive(DELIVERY) == first
    assert town.rows(sa.select(receipt_repeat.c.id)) == []


def test_a_second_delivery_of_the_same_bytes_is_noted_once(town: World) -> None:
    """However often a crash makes it be handed over; without a key each call is a delivery."""
    town.app.receive(DELIVERY)
    second = replace(DELIVERY, key="s:2", channel="postfach-rechnung")

    told = [town.app.receive(second) for _ in range(3)]

    assert {(one.receipt_no, one.is_repeat) for one in told} == {("E-2026-000001", True)}
    noted = sa.select(receipt_repeat.c.channel, receipt_repeat.c.delivery)
    assert town.rows(noted) == [("postfach-rechnung", "s:2")]
    for _ in range(2):
        town.app.receive(replace(DELIVERY, key=None))
    assert len(town.rows(noted)) == 3
