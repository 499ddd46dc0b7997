"""Messages: before or after somebody waits, repeated, to one of several, never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.engine.execution.desk import Desk

from laufzettel.engine.execution.changes import NewSubscription
from laufzettel.engine.tables import job, message, subscription
from laufzettel.engine.work import messages

PAID = """
knows order
receive r paid order
user thanks
start>r r>thanks thanks>end
"""


def test_a_message_published_after_somebody_waits_arrives(desk: Desk) -> None:
    desk.start(PAID, order="4711")

    assert desk.publish("paid", "4711", day="2026-11-24")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]
    assert desk.messages() == ["consumed"]
    assert desk.rows(subscription) == []


def test_a_message_published_before_anybody_waits_arrives(desk: Desk) -> None:
    desk.publish("paid", "4711", day="2026-11-24")
    assert desk.rows(job) == []

    desk.start(PAID, order="4711")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]
    assert desk.messages() == ["consumed"]


@pytest.mark.parametrize(("name", "key"), [("paid", "4712"), ("booked", "4711")])
def test_a_message_of_another_name_or_key_stays_where_it_is(
    desk: Desk, name: str, key: str
) -> None:
    desk.start(PAID, order="4711")

    desk.publish(name, key)
    desk.run_jobs()

    assert desk.tasks() == []
    assert desk.messages() == ["available"]


def test_a_repeat_by_id_changes_nothing(desk: Desk) -> None:
    desk.start(PAID, order="4711")

    assert desk.publish("paid", "4711", "m1", day="2026-11-24")
    assert not desk.publish("paid", "4711", "m1", day="2026-11-25")
    desk.run_jobs()
    assert not desk.publish("paid", "4711", "m1", day="2026-11-26")

    assert desk.tasks() == ["thanks"]
    assert [row.payload for row in desk.rows(message)] == [{"day": "2026-11-24"}]


def test_of_two_that_wait_the_older_gets_the_first_message(desk: Desk) -> None:
    first = desk.start(PAID, order="4711")
    second = desk.start(order="4711")

    desk.publish("paid", "4711", "m1")
    desk.run_jobs()
    assert (desk.tasks(first), desk.tasks(second)) == (["thanks"], [])
    desk.publish("paid", "4711", "m2")
    desk.run_jobs()

    assert desk.tasks(second) == ["thanks"]


def test_two_messages_wait_for_two_waits_of_one_case(desk: Desk) -> None:
    desk.publish("paid", "4711", "m1")
    desk.publish("paid", "4711", "m2")

    desk.start(
        "knows order\nreceive r paid order\nreceive s paid order\nuser a\nstart>r r>s s>a a>end",
        order="4711",
    )
    desk.run_jobs()

    assert desk.tasks() == ["a"]
    assert desk.messages() == ["consumed", "consumed"]


def test_a_message_for_an_interrupted_wait_is_kept_for_the_next(desk: Desk) -> None:
    desk.start(
        "knows order\nuser a\nboundary b a message paid order\nstart>a a>end b>end",
        order="4711",
    )
    desk.complete("a")
    desk.publish("paid", "4711")
    desk.run_jobs()
    assert desk.messages() == ["available"]

    desk.start(PAID, order="4711")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]


def test_a_wait_that_ends_in_the_step_it_began_in_steals_no_message(desk: Desk) -> None:
    """An inline handler is done before its boundary event could ever happen."""
    desk.start(
        """
        knows order
        service s lab.double
        in number = 1
        boundary b s message paid order
        start>s s>end b>end
        """,
        order="4711",
    )
    assert desk.rows(subscription) == []

    desk.start(PAID, order="4711")
    desk.publish("paid", "4711")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]


def test_a_case_reaches_another_by_a_message(desk: Desk) -> None:
    desk.start(PAID, order="4711")
    desk.start("knows order\nthrow t message paid order\nstart>t t>end", order="4711")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]


def test_a_message_that_cannot_be_mapped_is_an_incident_and_stays(desk: Desk) -> None:
    desk.start(
        "knows order\nreceive r paid order\nmark variables = day\nout paid_on = day\nstart>r r>end",
        order="4711",
    )

    desk.publish("paid", "4711")
    desk.run_jobs()

    assert desk.messages() == ["available"]
    assert desk.incidents[0].cause.startswith("Der Ausdruck „day“ ergibt keinen Wert")


def test_a_message_is_claimed_by_one_delivery_alone(desk: Desk) -> None:
    case_id = desk.start(PAID, order="4711")
    desk.publish("paid", "4711")
    found = desk.rows(message)[0]
    claims: list[bool] = []

    def claim() -> None:
        with desk.db.write() as connection:
            now = desk.db.now(connection)
            claims.append(messages.claim(connection, found, case_id, now=now))

    _together(claim, claim, claim)

    assert sorted(claims) == [False, False, True]


def test_publish_and_subscribe_at_the_same_time_never_miss_each_other(desk: Desk) -> None:
    """Two hundred races: each message has a delivery under way, whoever came first."""
    case_id = desk.start("user a\nstart>a a>end")

    for number in range(200):
        key = f"k{number}"
        _together(partial(desk.publish, "race", key, key), partial(_wait, desk, case_id, key))

    deliveries = {row.key for row in desk.rows(job, job.c.kind == messages.JOB)}
    assert deliveries == {row.id for row in desk.rows(message)}
    assert len(deliveries) == 200


def _wait(desk: Desk, case_id: str, key: str) -> None:
    new = NewSubscription(activation=key, name="race", key=key)
    with desk.db.write() as connection:
        now = desk.db.now(connection)
        messages.subscribe(connection, desk.jobs, desk.all.tenant, case_id, [new], now=now)


def _together(*calls: Callable[[], Any]) -> None:
    barrier = threading.Barrier(len(calls))
    raised: list[BaseException] = []

    def run(call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
