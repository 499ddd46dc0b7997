"""Signals: heard by everybody who waits at that moment, once, and by nobody later."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import Desk

from laufzettel.engine.messages import signals
from laufzettel.engine.tables import audit_event, job, signal_delivery, subscription
from laufzettel.identity import system

#: The receive task's row is made a subscription to the signal „alarm“ by ``_listen``.
WAIT = """
knows order
receive r paid order
user next
start>r r>next next>end
"""


def _listen(desk: Desk, *cases: str) -> None:
    """Let what these cases wait for be a signal."""
    row = {"kind": "signal", "name": "alarm", "key": ""}
    mine = subscription.c.case_id.in_(cases)
    desk.write(
        lambda connection: connection.execute(sa.update(subscription).where(mine).values(row))
    )


def _waiting(desk: Desk, number: int) -> list[str]:
    desk.deploy(WAIT)
    cases = [desk.start(order=f"4711-{one}") for one in range(number)]
    _listen(desk, *cases)
    return cases


def _call(desk: Desk, message_id: str = "1") -> int | None:
    return desk.engine.signal(desk.all, "alarm", {"day": 3}, source="test", message_id=message_id)


def _progress(desk: Desk) -> tuple[int, int, int, int]:
    one = desk.engine.broadcasts(desk.all)[0]
    return one.receivers, one.received, one.gone, one.left


def test_everybody_who_waits_hears_a_signal(desk: Desk) -> None:
    cases = _waiting(desk, 3)

    assert _call(desk) == 3
    assert _progress(desk) == (3, 0, 0, 3)
    desk.run_jobs()

    assert [desk.tasks(case_id) for case_id in cases] == [["next"]] * 3
    assert _progress(desk) == (3, 3, 0, 0)
    assert desk.rows(subscription) == []


def test_who_waits_later_does_not_hear_it(desk: Desk) -> None:
    assert _call(desk) == 0

    _waiting(desk, 1)
    desk.run_jobs()

    assert desk.tasks() == []
    assert len(desk.rows(subscription)) == 1


def test_a_signal_repeated_by_its_id_is_heard_once(desk: Desk) -> None:
    _waiting(desk, 1)
    assert _call(desk) == 1

    assert _call(desk) is None
    desk.run_jobs()
    _waiting(desk, 1)
    assert _call(desk) is None
    desk.run_jobs()

    assert desk.tasks() == ["next"]


def test_a_signal_stays_in_its_tenant(desk: Desk) -> None:
    _waiting(desk, 1)

    number = desk.engine.signal(system("nachbarstadt"), "alarm", {}, source="test", message_id="1")
    desk.run_jobs()

    assert number == 0
    assert desk.tasks() == []


def test_a_message_of_the_same_name_is_no_signal(desk: Desk) -> None:
    """Neither reaches who waits for the other."""
    _waiting(desk, 1)
    desk.publish("alarm", "4711-0")
    desk.run_jobs()
    assert desk.tasks() == []

    desk.start("knows order\nreceive r alarm order\nuser u\nstart>r r>u u>end", order="x")
    assert _call(desk) == 1


def test_a_token_that_left_before_it_was_told_is_noted(desk: Desk) -> None:
    (gone, _) = _waiting(desk, 2)
    _call(desk)

    desk.engine.cancel(desk.all, gone, "irrtümlich angelegt")
    desk.run_jobs()

    assert _progress(desk) == (2, 1, 1, 0)
    assert desk.rows(job) == []


@pytest.mark.parametrize(
    ("signal_later_h", "task", "progress"),
    [(0, "heard", (1, 1, 0, 0)), (3, "late", (1, 0, 1, 0))],
    ids=["signal first", "timer first"],
)
def test_of_signal_and_timer_the_first_moves_the_token(
    desk: Desk, signal_later_h: int, task: str, progress: tuple[int, ...]
) -> None:
    case_id = desk.start(
        "knows order\nreceive r paid order\nboundary b r timer PT1H\nuser late\nuser heard\n"
        "start>r r>heard heard>end b>late late>end",
        order="4711",
    )
    _listen(desk, case_id)
    _call(desk)
    told = desk.rows(job, job.c.kind == signals.JOB)[0]
    at = told.due + timedelta(hours=signal_later_h)
    desk.write(lambda connection: desk.jobs.reschedule(connection, told.kind, told.key, at))

    desk.run_jobs(hours=4)

    assert desk.tasks() == [task]
    assert _progress(desk) == progress
    assert desk.rows(job) == []


def test_many_cases_are_told_by_several_transactions(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "CASES_AT_ONCE", 2)
    monkeypatch.setattr(signals, "_NEXT_CASES", signals._NEXT_CASES.limit(2))
    _waiting(desk, 5)
    _call(desk)
    assert len(desk.rows(job, job.c.kind == signals.JOB)) == 2

    desk.run_jobs()

    assert _progress(desk) == (5, 5, 0, 0)
    assert len(desk.tasks()) == 5


def test_a_case_that_waits_twice_hears_it_twice_in_one_step(desk: Desk) -> None:
    case_id = desk.start(
        "knows order\nand split\nreceive r paid order\nreceive s sent order\nuser a\nuser b\n"
        "start>split split>r split>s r>a s>b a>end b>end",
        order="4711",
    )
    _listen(desk, case_id)

    assert _call(desk) == 2
    desk.run_jobs()

    assert sorted(desk.tasks()) == ["a", "b"]
    heard = desk.rows(audit_event, audit_event.c.kind == "signal.received")
    assert len(heard) == 1
    assert [row.status for row in desk.rows(signal_delivery)] == ["received"] * 2
