"""Who has certified cannot order, whatever way in he takes; and nobody signs beyond his power."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta
from textwrap import dedent

import pytest
import sqlalchemy as sa
from tests.second_person import deployed
from tests.simulation.conftest import NewWorld
from tests.simulation.world import CERTIFY, OPERATOR, START, TENANT, World, sample

from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import duty_act
from laufzettel.engine.tasks.rules import DutyConflictError
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.errors import LaufzettelError
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.records.tables import account, cash_order, deputy, invoice, power

ORDER = {"decision": "anordnen"}
#: What the certifier reads when he tries to order: rule, earlier act, who may.
REFUSED = (
    "„Anordnung“ ist nicht möglich: Sie haben am 23.11.2026 um 08:00 bereits „Sachlich“ "
    "gezeichnet. Wer feststellt, ordnet nicht an, und wer anordnet, zeichnet nicht mit (Regel "
    "„NRW üblich“, § 31 KomHVO NRW mit der Dienstanweisung). Zeichnen dürfen: K. Brandt, "
    "P. Lohmann, T. Reineke."
)


def certified(world: World, *, by: str = "yilmaz", name: str = "SMALL") -> UserTask:
    """Return the task to order an invoice that ``by`` has certified."""
    world.deliver(f"{name}.xml", sample(name))
    world.work()
    (task,) = world.tasks("certify")
    world.complete(by, task, CERTIFY)
    (order,) = world.tasks("order")
    return order


def refusal(world: World, actor: Actor, task: UserTask) -> str:
    """Return what the actor reads when he tries to order; nothing may be written."""
    with pytest.raises(DutyConflictError) as caught:
        world.app.engine.complete(actor, task.id, ORDER)
    assert world.rows(sa.select(cash_order.c.ordered_by)) == [(None,)]
    assert [one.id for one in world.tasks("order")] == [task.id]
    return str(caught.value)


def represents(world: World, who: str, whom: str) -> Actor:
    """Return the person as the deputy of another, entered by the tenant."""
    with world.app.db.write() as connection:
        connection.execute(
            sa.insert(deputy).values(
                id=new_id(),
                tenant=TENANT,
                person=who,
                represents=whom,
                document="Vertretungsplan",
                valid_from=START - timedelta(days=1),
            )
        )
    return world.actor(who, deputy_for=whom)


# --- every way in for the person who certified ------------------------------------------------


def test_who_certified_cannot_order(new_world: NewWorld) -> None:
    """R10, I6: the refusal names the rule, the earlier act and who may."""
    world = new_world()
    task = certified(world)

    assert refusal(world, world.actor("yilmaz"), task) == REFUSED


def test_who_certified_cannot_order_as_the_deputy_of_the_orderer(new_sqlite: NewWorld) -> None:
    """A deputy acts as himself: what he signed still bars him."""
    world = new_sqlite()
    task = certified(world)

    assert refusal(world, represents(world, "yilmaz", "brandt"), task) == REFUSED


def test_who_certified_as_a_deputy_cannot_order_in_his_own_name(new_sqlite: NewWorld) -> None:
    """The act is the deputy's, not that of the person represented."""
    world = new_sqlite()
    world.deliver("klein.xml", sample("SMALL"))
    world.work()
    (task,) = world.tasks("certify")
    world.app.engine.complete(represents(world, "brandt", "yilmaz"), task.id, CERTIFY)
    (order,) = world.tasks("order")

    said = refusal(world, world.actor("brandt"), order)

    assert said.endswith("Zeichnen dürfen: M. Yılmaz, P. Lohmann, T. Reineke.")


def test_a_claim_does_not_let_the_certifier_order(new_sqlite: NewWorld) -> None:
    """Taking the task over is no signature; the check is at the write."""
    world = new_sqlite()
    task = certified(world)
    actor = world.actor("yilmaz")

    world.app.engine.claim(actor, task.id)

    assert refusal(world, actor, task) == REFUSED


def test_a_second_account_of_the_certifier_cannot_order(new_sqlite: NewWorld) -> None:
    """Accounts are many, the person is one; rights of an administrator change nothing."""
    world = new_sqlite()
    task = certified(world)
    with world.app.db.write() as connection:
        row = {"tenant": TENANT, "login": "yilmaz.admin", "person": "yilmaz", "rights": ["work"]}
        connection.execute(sa.insert(account).values(row))
    logins = sa.select(account.c.login, account.c.person).where(account.c.person == "yilmaz")
    ((_, owner), second) = sorted(world.rows(logins))
    assert second == ("yilmaz.admin", "yilmaz")
    actor = replace(world.actor(owner), name="Verwaltung", rights=frozenset(Right))

    assert refusal(world, actor, task) == REFUSED


