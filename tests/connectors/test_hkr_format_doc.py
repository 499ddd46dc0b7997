"""docs/hkr-format.md says what the code does: examples, fields, codes and limits."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from tests.connectors.kasse_examples import CHANNEL

from laufzettel.connectors.kasse import booking, lines, neutral
from laufzettel.connectors.kasse.exchange import Box
from laufzettel.connectors.kasse.port import AckStatus, OrderType, ReasonCode

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "hkr-format.md").read_text("utf-8")


def example(name: str) -> bytes:
    """Return the file that the document shows."""
    match = re.search(rf"<!-- example: {re.escape(name)} -->\n```\n(.*?)```", DOCUMENT, re.DOTALL)
    assert match is not None, name
    return match.group(1).encode()


def test_the_batch_of_the_document_reads_and_packs_to_the_same_bytes() -> None:
    data = example("uebergabe-000002.jsonl")

    batch = neutral.read_batch(data, channel=CHANNEL)

    assert neutral.pack_batch(batch) == data
    assert [(order.order_number, str(order.amount)) for order in batch.orders] == [
        ("2026-004711", "24871.00 EUR"),
        ("2026-004712", "4386.17 EUR"),
    ]


def test_the_acknowledgements_of_the_document_answer_its_batch() -> None:
    batch = neutral.read_batch(example("uebergabe-000002.jsonl"), channel=CHANNEL)

    acks = neutral.read_acknowledgements(
        example("rueckmeldung-000001.jsonl"), channel=CHANNEL, number=1, source="x"
    )

    assert {ack.order_id for ack in acks} == {order.order_id for order in batch.orders}
    assert [ack.status.value for ack in acks] == ["ACCEPTED", "REJECTED", "PAID"]
    assert [str(ack.amount) for ack in acks] == ["24871.00 EUR", "None", "24124.87 EUR"]


def test_the_batch_of_version_2_reads_and_packs_to_the_same_bytes() -> None:
    data = example("uebergabe-000003.jsonl")

    batch = neutral.read_batch(data, channel=CHANNEL)

    assert neutral.pack_batch(batch) == data
    assert batch.previous_sha256 == lines.digest(example("uebergabe-000002.jsonl"))
    (one,) = batch.orders
    assert [str(one.payable(day)) for day in (date(2026, 12, 4), date(2026, 12, 5))] == [
        "8245.00 EUR",
        "8500.00 EUR",
    ]


@pytest.mark.parametrize(
    "name", ["uebergabe-000002.jsonl", "uebergabe-000003.jsonl", "rueckmeldung-000001.jsonl"]
)
def test_every_field_is_explained(name: str) -> None:
    explained = set(re.findall(r"`([a-z0-9_]+)`", DOCUMENT))

    for line in example(name).splitlines():
        assert set(json.loads(line)) <= explained


@pytest.mark.parametrize("code", [*AckStatus, *ReasonCode, *OrderType])
def test_every_code_is_explained(code: str) -> None:
    assert f"`{code}`" in DOCUMENT


@pytest.mark.parametrize("box", Box)
def test_every_folder_is_named(box: str) -> None:
    assert f"| `{box}/` |" in DOCUMENT


def test_the_limits_are_the_ones_kept() -> None:
    assert f"1 bis {booking.ORDERS_MAX:,} Einträge".replace(",", ".") in DOCUMENT
    assert f"kürzer als {lines.LINE_MAX // 1024} KB" in DOCUMENT
    assert f"höchstens {lines.FILE_MAX // 1024**2} MB" in DOCUMENT
