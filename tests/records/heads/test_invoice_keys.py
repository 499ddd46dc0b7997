"""Numbers, names and accounts are the same however somebody typed them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.invoice_keys import (
    Likeness,
    compare_numbers,
    is_telling,
    name_key,
    number_of,
    plain,
)

MARCH = date(2026, 3, 1)


@pytest.mark.parametrize(
    "written",
    ["RE-2026-0417", "RE 2026/417", "2026-417", "Rechnung Nr. 2026.0417", "20260417", "re2026417"],
)
def test_a_number_is_found_under_one_key_however_it_is_typed(written: str) -> None:
    assert number_of(written).core == "417"
    assert number_of(written).year == 2026


def test_letters_that_belong_to_a_number_stay() -> None:
    assert number_of("GS-17").core == "gs17"
    assert number_of("A17-B").core == "a17b"
    assert number_of("R-17").core == "17"


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("RE-2026-0417", "re 2026/0417", Likeness.SAME),
        ("RE-2026-0417", "417", Likeness.RETYPED),
        ("RE-2026-0417", "26-0417", Likeness.RETYPED),
        ("RE-2026-0417", "417/26", Likeness.RETYPED),
        ("RE-2026-0417", "RE260417", Likeness.RETYPED),
        ("26-417", "417", Likeness.RETYPED),  # the year of its date
        ("26-417", "2026-418", Likeness.DIFFERENT),
        ("25-417", "2026-417", Likeness.DIFFERENT),  # another year
        ("26417", "417", Likeness.DIFFERENT),  # a long running number of its own
        ("RE-2026-0417", "RE-2025-0417", Likeness.OTHER_YEAR),
        ("4711", "4171", Likeness.SLIP),  # swapped
        ("47112", "47912", Likeness.SLIP),  # one wrong
        ("47112", "4712", Likeness.SLIP),  # one missing
        ("31-47112", "47112", Likeness.PART),
        ("RE-1007", "RE-1008", Likeness.SUCCESSIVE),
        ("47112", "58223", Likeness.DIFFERENT),
        ("2026-82", "2026-892", Likeness.SLIP),
        ("12", "13", Likeness.DIFFERENT),  # too short to be a slip
        ("", "17", Likeness.UNKNOWN),
    ],
)
def test_two_numbers_relate(one: str, other: str, likeness: Likeness) -> None:
    assert compare_numbers(one, other, MARCH, MARCH) is likeness
    assert compare_numbers(other, one, MARCH, MARCH) is likeness


def test_the_date_tells_the_year_that_is_not_written() -> None:
    last_year = date(2025, 3, 1)

    assert compare_numbers("2026-417", "417", MARCH, last_year) is Likeness.OTHER_YEAR
    assert compare_numbers("417", "417", MARCH, last_year) is Likeness.OTHER_YEAR
    assert compare_numbers("417", "417", MARCH, date(2026, 1, 2)) is Likeness.SAME


def test_a_short_number_alone_tells_nothing() -> None:
    assert not is_telling("7", "7")
    assert is_telling("2026-7", "2026-07")


def test_a_firm_is_the_same_with_and_without_its_legal_form() -> None:
    assert name_key("Müller Tiefbau GmbH & Co. KG") == "mueller tiefbau"
    assert name_key("TIEFBAU MÜLLER") == "mueller tiefbau"


@given(st.text(max_size=60))
def test_any_text_has_a_key_that_is_its_own_key(text: str) -> None:
    """Keys are short enough for their columns, and taking a key again changes nothing."""
    assert plain(plain(text)) == plain(text)
    assert len(number_of(text).core) <= 100
    assert name_key(name_key(text)) == name_key(text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_order_of_two_numbers_makes_no_difference(one: str, other: str) -> None:
    assert compare_numbers(one, other) is compare_numbers(other, one)
    assert compare_numbers(one, one) in (Likeness.SAME, Likeness.UNKNOWN)
