"""Two at the same case at the same time: nothing is lost, nothing happens twice."""

from __future__ import annotations

from functools import partial

import pytest
from tests.engine.execution.at_once import together
from tests.engine.execution.desk import Desk

from laufzettel.engine.tables import user_task
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
