"""What somebody decided is told in the words of the office, and never as signed when it was not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from laufzettel.engine.views import Happening
from laufzettel.web.case.sentences import sentence

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def happened(kind: str, data: dict[str, Any], **texts: str) -> Happening:
    """Return an event."""
    return Happening(number=1, at=AT, kind=kind, actor="yilmaz", data=data, texts=texts)


@pytest.mark.parametrize(
    ("element", "duties", "decision", "told"),
    [
        (
            "certify",
            ["sachlich", "rechnerisch"],
            "feststellen",
            "sachlich und rechnerisch richtig · gezeichnet: sachlich, rechnerisch",
        ),
        ("certify", [], "zurueckweisen", "Feststellung · an den Lieferanten zurückgewiesen"),
        ("order", [], "zurueckgeben", "Anordnung · im Haus zurückgegeben"),
        ("order", ["anordnung"], "anordnen", "Anordnung · gezeichnet: anordnung"),
        ("check_duplicate", [], "neu", "Doppelrechnung geprüft · ist eine neue Rechnung"),
        (
            "check_findings",
            [],
            "weiter",
            "Auffälligkeiten angesehen · geht weiter zur Feststellung",
        ),
        ("certify", [], "nicht_zustaendig", "Feststellung · gehört nicht zu uns"),
        ("correct_accounts", [], "", "Kontierung berichtigt"),
        ("ask", [], "vielleicht", "ask · Entscheidung: vielleicht"),
    ],
)
def test_a_decision_is_told(element: str, duties: list[str], decision: str, told: str) -> None:
    event = happened(
        "task.completed", {"element": element, "duties": duties}, **{"value.decision": decision}
    )

    assert sentence(event) == told


def test_a_group_is_told_by_its_name() -> None:
    routed = happened("invoice.routed", {"unit": "bauamt"})

    assert sentence(routed, {"group:bauamt": "Bauamt"}) == "zugewiesen: Bauamt"
    assert sentence(routed) == "zugewiesen: bauamt"


def test_why_nobody_is_responsible_yet_is_told() -> None:
    routed = happened(
        "invoice.routed", {"unit": "poststelle", "by": "settings"}, why="Keine Regel."
    )

    assert sentence(routed) == "zugewiesen: poststelle (Keine Regel.)"


def test_the_hkr_is_told_without_the_names_of_its_messages() -> None:
    answer = happened("message.consumed", {"name": "hkr.quittung"})
    refused = happened("order.refused", {"code": "ACCOUNT_CLOSED", "return_to": "assign"})

    assert sentence(answer) == "Quittung des HKR erhalten"
    assert sentence(refused) == "Rückläufer des HKR: zurück zur Kontierung"
