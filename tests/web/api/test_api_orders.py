"""The order list over the API: all of a call or nothing, once, and by its scope only."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from tests.web.api.conftest import MakeProgram
from tests.web.conftest import Town

from laufzettel.engine.audit.tables import audit_event as event
from laufzettel.records.api_tokens import Scope

ORDER: dict[str, Any] = {
    "number": "B-4711",
    "supplier_name": "Tiefbau Detmold GmbH",
    "gross": "12000.00",
    "lines": [{"number": "10", "quantity": "100", "unit": "MTR", "price": "12.50"}],
    "deliveries": [{"number": "L-1", "delivered_on": "2026-12-01", "line": "10", "quantity": "60"}],
}
PATH = "/purchase-orders"


def test_orders_are_taken_with_positions_and_deliveries(
    musterstadt: Town, program: MakeProgram
) -> None:
    machine = program(Scope.ORDERS_WRITE, Scope.ORDERS_READ)

    first = machine.post(PATH, {"orders": [ORDER]})
    second = machine.post(PATH, {"orders": [ORDER]})
    shown = machine.get(f"{PATH}?number=b4711")

    assert (first.status_code, first.json) == (200, {"added": 3, "changed": 0, "same": 0})
    assert second.json == {"added": 0, "changed": 0, "same": 3}
    assert shown.json["gross"] == "12000.00"
    assert shown.json["lines"][0]["price"] == "12.5"
    assert shown.json["deliveries"][0]["line_key"] == "10"
    with musterstadt.app.db.read() as connection:
        kinds = connection.execute(sa.select(event.c.kind).where(event.c.stream == "orders"))
        assert kinds.scalars().all() == ["orders.taken"]


def test_one_finding_and_nothing_of_the_call_is_taken(program: MakeProgram) -> None:
    machine = program(Scope.ORDERS_WRITE, Scope.ORDERS_READ)
    bad = {
        "number": "=1+1",
        "supplier_name": "Bau",
        "gross": "-1.00",
        "lines": [{"number": "1", "quantity": "2.1234567"}],
    }

    refused = machine.post(PATH, {"orders": [ORDER, bad]})
    twice = machine.post(PATH, {"orders": [ORDER, ORDER]})

    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json["errors"]} == {
        "#/orders/1/number",
        "#/orders/1/gross",
        "#/orders/1/lines/0/quantity",
        "#/orders/1/lines/0/unit",
    }
    assert twice.status_code == 422
    assert machine.get(f"{PATH}?number=B-4711").status_code == 404


def test_reading_is_not_writing(program: MakeProgram) -> None:
    assert program(Scope.ORDERS_READ).post(PATH, {"orders": [ORDER]}).status_code == 403
    assert program(Scope.ORDERS_WRITE).get(f"{PATH}?number=1").status_code == 403


def test_the_order_of_a_confidential_unit_is_there_only_for_who_may_see_it(
    program: MakeProgram,
) -> None:
    secret = ORDER | {"unit": "jugendamt"}
    program(Scope.ORDERS_WRITE).post(PATH, {"orders": [secret]})
    plain, trusted = program(Scope.ORDERS_READ), program(Scope.ORDERS_READ, Scope.CONFIDENTIAL_READ)

    assert plain.get(f"{PATH}?number=B-4711").status_code == 404
    assert trusted.get(f"{PATH}?number=B-4711").status_code == 200
