"""What speaks for two invoices being one, and what against."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from laufzettel.records.heads.compare import ASK_FROM, NOTHING, Finding, compare
from laufzettel.records.heads.head import Head, Reference

FIRST = Head(
    id="first",
    name="Müller Tiefbau GmbH",
    name_key="mueller tiefbau",
    number="RE-2026-0417",
    vat_id="de136695976",
    iban="de02120300000000202051",
    gross=Decimal("1190.00"),
    issued_on=date(2026, 3, 2),
)
SECOND = replace(FIRST, id="second")


def points(**changed: object) -> int:
    return compare(FIRST, replace(SECOND, **changed)).points  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 100),
        ({"number": "417"}, 100),
        ({"number": "RE-2026-0471"}, 90),
        ({"number": "RE-2026-0523"}, 50),
        ({"vat_id": "", "name": "Mueller", "name_key": "mueller", "iban": ""}, 100),
        ({"vat_id": "de999999999", "iban": ""}, 45),
        ({"gross": Decimal("1199.00")}, 80),
        ({"gross": Decimal("1230.00"), "issued_on": date(2026, 6, 1)}, 60),
        ({"issued_on": date(2026, 1, 2), "number": "RE-2026-0399"}, 30),
    ],
)
def test_points_of_changed_copies(changed: dict[str, object], expected: int) -> None:
    assert points(**changed) == expected


def test_a_swapped_pair_of_digits_is_asked_about() -> None:
    first = replace(FIRST, number="RE-20417")

    found = compare(first, replace(first, id="b", number="RE-24017"))

    assert found.points == 90
    assert [one.finding for one in found.grounds] == [
        Finding.SAME_VAT_ID,
        Finding.SLIPPED_NUMBER,
        Finding.SAME_GROSS,
        Finding.SAME_DATE,
    ]


def test_the_same_amount_every_month_is_no_repetition() -> None:
    rent = replace(SECOND, number="RE-2026-0418", issued_on=date(2026, 4, 2))

    assert compare(FIRST, rent).points == 35


def test_another_period_speaks_against_a_number_that_never_changes() -> None:
    """Utilities write the number of the contract on every instalment."""
    march = replace(FIRST, period_start=date(2026, 3, 1), period_end=date(2026, 3, 31))
    april = replace(
        march,
        id="april",
        period_start=date(2026, 4, 1),
        period_end=date(2026, 4, 30),
        issued_on=date(2026, 4, 2),
        gross=Decimal("1191.00"),
    )

    assert compare(march, april).points == 35
    assert compare(march, replace(april, period_start=None)).points == 65


def test_two_deliveries_of_one_day_differ_by_their_orders() -> None:
    school = replace(FIRST, order_ref="4500001")
    other = replace(school, id="b", number="RE-2026-0419", order_ref="4500002")

    assert compare(school, other).points == 30


def test_a_twin_in_another_syntax_is_certain_whatever_else_is_said() -> None:
    one = replace(FIRST, content="c" * 32)

    found = compare(one, replace(one, id="b", type_code="384"))

    assert found.points == 100
    assert found.grounds[0].finding is Finding.SAME_CONTENT


def test_a_credit_note_is_no_repetition_of_its_invoice() -> None:
    assert compare(FIRST, replace(SECOND, type_code="381")) is NOTHING


def test_a_correction_that_names_the_invoice_is_no_repetition() -> None:
    """Without the name it is: somebody must see that one of them is wrong."""
    corrected = replace(SECOND, number="RE-2026-0425", type_code="384")
    naming = replace(corrected, refers_to=(Reference(number="RE 2026-417"),))

    assert compare(naming, FIRST) is NOTHING
    assert compare(FIRST, naming) is NOTHING
    assert compare(corrected, FIRST) is not NOTHING


def test_a_correction_under_the_same_number_is_asked_about_although_it_names_it() -> None:
    again = replace(SECOND, type_code="384", refers_to=(Reference(number="RE-2026-0417"),))

    assert compare(again, FIRST).points >= ASK_FROM


def test_the_next_instalment_of_an_order_is_no_repetition() -> None:
    first = replace(FIRST, type_code="326", order_ref="4500001")
    second = replace(first, id="b", number="RE-2026-0431", issued_on=date(2026, 3, 2))

    assert compare(first, second).points < ASK_FROM
    assert compare(first, replace(first, id="b", number="417")).points == 100


def test_day_and_month_taken_for_each_other_count_nearly_as_the_same_day() -> None:
    first = replace(FIRST, issued_on=date(2026, 3, 4))

    found = compare(first, replace(first, id="b", issued_on=date(2026, 4, 3)))

    assert Finding.SWAPPED_DATE in [one.finding for one in found.grounds]
