"""A tenant's own rules, written as DMN, are a layer of every check."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.second_person import deployed
from tests.simulation.world import TENANT, World

from laufzettel.engine.handler import Decided, UndecidedError
from laufzettel.engine.model.sources import Sources, load_folder
from laufzettel.engine.tables import incident
from laufzettel.handlers.invoice.own_rules import findings_of
from laufzettel.identity import Actor, Right

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "pruefregeln"
DEPLOYER = Actor(tenant=TENANT, name="Betrieb", rights=frozenset({Right.DEPLOY}))


def deploy(town: World, old: str = "", new: str = "") -> None:
    files = load_folder(EXAMPLE).files
    changed = {name: text.replace(old.encode(), new.encode()) for name, text in files.items()}
    deployed(town.app.engine, DEPLOYER, Sources(files=changed))


def deliver(town: World, data: bytes) -> None:
    town.deliver("rechnung.xml", data)
    town.work()


def test_what_an_own_rule_warns_of_is_looked_at_before_anybody_certifies(
    town: World, written: Written
) -> None:
    deploy(town)

    deliver(town, written(number="R-1", net="1000.00", order="", contract=""))
    deliver(town, written(number="R-2", net="1000.00"))

    assert sorted(task.element for task in town.tasks()) == ["certify", "check_findings"]


def test_without_own_rules_there_is_no_such_layer(town: World, written: Written) -> None:
    deliver(town, written(number="R-1", net="1000.00", order="", contract=""))

    assert [task.element for task in town.tasks()] == ["certify"]


def test_a_table_that_fails_stops_the_case_and_lets_nothing_pass(
    town: World, written: Written
) -> None:
    deploy(town, old="<text>gross</text>", new="<text>gross + number</text>")

    deliver(town, written(number="R-1", net="1000.00"))

    assert town.tasks() == []
    with town.app.db.read() as connection:
        causes = connection.execute(sa.select(incident.c.cause)).scalars().all()
    assert len(causes) == 1
    assert causes[0].startswith("Nicht geprüft: „eigene_regeln“ ergibt keinen Wert:")


@pytest.mark.parametrize(
    "row",
    [
        "BAU-1",
        {"text": "Ohne Regel."},
        {"rule": "BAU-1"},
        {"rule": "bau 1", "text": "Kleine Buchstaben."},
        {"rule": "BAU-1", "text": "Falsches Gewicht.", "severity": "tödlich"},
        {"rule": "BAU-1", "text": "Kein Feld.", "term": "Auftrag"},
    ],
)
def test_a_result_that_is_no_finding_is_refused(row: object) -> None:
    with pytest.raises(UndecidedError, match="kein Befund"):
        findings_of(Decided(value=[row], sha256="", rules=[]))
