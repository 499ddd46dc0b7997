"""What happened in a case is told in German, whatever it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cli.programs import ROOT

from laufzettel.engine.views import Happening
from laufzettel.web.case import sentences as timeline

#: They stand in streams that no case shows.
ELSEWHERE = {"model.deployed", "parcel.resolved", "message.published"}
ELSEWHERE |= {"abgleich.begun", "abgleich.taken_over", "abgleich.released"}


def noted() -> set[str]:
    """Return every kind of event that the engine or a handler writes by name."""
    texts = [
        path.read_text("utf-8")
        for folder in ("engine", "handlers")
        for path in (ROOT / folder).rglob("*.py")
    ]
    found = re.findall(
        r'(?:Event\(\s*kind=|\.audit\(\s*)"([a-z_]+\.[a-z_]+)"', "\n".join(texts), re.DOTALL
    )
    return set(found) - ELSEWHERE


def told(kind: str, data: dict[str, Any], **texts: str) -> str:
    """Return the sentence for an event."""
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return timeline.sentence(
        Happening(number=1, at=at, kind=kind, actor="system", data=data, texts=texts)
    )


def test_every_kind_of_event_has_a_sentence() -> None:
    kinds = noted()

    assert "invoice.validated" in kinds
    assert sorted(kinds - set(timeline._TOLD) - {"task.completed"}) == []


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        (
            "invoice.validated",
            {"rule_set": "xrechnung-3.0.2", "verdict": "accepted"},
            "geprüft mit xrechnung-3.0.2: formal in Ordnung",
        ),
        ("invoice.validated", {"rule_set": "", "verdict": "unchecked"}, "geprüft: nicht geprüft"),
        ("effect.done", {"channel": "hkr"}, "an das HKR übergeben"),
        ("task.follow_up", {"day": "2026-12-01"}, "Wiedervorlage am 01.12.2026"),
        ("task.follow_up", {"day": None}, "aus der Wiedervorlage geholt"),
        ("effect.refused", {"channel": "hkr"}, "vom HKR nicht angenommen"),
        (
            "invoice.archived",
            {"paid_on": "2026-11-23", "amount": "18432.60 EUR"},
            "bezahlt am 23.11.2026 (18.432,60 €), archiviert",
        ),
    ],
)
def test_an_event_is_told_with_what_matters(kind: str, data: dict[str, Any], sentence: str) -> None:
    assert told(kind, data) == sentence


def test_a_cancelled_case_tells_its_reason_even_when_that_was_erased() -> None:
    assert told("case.cancelled", {}, reason="doppelt erfasst") == "abgebrochen: doppelt erfasst"
    assert told("case.cancelled", {}) == "abgebrochen: ohne Grund"
