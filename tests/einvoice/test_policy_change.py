"""A change of the table holds from its day on, and what it makes lighter is found by asking it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.einvoice import catalogue
from laufzettel.einvoice.layers import DEMANDED, Layer
from laufzettel.einvoice.policy import Policy, Treatment, bounds_of_subject, is_weaker, judge
from laufzettel.einvoice.policy_change import Change, applied, judged, lightened
from laufzettel.einvoice.policy_table import as_settings, policy_of
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict

TODAY = date(2026, 11, 30)
NEXT_YEAR = date(2027, 1, 1)
IBAN = Finding(id=Own.IBAN, severity=Severity.WARNING, text_de="Falsche IBAN.")


def to(subject: str, treatment: str | None, *, above: str = "", on: date = NEXT_YEAR) -> Change:
    return Change(
        subject=subject,
        treatment=Treatment(treatment) if treatment else None,
        why="DA Rechnungen Nr. 4",
        holds_from=on,
        above=Decimal(above) if above else None,
    )


def treated(policy: Policy, finding: Finding, *, amount: str = "100", on: date) -> str:
    return policy.decide(finding, Decimal(amount), on).treatment.value


def test_a_change_holds_from_its_day_and_the_day_before_is_as_it_was() -> None:
    policy = applied(Policy(), to("LZ-IBAN", "zurueckweisen"))
    again = applied(policy, to("LZ-IBAN", "vermerken", on=date(2027, 7, 1)))

    days = [TODAY, NEXT_YEAR, date(2027, 6, 30), date(2027, 7, 1)]
    assert [treated(again, IBAN, on=day) for day in days] == [
        "ansehen",
        "zurueckweisen",
        "zurueckweisen",
        "vermerken",
    ]


def test_a_rule_wins_over_its_layer_and_a_large_amount_over_all_whatever_came_first() -> None:
    policy = Policy()
    for change in (
        to("LZ-IBAN", "vermerken"),
        to("bank", "zurueckweisen"),
        to("LZ-IBAN", "zurueckweisen", above="5000.00"),
        to("LZ-*", "ansehen"),
    ):
        policy = applied(policy, change)

    assert [(row.subject, row.above) for row in policy.rows] == [
        ("LZ-IBAN", Decimal("5000.00")),
        ("LZ-IBAN", None),
        ("LZ-*", None),
        ("bank", None),
    ]
    assert treated(policy, IBAN, amount="5000.00", on=NEXT_YEAR) == "vermerken"
    assert treated(policy, IBAN, amount="5000.01", on=NEXT_YEAR) == "zurueckweisen"


def test_taken_back_the_preset_holds_again() -> None:
    policy = applied(applied(Policy(), to("LZ-IBAN", "vermerken", on=TODAY)), to("LZ-IBAN", None))

    assert treated(policy, IBAN, on=TODAY) == "vermerken"
    assert treated(policy, IBAN, on=NEXT_YEAR) == "ansehen"
    assert policy_of(list(as_settings(policy))) == policy


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (to("LZ-IBAN", "zurueckweisen"), ()),
        (to("LZ-IBAN", "vermerken"), ("LZ-IBAN",)),
        (to("LZ-IBAN", "zurueckweisen", above="5000.00"), ()),
        (to("LZ-IBAN", "vermerken", above="5000.00"), ("LZ-IBAN",)),
        (to("skonto", "uebergehen"), ("LZ-SKONTO", "LZ-SKONTO-BASIS", "LZ-SKONTO-FRIST")),
        (to("BR-DE-15", "ansehen"), ("BR-DE-15",)),
        (to("EIGEN-BAU-1", "ansehen"), ("EIGEN-BAU-1",)),  # an error of it would have rejected
    ],
)
def test_what_a_change_makes_lighter_is_named(change: Change, rules: tuple[str, ...]) -> None:
    assert lightened(Policy(), applied(Policy(), change), today=TODAY) == rules


def test_a_higher_limit_is_lighter_and_a_lower_one_is_not() -> None:
    low = applied(Policy(), to("LZ-DATUM-ALT", "ansehen", above="1000.00", on=TODAY))
    high = applied(Policy(), to("LZ-DATUM-ALT", "ansehen", above="5000.00", on=TODAY))

    assert lightened(low, high, today=TODAY) == ("LZ-DATUM-ALT",)
    assert lightened(high, low, today=TODAY) == ()


def test_what_gets_lighter_once_another_row_is_over_is_named_too() -> None:
    """Until the end of the year the row above hides what the new one does."""
    strict = applied(Policy(), to("LZ-IBAN", "zurueckweisen", on=TODAY))
    until_new_year = applied(strict, to("LZ-IBAN", None, on=NEXT_YEAR))
    after = applied(until_new_year, to("bank", "vermerken", on=date(2026, 12, 1)))

    assert treated(until_new_year, IBAN, on=NEXT_YEAR) == "ansehen"
    assert treated(after, IBAN, on=NEXT_YEAR) == "vermerken"
    assert lightened(until_new_year, after, today=TODAY) == ("LZ-IBAN",)


def test_what_gets_lighter_once_another_row_begins_is_named_too() -> None:
    large = applied(Policy(), to("LZ-*", "zurueckweisen", on=NEXT_YEAR))
    after = applied(large, to("LZ-IBAN", "ansehen", on=TODAY))

    assert treated(large, IBAN, on=NEXT_YEAR) == "zurueckweisen"
    assert treated(after, IBAN, on=NEXT_YEAR) == "ansehen"
    assert lightened(large, after, today=TODAY) == ("LZ-IBAN",)


_SUBJECTS = st.sampled_from(["LZ-IBAN", "LZ-BIC", "LZ-*", "bank", "skonto", "LZ-SKONTO"])
_CHANGES = st.builds(
    to,
    _SUBJECTS,
    st.sampled_from(["zurueckweisen", "ansehen", "vermerken", "uebergehen", None]),
    above=st.sampled_from(["", "1000.00", "5000.00"]),
    on=st.integers(0, 60).map(lambda days: TODAY + timedelta(days=days)),
)


@given(
    before=st.lists(_CHANGES, max_size=4),
    change=_CHANGES,
    amount=st.decimals("0", "6000", places=2),
    days=st.integers(0, 90),
)
def test_nothing_gets_lighter_unnoticed(
    before: list[Change], change: Change, amount: Decimal, days: int
) -> None:
    old = Policy()
    for each in before:
        old = applied(old, each)
    new, day = applied(old, change), TODAY + timedelta(days=days)
    named = lightened(old, new, today=TODAY)

    for rule in ("LZ-IBAN", "LZ-BIC", "LZ-SKONTO"):
        finding = replace(IBAN, id=rule)
        was, will = (table.decide(finding, amount, day).treatment for table in (old, new))
        if is_weaker(will, was):
            assert rule in named
        if day < change.holds_from:
            assert will is was


@pytest.mark.parametrize("rule", sorted(DEMANDED))
def test_what_the_law_demands_cannot_be_switched_off_and_says_by_which_law(rule: str) -> None:
    finding = Finding(id=rule, severity=Severity.WARNING, text_de="Fehlt.")
    decided = applied(Policy(), to("LZ-*", "uebergehen")).decide(finding, None, NEXT_YEAR)

    assert decided.treatment is Treatment.NOTE
    assert DEMANDED[rule] in decided.why
    assert Treatment.IGNORE not in bounds_of_subject(rule).choices
    assert Treatment.IGNORE not in bounds_of_subject("recht").choices


def test_every_rule_of_our_own_layers_has_a_sentence() -> None:
    for layer in Layer:
        if layer is not Layer.TENANT:
            found = [*catalogue.rules(layer)]
            assert found and all(one.title_de for one in found), layer


def test_what_was_passed_over_is_kept_and_decided_again() -> None:
    silent = applied(Policy(), to("LZ-IBAN", "uebergehen", on=TODAY))
    stored = judge(
        Report(verdict=Verdict.ACCEPTED, findings=(IBAN,)), silent, amount=None, on=TODAY
    )
    again = Report.from_dict(stored.to_dict())

    found = judged(again, silent, Policy(), amount=None, on=TODAY)

    assert stored.findings == ()
    assert found is not None
    assert (found.before, found.after, found.rules) == (
        Treatment.NOTE,
        Treatment.LOOK,
        ("LZ-IBAN",),
    )


def test_a_report_without_a_check_is_not_decided_again() -> None:
    assert (
        judged(Report(verdict=Verdict.UNCHECKED), Policy(), Policy(), amount=None, on=TODAY) is None
    )
