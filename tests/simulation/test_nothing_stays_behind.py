"""Effects, messages and answers that come at a bad moment are neither forgotten nor repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa
from tests.second_person import deployed
from tests.simulation.world import CERTIFY, OPERATOR, START, TENANT, World, answers, sample

from laufzettel.clock import VirtualClock
from laufzettel.connectors.post.port import Letter, PostPort, PostUnknownError
from laufzettel.engine.handler import Contents, Parcel, Start
from laufzettel.engine.messages import messages
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import effect, job, message
from laufzettel.errors import InputError
from laufzettel.handlers.order.deliver import DeliverOrder
from laufzettel.records.tables import cash_order

NewWorld = Callable[[], World]


def ordered(world: World, number: int, *, first: int = 0) -> None:
    """Have so many invoices ordered and their documents made, with no job run after that."""
    for index in range(first, first + number):
        world.deliver(f"{index}.xml", sample("SMALL", f"RE-{index}"))
    world.work()
    for element in ("certify", "order"):
        for task in world.tasks(element):
            part = answers(task)
            assert part is not None
            world.complete(part[0], task, part[1])
    later(world, seconds=1)  # so that the documents are due before what follows from them
    world.jobs.run_due(number)


def statuses(world: World) -> list[str]:
    """Return the status of every effect, in the order of their writing."""
    return [row[0] for row in world.rows(sa.select(effect.c.status).order_by(effect.c.id))]


def later(world: World, **by: int) -> None:
    """Let time pass."""
    assert isinstance(world.clock, VirtualClock)
    world.clock.advance(**by)


def test_an_order_that_did_not_fit_into_the_parcel_goes_out_with_the_next(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job of the last effect runs first and fills its parcel with the two before it."""
    monkeypatch.setattr(DeliverOrder, "parcel_max", 2)
    world = new_world()
    ordered(world, 3)
    last = world.rows(sa.select(sa.func.max(effect.c.id)))[0][0]
    with world.app.db.write() as connection:
        connection.execute(
            sa.update(job).where(job.c.key == last).values(due=START - timedelta(days=1))
        )

    world.work()

    assert statuses(world) == ["done", "done", "done"]
    assert world.breaches() == []


def test_a_parcel_that_cannot_be_packed_becomes_an_incident_that_can_be_retried(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order nobody can pack must not wait in silence."""

    def refuse(self: DeliverOrder, parcel: Parcel) -> Contents:
        raise InputError("Der Verwendungszweck ist nicht lesbar.")

    world = new_sqlite()
    with monkeypatch.context() as patch:
        patch.setattr(DeliverOrder, "pack", refuse)
        ordered(world, 1)
        world.work()

    (incident,) = world.app.engine.incidents(OPERATOR)
    assert (incident.code, incident.cause) == (
        "auftrag_gescheitert",
        "Der Verwendungszweck ist nicht lesbar.",
    )
    assert world.breaches() == []
    world.app.engine.retry(OPERATOR, incident.id)
    world.finish()
    assert statuses(world) == ["done"]


def test_an_order_that_cannot_be_packed_holds_up_no_other(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R16: a poisoned order is one incident; the others of the same batch go out."""
    pack = DeliverOrder.pack

    def refuse_one(self: DeliverOrder, parcel: Parcel) -> Contents:
        if any(one.payload["purpose"] == "Rechnung RE-1" for one in parcel.consignments):
            raise InputError("Der Verwendungszweck ist nicht lesbar.")
        return pack(self, parcel)

    monkeypatch.setattr(DeliverOrder, "pack", refuse_one)
    world = new_sqlite()
    ordered(world, 3)

    world.work()

    assert statuses(world) == ["done", "pending", "done"]
    assert [one.code for one in world.app.engine.incidents(OPERATOR)] == ["auftrag_gescheitert"]
    assert world.breaches() == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [(b"DE02120300000000202051", b"0202051-Sparkasse"), (b"EUR", b"GBP")],
    ids=["no IBAN", "another currency"],
)
def test_what_the_hkr_could_never_take_is_refused_before_anybody_signs_it(
    good: bytes, bad: bytes, new_sqlite: NewWorld
) -> None:
    """It comes back to the Fachamt; it is no parcel that nobody packs."""
    world = new_sqlite()
    bad = sample("SMALL").replace(good, bad)
    world.deliver("klein.xml", bad)
    world.work()
    for task in world.tasks("check_findings"):  # whoever clears the false IBAN does not mend it
        world.complete("kranz", task, {"decision": "weiter", "note": "mit dem Amt geklärt"})
    (task,) = world.tasks("certify")

    world.complete("yilmaz", task, CERTIFY)

    assert [task.element for task in world.tasks()] == ["certify"]
    assert (statuses(world), world.app.engine.incidents(OPERATOR)) == ([], [])


