"""An operator and somebody else at the same case at the same time, in both orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.engine.execution.at_once import together
from tests.engine.execution.desk import Desk

from laufzettel import failpoints
from laufzettel.engine.tables import audit_event, subscription
from laufzettel.errors import ConflictError, LaufzettelError

ONE = "user a\nuser b\nuser c\nstart>a a>b b>c c>end"
WHY = "Prüfung"
ROUNDS = 12


def _refusals(*calls: Callable[[], Any]) -> list[BaseException]:
    """Run the calls at once; return what was refused, and nothing else may go wrong."""
    raised = together(*calls)
    assert all(isinstance(error, LaufzettelError) for error in raised), raised
    return raised


def _complete(desk: Desk, case_id: str, element: str = "a") -> Callable[[], None]:
    task_id = desk.task(element, case_id).id
    return partial(desk.engine.complete, desk.person("yilmaz"), task_id, {})


def test_suspending_and_completing_at_once(desk: Desk) -> None:
    for number in range(ROUNDS):
        case_id = desk.start(ONE, key=f"object:{number}")

        raised = _refusals(
            partial(desk.engine.suspend, desk.all, case_id, WHY), _complete(desk, case_id)
        )

        assert desk.case(case_id).status == "suspended"
        assert desk.tasks(case_id) == []
        desk.engine.resume(desk.all, case_id, WHY)
        assert desk.tasks(case_id) == (["a"] if raised else ["b"])
    assert desk.is_sound()


@pytest.mark.parametrize("first", ["operator", "person"])
def test_suspending_and_completing_one_after_the_other(desk: Desk, first: str) -> None:
    case_id = desk.start(ONE)
    complete = _complete(desk, case_id)
    if first == "person":
        complete()
    desk.engine.suspend(desk.all, case_id, WHY)
    if first == "operator":
        with pytest.raises(ConflictError, match="ruht"):
            complete()

    desk.engine.resume(desk.all, case_id, WHY)
    assert desk.tasks() == (["b"] if first == "person" else ["a"])


def test_a_step_that_was_being_computed_loses_to_a_suspension(desk: Desk) -> None:
    case_id = desk.start(ONE)
    activation = desk.task("a").activation

    def act(run: Any) -> None:
        if desk.case(case_id).status == "open":
            desk.engine.suspend(desk.all, case_id, WHY)
        run.complete(activation, {})

    with pytest.raises(ConflictError, match="angehalten"):
        desk.steps.take(desk.all, case_id, act)
    assert desk.is_sound()


def test_moving_and_completing_at_once(desk: Desk) -> None:
    for number in range(ROUNDS):
        case_id = desk.start(ONE, key=f"object:{number}")

        raised = _refusals(
            partial(desk.engine.move, desk.all, case_id, "a", "c", WHY), _complete(desk, case_id)
        )

        assert len(raised) == 1
        was_moved = desk.tasks(case_id) == ["c"]
        assert desk.tasks(case_id) == (["c"] if was_moved else ["b"])
    assert desk.is_sound()


@pytest.mark.parametrize("first", ["operator", "person"])
def test_moving_and_completing_one_after_the_other(desk: Desk, first: str) -> None:
    case_id = desk.start(ONE)
    complete = _complete(desk, case_id)
    move = partial(desk.engine.move, desk.all, case_id, "a", "c", WHY)
    if first == "person":
        complete()
        with pytest.raises(LaufzettelError, match="Bei „a“ wartet der Vorgang nicht"):
            move()
        assert desk.tasks() == ["b"]
    else:
        move()
        with pytest.raises(ConflictError, match="nicht mehr gebraucht"):
            complete()
        assert desk.tasks() == ["c"]


WAITS = "knows o\nreceive r paid o\nuser a\nstart>r r>a a>end"
NEWER = "knows o\nreceive r paid o\nuser a\nuser b\nstart>r r>b b>a a>end"


def test_migrating_and_a_message_at_once(desk: Desk) -> None:
    for number in range(ROUNDS):
        case_id = desk.start(WAITS, key=f"object:{number}", o=str(number))
        new = desk.deploy(NEWER).bundle_id
        desk.publish("paid", str(number), message_id=str(number))

        _refusals(partial(desk.engine.migrate, desk.all, case_id, new, WHY), desk.jobs.run_due)
        desk.run_jobs()

        assert desk.case(case_id).bundle_id == new
        assert len(desk.tasks(case_id)) == 1
    assert desk.messages() == ["consumed"] * ROUNDS
    assert (desk.rows(subscription), desk.is_sound()) == ([], True)


@pytest.mark.parametrize("first", ["operator", "message"])
def test_migrating_and_a_message_one_after_the_other(desk: Desk, first: str) -> None:
    case_id = desk.start(WAITS, o="1")
    new = desk.deploy(NEWER).bundle_id
    if first == "message":
        desk.publish("paid", "1")
        desk.run_jobs()
    desk.engine.migrate(desk.all, case_id, new, WHY)
    if first == "operator":
        desk.publish("paid", "1")
        desk.run_jobs()

    assert desk.tasks() == (["a"] if first == "message" else ["b"])


def test_suspending_and_a_message_at_once_lose_nothing(desk: Desk) -> None:
    for number in range(ROUNDS):
        case_id = desk.start(WAITS, key=f"object:{number}", o=str(number))
        publish = partial(desk.publish, "paid", str(number), message_id=str(number))

        _refusals(partial(desk.engine.suspend, desk.all, case_id, WHY), publish, desk.jobs.run_due)
        desk.run_jobs()
        assert desk.is_sound()
        desk.engine.resume(desk.all, case_id, WHY)
        desk.run_jobs()

        assert desk.tasks(case_id) == ["a"]


def test_resuming_and_a_message_at_once_lose_nothing(desk: Desk) -> None:
    for number in range(ROUNDS):
        case_id = desk.start(WAITS, key=f"object:{number}", o=str(number))
        desk.engine.suspend(desk.all, case_id, WHY)
        publish = partial(desk.publish, "paid", str(number), message_id=str(number))

        _refusals(partial(desk.engine.resume, desk.all, case_id, WHY), publish, desk.jobs.run_due)
        desk.run_jobs()

        assert desk.tasks(case_id) == ["a"]
    assert desk.is_sound()


def test_resuming_while_a_job_is_being_held_loses_nothing(desk: Desk) -> None:
    model = "service w lab.slow\nuser a\nstart>w w>a a>end"
    for number in range(ROUNDS):
        case_id = desk.start(model, key=f"object:{number}")
        desk.engine.suspend(desk.all, case_id, WHY)

        _refusals(desk.jobs.run_due, partial(desk.engine.resume, desk.all, case_id, WHY))
        desk.run_jobs()

        assert desk.tasks(case_id) == ["a"]
    assert desk.is_sound()


def test_ending_while_a_parcel_is_being_formed_waits_or_withdraws(desk: Desk) -> None:
    model = "service e lab.send\nuser a\nstart>e e>a a>end"
    for number in range(ROUNDS):
        case_id = desk.start(model, key=f"object:{number}")

        _refusals(
            partial(desk.engine.cancel, desk.all, case_id, WHY), partial(desk.jobs.run_due, 1)
        )
        assert desk.is_sound()
        desk.run_jobs(minutes=2)

        assert desk.case(case_id).status == "cancelled"
    assert desk.is_sound()


@pytest.mark.parametrize("point", ["step.computed", "step.compared", "step.written"])
@pytest.mark.parametrize("verb", ["move", "migrate", "edit"])
def test_a_crash_before_the_commit_leaves_everything_as_it_was(
    desk: Desk, point: str, verb: str
) -> None:
    case_id = desk.start("knows n\n" + ONE)
    new = desk.deploy("knows n\n" + ONE.replace("user c", "user c\nasks x")).bundle_id
    calls: dict[str, Callable[[], Any]] = {
        "move": partial(desk.engine.move, desk.all, case_id, "a", "c", WHY),
        "migrate": partial(desk.engine.migrate, desk.all, case_id, new, WHY),
        "edit": partial(desk.engine.edit_variable, desk.all, case_id, "n", "7", WHY),
    }
    before = desk.case(case_id)
    failpoints.arm(point)
    try:
        with pytest.raises(failpoints.Crash):
            calls[verb]()
    finally:
        failpoints.disarm()

    assert desk.case(case_id) == before
    assert (desk.tasks(), desk.is_sound()) == (["a"], True)
    assert len(desk.rows(audit_event, audit_event.c.stream == case_id)) == 1
    calls[verb]()
    assert desk.case(case_id).version == before.version + 1
