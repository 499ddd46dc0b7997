"""Steps on a database: races, guards, held tokens, long steps, ends, limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour, record

from laufzettel.engine.execution import codec
from laufzettel.engine.execution.case_run import GoneError
from laufzettel.engine.execution.pending import GuardFailedError
from laufzettel.engine.handler import BpmnError, Start
from laufzettel.engine.tables import audit_event, case, duty_act, incident, job, user_task
from laufzettel.errors import ConflictError, InputError, NotFoundError, StorageError
from laufzettel.identity import system

ONE = "user a\nuser b\nstart>a a>b b>end"
WRITES = "user a\nservice s lab.fail\nuser b\nstart>a a>s s>b b>end"


def _bump(desk: Desk, case_id: str) -> Any:
    """Return an act during whose computation another step of the case commits."""
    left = {"rounds": 1}

    def act(run: Any) -> None:
        if left["rounds"]:
            left["rounds"] -= 1
            desk.write(lambda c: c.execute(sa.update(case).values(version=case.c.version + 1)))
        run.complete(desk.task("a").activation, {})

    act.left = left  # type: ignore[attr-defined]
    return act


def test_a_step_that_lost_the_race_is_computed_again(desk: Desk) -> None:
    case_id = desk.start(ONE)

    desk.steps.take(desk.all, case_id, _bump(desk, case_id))

    assert desk.tasks() == ["b"]
    assert desk.case(case_id).version == 2


def test_after_five_lost_races_the_person_is_told(desk: Desk) -> None:
    case_id = desk.start(ONE)
    act = _bump(desk, case_id)
    act.left["rounds"] = 5

    with pytest.raises(ConflictError, match="gerade von anderen bearbeitet"):
        desk.steps.take(desk.all, case_id, act)
    assert desk.tasks() == ["a"]


def test_what_handlers_write_vanishes_with_a_lost_race(desk: Desk) -> None:
    case_id = desk.start(WRITES)
    act = _bump(desk, case_id)
    act.left["rounds"] = 1

    desk.steps.take(desk.all, case_id, act)

    assert [row.id for row in desk.rows(record)] == ["fail-s"]
    assert len(desk.rows(audit_event, audit_event.c.kind == "lab.tried")) == 1


def test_a_failed_guard_lets_the_step_be_computed_again(desk: Desk) -> None:
    case_id = desk.start(ONE)
    tries: list[int] = []

    def guard(connection: sa.Connection) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise GuardFailedError

    activation = desk.task("a").activation
    desk.steps.take(
        desk.all, case_id, lambda run: run.complete(activation, {}) and None, within=[guard]
    )

    assert len(tries) == 3
    assert desk.case(case_id).version == 1


def test_a_guard_that_fails_while_a_case_begins_is_tried_again(desk: Desk) -> None:
    tries: list[int] = []

    def within(connection: sa.Connection) -> None:
        tries.append(1)
        if len(tries) < 2:
            raise GuardFailedError

    desk.deploy(ONE)
    start = Start(process_id="main", business_key="object:1", variables={})
    desk.engine.start(desk.all, start, within)

    assert len(tries) == 2
    assert len(desk.rows(case)) == 1


def test_a_constraint_that_fails_without_a_race_is_no_conflict(desk: Desk) -> None:
    desk.write(lambda c: c.execute(_record("fail-s")))
    desk.start(WRITES)

    with pytest.raises(sa.exc.IntegrityError):
        desk.complete("a")
    assert desk.tasks() == ["a"]


def _record(record_id: str) -> Any:
    return sa.insert(record).values(id=record_id, tenant="musterstadt", status="new")


def test_a_long_step_goes_on_by_a_job(desk: Desk) -> None:
    scripts = "\n".join(f"script s{number} n = {number}" for number in range(280))
    flows = " ".join(f"s{number}>s{number + 1}" for number in range(279))
    called = f"process other\n{scripts}\nother.start>s0 {flows} s279>other.end"

    desk.start(f"call c other up\ncall d other up\nuser a\nstart>c c>d d>a a>end\n{called}")

    assert desk.tasks() == []
    assert [row.kind for row in desk.rows(job)] == ["continue"]
    desk.run_jobs()
    assert desk.tasks() == ["a"]
    assert desk.rows(job) == []


def test_a_handlers_bug_keeps_the_completion_and_opens_an_incident(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    desk.start(WRITES)

    desk.complete("a")

    found = desk.incidents[0]
    assert desk.rows(user_task)[0].ended_by == "yilmaz"
    assert found.cause == "„s“ ist mit einem Programmfehler abgebrochen."
    assert found.next_step.startswith("Den Fehler mit dem Protokoll an die Entwicklung melden")
    assert desk.rows(record) == []


def test_a_retry_after_the_fix_closes_the_incident_and_goes_on(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    desk.start(WRITES)
    desk.complete("a")
    behaviour.clear()

    desk.engine.retry(desk.all, desk.incidents[0].id)

    assert (desk.incidents, desk.tasks()) == ([], ["b"])
    assert [row.status for row in desk.rows(incident)] == ["retried"]
    assert len(desk.rows(record)) == 1


def test_a_retry_without_a_fix_is_a_new_incident(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    desk.start(WRITES)
    desk.complete("a")
    first = desk.incidents[0].id

    desk.engine.retry(desk.all, first)

    assert [found.id != first for found in desk.incidents] == [True]
    with pytest.raises(NotFoundError, match="schon erledigt"):
        desk.engine.retry(desk.all, first)


def test_the_incident_of_an_interrupted_activity_closes_by_itself(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    desk.start(
        "service s lab.fail\nboundary b s timer P3D\nuser late\nstart>s s>end b>late late>end"
    )
    assert len(desk.incidents) == 1

    desk.run_jobs(days=3)

    assert (desk.incidents, desk.tasks()) == ([], ["late"])
    assert [row.status for row in desk.rows(incident)] == ["gone"]


def test_the_incident_of_a_failed_job_closes_when_its_activity_is_interrupted(desk: Desk) -> None:
    behaviour["slow"] = InputError("Die Datei ist leer.")
    desk.start(
        "service w lab.slow\nboundary b w timer P3D\nuser late\nstart>w w>end b>late late>end"
    )
    desk.run_jobs()
    assert [found.cause for found in desk.incidents] == ["Die Datei ist leer."]

    desk.run_jobs(days=3)

    assert (desk.incidents, desk.tasks()) == ([], ["late"])


def test_a_failed_job_is_tried_again_by_its_incident(desk: Desk) -> None:
    behaviour["slow"] = InputError("Die Datei ist leer.")
    desk.start("service w lab.slow\nuser a\nstart>w w>a a>end")
    desk.run_jobs()
    del behaviour["slow"]

    desk.engine.retry(desk.all, desk.incidents[0].id)
    desk.run_jobs()

    assert (desk.incidents, desk.tasks()) == ([], ["a"])


def test_a_business_error_of_work_reaches_the_boundary(desk: Desk) -> None:
    behaviour["slow"] = BpmnError("LEER", "Die Datei ist leer.")
    desk.start("service w lab.slow\nboundary b w error LEER\nuser a\nstart>w w>end b>a a>end")

    desk.run_jobs()

    assert (desk.incidents, desk.tasks()) == ([], ["a"])


def test_a_condition_that_fails_keeps_the_completion(desk: Desk) -> None:
    desk.start("user a\nasks limit\nxor g\nuser b\nstart>a a>g g>b[limit > 5] g>end* b>end")

    desk.complete("a", limit="fünf")

    found = desk.incidents[0]
    assert (found.element, found.code) == ("g", "ausdruck")
    assert found.cause.startswith("Der Ausdruck „limit > 5“ ergibt keinen Wert")


def test_an_output_of_the_task_itself_that_fails_is_told_to_the_person(desk: Desk) -> None:
    desk.start("user a\nasks limit\nout double = 2 * limit\nstart>a a>end")

    with pytest.raises(InputError, match="ergibt keinen Wert"):
        desk.complete("a", limit="fünf")
    assert desk.tasks() == ["a"]


def test_the_end_drops_the_state_and_keeps_the_result(desk: Desk) -> None:
    case_id = desk.start("user a\nasks n number\nstart>a a>end")

    desk.complete("a", n="7")

    row = desk.case(case_id)
    assert (row.status, row.state) == ("ended", None)
    assert row.result == {
        "end": "end",
        "variables": {"n": {"$": "n", "v": "7"}, "completed_by": "yilmaz"},
    }
    assert desk.left_behind() == {"tasks": 0, "jobs": 0, "subscriptions": 0, "effects": 0}


def test_a_terminated_case_leaves_nothing_to_do(desk: Desk) -> None:
    case_id = desk.start(
        """
        knows order
        and split
        user a
        service e lab.send
        receive r paid order
        service w lab.slow
        user b
        boundary t b timer P1D
        stop over terminate
        start>split split>a split>e split>r split>w split>b
        a>over e>end r>end w>end b>end t>end
        """,
        order="4711",
    )
    assert desk.left_behind() == {"tasks": 2, "jobs": 3, "subscriptions": 1, "effects": 1}

    desk.complete("a")

    assert desk.case(case_id).status == "ended"
    assert desk.left_behind()["tasks"] == 0
    assert desk.left_behind()["subscriptions"] == 0
    desk.run_jobs(days=2)
    assert desk.left_behind() == {"tasks": 0, "jobs": 0, "subscriptions": 0, "effects": 0}
    assert "sent" not in behaviour


def test_what_comes_for_an_ended_case_is_gone(desk: Desk) -> None:
    case_id = desk.start("pass p\nstart>p p>end")

    with pytest.raises(GoneError):
        desk.steps.take(desk.all, case_id, lambda run: None)


def test_a_case_of_another_tenant_is_not_found(desk: Desk) -> None:
    case_id = desk.start(ONE)

    with pytest.raises(NotFoundError):
        desk.steps.take(system("anderswo"), case_id, lambda run: None)


def test_a_first_variable_that_is_too_large_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(Exception, match="Die Variable „order“ ist 20002 Bytes groß"):
        desk.start("knows order\nuser a\nstart>a a>end", order="x" * 20_000)
    assert desk.rows(case) == []


def test_a_case_that_is_too_large_is_refused_with_its_largest_variable(desk: Desk) -> None:
    names = [f"v{number}" for number in range(18)]
    many = {name: "x" * 15_000 for name in names} | {"w": "x" * 16_000}

    with pytest.raises(StorageError, match="Die größte Variable ist „w“"):
        desk.start(f"knows {', '.join(many)}\nuser a\nstart>a a>end", **many)


def test_records_of_one_step_are_seen_by_the_handlers_that_follow(desk: Desk) -> None:
    desk.start(
        """
        service w lab.write
        in record_id = "r1"
        service c lab.change
        in record_id = "r1"
        user a
        start>w w>c c>a a>end
        """
    )

    assert [(row.id, row.status) for row in desk.rows(record)] == [("r1", "changed")]


def test_a_timer_fires_when_it_is_due_and_not_before(desk: Desk) -> None:
    desk.start("user a\nboundary b a timer P3D calm\nuser more\nstart>a a>end b>more more>end")

    desk.run_jobs(days=2)
    assert desk.tasks() == ["a"]
    desk.run_jobs(days=1)
    assert sorted(desk.tasks()) == ["a", "more"]


def test_work_runs_as_a_job_that_knows_its_business_object(desk: Desk) -> None:
    case_id = desk.start("service w lab.slow\nout got = answer\nuser a\nstart>w w>a a>end")
    assert desk.tasks() == []

    desk.run_jobs()

    assert desk.tasks() == ["a"]
    assert behaviour["business_key"] == "object:1"
    state = codec.decode(desk.case(case_id).state)
    assert state["scopes"] == {"": {"got": "done"}}


def test_an_effect_goes_out_once_and_its_receipt_comes_back(desk: Desk) -> None:
    case_id = desk.start("service e lab.send\nuser a\nstart>e e>a a>end")

    desk.run_jobs()

    assert desk.tasks() == ["a"]
    assert behaviour["sent"] == 1
    assert codec.decode(desk.case(case_id).state)["scopes"] == {"": {"receipt": "R1"}}


def test_a_signature_is_written_with_the_step_or_not_at_all(desk: Desk) -> None:
    desk.start("user a\nmark duty = sachlich\nuser b\nstart>a a>b b>end")

    desk.complete("a")

    assert [row.duty for row in desk.rows(duty_act)] == []
    assert desk.tasks() == ["b"]


def test_decimal_variables_come_back_exactly(desk: Desk) -> None:
    case_id = desk.start("knows total\nuser a\nstart>a a>end", total=Decimal("0.10"))

    assert codec.decode(desk.case(case_id).state)["scopes"][""]["total"] == Decimal("0.10")
