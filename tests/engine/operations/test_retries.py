"""Technical failures are tried again with a growing wait, then they are an incident."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.tables import job
from laufzettel.errors import UnavailableError
from laufzettel.identity import Actor, Right

AFTER = "\nuser a\nstart>w w>a a>end"


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [("3", 3), ("=n", 2), ("=if n > 1 then 4 else 1", 4), ("", 8)],
    ids=["literal", "variable", "expression", "default"],
)
def test_it_is_tried_as_often_as_the_model_says(desk: Desk, retries: str, attempts: int) -> None:
    behaviour["slow"] = UnavailableError()
    desk.start(f"knows n\nservice w lab.slow {retries}" + AFTER, n=Decimal(2))

    for _ in range(12):
        desk.run_jobs(hours=1)

    assert behaviour["attempts"] == attempts
    assert [one.code for one in desk.incidents] == ["auftrag_gescheitert"]
    assert desk.rows(job) == []


def test_the_wait_doubles(desk: Desk) -> None:
    behaviour["slow"] = UnavailableError()
    desk.start("service w lab.slow 4" + AFTER)
    began, waits = desk.clock.now(), list[int]()

    for second in range(16):
        tried = behaviour.get("attempts", 0)
        desk.run_jobs()
        if behaviour.get("attempts", 0) > tried:
            waits.append(second)
        desk.clock.advance(seconds=1)

    assert waits == [0, 2, 6, 14]
    assert desk.clock.now() > began


@pytest.mark.parametrize("wrong", ["=1.5", "=0", "=101", "=n > 1", "=missing"])
def test_a_number_of_attempts_that_is_none_is_an_incident_at_once(desk: Desk, wrong: str) -> None:
    text = wrong.replace("missing", "n.x")
    desk.start(f"knows n\nservice w lab.slow {text}" + AFTER, n=Decimal(2))

    assert [one.code for one in desk.incidents] == ["ausdruck"]
    assert "attempts" not in behaviour


def test_who_has_a_job_tried_again_stands_in_the_audit_of_the_case_once(desk: Desk) -> None:
    behaviour["slow"] = UnavailableError()
    case_id = desk.start("service w lab.slow 1" + AFTER)
    desk.run_jobs(hours=1)
    operator = Actor(tenant=TENANT, machine="operator", rights=frozenset({Right.OPERATE}))

    desk.engine.retry(operator, desk.incidents[0].id)

    acts = [one for one in desk.engine.timeline(desk.all, case_id) if one.actor == "operator"]
    assert [(one.kind, one.data["element"]) for one in acts] == [("incident.retried", "w")]


def test_the_incidents_retry_has_all_its_attempts_again(desk: Desk) -> None:
    behaviour["slow"] = UnavailableError()
    desk.start("service w lab.slow 2" + AFTER)
    desk.run_jobs(hours=1)
    desk.run_jobs(hours=1)
    assert behaviour["attempts"] == 2

    desk.engine.retry(desk.all, desk.incidents[0].id)
    desk.run_jobs(hours=1)
    del behaviour["slow"]
    desk.run_jobs(hours=1)

    assert (behaviour["attempts"], desk.tasks(), desk.incidents) == (4, ["a"], [])
