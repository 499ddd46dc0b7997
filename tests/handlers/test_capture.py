"""What a person types from paper is taken over, or the task comes back with what is wrong."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.simulation.world import OPERATOR, World
from tests.web.conftest import text_pdf

from laufzettel.records.tables import invoice

TYPED = {
    "decision": "erfassen",
    "supplier_name": "Malerbetrieb Öztürk",
    "invoice_number": "2026-77",
    "issued_on": "2026-11-20",
    "gross_amount": "119,00",
    "currency": "EUR",
    "is_compared": "on",
}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (
            {"due_date": "9999-12-31"},
            "„Fällig am“ liegt mehr als zehn Jahre in der Zukunft.",
        ),
        ({"issued_on": "0206-11-20"}, "Das Rechnungsdatum liegt mehr als dreißig Jahre zurück."),
        ({"performed_on": "0206-11-20"}, "„Leistung bis“ liegt Jahrzehnte entfernt."),
        ({"performed_on": "9999-11-20"}, "„Leistung bis“ liegt Jahrzehnte entfernt."),
        (
            {"supplier_country": "ÄÖ"},
            "Das Land besteht aus zwei Buchstaben, zum Beispiel DE oder AT.",
        ),
        ({"currency": "ÄÖÜ"}, "Die Währung besteht aus drei Buchstaben, zum Beispiel EUR."),
    ],
)
def test_a_slip_comes_back_to_who_typed_it(
    town: World, typed: dict[str, str], problem: str
) -> None:
    """It never becomes a Störung that another must look at, nor a day in the year 9999."""
    town.deliver("scan.pdf", text_pdf("Rechnung"), channel="ordner-scan")
    town.work()
    [task] = town.tasks("capture")

    town.complete("kranz", task, TYPED | typed)

    [again] = town.tasks("capture")
    assert town.app.engine.task(town.actor("kranz"), again.id).shown["capture_problem"] == (
        f"- {problem}"
    )
    assert town.app.engine.incidents(OPERATOR) == []
    town.complete("kranz", again, TYPED)
    assert town.rows(sa.select(invoice.c.number, invoice.c.stage)) == [("2026-77", "registered")]
