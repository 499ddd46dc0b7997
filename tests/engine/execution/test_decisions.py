"""Business rule tasks: decided in the step, the trace kept, an error an incident."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.dmn.draw import decision, definitions, given, literal, table
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.draw import drawn
from tests.second_person import deployed

from laufzettel.db import Database
from laufzettel.engine.api import NotDeployableError
from laufzettel.engine.execution import decision_traces
from laufzettel.engine.execution.changes import NewDecision
from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import bundle_decision, decision_trace
from laufzettel.errors import NotFoundError
from laufzettel.identity import SHARED, Actor, Right

MODEL = """
knows amount
rule choose unit = level deployment
user check
start>choose choose>check check>end
"""


def limits(kaemmerei: str = "> 5000", tag: str = "") -> bytes:
    """Return a file that says who checks an amount."""
    rules = [([kaemmerei], ['"kaemmerei"']), (["-"], ['"amt"'])]
    logic = table(rules, inputs=["net amount"], policy="FIRST")
    if tag:
        logic = (
            '<extensionElements><zeebe:versionTag xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
            f' value="{tag}"/></extensionElements>{logic}'
        )
    return definitions(
        given("amount", "number"),
        decision("net amount", literal("amount / 1.19"), needs=["i_amount"]),
        decision("level", logic, needs=["net amount"]),
    ).encode()


def deploy(
    desk: Desk, *, model: str = MODEL, dmn: bytes | None = None, tenant: str = TENANT
) -> Any:
    files = {**drawn(model), "decisions.dmn": dmn or limits()}
    return deployed(desk.engine, desk.all, Sources(files=files), tenant=tenant)


def start(desk: Desk, process: str = "main", **variables: Any) -> str:
    wanted = Start(process_id=process, business_key="object:1", variables=variables)
    return desk.engine.start(desk.all, wanted)


def unit(desk: Desk, case_id: str) -> str:
    """Return what was decided, as the trace keeps it."""
    return desk.engine.decisions(desk.all, case_id)[-1].value


def test_a_decision_is_made_in_the_step_and_its_trace_is_kept(desk: Desk) -> None:
    """Inputs, rules, output and the hash of the file; the audit names decision and hash."""
    deploy(desk)

    case_id = start(desk, amount=Decimal("11900.00"))

    (made,) = desk.engine.decisions(desk.all, case_id)
    assert desk.tasks(case_id) == ["check"]
    assert (made.element, made.decision, made.value) == ("choose", "level", '"kaemmerei"')
    assert [(step.decision, dict(step.inputs), step.output) for step in made.steps] == [
        ("net amount", {"amount": "11900.00"}, "10000"),
        ("level", {"net amount": "10000"}, '"kaemmerei"'),
    ]
    assert [(dict(one.inputs), one.rules) for one in made.steps[1].tables] == [
        ({"net amount": "10000"}, (1,))
    ]
    (event,) = [
        one for one in desk.engine.timeline(desk.all, case_id) if one.kind == "decision.made"
    ]
    assert event.data == {
        "element": "choose",
        "decision": "level",
        "sha256": made.sha256,
        "rules": [[1]],
    }


def test_an_input_that_the_decision_does_not_allow_is_an_incident(desk: Desk) -> None:
    """The rule „-“ would match null: the case stops instead of taking it."""
    deploy(desk)

    case_id = start(desk, amount="viel")

    (incident,) = desk.incidents
    assert (incident.case_id, incident.element) == (case_id, "choose")
    assert incident.cause == (
        "Die Entscheidung „level“ ergibt keinen Wert: Der Eingangswert „amount“ ist kein "
        "erlaubter Wert für „number“: Text. (Zeile 2)"
    )
    assert desk.rows(decision_trace) == []


def test_a_cell_that_cannot_be_evaluated_is_an_incident(desk: Desk) -> None:
    """Otherwise the last rule would decide what the first one could not be asked."""
    rules = [(["> 5"], ["1"]), (["-"], ["2"])]
    logic = table(rules, inputs=["amount"], policy="FIRST")
    dmn = definitions(given("amount"), decision("level", logic, needs=["i_amount"]))
    deploy(desk, dmn=dmn.encode())

    start(desk, amount="viel")

    (incident,) = desk.incidents
    assert incident.cause == (
        "Die Entscheidung „level“ ergibt keinen Wert: Text und Zahl lassen sich nicht "
        "vergleichen. (Zeile 6)"
    )


def test_a_gap_of_the_table_is_an_incident_that_a_retry_ends(desk: Desk) -> None:
    """No rule matches and there is no default; a newer file mends it where latest is bound."""
    model = MODEL.replace("deployment", "latest")
    gap = definitions(
        given("amount"),
        decision("level", table([(["> 5"], ["1"])], inputs=["amount"]), needs=["i_amount"]),
    )
    deploy(desk, model=model, dmn=gap.encode())
    case_id = start(desk, amount=Decimal(1))
    (incident,) = desk.incidents
    deploy(desk, model=model, dmn=gap.replace("&gt; 5", "-").encode())

    desk.engine.retry(desk.all, incident.id)

    assert "Keine Regel trifft zu" in incident.cause
    assert (unit(desk, case_id), desk.incidents) == ("1", [])


@pytest.mark.parametrize(
    ("binding", "expected"),
    [("deployment", '"amt"'), ("latest", '"kaemmerei"'), ("versionTag v1", '"amt"')],
)
def test_the_binding_says_which_version_decides(desk: Desk, binding: str, expected: str) -> None:
    """The case runs the first bundle; another model brings a newer file with a lower limit."""
    model = MODEL.replace("deployment", binding).replace(
        "start>choose", "user wait\nstart>wait wait>choose"
    )
    deploy(desk, model=model, dmn=limits(tag="v1"))
    case_id = start(desk, amount=Decimal(1190))
    deploy(desk, model=model, dmn=limits("> 500", tag="v2"))

    desk.complete("wait")

    assert unit(desk, case_id) == expected


def test_latest_finds_what_another_model_or_the_installation_brings(desk: Desk) -> None:
    """The model itself has no file; the tenant's own decision goes before the shared one."""
    deploy(desk, tenant=SHARED)
    other = MODEL.replace("deployment", "latest")
    desk.deploy(f"process p\n{other}".replace("process p\n", ""))
    first = start(desk, amount=Decimal(1190))
    files = {**drawn("user x\nstart>x x>end"), "decisions.dmn": limits("> 500")}
    renamed = {name: data.replace(b'id="main"', b'id="other"') for name, data in files.items()}
    deployed(desk.engine, desk.all, Sources(files=renamed))

    second = start(desk, amount=Decimal(1190))

    assert (unit(desk, first), unit(desk, second)) == ('"amt"', '"kaemmerei"')


