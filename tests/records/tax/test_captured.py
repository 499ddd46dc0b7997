"""What a person read of the VAT on paper, as categories and rates of EN 16931."""

from __future__ import annotations

import pytest

from laufzettel.records.captured import vat_of


@pytest.mark.parametrize(
    ("kind", "rates", "found"),
    [
        ("saetze", "19", [["S", "19"]]),
        ("saetze", "19,0 %; 7;19", [["S", "19"], ["S", "7"]]),
        ("empfaenger", "", [["AE", "0"]]),
        ("igl", "", [["K", "0"]]),
        ("frei", "19", [["E", "0"]]),
        ("nicht_steuerbar", "", [["O", ""]]),
        ("", "19", []),
    ],
)
def test_what_was_read_has_a_category(kind: str, rates: str, found: list[list[str]]) -> None:
    assert vat_of(kind, rates) == found


@pytest.mark.parametrize("rates", ["", "0", "101", "19;", "-7", "NaN", "Infinity", "neunzehn"])
def test_what_is_no_rate_is_refused(rates: str) -> None:
    with pytest.raises(ValueError, match="no rate"):
        vat_of("saetze", rates)