def test_what_a_supplier_hides_in_a_number_is_gone_from_purpose_and_letter(
    new_sqlite: NewWorld,
) -> None:
    """Line ends and changes of writing direction reach neither order nor letter."""
    world = new_sqlite()
    trick = "RE-9\nIBAN: DE00\u202e".encode()
    world.deliver("klein.xml", sample("SMALL").replace(b"RE-26-4711", trick))
    world.deliver("falsch.xml", sample("FAULTY").replace(b"Paul", trick))
    world.work()
    (task,) = world.tasks("certify")
    world.complete("yilmaz", task, CERTIFY)

    assert world.rows(sa.select(cash_order.c.purpose)) == [("Rechnung RE-9 IBAN: DE00",)]
    assert list(world.letters.count().values()) == [1]


@dataclass(slots=True)
class SilentPost:
    """A post that takes the letter and loses the answer, once."""

    world: World
    post: Any
    is_silent: bool = True

    def send(self, key: str, letter: Letter) -> None:
        self.post.send(key, letter)
        if self.is_silent:
            self.is_silent = False
            raise PostUnknownError

    def sent(self, key: str) -> bool:
        return bool(self.post.sent(key))


def test_what_is_unknown_is_asked_for_and_never_sent_again_even_when_a_person_retries(
    new_sqlite: NewWorld,
) -> None:
    """Decision 11: a retry is a new job in its first attempt, and still asks the peer first."""
    world = new_sqlite()
    services = world.app.handlers.services
    silent = SilentPost(world, services.get(PostPort))  # type: ignore[type-abstract]
    services.add(PostPort, silent)  # type: ignore[type-abstract]
    world.deliver("fehlerhaft.xml", sample("FAULTY"))

    world.work()
    (incident,) = world.app.engine.incidents(OPERATOR)
    assert (incident.code, statuses(world)) == ("versand_unbekannt", ["unknown"])
    assert world.breaches() == []
    world.app.engine.retry(OPERATOR, incident.id)
    world.finish()

    assert list(world.letters.count().values()) == [1]
    assert statuses(world) == ["done"]


