"""Forms: kept half filled in, and done once however often they are sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from tests.engine.execution.desk import TENANT, Desk

from laufzettel.engine.tables import audit_event, draft, submission, user_task
from laufzettel.errors import ConflictError, ForbiddenError, InputError
from laufzettel.failpoints import Crash, arm, disarm
from laufzettel.identity import Actor

ONE = "user a\nasks note\nmark duty = sachlich\nstart>a a>end"
TOKEN = "t0ken-of_the-form"
SHOWN = "ab" * 32


def _completions(desk: Desk) -> int:
    return len(desk.rows(audit_event, audit_event.c.kind == "task.completed"))


def test_the_same_form_sent_again_is_done_already(desk: Desk) -> None:
    desk.start(ONE)
    task_id, person = desk.task("a").id, desk.person("yilmaz")

    for _ in range(3):
        desk.engine.complete(person, task_id, {"note": "ok"}, once=TOKEN)

    assert _completions(desk) == 1
    assert [(row.person, row.task_id) for row in desk.rows(submission)] == [("yilmaz", task_id)]


def test_the_same_form_sent_twice_at_once_is_done_once(desk: Desk) -> None:
    for number in range(5):
        desk.start(ONE, key=f"object:{number}")
        task_id = desk.task("a").id

        errors = _at_once(partial(_send, desk, task_id, f"{TOKEN}-{number}"))

        assert errors == []
    assert _completions(desk) == 5


def _send(desk: Desk, task_id: str, token: str) -> None:
    desk.engine.complete(desk.person("yilmaz"), task_id, {"note": "ok"}, once=token)


def _at_once(call: Callable[[], None]) -> list[Exception]:
    barrier, errors = threading.Barrier(2), list[Exception]()

    def run() -> None:
        barrier.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_token_of_another_task_or_person_is_refused(desk: Desk) -> None:
    desk.start(ONE)
    first = desk.task("a").id
    desk.engine.complete(desk.person("yilmaz"), first, {}, once=TOKEN)
    desk.start(ONE, key="object:2")

    with pytest.raises(ConflictError, match="schon für etwas anderes abgeschickt"):
        desk.engine.complete(desk.person("yilmaz"), desk.task("a").id, {}, once=TOKEN)
    with pytest.raises(ConflictError, match="schon für etwas anderes abgeschickt"):
        desk.engine.complete(desk.person("brandt"), first, {}, once=TOKEN)
    assert desk.tasks() == ["a"]


def test_one_token_for_two_tasks_at_once_completes_one(postgres_desk: Desk) -> None:
    desk = postgres_desk
    desk.deploy(ONE)
    ids = [desk.task("a", desk.start(key=f"object:{number}")).id for number in range(2)]
    todo = list(ids)

    errors = _at_once(
        lambda: desk.engine.complete(desk.person("yilmaz"), todo.pop(), {}, once=TOKEN)
    )

    assert [type(error) for error in errors] == [ConflictError]
    assert desk.tasks() == ["a"]


def test_a_form_that_was_refused_can_be_mended_and_sent_again(desk: Desk) -> None:
    desk.start(ONE)
    task_id = desk.task("a").id

    with pytest.raises(InputError):
        desk.engine.complete(desk.person("yilmaz"), task_id, {"wrong": "x"}, once=TOKEN)
    desk.engine.complete(desk.person("yilmaz"), task_id, {"note": "x"}, once=TOKEN)

    assert desk.tasks() == []


@pytest.mark.parametrize("point", ["step.written", "step.committed"])
def test_after_a_crash_the_same_form_is_done_once(point: str, desk: Desk) -> None:
    desk.start(ONE)
    task_id = desk.task("a").id
    arm(point)
    with pytest.raises(Crash):
        desk.engine.complete(desk.person("yilmaz"), task_id, {}, once=TOKEN)
    disarm()

    desk.engine.complete(desk.person("yilmaz"), task_id, {}, once=TOKEN)

    assert _completions(desk) == 1


@pytest.mark.parametrize("token", ["", "short", "x" * 65, "t0ken of the form!", "ümlaut" * 4])
def test_what_is_no_token_is_refused(token: str, desk: Desk) -> None:
    desk.start(ONE)

    with pytest.raises(InputError, match="Bitte laden Sie die Seite neu"):
        desk.engine.complete(desk.person("yilmaz"), desk.task("a").id, {}, once=token)


def test_the_audit_knows_what_was_shown(desk: Desk) -> None:
    desk.start(ONE)

    desk.engine.complete(desk.person("yilmaz"), desk.task("a").id, {}, displayed=SHOWN)

    [event] = desk.rows(audit_event, audit_event.c.kind == "task.completed")
    assert f'"displayed":"{SHOWN}"' in event.data


@pytest.mark.parametrize("shown", ["", "AB" * 32, "ab" * 31, "zz" * 32])
def test_what_is_no_hash_is_refused(shown: str, desk: Desk) -> None:
    desk.start(ONE)

    with pytest.raises(InputError, match="Prüfsumme"):
        desk.engine.complete(desk.person("yilmaz"), desk.task("a").id, {}, displayed=shown)
    assert desk.tasks() == ["a"]


def test_a_draft_is_one_persons_and_comes_back(desk: Desk) -> None:
    desk.start(ONE)
    task_id, person = desk.task("a").id, desk.person("yilmaz")

    desk.engine.save_draft(person, task_id, {"note": "erst"})
    desk.engine.save_draft(person, task_id, {"note": "dann"})

    assert desk.engine.task(person, task_id).draft == {"note": "dann"}
    assert desk.engine.task(desk.person("brandt"), task_id).draft == {}
    desk.engine.drop_draft(person, task_id)
    assert desk.engine.task(person, task_id).draft == {}


def test_no_draft_outlives_its_task(desk: Desk) -> None:
    desk.start("user a\nboundary b a timer P3D\nstart>a a>end b>end")
    desk.engine.save_draft(desk.person("yilmaz"), desk.task("a").id, {"note": "x"})
    desk.run_jobs(days=3)

    assert desk.rows(user_task)[0].status == "cancelled"
    assert desk.rows(draft) == []


def test_a_draft_of_a_task_that_is_over_is_not_kept(desk: Desk) -> None:
    desk.start(ONE)
    task_id = desk.task("a").id
    desk.complete("a", "brandt")

    with pytest.raises(ConflictError, match="Jens Brandt"):
        desk.engine.save_draft(desk.person("yilmaz"), task_id, {"note": "x"})
    assert desk.rows(draft) == []


def test_nobody_keeps_drafts_of_what_is_not_theirs(desk: Desk) -> None:
    desk.start(ONE)
    stranger = Actor(tenant=TENANT, person="fremd", groups=frozenset({"bauamt"}))

    with pytest.raises(ForbiddenError):
        desk.engine.save_draft(stranger, desk.task("a").id, {"note": "x"})


@pytest.mark.parametrize(
    "values",
    [
        {"note": "x" * 70_000},
        {f"k{number}": "" for number in range(301)},
        {"k" * 101: ""},
        {"note": "a\0b"},
        {"note": "\ud800"},
        {"note": ["a", "b"]},
    ],
    ids=["long", "many", "key", "nul", "half", "list"],
)
def test_a_draft_has_its_bounds(values: dict[str, str], desk: Desk) -> None:
    desk.start(ONE)

    with pytest.raises(InputError, match="Entwurf"):
        desk.engine.save_draft(desk.person("yilmaz"), desk.task("a").id, values)


def test_a_case_that_moved_after_it_was_seen_is_not_signed(desk: Desk) -> None:
    """Two tasks of one case: whoever signs the second must have seen what the first changed."""
    desk.start(
        "and split\nuser a\nmark duty = sachlich\nuser b\nmark duty = sachlich\nand join\n"
        "start>split split>a split>b a>join b>join join>end"
    )
    first, second = desk.task("a").id, desk.task("b").id
    seen = desk.engine.task(desk.person("yilmaz"), second).case_version
    desk.engine.complete(desk.person("yilmaz"), first, {}, seen=seen)

    with pytest.raises(ConflictError, match="hat sich geändert"):
        desk.engine.complete(desk.person("yilmaz"), second, {}, seen=seen)

    assert desk.tasks() == ["b"]
    assert _completions(desk) == 1
