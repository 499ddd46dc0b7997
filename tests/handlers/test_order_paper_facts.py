"""Which signatures an order rests on: the latest of each duty, by the persons it names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from laufzettel.engine.handler import Signed
from laufzettel.handlers.order.paper import NotSignedError, valid

ORDER: dict[str, Any] = {
    "number": "A-2026-000001",
    "certified_by": "yilmaz",
    "ordered_by": "brandt",
    "countersigned_by": None,
}


def signed(duty: str, person: str, minute: int) -> Signed:
    at = datetime(2026, 11, 23, 8, minute, tzinfo=UTC)
    return Signed(duty=duty, person=person, deputy_for=None, at=at)


ONCE = [
    signed("sachlich", "yilmaz", 1),
    signed("rechnerisch", "yilmaz", 1),
    signed("anordnung", "brandt", 2),
]


def test_the_latest_signature_of_each_duty_counts() -> None:
    again = [signed("sachlich", "yilmaz", 5), signed("anordnung", "brandt", 6)]

    found = valid(ORDER, [*ONCE, *again])

    assert sorted((one.duty, one.at.minute) for one in found) == [
        ("anordnung", 6),
        ("rechnerisch", 1),
        ("sachlich", 5),
    ]


def test_a_countersignature_of_an_earlier_revision_is_left_out() -> None:
    found = valid(ORDER, [*ONCE, signed("mitzeichnung", "reineke", 3)])

    assert "mitzeichnung" not in {one.duty for one in found}


@pytest.mark.parametrize("duty", ["sachlich", "rechnerisch", "anordnung"])
def test_without_one_of_the_signatures_nothing_is_printed(duty: str) -> None:
    rest = [one for one in ONCE if one.duty != duty]

    with pytest.raises(NotSignedError, match=f"fehlt die Unterschrift „{duty.capitalize()}“"):
        valid(ORDER, rest)


def test_a_countersignature_that_the_order_names_must_be_there() -> None:
    with pytest.raises(NotSignedError, match="fehlt die Unterschrift „Mitzeichnung“"):
        valid(ORDER | {"countersigned_by": "reineke"}, ONCE)


@pytest.mark.parametrize("column", ["certified_by", "ordered_by"])
def test_a_signature_of_somebody_else_is_none(column: str) -> None:
    with pytest.raises(NotSignedError):
        valid(ORDER | {column: "lohmann"}, ONCE)