def test_a_process_that_dies_at_each_attempt_leaves_a_parcel_that_is_asked_for(
    new_sqlite: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given up without an answer, the parcel is unknown: it may lie there or not."""
    world = new_sqlite()
    ordered(world, 1)
    world.app.jobs.run_due(1)  # forms the parcel
    with world.app.db.write() as connection:
        connection.execute(sa.update(job).where(job.c.kind == "parcel").values(attempts=8))

    world.work()

    (incident,) = world.app.engine.incidents(OPERATOR)
    assert (incident.code, statuses(world)) == ("versand_unbekannt", ["unknown"])
    asked: list[int] = []
    ask = DeliverOrder.query

    def query(self: DeliverOrder, parcel: Parcel) -> Any:
        asked.append(parcel.number)
        return ask(self, parcel)

    monkeypatch.setattr(DeliverOrder, "query", query)
    world.app.engine.retry(OPERATOR, incident.id)
    world.work()
    assert (asked, statuses(world)) == ([1], ["done"])


def test_while_the_outbox_is_stopped_nothing_goes_out_and_nothing_is_forgotten(
    new_sqlite: NewWorld,
) -> None:
    """Decision 15: after a restore a person releases; until then also formed parcels wait."""
    world = new_sqlite()
    ordered(world, 1)
    world.app.jobs.run_due(1)  # one parcel is formed and not sent
    world.app.engine.reconciliation.begin([TENANT], cause="Sicherung eingespielt", by="okafor")

    ordered(world, 1, first=1)
    world.work()
    assert (statuses(world), world.handovers.count()) == (["unknown", "pending"], {})
    assert world.breaches() == []

    world.app.engine.reconciliation.ask([TENANT])
    world.app.engine.reconciliation.release([TENANT], by="okafor", reason="geprüft", despite=False)
    later(world, minutes=2)
    world.finish()
    assert statuses(world) == ["done", "done"]
    assert world.handovers.count() == {"1": 1, "2": 1}


def test_a_message_reaches_who_waits_now_when_its_first_receiver_has_just_left(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acknowledgement comes in the moment in which its wait is given up and begun anew."""
    world = new_world()
    ordered(world, 1)
    world.work()
    find = messages.receiver

    def leave_in_between(connection: sa.Connection, found: sa.Row[Any]) -> Any:
        row = find(connection, found)
        if found.name == "hkr.quittung" and row is not None and not left:
            left.append(True)
            later(world, days=3, minutes=1)
            connection.rollback()
            monkeypatch.setattr(messages, "receiver", find)
            _time_out_and_wait_again(world)
            monkeypatch.setattr(messages, "receiver", leave_in_between)
        return row

    left: list[bool] = []
    monkeypatch.setattr(messages, "receiver", leave_in_between)
    world.finish()

    assert left == [True]
    assert world.breaches() == []
    available = sa.select(message.c.id).where(message.c.status == "available")
    assert world.rows(available) == []


def _time_out_and_wait_again(world: World) -> None:
    """Let the timer beside the wait fire and the Stadtkasse go back to waiting."""
    with world.app.db.write() as connection:
        connection.execute(
            sa.update(job).where(job.c.kind == "timer").values(due=START - timedelta(days=9))
        )
    world.app.jobs.run_due(1)
    (task,) = world.tasks("clarify_acknowledgement")
    world.complete("wiebusch", task, {"finding": "in_bearbeitung", "note": "HKR angerufen"})


#: Two tokens wait for the same message at once.
TWO_WAIT = dedent(
    """\
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
        xmlns:modeler="http://camunda.org/schema/modeler/1.0"
        id="zwei_definitions" targetNamespace="urn:laufzettel:test"
        modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
      <bpmn:process id="zwei" name="Zwei" isExecutable="true">
        <bpmn:startEvent id="begin" name="Los"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
        <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="split" />
        <bpmn:parallelGateway id="split" name="Beide">
          <bpmn:incoming>f1</bpmn:incoming>
          <bpmn:outgoing>f2</bpmn:outgoing><bpmn:outgoing>f3</bpmn:outgoing>
        </bpmn:parallelGateway>
        <bpmn:sequenceFlow id="f2" sourceRef="split" targetRef="first" />
        <bpmn:sequenceFlow id="f3" sourceRef="split" targetRef="second" />
        <bpmn:receiveTask id="first" name="Erste" messageRef="m">
          <bpmn:extensionElements><zeebe:properties>
            <zeebe:property name="laufzettel:receivers" value="several"/>
          </zeebe:properties></bpmn:extensionElements>
          <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
        </bpmn:receiveTask>
        <bpmn:receiveTask id="second" name="Zweite" messageRef="m">
          <bpmn:extensionElements><zeebe:properties>
            <zeebe:property name="laufzettel:receivers" value="several"/>
          </zeebe:properties></bpmn:extensionElements>
          <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing>
        </bpmn:receiveTask>
        <bpmn:sequenceFlow id="f4" sourceRef="first" targetRef="join" />
        <bpmn:sequenceFlow id="f5" sourceRef="second" targetRef="join" />
        <bpmn:parallelGateway id="join" name="Alle">
          <bpmn:incoming>f4</bpmn:incoming><bpmn:incoming>f5</bpmn:incoming>
          <bpmn:outgoing>f6</bpmn:outgoing>
        </bpmn:parallelGateway>
        <bpmn:sequenceFlow id="f6" sourceRef="join" targetRef="over" />
        <bpmn:endEvent id="over" name="Fertig"><bpmn:incoming>f6</bpmn:incoming></bpmn:endEvent>
      </bpmn:process>
      <bpmn:message id="m" name="probe">
        <bpmn:extensionElements>
          <zeebe:subscription correlationKey="=&quot;k&quot;" />
        </bpmn:extensionElements>
      </bpmn:message>
    </bpmn:definitions>
    """
)


def test_two_messages_that_came_early_reach_the_two_who_wait_later(new_world: NewWorld) -> None:
    """Decision 13: exactly one receiver each, and none is left lying."""
    world = new_world()
    deployed(world.app.engine, OPERATOR, Sources(files={"model.bpmn": TWO_WAIT.encode()}))
    for number in ("1", "2"):
        payload: Mapping[str, Any] = {}
        world.app.engine.publish(
            OPERATOR, name="probe", key="k", payload=payload, source="t", message_id=number
        )

    world.app.engine.start(OPERATOR, Start(process_id="zwei", business_key="zwei:1", variables={}))
    world.work()

    (view,) = world.app.engine.cases(OPERATOR, "zwei:1")
    assert view.status == "ended"
    assert world.breaches() == []


def test_an_unreadable_answer_of_the_hkr_is_reported_once_and_put_aside(
    new_sqlite: NewWorld,
) -> None:
    """The incident says the file lies in „fehler“, and there it lies."""
    world = new_sqlite()
    root = world.app.ledgers.root(TENANT)
    (root / "von" / "rueckmeldung-000001.jsonl").write_text("kein JSON\n")
    (root / "von" / "rueckmeldung-000001.jsonl.done").write_text("")

    world.app.collect()
    world.app.collect()

    (incident,) = world.app.engine.incidents(OPERATOR)
    assert incident.code == "rueckmeldung_pruefen"
    names = {path.name for path in (root / "fehler").iterdir()}
    assert names == {
        "rueckmeldung-000001.jsonl",
        "rueckmeldung-000001.jsonl.done",
        "rueckmeldung-000001.jsonl.grund.txt",
    }
