"""What a child is called stands in its case and nowhere else (practice.md 3.12, S7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.simulation.world import OPERATOR, World

from laufzettel.engine.tables import case, incident, parcel, user_task
from laufzettel.records.tables import invoice

MARKER = "Markerkind"
YOUTH = "059990000000-51000-86"
WORKS = "059990000000-60000-52"
CERTIFY = {"decision": "feststellen", "cost_center": "5110", "gl_account": "533900"}


def placement(written: Written, **more: Any) -> bytes:
    """Return an invoice that names a child wherever a supplier might."""
    terms = {
        "number": f"HS-{MARKER}-11",
        "buyer_reference": YOUTH,
        "note": f"Unterbringung {MARKER}",
        "order": f"Bescheid {MARKER}",
        "description": f"{MARKER}, Gruppe Regenbogen",
        "net": "2340.00",
        "skonto": (),
    }
    return written(**{**terms, **more})


def deliver(town: World, data: bytes) -> None:
    """Deliver it as a file that bears the name."""
    town.deliver(f"Rechnung {MARKER}.xml", data, channel="mail")


def outside_the_case(town: World) -> Iterator[str]:
    """Yield what lists, incidents and the HKR get to see."""
    state = {case.c.state, case.c.result, parcel.c.data}
    for table in (case, user_task, incident, parcel):
        columns = [column for column in table.c if column not in state]
        for row in town.rows(sa.select(*columns)):
            yield f"{table.name}: {row}"
    for (data,) in town.rows(sa.select(parcel.c.data)):
        yield f"parcel: {data!r}"
    for file in (town.folder / "hkr").rglob("*"):
        if file.is_file():
            yield f"{file.name}: {file.read_bytes().decode(errors='replace')}"


def leaks(town: World) -> list[str]:
    return [text for text in outside_the_case(town) if MARKER in text]


def subjects(town: World) -> list[tuple[Any, ...]]:
    return town.rows(sa.select(case.c.subject, case.c.party, case.c.confidential))


def test_a_confidential_invoice_shows_nothing_but_its_number_to_the_end(
    town: World, written: Written
) -> None:
    """From the receipt to the payment, at every step in between."""
    deliver(town, placement(written))
    seen = [leaks(town)]
    town.work()
    shown = subjects(town)
    (task,) = town.tasks("certify")
    town.complete("damm", task, CERTIFY)
    seen.append(leaks(town))
    town.finish()
    seen.append(leaks(town))

    assert seen == [[], [], []]
    assert shown == subjects(town) == [("Vertraulich E-2026-000001", "", True)]
    assert (task.groups, task.subject, task.party) == (
        ("jugendamt",),
        "Vertraulich E-2026-000001",
        "",
    )
    (batch,) = (town.folder / "hkr").rglob("an/*.jsonl")
    assert "Vertraulich E-2026-000001" in batch.read_text()


def test_the_case_itself_still_knows_what_it_is_about(town: World, written: Written) -> None:
    deliver(town, placement(written))
    town.work()

    assert town.rows(sa.select(invoice.c.number)) == [(f"HS-{MARKER}-11",)]


def test_a_suspected_doppelrechnung_shows_the_poststelle_no_name(
    town: World, written: Written
) -> None:
    for note in ("", "Zweitschrift"):
        deliver(town, placement(written, note=f"{MARKER} {note}"))
    town.work()

    assert sorted(task.element for task in town.tasks()) == ["certify", "check_duplicate"]
    assert leaks(town) == []


def test_a_refused_confidential_invoice_has_a_neutral_letter_head(
    town: World, written: Written
) -> None:
    deliver(town, placement(written, number="RE-26-4712"))
    town.finish()

    (letter,) = (town.folder / "post").glob("brief-*")
    assert subjects(town) == [("Vertraulich E-2026-000001", "", True)]
    assert "Vertraulich E-2026-000001: Zurückweisung" in letter.read_text()
    assert leaks(town) == []


def test_a_file_that_nobody_can_read_names_nobody_in_its_stoerung(town: World) -> None:
    """Whose it is cannot be known, so nothing of it is shown."""
    town.deliver(f"Heim {MARKER}.pdf", b"%PDF-1.4\n%%EOF\n", channel="mail")
    town.work()

    assert subjects(town) == [("Eingang vom 23.11.2026 um 08:00", "", False)]
    assert leaks(town) == []


def test_a_mistake_on_the_way_to_the_hkr_names_nobody(town: World, written: Written) -> None:
    """The account is wrong, so that nothing can be ordered; the reason stays neutral."""
    deliver(town, placement(written))
    town.work()
    with town.app.db.write() as connection:
        connection.execute(sa.update(invoice).values(payee_iban="DE00"))
    (task,) = town.tasks("certify")
    town.complete("damm", task, CERTIFY)

    assert [one.element for one in town.tasks()] == ["certify"]
    assert leaks(town) == []


def test_an_ordinary_invoice_is_shown_as_ever(town: World, written: Written) -> None:
    deliver(town, written(number="TB-1", buyer_reference=WORKS))
    town.work()

    assert subjects(town) == [("Rechnung TB-1", "Tiefbau Bergmann & Söhne GmbH", False)]
    assert json.dumps([one.cause for one in town.app.engine.incidents(OPERATOR)]) == "[]"
