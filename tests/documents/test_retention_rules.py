"""Retention: dated rules, the latest day of all laws, and no end while one is unknown."""

from __future__ import annotations

from datetime import date

import pytest

from laufzettel.documents.retention import (
    RULES,
    Basis,
    DocumentKind,
    RetentionRule,
    retain_until,
    rules_for,
)

TODAY = date(2026, 12, 4)


@pytest.mark.parametrize(
    ("kind", "closed_on", "adopted_on", "expected"),
    [
        # § 147 AO and § 14b UStG: 8 years from the end of 2026; § 59 KomHVO: 6 from 2028
        (DocumentKind.INVOICE, date(2026, 12, 3), date(2027, 6, 24), date(2034, 12, 31)),
        # the accounts were adopted late: municipal law is the later one
        (DocumentKind.INVOICE, date(2026, 12, 3), date(2030, 3, 1), date(2036, 12, 31)),
        (DocumentKind.VOUCHER, date(2026, 1, 1), date(2027, 6, 24), date(2034, 12, 31)),
        (DocumentKind.BOOK, date(2026, 12, 31), date(2027, 6, 24), date(2037, 12, 31)),
        (DocumentKind.CORRESPONDENCE, date(2026, 5, 1), date(2027, 6, 24), date(2033, 12, 31)),
        (DocumentKind.PROCEDURE, date(2026, 5, 1), date(2027, 6, 24), date(2036, 12, 31)),
    ],
)
def test_the_latest_day_of_all_laws_holds(
    kind: DocumentKind, closed_on: date, adopted_on: date, expected: date
) -> None:
    assert retain_until(kind, closed_on, adopted_on, on=TODAY) == expected


@pytest.mark.parametrize("kind", DocumentKind)
def test_there_is_no_end_before_the_council_has_adopted_the_accounts(kind: DocumentKind) -> None:
    assert retain_until(kind, date(2010, 1, 1), None, on=TODAY) is None


def test_annual_accounts_are_kept_for_ever() -> None:
    kind = DocumentKind.ANNUAL_ACCOUNTS

    assert retain_until(kind, date(2010, 1, 1), date(2011, 6, 1), on=TODAY) is None


def test_a_new_law_shortens_running_terms_from_its_day_on() -> None:
    """BEG IV: 8 instead of 10 years since 1.1.2025, also for documents of 2016."""
    closed, adopted = date(2016, 5, 1), date(2017, 6, 1)

    before = retain_until(DocumentKind.VOUCHER, closed, adopted, on=date(2024, 12, 31))
    after = retain_until(DocumentKind.VOUCHER, closed, adopted, on=date(2025, 1, 1))

    assert (before, after) == (date(2026, 12, 31), date(2024, 12, 31))


def test_a_day_before_the_first_rule_of_a_law_gives_no_end() -> None:
    kind = DocumentKind.INVOICE

    assert retain_until(kind, date(2017, 1, 1), date(2018, 1, 1), on=date(2018, 6, 1)) is None


def test_a_rule_with_a_future_day_does_not_count_yet() -> None:
    longer = RetentionRule(
        kind=DocumentKind.VOUCHER,
        basis=Basis.AO,
        years=12,
        source="angenommen",
        valid_from=date(2028, 1, 1),
    )

    def years(on: date) -> list[int | None]:
        return [rule.years for rule in rules_for(longer.kind, on, rules=(*RULES, longer))]

    assert years(date(2027, 12, 31)) == [6, 8]
    assert years(date(2028, 1, 1)) == [6, 12]


def test_every_kind_has_a_municipal_and_a_tax_rule_with_a_source() -> None:
    for kind in DocumentKind:
        bases = {rule.basis for rule in rules_for(kind, TODAY)}
        assert {Basis.KOMHVO, Basis.AO} <= bases
    assert all("§" in rule.source for rule in RULES)


def test_no_two_rules_of_a_kind_and_law_begin_on_the_same_day() -> None:
    keys = [(rule.kind, rule.basis, rule.valid_from) for rule in RULES]

    assert len(keys) == len(set(keys))
