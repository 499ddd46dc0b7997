"""Whatever amounts and texts an invoice has, UBL and CII of it read as the same invoice."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Verdict
from laufzettel.einvoice.validator import Validator

#: What people write, umlauts, markup, quotes and far planes included; no control characters.
TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="\u2028\u2029"),
    min_size=1,
    max_size=60,
).filter(lambda text: text.strip())
PRICES = st.decimals(min_value=0, max_value=10**7, places=4)
QUANTITIES = st.decimals(min_value=Decimal("0.001"), max_value=10**4, places=3)
RATES = st.sampled_from([Decimal(0), Decimal(7), Decimal(19)])
ITEMS = st.lists(st.tuples(TEXTS, QUANTITIES, PRICES, RATES), min_size=1, max_size=5)
SKONTO = st.lists(
    st.tuples(st.integers(0, 60), st.decimals(0, 10, places=2).map(str)), max_size=3
).map(tuple)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2099, 12, 31))


def _sample(make_invoices: ModuleType, data: dict[str, Any]) -> Any:
    model = sys.modules["sample_invoices.model"]
    items = tuple(
        model.Item(name=name, quantity=quantity, unit="C62", price=price, rate=rate)
        for name, quantity, price, rate in data.pop("items")
    )
    seller = replace(make_invoices.samples.GOOD.seller, name=data.pop("seller"))
    return replace(make_invoices.samples.GOOD, items=items, seller=seller, **data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.fixed_dictionaries(
        {
            "items": ITEMS,
            "seller": TEXTS,
            "note": TEXTS,
            "order": TEXTS,
            "number": TEXTS,
            "skonto": SKONTO,
            "issued": DAYS,
        }
    )
)
def test_twins_are_equal_and_exact(make_invoices: ModuleType, data: dict[str, Any]) -> None:
    sample = _sample(make_invoices, data)

    ubl = read_invoice(make_invoices.as_ubl(sample))
    cii = read_invoice(make_invoices.as_cii(sample))

    assert ubl == cii
    assert ubl.totals.payable == sample.gross
    assert [line.net for line in ubl.lines] == [item.net for item in sample.items]
    assert ubl.seller.name == sample.seller.name.strip(" \t\r\n")
    assert sorted((s.days, s.percent) for s in ubl.payment_terms.skonto) == sorted(
        (days, Decimal(rate)) for days, rate in sample.skonto
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=ITEMS)
def test_the_official_rules_judge_twins_alike(
    make_invoices: ModuleType, validator: Validator, items: list[Any]
) -> None:
    sample = _sample(make_invoices, {"items": items, "seller": "Maier & Co. KG"})

    ubl = validator.validate(make_invoices.as_ubl(sample))
    cii = validator.validate(make_invoices.as_cii(sample))

    assert ubl.verdict is cii.verdict is Verdict.ACCEPTED