def test_what_a_form_sends_along_changes_neither_signer_nor_certifier(
    new_sqlite: NewWorld,
) -> None:
    """R40: fields that the form does not have are no way into the variables of the case."""
    world = new_sqlite()
    task = certified(world)
    forged = {**ORDER, "completed_by": "lohmann", "certified_by": "vogt", "ordered_by": "lohmann"}

    with pytest.raises(LaufzettelError):
        world.app.engine.complete(world.actor("yilmaz"), task.id, forged)
    try:
        world.app.engine.complete(world.actor("brandt"), task.id, forged)
    except LaufzettelError:
        world.app.engine.complete(world.actor("brandt"), task.id, ORDER)

    signers = sa.select(cash_order.c.certified_by, cash_order.c.ordered_by)
    assert world.rows(signers) == [("yilmaz", "brandt")]
    assert world.breaches() == []


def test_a_step_back_does_not_let_the_certifier_order(new_sqlite: NewWorld) -> None:
    """Giving back signs nothing: its author may certify, and then he too cannot order."""
    world = new_sqlite()
    task = certified(world)
    world.complete("brandt", task, {"decision": "zurueckgeben", "note": "Bitte Konto prüfen"})
    (again,) = world.tasks("certify")
    world.complete("brandt", again, CERTIFY)
    (order,) = world.tasks("order")

    first = refusal(world, world.actor("yilmaz"), order)
    second = refusal(world, world.actor("brandt"), order)

    for said in (first, second):
        assert "bereits „Sachlich“ gezeichnet" in said
        assert said.endswith("Zeichnen dürfen: P. Lohmann, T. Reineke.")


def test_who_ordered_cannot_countersign(new_sqlite: NewWorld) -> None:
    """Above the limit a third person signs."""
    world = new_sqlite()
    task = certified(world, name="GOOD")
    world.complete("reineke", task, ORDER)
    (second,) = world.tasks("countersign")

    with pytest.raises(DutyConflictError, match=r"Zeichnen dürfen: P\. Lohmann\."):
        world.complete("reineke", second, {"decision": "zeichnen"})


def test_after_a_refusal_by_the_hkr_the_certifier_still_cannot_order(new_sqlite: NewWorld) -> None:
    """The new revision needs new signatures, and the old ones still bar."""
    world = new_sqlite()
    task = certified(world, name="RETURNED")
    world.complete("brandt", task, ORDER)
    with world.app.db.write() as connection:
        connection.execute(sa.update(power).where(power.c.person == "vogt").values(duty="visa"))
    world.work()
    (key,) = world.rows(sa.select(cash_order.c.id))[0]
    answer = {"result": "refused", "document_no": None, "reason_code": "POWER_MISSING"}
    world.app.engine.publish(
        OPERATOR,
        name="hkr.quittung",
        key=f"{TENANT}:{key}:auszahlung:1",
        payload={**answer, "reason_text": "Befugnis unbekannt"},
        source="test",
        message_id="1",
    )
    world.work()
    (order,) = world.tasks("order")

    with pytest.raises(DutyConflictError, match="bereits „Sachlich“ gezeichnet"):
        world.complete("yilmaz", order, ORDER)


@pytest.mark.parametrize("is_same_key", [True, False], ids=["same object", "other object"])
def test_a_case_started_again_for_the_same_invoice_opens_no_second_way_to_an_order(
    is_same_key: bool, new_sqlite: NewWorld
) -> None:
    """The second case ends as an incident before anybody is asked to sign anything."""
    world = new_sqlite()
    task = certified(world)
    ((invoice_id, sha256),) = world.rows(sa.select(invoice.c.id, invoice.c.sha256))

    world.app.engine.start(
        OPERATOR,
        Start(
            process_id="eingangsrechnung",
            business_key=f"invoice:{invoice_id}" if is_same_key else "invoice:umweg",
            variables={
                "invoice_id": invoice_id,
                "document": sha256,
                "channel": "api",
                "received_at": START,
            },
        ),
    )
    for _ in range(12):
        world.work()
        later(world, hours=1)

    (incident,) = world.app.engine.incidents(OPERATOR)
    said = {True: "stehen fest", False: "gehört zu einem anderen Vorgang"}[is_same_key]
    assert said in incident.cause
    assert [one.id for one in world.tasks()] == [task.id]
    assert refusal(world, world.actor("yilmaz"), task) == REFUSED


