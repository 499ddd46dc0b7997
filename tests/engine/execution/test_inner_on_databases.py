"""Event subprocesses, repetitions and signals with their rows: tasks, subscriptions, jobs, outbox."""

from __future__ import annotations

from typing import Any

import yaml
from tests.bpmn import behaviour_model
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour
from tests.second_person import deployed

from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import effect, subscription

NOTHING = {"tasks": 0, "jobs": 0, "subscriptions": 0, "effects": 0}


def deploy(desk: Desk, text: str) -> None:
    """Deploy the model that is written as in ``tests/bpmn/behaviour``."""
    spec: dict[str, Any] = yaml.safe_load(text)
    called = spec.pop("called", {})
    deployed(desk.engine, desk.all, Sources(files=behaviour_model.files(spec, called, ())))


STOPPED = """
knows: [order]
split: and
a: user
send: service lab.send
stop:
  is: sub by event
  model: {stopped: start message stopped for order, tell: user, flows: [stopped > tell > told]}
flows: [start > split, split > a > end, split > send > end]
"""


def test_an_interrupting_event_subprocess_takes_back_task_and_effect(desk: Desk) -> None:
    deploy(desk, STOPPED)
    case_id = desk.start(order="4711")
    assert desk.left_behind() == {"tasks": 1, "jobs": 1, "subscriptions": 1, "effects": 1}

    desk.publish("stopped", "4711")
    desk.run_jobs()

    assert desk.tasks(case_id) == ["tell"]
    assert desk.left_behind()["effects"] == 0
    desk.complete("tell")
    desk.run_jobs()
    assert desk.case(case_id).status == "ended"
    assert desk.case(case_id).result["end"] == "told"
    assert desk.left_behind() == NOTHING


def test_a_scope_that_ends_waits_for_its_events_no_more(desk: Desk) -> None:
    deploy(desk, STOPPED)
    case_id = desk.start(order="4711")

    desk.complete("a")
    desk.run_jobs()

    assert desk.case(case_id).status == "ended"
    assert desk.left_behind() == NOTHING
    desk.publish("stopped", "4711")
    desk.run_jobs()
    assert desk.messages() == ["available"]


REPEATED = """
knows: [units]
ask: {is: user, each: unit of units, asks: [answer], collects: answers = answer}
flows: [start > ask > end]
"""


def test_each_item_is_a_task_of_its_own_in_the_inbox(desk: Desk) -> None:
    deploy(desk, REPEATED)
    case_id = desk.start(units=["a", "b", "c"])
    tasks = desk.engine.tasks(desk.all, case_id)
    first, second, third = sorted(tasks, key=lambda task: int(task.activation))
    assert [first.name, second.name, third.name] == ["ask: a", "ask: b", "ask: c"]

    desk.engine.complete(desk.person("yilmaz"), third.id, {"answer": "3"})
    desk.engine.complete(desk.person("brandt"), first.id, {"answer": "1"})
    desk.engine.complete(desk.person("yilmaz"), second.id, {"answer": "2"})

    assert desk.case(case_id).result["variables"]["answers"] == ["1", "2", "3"]
    assert desk.left_behind() == NOTHING


def test_a_list_that_is_too_long_is_an_incident_with_its_remedy(desk: Desk) -> None:
    deploy(desk, REPEATED)
    desk.start(units=["x"] * 201)

    assert "201 Einträge" in desk.incidents[0].cause
    assert "laufzettel:case = own" in desk.incidents[0].cause
    assert desk.tasks() == []


SENT = """
knows: [units, order]
each_unit:
  is: sub
  each: unit of units
  model: {send: service lab.send, flows: [i_start > send > i_end]}
stopped: boundary each_unit message stopped for order
after: user
flows: [start > each_unit > end, stopped > after > end]
"""


def test_two_items_with_one_key_send_once_and_neither_is_lost(desk: Desk) -> None:
    deploy(desk, SENT)
    case_id = desk.start(units=["a", "b"], order="1")
    assert desk.left_behind()["effects"] == 1
    assert "wird schon übergeben" in desk.incidents[0].cause
    desk.run_jobs()
    assert desk.case(case_id).status == "open"

    desk.engine.retry(desk.all, desk.incidents[0].id)
    desk.run_jobs()

    assert desk.case(case_id).status == "ended"
    assert behaviour["sent"] == 1
    assert desk.left_behind() == NOTHING


def test_interrupting_the_whole_withdraws_what_an_item_would_send(desk: Desk) -> None:
    deploy(desk, SENT)
    case_id = desk.start(units=["a"], order="1")
    [waiting] = desk.rows(subscription)

    desk.steps.take(desk.all, case_id, lambda run: run.fire(waiting.activation))

    assert desk.tasks() == ["after"]
    assert [row.status for row in desk.rows(effect)] == ["withdrawn"]
    desk.complete("after")
    desk.run_jobs()
    assert desk.left_behind() == NOTHING


SHUT = """
work: user
shut: boundary work signal closing
halted: user
flows: [start > work > end, shut > halted > end]
"""
SHUTTING = """
decide: user
over: end signal closing
flows: [start > decide > over]
"""


def test_a_signal_of_one_case_interrupts_the_others_that_wait(desk: Desk) -> None:
    deploy(desk, SHUT)
    waiting = [desk.start(key=f"object:{number}") for number in range(3)]
    deploy(desk, SHUTTING)
    desk.start(key="object:9")
    desk.complete("decide")
    desk.run_jobs()

    assert [desk.tasks(one) for one in waiting] == [["halted"]] * 3
