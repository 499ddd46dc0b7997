"""Events: boundary events, event gateways, messages, errors; straight and reloaded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.engine.execution.lab import Lab


def test_an_interrupting_timer_takes_the_task_back() -> None:
    case = Lab("user a\nboundary b a timer P3D\nuser late\nstart>a a>end b>late late>end")

    assert case.waits == ["a", "b"]
    assert case.changes.timers[0].due == datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert case.fire("b").waits == ["late"]
    assert [kind for _, kind in case.changes.gone] == ["user", "timer"]


def test_a_non_interrupting_timer_leaves_the_task_where_it_is() -> None:
    case = Lab("user a\nboundary b a timer P3D calm\nuser more\nstart>a a>end b>more more>end")

    assert case.fire("b").waits == ["a", "more"]
    assert case.complete("a").waits == ["more"]
    assert case.complete("more").ended


def test_completing_the_task_takes_back_its_timer() -> None:
    case = Lab("user a\nboundary b a timer P3D\nuser late\nstart>a a>end b>late late>end")

    assert case.complete("a").ended
    assert [kind for _, kind in case.changes.gone] == ["user", "timer"]


def test_a_boundary_message_interrupts() -> None:
    case = Lab(
        """
        knows order
        user a
        boundary b a message stopped order
        mark variables = reason
        out why = reason
        user late
        start>a a>end b>late late>end
        """,
        order="4711",
    )

    assert case.changes.subscriptions[0].key == "4711"
    assert case.fire("b", reason="falsch").waits == ["late"]
    assert case.variables["why"] == "falsch"


def test_a_non_interrupting_message_is_awaited_once_more_after_each() -> None:
    case = Lab(
        """
        knows order
        user a
        boundary b a message note order calm
        user read
        start>a a>end b>read read>end
        """,
        order="4711",
    )

    assert sorted(case.fire("b").waits) == ["a", "b", "read"]
    assert sorted(case.fire("b").waits) == ["a", "b", "read", "read"]


RACE = """
knows order
race g
catch paid message paid order
catch late timer P30D
user thanks
user remind
start>g g>paid g>late paid>thanks late>remind thanks>end remind>end
"""


@pytest.mark.parametrize(("event", "reached"), [("paid", "thanks"), ("late", "remind")])
def test_the_first_event_behind_an_event_gateway_wins(event: str, reached: str) -> None:
    case = Lab(RACE, order="4711")

    assert case.waits == ["paid", "late"]
    assert case.fire(event).waits == [reached]
    assert sorted(kind for _, kind in case.changes.gone) == ["message", "timer"]


def test_of_two_timers_behind_an_event_gateway_each_can_fire() -> None:
    model = """
    race g
    catch soon timer PT1M
    catch late timer P30D
    user a
    user b
    start>g g>late g>soon soon>a late>b a>end b>end
    """

    assert Lab(model).fire("soon").waits == ["a"]
    assert Lab(model).fire("late").waits == ["b"]
    assert [str(timer.due) for timer in Lab(model).changes.timers] == [
        "2026-12-23 08:00:00+00:00",
        "2026-11-23 08:01:00+00:00",
    ]


@pytest.mark.parametrize("kind", ["receive", "catch"])
def test_a_message_is_awaited_by_name_and_key(kind: str) -> None:
    event = "paid order" if kind == "receive" else "message paid order"
    case = Lab(
        f"knows order\n{kind} c {event}\nmark variables = day\nout paid_on = day\nstart>c c>end",
        order="4711",
    )

    subscription = case.changes.subscriptions[0]
    assert (subscription.name, subscription.key) == ("paid", "4711")
    assert case.fire("c", day="2026-11-24").ended
    assert case.variables == {"order": "4711", "paid_on": "2026-11-24"}


@pytest.mark.parametrize("key", ["", None, "x" * 201])
def test_a_key_that_is_no_text_of_good_length_holds_the_token(key: str | None) -> None:
    case = Lab("knows order\nreceive c paid order\nstart>c c>end", order=key)

    assert case.causes == ["Der Korrelationsschlüssel „order“ ist kein Text von 1 bis 200 Zeichen."]


def test_a_thrown_message_carries_its_inputs() -> None:
    case = Lab(
        "knows order\nthrow t message paid order\nin amount = 5\nstart>t t>end", order="4711"
    )

    thrown = case.changes.messages[0]
    assert (thrown.name, thrown.key, thrown.payload) == (
        "paid",
        "4711",
        {"amount": {"$": "n", "v": "5"}},
    )
    assert case.ended


ERRORS = """
service w lab.slow
boundary own w error KEIN_KONTO
boundary any w error
user mine
user other
start>w w>end own>mine any>other mine>end other>end
"""


@pytest.mark.parametrize(("code", "reached"), [("KEIN_KONTO", "mine"), ("SONST", "other")])
@pytest.mark.parametrize("swapped", [False, True], ids=["own-first", "any-first"])
def test_an_error_goes_to_its_own_code_before_any_code(
    code: str, reached: str, swapped: bool
) -> None:
    lines = ERRORS.strip().splitlines()
    if swapped:
        lines[1], lines[2] = lines[2], lines[1]
    case = Lab("\n".join(lines))

    assert case.fail("w", code).waits == [reached]


def test_an_error_of_an_inline_handler_reaches_the_boundary() -> None:
    case = Lab(
        """
        service s lab.raise
        in code = "KEIN_KONTO"
        boundary b s error KEIN_KONTO
        user late
        start>s s>end b>late late>end
        """
    )

    assert (case.waits, case.changes.troubles) == (["late"], [])


SUBPROCESS = """
sub s
user a
asks ok
xor g
stop refused error NEIN
s.start>a a>g g>s.end[ok = "ja"] g>refused*
close
boundary b s error{code}
user late
start>s s>end b>late late>end
"""


@pytest.mark.parametrize("code", [" NEIN", ""], ids=["own code", "any code"])
def test_an_error_end_event_in_a_subprocess_reaches_its_boundary(code: str) -> None:
    case = Lab(SUBPROCESS.format(code=code))

    assert case.complete("a", ok="nein").waits == ["late"]
    assert case.scopes == 1


def test_an_error_end_event_in_a_called_process_reaches_the_call() -> None:
    case = Lab(
        """
        call c other
        boundary b c error NEIN
        user late
        start>c c>end b>late late>end
        process other
        user a
        stop refused error NEIN
        other.start>a a>refused
        """
    )

    assert case.complete("a").waits == ["late"]


def test_an_error_nobody_catches_holds_the_token_until_it_is_retried() -> None:
    case = Lab("service w lab.slow\nstart>w w>end").fail("w", "SONST")

    assert case.causes == ["Der Fehler „SONST“ wird vom Modell nicht aufgefangen: Nein."]
    assert case.retry("w").waits == ["w"]
    assert case.changes.work[0].handler == "lab.slow"
    assert case.complete("w", answer="ja").ended


def test_an_interrupted_subprocess_takes_back_what_waits_inside() -> None:
    case = Lab(
        """
        sub s
        user a
        boundary t a timer P1D
        s.start>a a>s.end t>s.end
        close
        boundary b s timer P3D
        user late
        start>s s>end b>late late>end
        """
    )

    assert sorted(case.waits) == ["a", "b", "t"]
    assert case.fire("b").waits == ["late"]
    assert case.scopes == 1