def test_another_document_cannot_be_slipped_under_a_certified_invoice(
    new_sqlite: NewWorld,
) -> None:
    """R9: account, payee and amount are those that were certified."""
    world = new_sqlite()
    certified(world)
    frozen = sa.select(invoice.c.id, invoice.c.payee_iban, invoice.c.payable)
    ((invoice_id, iban, payable),) = world.rows(frozen)
    other = world.app.store.put(sample("GOOD"), tenant=TENANT)

    world.app.engine.start(
        OPERATOR,
        Start(
            process_id="eingangsrechnung",
            business_key=f"invoice:{invoice_id}",
            variables={
                "invoice_id": invoice_id,
                "document": other.sha256,
                "channel": "api",
                "received_at": START,
            },
        ),
    )
    for _ in range(12):
        world.work()
        later(world, hours=1)

    assert world.rows(frozen) == [(invoice_id, iban, payable)]


def later(world: World, **by: int) -> None:
    """Let time pass."""
    world.clock.advance(**by)  # type: ignore[attr-defined]


# --- two signatures at the same moment --------------------------------------------------------

ROUNDS = 40


def process(name: str, duty: str) -> bytes:
    """Return a process of one task that carries the duty."""
    return (
        dedent(
            """\
            <?xml version="1.0" encoding="UTF-8"?>
            <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
                xmlns:modeler="http://camunda.org/schema/modeler/1.0"
                id="d_NAME" targetNamespace="urn:laufzettel:test"
                modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
              <bpmn:process id="NAME" name="Zeichnen" isExecutable="true">
                <bpmn:extensionElements><zeebe:properties>
                  <zeebe:property name="laufzettel:duties" value="required" />
                </zeebe:properties></bpmn:extensionElements>
                <bpmn:startEvent id="begin" name="Los"><bpmn:outgoing>f1</bpmn:outgoing>
                </bpmn:startEvent>
                <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="sign" />
                <bpmn:userTask id="sign" name="Zeichnen">
                  <bpmn:extensionElements>
                    <zeebe:userTask />
                    <zeebe:assignmentDefinition candidateGroups="=&quot;bauamt&quot;" />
                    <zeebe:properties>
                      <zeebe:property name="laufzettel:duty" value="DUTY" />
                    </zeebe:properties>
                  </bpmn:extensionElements>
                  <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
                </bpmn:userTask>
                <bpmn:sequenceFlow id="f2" sourceRef="sign" targetRef="over" />
                <bpmn:endEvent id="over" name="Fertig"><bpmn:incoming>f2</bpmn:incoming>
                </bpmn:endEvent>
              </bpmn:process>
            </bpmn:definitions>
            """
        )
        .replace("NAME", name)
        .replace("DUTY", duty)
        .encode()
    )


def test_two_conflicting_signatures_at_the_same_moment_are_one(new_world: NewWorld) -> None:
    """Two cases about one object, two windows, one person: the key of the row lets one in."""
    world = new_world()
    for name, duty in (("feststellen", "sachlich"), ("anordnen", "anordnung")):
        deployed(world.app.engine, OPERATOR, Sources(files={"model.bpmn": process(name, duty)}))
    pairs = []
    for number in range(ROUNDS):
        starts = [
            Start(process_id=name, business_key=f"objekt:{number}", variables={})
            for name in ("feststellen", "anordnen")
        ]
        cases = [world.app.engine.start(OPERATOR, start) for start in starts]
        pairs.append([world.app.engine.tasks(OPERATOR, one)[0] for one in cases])
    actor = world.actor("yilmaz")
    barrier = threading.Barrier(2)
    errors: list[list[LaufzettelError | None]] = [[None, None] for _ in pairs]

    def sign(side: int) -> None:
        for number, pair in enumerate(pairs):
            barrier.wait()
            try:
                world.app.engine.complete(actor, pair[side].id, {})
            except LaufzettelError as error:
                errors[number][side] = error

    threads = [threading.Thread(target=sign, args=(side,)) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for pair in errors:
        (refused,) = [error for error in pair if error is not None]
        assert isinstance(refused, DutyConflictError)
        assert re.search("bereits „(Sachlich|Anordnung)“ gezeichnet", str(refused))
    assert world.rows(sa.select(sa.func.count()).select_from(duty_act)) == [(ROUNDS,)]
