"""What follows from a finding is the tenant's decision, and some things are nobody's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from laufzettel.einvoice.policy import Policy, Treatment, judge
from laufzettel.einvoice.policy_table import as_settings, policy_of
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict
from laufzettel.errors import InputError

DAY = date(2026, 11, 23)
IBAN = Finding(id=Own.IBAN, severity=Severity.WARNING, text_de="Falsche IBAN.")
OLD = Finding(id=Own.OLD, severity=Severity.WARNING, text_de="Alt.")
LEITWEG_MISSING = Finding(id="BR-DE-15", severity=Severity.FATAL, text_de="Die Leitweg-ID fehlt.")


def row(rule: str, treatment: str, **more: str) -> dict[str, str]:
    return {"rule": rule, "treatment": treatment, "why": "DA Rechnungen Nr. 4", **more}


def treated(finding: Finding, *rows: dict[str, str], amount: str = "100", on: date = DAY) -> str:
    return policy_of(list(rows)).decide(finding, Decimal(amount), on).treatment.value


@pytest.mark.parametrize(
    ("finding", "rows", "treatment"),
    [
        (IBAN, [], "ansehen"),
        (OLD, [], "vermerken"),
        (LEITWEG_MISSING, [], "zurueckweisen"),
        (IBAN, [row("LZ-IBAN", "vermerken")], "vermerken"),
        (IBAN, [row("bank", "zurueckweisen")], "zurueckweisen"),
        (IBAN, [row("LZ-*", "uebergehen")], "uebergehen"),
        (IBAN, [row("LZ-IBAN", "vermerken"), row("bank", "zurueckweisen")], "vermerken"),
        (LEITWEG_MISSING, [row("BR-DE-15", "ansehen")], "ansehen"),
        (LEITWEG_MISSING, [row("xrechnung", "vermerken")], "ansehen"),
    ],
)
def test_the_first_row_that_fits_decides(
    finding: Finding, rows: list[dict[str, str]], treatment: str
) -> None:
    assert treated(finding, *rows) == treatment


def test_a_row_holds_above_its_amount_and_on_its_days_alone() -> None:
    limited = row("LZ-DATUM-ALT", "ansehen", above="5000.00")
    dated = row("LZ-DATUM-ALT", "ansehen", **{"from": "2026-01-01", "until": "2026-11-23"})

    assert [treated(OLD, limited, amount=amount) for amount in ("5000.00", "5000.01")] == [
        "vermerken",
        "ansehen",
    ]
    days = (date(2025, 12, 31), date(2026, 1, 1), DAY, date(2026, 11, 24))
    assert [treated(OLD, dated, on=day) for day in days] == [
        "vermerken",
        "ansehen",
        "ansehen",
        "vermerken",
    ]


def test_an_invoice_without_a_readable_amount_is_above_every_limit() -> None:
    policy = policy_of([row("LZ-DATUM-ALT", "ansehen", above="5000.00")])

    assert policy.decide(OLD, None, DAY).treatment is Treatment.LOOK


@pytest.mark.parametrize(
    "rule", [Own.UNSAFE, Own.BAD_VALUE, Own.XSD, Own.UNKNOWN_VERSION, Own.NO_INVOICE]
)
def test_what_cannot_be_read_safely_is_rejected_whatever_a_table_says(rule: Own) -> None:
    finding = Finding(id=rule, severity=Severity.FATAL, text_de="Nicht lesbar.")

    assert treated(finding, row("LZ-*", "vermerken")) == "zurueckweisen"
    with pytest.raises(InputError, match="ist nicht zu ändern"):
        policy_of([row(rule.value, "vermerken")])


@pytest.mark.parametrize("rule", [Own.ROUTING, Own.RECIPIENT, Own.ORDER])
def test_what_the_supplier_was_not_told_never_rejects(rule: Own) -> None:
    finding = Finding(id=rule, severity=Severity.WARNING, text_de="Fehlt.")

    assert treated(finding, row("LZ-*", "zurueckweisen")) == "ansehen"
    with pytest.raises(InputError, match="allein wird keine Rechnung zurückgewiesen"):
        policy_of([row(rule.value, "zurueckweisen")])


def test_what_holds_without_a_table_makes_less_of_nothing() -> None:
    fatal = Finding(id="BR-DE-19", severity=Severity.FATAL, text_de="Falsche IBAN.")

    assert treated(fatal) == "zurueckweisen"
    assert treated(fatal, row("BR-DE-19", "ansehen")) == "ansehen"


def test_a_warning_of_a_tenants_own_rule_is_looked_at() -> None:
    own = Finding(id="EIGEN-BAU-1", severity=Severity.WARNING, text_de="Bauhof fragen.")

    assert treated(own) == "ansehen"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "Einstellung „findings“: Erwartet wird eine Liste von Zeilen."),
        (
            [{"rule": "bank", "treatment": "ansehen"}],
            "Einstellung „findings“, Zeile 1: „why“ fehlt: Auf wessen Entscheidung beruht die Zeile?",
        ),
        (
            [row("bank", "ansehen"), row("bank", "durchwinken")],
            (
                "Einstellung „findings“, Zeile 2: „durchwinken“ geht nicht; richtig ist "
                "zurueckweisen, ansehen, vermerken, uebergehen."
            ),
        ),
        (
            [row("bank", "ansehen", above="viel")],
            "Einstellung „findings“, Zeile 1: „viel“ ist kein Betrag; richtig ist etwa 5000.00.",
        ),
        (
            [row("bank", "ansehen", until="31.12.2026")],
            (
                "Einstellung „findings“, Zeile 1: „31.12.2026“ ist kein Tag; richtig ist etwa "
                "2026-01-01."
            ),
        ),
        (
            [row("en16931", "uebergehen")],
            "Einstellung „findings“, Zeile 1: „en16931“ ist amtlich und wird nie übergangen.",
        ),
        (
            [row("bank", "ansehen", limit="1")],
            (
                "Einstellung „findings“, Zeile 1: Erlaubt sind nur above, from, rule, treatment, "
                "until, why."
            ),
        ),
    ],
)
def test_a_wrong_table_says_what_to_write_instead(rows: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        policy_of(rows)

    assert str(raised.value) == message


def test_a_table_is_written_as_it_is_read() -> None:
    rows = [row("bank", "ansehen", above="5000.00", **{"from": "2026-01-01"})]

    assert list(as_settings(policy_of(rows))) == rows


def test_the_report_says_of_each_finding_what_follows_and_why() -> None:
    report = Report(verdict=Verdict.ACCEPTED, findings=(OLD, IBAN))

    judged = judge(report, Policy(), amount=Decimal(1), on=DAY)

    assert (judged.verdict, judged.outcome) == (Verdict.ACCEPTED, "ansehen")
    assert [(f.id, f.treatment, f.because) for f in judged.findings] == [
        ("LZ-IBAN", "ansehen", "Auf ein falsches Konto kann niemand zahlen."),
        ("LZ-DATUM-ALT", "vermerken", "Die Regel weist nur darauf hin."),
    ]
    assert Report.from_dict(judged.to_dict()) == judged


def test_a_policy_rejects_what_the_official_rules_accept_and_the_other_way_round() -> None:
    accepted = Report(verdict=Verdict.ACCEPTED, findings=(IBAN,))
    rejected = Report(verdict=Verdict.REJECTED, findings=(LEITWEG_MISSING,))
    strict = policy_of([row("LZ-IBAN", "zurueckweisen")])
    mild = policy_of([row("BR-DE-15", "ansehen")])

    assert judge(accepted, strict, amount=None, on=DAY).verdict is Verdict.REJECTED
    judged = judge(rejected, mild, amount=None, on=DAY)
    assert (judged.verdict, judged.outcome) == (Verdict.ACCEPTED, "ansehen")


@pytest.mark.parametrize("verdict", [Verdict.TECHNICAL_ERROR, Verdict.UNCHECKED])
def test_what_was_not_checked_is_never_judged(verdict: Verdict) -> None:
    report = Report(verdict=verdict, findings=(OLD,))

    assert judge(report, Policy(), amount=None, on=DAY) is report
