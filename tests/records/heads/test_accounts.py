"""A Kontierung is proposed where the seller's invoices have a habit, and said why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from laufzettel.records.heads.accounts import Assigned, propose

DAY = date(2026, 3, 2)


def past(count: int, account: str = "523100", *, days: int = 0, **more: str) -> list[Assigned]:
    """Return so many invoices a day apart, the newest ``days`` before the day."""
    return [
        Assigned(
            cost_center="66010",
            gl_account=account,
            issued_on=DAY - timedelta(days=days + n),
            **more,
        )
        for n in range(count)
    ]


def reason(given: list[Assigned], **asked: str) -> str | None:
    found = propose(given, **asked)
    return found.reason if found else None


def test_the_reason_counts_the_last_fifteen() -> None:
    given = [*past(1, "524200"), *past(14, days=5), *past(30, "999999", days=100)]

    assert reason(given) == (
        "Kostenstelle 66010, Sachkonto 523100: "
        "so bei 14 der letzten 15 Rechnungen dieses Lieferanten."
    )


def test_a_single_invoice_is_called_the_last_one() -> None:
    assert reason(past(1)) == (
        "Kostenstelle 66010, Sachkonto 523100: so bei der letzten Rechnung dieses Lieferanten."
    )


@pytest.mark.parametrize(
    "given", [[], [*past(2), *past(2, "524200", days=9)]], ids=["none", "split"]
)
def test_without_a_habit_nothing_is_proposed(given: list[Assigned]) -> None:
    assert propose(given) is None


def test_the_order_counts_before_the_unit_and_this_before_all() -> None:
    given = [
        *past(4, "523100"),
        *past(2, "524200", days=10, unit="schulamt"),
        *past(1, "096100", days=20, order_ref="45001", unit="bauamt"),
    ]

    assert "096100" in (reason(given, order_ref="45001", unit="schulamt") or "")
    assert "zu diesem Auftrag" in (reason(given, order_ref="45001", unit="schulamt") or "")
    assert "524200" in (reason(given, unit="schulamt") or "")
    assert "523100" in (reason(given, unit="jugendamt") or "")
