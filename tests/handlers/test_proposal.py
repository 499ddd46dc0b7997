"""The form proposes a Kontierung, from a table or from habit; a person takes it or does not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.second_person import deployed
from tests.simulation.world import CERTIFY, OPERATOR, TENANT, World

from laufzettel.engine.model.sources import Sources
from laufzettel.errors import LaufzettelError
from laufzettel.identity import Actor, Right
from laufzettel.records.heads import history
from laufzettel.records.heads.history_csv import read
from laufzettel.records.tables import cash_order

YOUTH = "059990000000-51000-86"
DEPLOYER = Actor(tenant=TENANT, name="Betrieb", machine="operator", rights=frozenset(Right))

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="d" targetNamespace="urn:t" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
<bpmn:process id="kontierung_regeln" name="Regeln" isExecutable="true">
<bpmn:startEvent id="a"><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent>
<bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b" />
<bpmn:endEvent id="b"><bpmn:incoming>f</bpmn:incoming></bpmn:endEvent>
</bpmn:process></bpmn:definitions>"""


def table(output: str) -> bytes:
    """Return a decision „kontierung“ with one rule about the type of the invoice."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="k" name="Kontierung" namespace="urn:k">
<decision id="kontierung" name="Kontierung"><variable name="Kontierung" />
<decisionTable hitPolicy="FIRST">
<input id="i1"><inputExpression typeRef="string"><text>type_code</text></inputExpression></input>
<output id="o1" name="cost_center" typeRef="string" /><output id="o2" name="gl_account" typeRef="string" />
<rule id="r1"><inputEntry id="e1"><text>"380"</text></inputEntry>{output}</rule>
</decisionTable></decision></definitions>""".encode()


ENTRIES = (
    '<outputEntry id="x1"><text>"66010"</text></outputEntry>'
    '<outputEntry id="x2"><text>"524200"</text></outputEntry>'
)
BROKEN = (
    '<outputEntry id="x1"><text>"66010"</text></outputEntry>'
    '<outputEntry id="x2"><text>number("x")</text></outputEntry>'
)


def deploy(town: World, output: str) -> None:
    files = {"model.bpmn": MODEL, "regeln.dmn": table(output)}
    deployed(town.app.engine, DEPLOYER, Sources(files=files))


def deliver(town: World, data: bytes) -> None:
    town.deliver("rechnung.xml", data)
    town.work()


def certify(town: World, **answers: Any) -> None:
    (task,) = town.tasks("certify")
    town.complete("yilmaz", task, answers)


def order(town: World) -> None:
    (task,) = town.tasks("order")
    town.complete("brandt", task, {"decision": "anordnen"})


def proposed(town: World) -> str | None:
    """Return what the form of the one open Feststellung proposes."""
    (task,) = town.tasks("certify")
    value = town.app.engine.task(
        town.actor("damm" if "jugend" in task.groups[0] else "yilmaz"), task.id
    )
    return value.values.get("proposal") or None


def test_the_habit_of_the_seller_is_proposed_and_taken(town: World, written: Written) -> None:
    deliver(town, written(number="TB-1", net="100.00"))
    first = proposed(town)
    certify(town, **CERTIFY)
    order(town)
    deliver(town, written(number="TB-2", net="200.00"))
    second = proposed(town)
    certify(town, decision="feststellen", accounts="vorschlag")

    assert first is None
    assert second == (
        "Kostenstelle 5410, Sachkonto 523100: so bei der letzten Rechnung zu diesem Auftrag."
    )
    rows = town.rows(sa.select(cash_order.c.cost_center, cash_order.c.gl_account))
    assert rows == [("5410", "523100")] * 2


def test_a_proposal_fills_nothing_in_by_itself(town: World, written: Written) -> None:
    deliver(town, written(number="TB-1", net="100.00"))
    certify(town, **CERTIFY)
    order(town)
    deliver(town, written(number="TB-2", net="200.00"))
    (task,) = town.tasks("certify")

    sheet = town.app.engine.task(town.actor("yilmaz"), task.id)
    with pytest.raises(LaufzettelError, match="Kostenstelle"):
        certify(town, decision="feststellen")

    assert not sheet.values.get("cost_center") and not sheet.values.get("accounts")


def test_who_takes_the_proposal_may_not_type_another(town: World, written: Written) -> None:
    deliver(town, written(number="TB-1", net="100.00"))
    certify(town, **CERTIFY)
    order(town)
    deliver(town, written(number="TB-2", net="200.00"))

    with pytest.raises(LaufzettelError, match="keine Eingabe vorgesehen"):
        certify(town, **CERTIFY, accounts="vorschlag")


def test_the_old_system_is_habit_too(town: World, written: Written) -> None:
    heading = "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag;Kostenstelle;Sachkonto"
    lines = [f"{n};Tiefbau Bergmann & Söhne;0{n}.03.2026;1,00;5420;522100" for n in (1, 2, 3)]
    text = "\n".join([heading, *lines])
    with town.app.db.write() as connection:
        history.add(connection, history.keyed(TENANT, read(text.encode()).rows, "import"))

    deliver(town, written(number="TB-9", net="100.00"))

    assert proposed(town) == (
        "Kostenstelle 5420, Sachkonto 522100: so bei 3 der letzten 3 Rechnungen dieses Lieferanten."
    )


def test_a_table_counts_before_habit_and_says_where_they_differ(
    town: World, written: Written
) -> None:
    deliver(town, written(number="TB-1", net="100.00"))
    certify(town, **CERTIFY)
    order(town)
    deploy(town, ENTRIES)
    deliver(town, written(number="TB-2", net="200.00"))

    assert proposed(town) == (
        "Kostenstelle 66010, Sachkonto 524200: nach der Tabelle „Kontierung“, Regel 1. Bisher "
        "anders: Kostenstelle 5410, Sachkonto 523100: so bei der letzten Rechnung zu diesem Auftrag."
    )


def test_a_table_that_says_nothing_to_trust_stops_nobody(town: World, written: Written) -> None:
    deploy(town, BROKEN)
    deliver(town, written(number="TB-1", net="100.00"))

    (task,) = town.tasks("certify")
    told = [one for one in town.app.engine.timeline(OPERATOR, task.case_id)]
    (entry,) = [one for one in told if one.kind == "accounts.proposed"]

    assert proposed(town) is None
    assert (entry.data["source"], entry.data["is_usable"]) == ("none", False)


def test_what_a_confidential_unit_did_is_no_habit_of_others(town: World, written: Written) -> None:
    """An account of the Jugendamt would tell what the seller does for it."""
    deliver(town, written(number="HS-1", net="100.00", buyer_reference=YOUTH))
    (task,) = town.tasks("certify")
    town.complete("damm", task, {**CERTIFY, "gl_account": "533900"})
    order(town)
    deliver(town, written(number="TB-2", net="200.00"))
    works = proposed(town)
    certify(town, decision="zurueckweisen", rejection_text="Nicht bestellt.")
    town.work()
    deliver(town, written(number="HS-2", net="300.00", buyer_reference=YOUTH))

    assert works is None
    assert "533900" in (proposed(town) or "")