def test_an_unknown_decision_is_refused_when_the_model_is_deployed(desk: Desk) -> None:
    """Neither beside the model nor deployed before."""
    with pytest.raises(NotDeployableError, match="diese gibt es nicht"):
        desk.deploy(MODEL.replace("deployment", "latest"))


def test_another_tenants_decisions_and_traces_are_not_seen(desk: Desk) -> None:
    """Every table has a tenant, and the verb asks for it."""
    deploy(desk)
    case_id = start(desk, amount=Decimal(1))
    stranger = Actor(tenant="fremdhausen", person="x", rights=frozenset({Right.READ}))

    with pytest.raises(NotFoundError):
        desk.engine.decisions(stranger, case_id)
    assert {row.tenant for row in desk.rows(bundle_decision)} == {TENANT}


def test_a_record_that_would_be_too_large_keeps_the_rules_only(desk: Desk) -> None:
    """24 KB of inputs are not kept a second time; which rule matched always is."""
    dmn = definitions(
        given("amount"),
        decision(
            "level",
            table([(["-"], ["string length(amount.text)"])], inputs=["amount"]),
            needs=["i_amount"],
        ),
    )
    deploy(desk, dmn=dmn.encode())

    case_id = start(desk, amount={"text": "x" * 12_000})

    (made,) = desk.engine.decisions(desk.all, case_id)
    assert made.shortened
    assert made.steps[0].tables[0].rules == (1,)


def test_decisions_of_one_moment_keep_their_order(migrated_url: str) -> None:
    """Fifty decisions of one step, made within a millisecond."""
    database = Database(migrated_url)
    made = [
        NewDecision(
            activation="a",
            element=f"e{number}",
            decision="d",
            sha256="0" * 64,
            record={"name": "", "value": None, "steps": [], "shortened": False},
        )
        for number in range(50)
    ]
    with database.write() as connection:
        now = database.now(connection)
        decision_traces.insert(connection, "stadt", "c", made, now=now)
        found = decision_traces.of_case(connection, "stadt", "c")

    assert [one.element for one in found] == [one.element for one in made]
    database.close()
