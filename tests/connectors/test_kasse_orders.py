"""An order or batch that no ledger could take cannot be made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.connectors.kasse_examples import PIEPENBROCK, batch

from laufzettel.connectors.kasse.port import OrderType, Share, order_key
from laufzettel.errors import InputError
from laufzettel.money import Money

SHARE = Share(amount=Money.parse("24871.00"), cost_center="", gl_account="524100")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": Money.parse("0")}, "Der Betrag muss größer als null sein."),
        ({"payee_iban": None}, "Für eine Zahlung fehlt die IBAN."),
        ({"payee_iban": "de89370400440532013000"}, "Die IBAN hat nicht die richtige Form"),
        ({"discount_amount": Money.parse("1.00", "CHF")}, "CHF und EUR stehen in einer Anordnung."),
        ({"shares": (SHARE,) * 201}, "Eine Anordnung hat höchstens 200 Kontierungszeilen."),
        ({"shares": (SHARE, SHARE)}, "Die Kontierungszeilen ergeben 49742.00"),
        ({"documents": ("a" * 64,) * 2}, "Ein Beleg ist bei der Anordnung doppelt aufgeführt."),
        ({"documents": tuple(f"{n:064x}" for n in range(201))}, "hat höchstens 200 Belege."),
        ({"supplier_no": ""}, "Die Kreditorennummer fehlt."),
        ({"order_id": "musterstadt:01hx:auszahlung"}, "Die order_id besteht aus Mandant"),
        ({"order_id": f"a:b:c:{'1' * 200}"}, "mit höchstens 200 Zeichen"),
    ],
)
def test_an_order_that_no_ledger_could_take_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError) as refused:
        replace(PIEPENBROCK, **changes)

    assert reason in str(refused.value)


def test_an_order_without_payment_needs_no_iban() -> None:
    order = replace(PIEPENBROCK, order_type=OrderType.DIRECT_DEBIT, payee_iban=None)

    assert order.payee_iban is None


def test_the_amount_with_discount_is_what_is_left() -> None:
    assert PIEPENBROCK.amount_with_discount == Money.parse("24124.87")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"orders": ()}, "Eine Übergabe hat 1 bis 10000 Anordnungen."),
        ({"orders": (PIEPENBROCK,) * 10_001}, "Eine Übergabe hat 1 bis 10000 Anordnungen."),
        ({"number": 0}, "Die Nummer der Übergabe muss zwischen 1 und 999999999 liegen."),
        ({"number": 2, "previous_sha256": "abc"}, "hat nicht die richtige Form."),
        ({"previous_sha256": "a" * 64}, "Nur die erste Übergabe eines Kanals"),
    ],
)
def test_a_batch_outside_the_sequence_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as refused:
        replace(batch(1), **changes)

    assert reason in str(refused.value)


def test_a_time_without_a_zone_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="zone"):
        replace(batch(1), created_at=datetime(2026, 12, 4))


@pytest.mark.parametrize("part", ["", "a:b", "a b", "ä", "a/b"])
def test_an_order_key_keeps_its_four_parts_apart(part: str) -> None:
    with pytest.raises(InputError):
        order_key("musterstadt", part, "auszahlung", 1)
