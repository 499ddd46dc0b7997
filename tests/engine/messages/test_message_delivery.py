"""Messages: before or after somebody waits, repeated, to one of several, never lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from tests.engine.execution.at_once import together
from tests.engine.execution.desk import Desk

from laufzettel.engine.execution.changes import NewSubscription
from laufzettel.engine.messages import messages
from laufzettel.engine.tables import job, message, subscription

PAID = """
knows order
receive r paid order
user thanks
start>r r>thanks thanks>end
"""

#: Several may wait for the same.
SHARED = PAID.replace("receive r paid order", "receive r paid order\nmark receivers = several")


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


def test_of_two_that_may_wait_the_older_gets_the_first_message(desk: Desk) -> None:
    first = desk.start(SHARED, order="4711")
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

    assert together(claim, claim, claim) == []

    assert sorted(claims) == [False, False, True]


def test_publish_and_subscribe_at_the_same_time_never_miss_each_other(desk: Desk) -> None:
    """Two hundred races: each message has a delivery under way, whoever came first."""
    case_id = desk.start("user a\nstart>a a>end")

    for number in range(200):
        key = f"k{number}"
        assert (
            together(partial(desk.publish, "race", key, key), partial(_wait, desk, case_id, key))
            == []
        )

    deliveries = {row.key for row in desk.rows(job, job.c.kind == messages.JOB)}
    assert deliveries == {row.id for row in desk.rows(message)}
    assert len(deliveries) == 200


def _wait(desk: Desk, case_id: str, key: str) -> None:
    new = NewSubscription(activation=key, name="race", key=key)
    with desk.db.write() as connection:
        now = desk.db.now(connection)
        messages.subscribe(connection, desk.jobs, desk.all.tenant, case_id, [new], now=now)


# --- one waits alone -------------------------------------------------------------------


def test_a_second_wait_for_the_same_message_is_an_incident_until_the_first_is_over(
    desk: Desk,
) -> None:
    first = desk.start(PAID, order="4711")
    second = desk.start(order="4711")

    assert [one.code for one in desk.incidents] == ["nachricht_schon_erwartet"]
    assert first in desk.incidents[0].cause
    desk.publish("paid", "4711")
    desk.run_jobs()
    assert (desk.tasks(first), desk.tasks(second)) == (["thanks"], [])
    desk.engine.retry(desk.all, desk.incidents[0].id)
    desk.publish("paid", "4711", "2")
    desk.run_jobs()

    assert desk.tasks(second) == ["thanks"]


def test_two_parallel_waits_of_one_case_for_the_same_message_are_an_incident(desk: Desk) -> None:
    desk.start(
        "knows order\nand split\nreceive r paid order\nreceive s paid order\nuser a\nuser b\n"
        "start>split split>r split>s r>a s>b a>end b>end",
        order="4711",
    )

    assert len(desk.rows(subscription)) == 1
    assert [one.code for one in desk.incidents] == ["nachricht_schon_erwartet"]


def test_a_message_that_does_not_interrupt_is_awaited_again_alone(desk: Desk) -> None:
    desk.start(
        "knows order\nuser a\nboundary b a message paid order calm\nuser note\n"
        "start>a a>end b>note note>end",
        order="4711",
    )
    for number in ("1", "2"):
        desk.publish("paid", "4711", number)
        desk.run_jobs()

    assert sorted(desk.tasks()) == ["a", "note", "note"]
    assert desk.incidents == []


def test_of_two_steps_that_begin_to_wait_at_once_one_becomes_an_incident(desk: Desk) -> None:
    """Neither sees the other while it computes; the lock of the correlation decides."""
    desk.deploy(PAID)

    assert together(*[partial(desk.start, order="4711")] * 2) == []

    assert len(desk.rows(subscription)) == 1
    assert [one.code for one in desk.incidents] == ["nachricht_schon_erwartet"]


# --- time to live ----------------------------------------------------------------------

HOUR = timedelta(hours=1)


def test_whoever_begins_to_wait_before_it_expires_gets_a_message(desk: Desk) -> None:
    desk.publish("paid", "4711", ttl=HOUR)
    desk.clock.advance(minutes=60)

    desk.start(PAID, order="4711")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]


def test_whoever_begins_to_wait_later_does_not_and_it_stays_listed(desk: Desk) -> None:
    desk.publish("paid", "4711", ttl=HOUR)
    desk.clock.advance(minutes=61)

    desk.start(PAID, order="4711")
    desk.run_jobs()

    assert desk.tasks() == []
    (one,) = desk.engine.unwaited(desk.all)
    assert (one.name, one.key, one.has_expired) == ("paid", "4711", True)
    assert desk.messages() == ["available"]


def test_who_waited_in_time_gets_it_however_late_it_is_delivered(desk: Desk) -> None:
    """No worker ran for three days: that is not the message's fault."""
    desk.start(PAID, order="4711")
    desk.publish("paid", "4711", ttl=timedelta())

    desk.run_jobs(days=3)

    assert desk.tasks() == ["thanks"]


def test_without_a_time_to_live_a_message_waits_for_ever(desk: Desk) -> None:
    desk.publish("paid", "4711")
    desk.clock.advance(days=4000)
    assert [one.has_expired for one in desk.engine.unwaited(desk.all)] == [False]

    desk.start(PAID, order="4711")
    desk.run_jobs()

    assert desk.tasks() == ["thanks"]
    assert desk.engine.unwaited(desk.all) == []


def test_an_expired_message_does_not_stand_in_the_way_of_a_living_one(desk: Desk) -> None:
    desk.publish("paid", "4711", "old", ttl=HOUR, day=1)
    desk.clock.advance(hours=2)
    desk.publish("paid", "4711", "new", day=2)

    desk.start(PAID, order="4711")
    desk.run_jobs()

    assert {row.message_id: row.status for row in desk.rows(message)} == {
        "old": "available",
        "new": "consumed",
    }
