"""Which unit judges an invoice: the tenant's own table, its setting, or a person who knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.second_person import deployed
from tests.simulation.world import World

from laufzettel.engine.model.sources import Sources, load_folder
from laufzettel.engine.tables import case, user_task
from laufzettel.identity import Actor, Right
from laufzettel.records.tables import cash_order, invoice, routing_proposal

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "zustaendigkeit"
TENANT = "musterstadt"
DESIGNER = Actor(tenant=TENANT, name="Entwurf", rights=frozenset({Right.DEPLOY}))
COLUMNS = (
    "leitweg_id",
    "leitweg_coarse",
    "leitweg_fine",
    "order_number",
    "contract_number",
    "supplier_name",
    "supplier_vat_id",
    "text",
    "gross_amount",
)


def table(town: World, unit: str, clerk: str = "null", **cells: str) -> None:
    """Give the tenant a table with one rule."""
    files = dict(load_folder(EXAMPLE).files)
    entries = "".join(
        f"<inputEntry><text>{cells.get(name, '-')}</text></inputEntry>" for name in COLUMNS
    )
    outputs = f"<outputEntry><text>{unit}</text></outputEntry>"
    outputs += f"<outputEntry><text>{clerk}</text></outputEntry>"
    xml = files["zustaendigkeit.dmn"].decode()
    one = f'<rule id="rule_one">{entries}{outputs}</rule>'
    xml = re.sub(r"<rule id=.*?(?=<rule id=\"rule_otherwise)", lambda _: one, xml, flags=re.DOTALL)
    deployed(
        town.app.engine, DESIGNER, Sources(files={**files, "zustaendigkeit.dmn": xml.encode()})
    )


def arrive(town: World, data: bytes) -> Any:
    """Return the one task that the invoice comes to."""
    town.deliver("rechnung.xml", data, channel="mail")
    town.work()
    (task,) = town.tasks()
    return task


@pytest.mark.parametrize(
    "cells",
    [
        {"leitweg_fine": '"60000"'},
        {"leitweg_coarse": '"059990000000"', "gross_amount": "&gt; 10"},
        {"order_number": 'starts with(?, "VERG-")'},
        {"supplier_name": 'starts with(lower case(?), "tiefbau")'},
        {"text": 'contains(?, "Grundschule am Ring")'},
    ],
    ids=lambda cells: "+".join(cells),
)
def test_any_field_of_the_invoice_may_name_the_unit(
    town: World, written: Written, cells: dict[str, str]
) -> None:
    table(town, '"schulamt"', **cells)

    task = arrive(
        town,
        written(
            order="VERG-7",
            note="Für die Grundschule am Ring",
            buyer_reference="059990000000-60000-52",
        ),
    )

    assert (task.element, task.groups, task.assignee) == ("certify", ("schulamt",), None)
    assert town.rows(sa.select(invoice.c.unit)) == [("schulamt",)]
    assert town.rows(sa.select(case.c.unit)) == [("schulamt",)]


def test_a_table_that_says_nothing_leaves_it_to_the_setting(town: World, written: Written) -> None:
    table(town, '"schulamt"', order_number='"4711"')

    assert arrive(town, written()).groups == ("bauamt",)


@pytest.mark.parametrize("clerk", ['"yilmaz"', '"m. yılmaz"'])
def test_a_clerk_of_the_unit_has_the_task_at_once(
    town: World, written: Written, clerk: str
) -> None:
    table(town, '"Bauamt"', clerk)

    task = arrive(town, written())

    assert (task.groups, task.assignee) == (("bauamt",), "yilmaz")


def test_a_group_as_clerk_is_offered_the_task(town: World, written: Written) -> None:
    table(town, '"bauamt"', '"geschaeftsbuchhaltung"')

    task = arrive(town, written())

    assert (task.groups, task.assignee) == (("geschaeftsbuchhaltung",), None)
    assert town.rows(sa.select(invoice.c.unit)) == [("bauamt",)]


@pytest.mark.parametrize(
    ("unit", "clerk", "told"),
    [
        ('"bauhof"', "null", "Die Tabelle „Zuständigkeit“ nennt die Stelle „bauhof“; diese gibt"),
        ('"poststelle"', "null", "nennt die Stelle „poststelle“; diese gibt es nicht."),
        (
            '"schulamt"',
            '"yilmaz"',
            "nennt für „Schulamt“ die Sachbearbeitung „yilmaz“; dort gibt es niemanden",
        ),
    ],
)
def test_who_does_not_exist_is_a_finding_for_the_poststelle(
    town: World, written: Written, unit: str, clerk: str, told: str
) -> None:
    table(town, unit, clerk)

    task = arrive(town, written())

    assert (task.element, task.groups) == ("clarify_unit", ("poststelle",))
    read = Actor(tenant=TENANT, name="Prüfung", rights=frozenset({Right.READ}))
    (happened,) = [
        each
        for each in town.app.engine.timeline(read, task.case_id)
        if each.kind == "invoice.routed"
    ]
    assert told in happened.texts["why"]
    assert town.app.engine.incidents(read) == []


def test_the_trace_says_by_which_rule_and_keeps_no_more_than_the_text_it_saw(
    town: World, written: Written
) -> None:
    table(town, '"schulamt"', text='contains(?, "Ring")')

    task = arrive(town, written(note="Ring " + "x" * 5000))

    read = Actor(tenant=TENANT, name="Prüfung", rights=frozenset({Right.READ}))
    (made,) = town.app.engine.decisions(read, task.case_id)
    (step,) = made.steps
    assert (made.element, step.tables[0].rules) == ("decide_unit", (1,))
    assert len(str(step.inputs)) < 4000


def test_what_the_table_sends_to_a_confidential_unit_shows_nothing_but_its_number(
    town: World, written: Written
) -> None:
    table(town, '"jugendamt"', order_number='"Hilfe"')

    task = arrive(town, written(order="Hilfe"))

    assert (task.subject, task.party) == ("Vertraulich E-2026-000001", "")
    assert town.rows(sa.select(case.c.confidential)) == [(True,)]


def test_what_was_confidential_stays_so_when_it_is_sent_on(town: World, written: Written) -> None:
    table(town, '"jugendamt"', order_number='"Hilfe"')
    task = arrive(town, written(order="Hilfe"))

    town.complete("damm", task, {"decision": "nicht_zustaendig", "note": "kein Fall von uns"})
    (asked,) = town.tasks("clarify_unit")
    town.complete("kranz", asked, {"chosen_unit": "Bauamt", "always": "nein"})

    (sent_on,) = town.tasks("certify")
    assert (sent_on.groups, sent_on.subject) == (("bauamt",), "Vertraulich E-2026-000001")
    assert town.rows(sa.select(user_task.c.subject).distinct()) == [("Vertraulich E-2026-000001",)]
    town.finish()
    assert town.rows(sa.select(case.c.subject, case.c.party, case.c.confidential).distinct()) == [
        ("Vertraulich E-2026-000001", "", True)
    ]
    assert town.rows(sa.select(invoice.c.unit, invoice.c.kept_for)) == [("bauamt", "jugendamt")]
    (purpose,) = town.rows(sa.select(cash_order.c.purpose))
    assert purpose == ("Vertraulich E-2026-000001",)


def proposed(town: World, task: Any, **answers: str) -> list[tuple[Any, ...]]:
    """Have the Poststelle answer, and return what is proposed then."""
    values = {"chosen_unit": "Schulamt", "always": "nein", **answers}
    town.complete("kranz", task, values)
    columns = [routing_proposal.c[name] for name in ("field", "value", "unit", "clerk", "status")]
    return town.rows(sa.select(*columns))


def unknown(town: World, written: Written, **terms: Any) -> Any:
    """Return the task of an invoice that the table sends nowhere."""
    table(town, '"nirgendwo"', gross_amount="&gt; 0")
    return arrive(town, written(**terms))


@pytest.mark.parametrize(
    ("answers", "rows"),
    [
        ({"always": "nein"}, []),
        (
            {"always": "lieferant"},
            [("supplier_vat_id", "DE123456788", "schulamt", None, "open")],
        ),
        (
            {"always": "leitweg", "chosen_unit": "bauamt", "chosen_clerk": "yilmaz"},
            [("leitweg_fine", "60000", "bauamt", "yilmaz", "open")],
        ),
        (
            {"always": "leitweg", "chosen_unit": "bauamt", "chosen_clerk": "Geschäftsbuchhaltung"},
            [("leitweg_fine", "60000", "bauamt", "geschaeftsbuchhaltung", "open")],
        ),
        ({"always": "lieferant", "chosen_unit": "bauhof"}, []),
        ({"always": "lieferant", "chosen_unit": "jugendamt"}, []),
        (
            {"always": "leitweg", "chosen_unit": "jugendamt"},
            [("leitweg_fine", "60000", "jugendamt", None, "open")],
        ),
    ],
    ids=["no", "supplier", "clerk", "group", "unknown", "confidential", "confidential address"],
)
def test_what_always_belongs_there_is_proposed_and_changes_nothing(
    town: World, written: Written, answers: dict[str, str], rows: list[tuple[Any, ...]]
) -> None:
    """Which suppliers a confidential unit has, no table tells."""
    task = unknown(town, written, buyer_reference="059990000000-60000-52")

    assert proposed(town, task, **answers) == rows

    town.deliver("zweite.xml", written(number="ZWEI", skonto=()), channel="mail")
    town.work()
    assert "clarify_unit" in {each.element for each in town.tasks()}


def test_the_same_proposal_is_kept_once_while_it_is_open(town: World, written: Written) -> None:
    first = unknown(town, written)
    town.deliver("zweite.xml", written(number="ZWEI", net="77.00"), channel="mail")
    town.work()

    proposed(town, first, always="lieferant")
    (second,) = town.tasks("clarify_unit")
    rows = proposed(town, second, always="lieferant")

    assert [(row[0], row[2]) for row in rows] == [("supplier_vat_id", "schulamt")]
