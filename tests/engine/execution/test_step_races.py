"""Two at the same case at the same time: nothing is lost, nothing happens twice."""

from __future__ import annotations

from functools import partial

import pytest
from tests.engine.execution.at_once import together
from tests.engine.execution.desk import Desk

from laufzettel.engine.execution import step
from laufzettel.engine.tables import incident, subscription, user_task
from laufzettel.engine.work import incidents
from laufzettel.errors import ConflictError, LaufzettelError

BOTH = """
and split
user a
user b
and join
user last
start>split split>a split>b a>join b>join join>last last>end
"""


def test_two_persons_at_two_tasks_of_one_case_both_count(desk: Desk) -> None:
    for number in range(15):
        case_id = desk.start(BOTH, key=f"object:{number}")
        a, b = (desk.task(name, case_id).id for name in "ab")

        raised = together(
            partial(desk.engine.complete, desk.person("yilmaz"), a, {}),
            partial(desk.engine.complete, desk.person("brandt"), b, {}),
        )

        assert raised == []
        assert desk.tasks(case_id) == ["last"]


def test_of_two_persons_at_one_task_one_is_told_who_was_faster(desk: Desk) -> None:
    for number in range(15):
        case_id = desk.start("user a\nuser b\nstart>a a>b b>end", key=f"object:{number}")
        task_id = desk.task("a", case_id).id

        raised = together(
            partial(desk.engine.complete, desk.person("yilmaz"), task_id, {}),
            partial(desk.engine.complete, desk.person("brandt"), task_id, {}),
        )

        assert [type(error) for error in raised] == [ConflictError]
        assert "schon erledigt" in str(raised[0])
        assert desk.tasks(case_id) == ["b"]


def test_a_timer_and_a_completion_leave_exactly_one_way(desk: Desk) -> None:
    desk.deploy(
        "user a\nboundary t a timer P1D\nuser done\nuser late\n"
        "start>a a>done t>late done>end late>end"
    )
    for number in range(15):
        case_id = desk.start(key=f"object:{number}")
        task_id = desk.task("a", case_id).id
        desk.clock.advance(days=1)

        raised = together(
            partial(desk.engine.complete, desk.person("yilmaz"), task_id, {}), desk.jobs.run_due
        )

        assert desk.tasks(case_id) in (["done"], ["late"])
        was_late = desk.tasks(case_id) == ["late"]
        assert bool(raised) is was_late
        assert all(isinstance(error, LaufzettelError) for error in raised)


@pytest.mark.parametrize("first", ["timer", "person"])
def test_who_comes_second_changes_nothing(desk: Desk, first: str) -> None:
    case_id = desk.start(
        "user a\nboundary t a timer P1D\nuser done\nuser late\n"
        "start>a a>done t>late done>end late>end"
    )
    task_id = desk.task("a").id
    person = partial(desk.engine.complete, desk.person("yilmaz"), task_id, {})
    if first == "person":
        person()
    desk.run_jobs(days=1)
    if first == "timer":
        with pytest.raises(ConflictError, match="nicht mehr gebraucht"):
            person()

    assert desk.tasks(case_id) == (["done"] if first == "person" else ["late"])
    ended = {row.element: row.status for row in desk.rows(user_task, user_task.c.id == task_id)}
    assert ended == {"a": "completed" if first == "person" else "cancelled"}


def test_an_incident_that_comes_while_a_step_is_computed_ends_with_its_activation(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case without an incident has none to end: one that came meanwhile lets the race be lost."""
    model = "knows order\nreceive r paid order\nuser thanks\nstart>r r>thanks thanks>end"
    case_id = desk.start(model, order="1")
    (waiting,) = desk.rows(subscription)
    came: list[str] = []

    def trouble(point: str) -> None:
        if point == "step.computed" and not came:
            came.append(point)
            with desk.db.write() as connection:
                incidents.open_for_job(
                    connection,
                    tenant=desk.all.tenant,
                    case_id=case_id,
                    code="auftrag_gescheitert",
                    cause="Zeitüberschreitung",
                    detail="",
                    job={"args": {"activation": waiting.activation}},
                    now=desk.db.now(connection),
                )

    monkeypatch.setattr(step, "failpoint", trouble)
    desk.publish("paid", "1")
    desk.run_jobs()

    assert came == ["step.computed"]
    assert [row.status for row in desk.rows(incident)] == ["gone"]
    assert desk.tasks() == ["thanks"]
