"""Handlers: their contracts from signatures, their arguments, their table."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.engine.execution import lab_handlers

from laufzettel.engine.execution.arguments import arguments
from laufzettel.engine.handler import Handlers, Inline, Services, Values, inline
from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec


@inline("many.kinds", results=("done",), version=3)
def many(
    step: Inline,
    *,
    text: str,
    amount: Decimal,
    day: date | None,
    moment: datetime | None = None,
    count: int = 1,
    flag: bool = False,
    names: list[str] | None = None,
    address: Mapping[str, Any] | None = None,
) -> Values:
    return {"done": True}


def test_a_signature_is_the_contract() -> None:
    contract = many.contract

    assert (contract.name, contract.kind, contract.version) == (
        "many.kinds",
        HandlerKind.INLINE,
        3,
    )
    assert contract.results == ("done",)
    assert contract.parameters == {
        "text": ParamSpec(type="str"),
        "amount": ParamSpec(type="Decimal"),
        "day": ParamSpec(type="date", required=False),
        "moment": ParamSpec(type="datetime", required=False),
        "count": ParamSpec(type="int", required=False),
        "flag": ParamSpec(type="bool", required=False),
        "names": ParamSpec(type="list", required=False),
        "address": ParamSpec(type="Mapping", required=False),
    }


GOOD: dict[str, Any] = {"text": "a", "amount": Decimal("1.50")}


def test_arguments_are_given_by_name_and_missing_ones_left_out() -> None:
    found = arguments(many.contract, {**GOOD, "count": Decimal("2.0"), "day": None})

    assert found == {"text": "a", "amount": Decimal("1.50"), "count": 2}
    assert type(found["count"]) is int


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"text": None}, "„many.kinds“ braucht den Parameter „text“."),
        ({"other": 1}, "„many.kinds“ kennt keinen Parameter „other“."),
        ({"text": Decimal(1)}, "„text“ von „many.kinds“ ist Decimal, erwartet wird str."),
        ({"amount": "1"}, "„amount“ von „many.kinds“ ist str, erwartet wird Decimal."),
        ({"amount": True}, "„amount“ von „many.kinds“ ist bool, erwartet wird Decimal."),
        ({"count": Decimal("1.5")}, "„count“ von „many.kinds“ ist Decimal, erwartet wird int."),
        ({"count": Decimal("NaN")}, "„count“ von „many.kinds“ ist Decimal, erwartet wird int."),
        ({"flag": "ja"}, "„flag“ von „many.kinds“ ist str, erwartet wird bool."),
        ({"day": "2026-11-23"}, "„day“ von „many.kinds“ ist str, erwartet wird date."),
        (
            {"day": datetime(2026, 11, 23, tzinfo=UTC)},
            "„day“ von „many.kinds“ ist datetime, erwartet wird date.",
        ),
        ({"moment": date(2026, 11, 23)}, "ist date, erwartet wird datetime."),
        ({"names": "a, b"}, "„names“ von „many.kinds“ ist str, erwartet wird list."),
        ({"address": "Rathaus"}, "„address“ von „many.kinds“ ist str, erwartet wird Mapping."),
    ],
)
def test_a_wrong_argument_is_named_in_german(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        arguments(many.contract, {**GOOD, **wrong})

    assert str(raised.value).endswith(message)


def test_the_table_knows_handlers_of_all_three_kinds() -> None:
    table = Handlers([lab_handlers], Services())

    kinds = {name: contract.kind for name, contract in table.contracts.items()}
    assert kinds["lab.double"] == HandlerKind.INLINE
    assert kinds["lab.slow"] == HandlerKind.WORK
    assert kinds["lab.send"] == HandlerKind.EFFECT
    assert [one.name for one in table.effects()] == ["lab.send", "lab.pay"]
    assert table.effect("lab.send").contract.has_query


def test_two_handlers_of_one_name_are_refused() -> None:
    twin = types.ModuleType("twin")
    twin.double = lab_handlers.double  # type: ignore[attr-defined]

    with pytest.raises(ValueError, match=r"two handlers are called lab\.double"):
        Handlers([lab_handlers, twin], Services())


def test_a_service_nobody_composed_is_named() -> None:
    with pytest.raises(LookupError, match="no service Handlers was composed"):
        Services().get(Handlers)


def test_a_contract_without_known_types_takes_any_value() -> None:
    contract = HandlerContract(name="any", parameters={"what": ParamSpec(type="object")})

    assert arguments(contract, {"what": [1]}) == {"what": [1]}
