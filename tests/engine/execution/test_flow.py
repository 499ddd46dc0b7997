"""Where tokens go: sequence, gateways, loops, ends; each case straight and reloaded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.engine.execution.lab import Lab


def test_a_sequence_waits_at_each_task_in_turn() -> None:
    case = Lab("user a\nuser b\nstart>a a>b b>end")

    assert case.waits == ["a"]
    assert case.complete("a").waits == ["b"]
    assert case.complete("b").ended
    assert case.end == "end"


@pytest.mark.parametrize(("amount", "reached"), [(1500, "high"), (500, "low"), (99, "clerk")])
def test_the_first_true_condition_decides_and_the_default_if_none_is(
    amount: int, reached: str
) -> None:
    case = Lab(
        """
        knows amount
        xor g
        user high
        user low
        user clerk
        start>g g>high[amount > 1000] g>low[amount > 100] g>clerk*
        high>end low>end clerk>end
        """,
        amount=Decimal(amount),
    )

    assert case.waits == [reached]


PARALLEL = """
and split
user a
user b
and join
user last
start>split split>a split>b a>join b>join join>last last>end
"""


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_parallel_join_waits_for_every_branch(order: str) -> None:
    case = Lab(PARALLEL)

    assert case.waits == ["a", "b"]
    assert case.complete(order[0]).waits == [order[1]]
    assert case.complete(order[1]).waits == ["last"]


INCLUSIVE = """
knows amount
or split
user a
user b
user c
or join
user last
start>split split>a[amount > 10] split>b[amount > 100] split>c*
a>join b>join c>join join>last last>end
"""


def test_an_inclusive_join_waits_for_a_started_task_of_an_earlier_branch() -> None:
    case = Lab(INCLUSIVE, amount=Decimal(500))

    assert case.waits == ["a", "b"]
    assert case.complete("b").waits == ["a"]
    assert case.complete("a").waits == ["last"]


@pytest.mark.parametrize(("amount", "first"), [(50, "a"), (1, "c")])
def test_an_inclusive_join_does_not_wait_for_branches_not_taken(amount: int, first: str) -> None:
    case = Lab(INCLUSIVE, amount=Decimal(amount))

    assert case.waits == [first]
    assert case.complete(first).waits == ["last"]


def test_an_inclusive_join_goes_on_when_a_branch_ends_elsewhere() -> None:
    case = Lab(
        """
        knows amount
        or split
        user a
        user b
        asks ok
        xor g
        stop gone
        or join
        user last
        start>split split>a[amount > 10] split>b[amount > 100] split>gone* a>join
        b>g g>join[ok = "ja"] g>gone* join>last last>end
        """,
        amount=Decimal(500),
    )

    assert case.complete("a").waits == ["b"]
    assert case.complete("b", ok="nein").waits == ["last"]


def test_two_flows_out_of_a_task_are_two_tokens() -> None:
    case = Lab("user a\nuser b\nuser c\nstart>a a>b a>c b>end c>end")

    assert case.complete("a").waits == ["b", "c"]
    assert not case.complete("b").ended
    assert case.complete("c").ended


def test_a_loop_comes_back_to_the_same_task_with_a_new_activation() -> None:
    case = Lab('user a\nasks ok\nxor g\nstart>a a>g g>end[ok = "ja"] g>a*')
    first = case.activation("a")

    assert case.complete("a", ok="nein").waits == ["a"]
    assert case.activation("a") != first
    assert case.complete("a", ok="ja").ended


def test_a_terminate_end_takes_back_every_other_wait() -> None:
    case = Lab(
        """
        and split
        user a
        user b
        stop over terminate
        start>split split>a split>b a>over b>end
        """
    )

    case.complete("a")

    assert case.ended
    assert [kind for _, kind in case.changes.gone] == ["user", "user"]


def test_a_terminate_end_in_a_subprocess_ends_only_the_subprocess() -> None:
    case = Lab(
        """
        sub s
        and split
        user a
        user b
        stop over terminate
        s.start>split split>a split>b a>over b>s.end
        close
        user last
        start>s s>last last>end
        """
    )

    assert case.complete("a").waits == ["last"]


def test_what_opens_and_is_terminated_in_one_step_is_never_offered() -> None:
    case = Lab(
        """
        and split
        user a
        script s x = 1
        stop over terminate
        start>split split>a split>s a>end s>over
        """
    )

    assert case.ended
    assert (case.changes.tasks, case.changes.gone) == ([], [])


def test_a_link_leads_to_its_other_half() -> None:
    case = Lab("throw there link x\ncatch here link x\nuser a\nstart>there here>a a>end")

    assert case.waits == ["a"]


def test_a_long_step_stops_at_its_bound_and_goes_on_by_a_job() -> None:
    scripts = "\n".join(f"script s{number} n = {number}" for number in range(280))
    flows = " ".join(f"s{number}>s{number + 1}" for number in range(279))
    called = f"process other\n{scripts}\nother.start>s0 {flows} s279>other.end"
    case = Lab(f"call c other up\ncall d other up\nstart>c c>d d>end\n{called}")

    assert case.changes.unfinished
    assert not case.go_on().changes.unfinished
    assert case.ended
    assert case.variables == {"n": Decimal(279)}
