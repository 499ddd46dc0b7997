"""Calls whose cases are their own: begun, counted, collected, ended with their caller."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.test_inner_on_databases import NOTHING, deploy

from laufzettel.engine.tables import case, own_call
from laufzettel.engine.work.invariants import breaches
from laufzettel.errors import NotFoundError
from laufzettel.identity import Actor, Right

CALLING = """
knows: [units]
ask: {is: call inner, each: unit of units, in: {name: unit}, out: {verdict: given},
      collects: answers = verdict}
flows: [start > ask > end]
called:
  inner:
    properties: {"laufzettel:case": own}
    knows: [name]
    look: {is: user, asks: [said]}
    put: script given = name + said
    flows: [i_start > look > put > i_end]
"""
ONE_BY_ONE = CALLING.replace("each: unit of units,", "each: unit of units, in_turn: true,")


def called(desk: Desk) -> list[Any]:
    """The called cases in the order of the items."""
    rows = desk.rows(case, case.c.parent_case.is_not(None))
    return sorted(rows, key=lambda row: int(row.parent_number))


def say(desk: Desk, case_id: str, said: str) -> None:
    task = desk.task("look", case_id)
    desk.engine.complete(desk.person("yilmaz"), task.id, {"said": said})


def prove(desk: Desk) -> None:
    with desk.db.read() as connection:
        assert breaches(connection, TENANT, kinds=desk.jobs.kinds) == []


def test_each_item_is_a_case_and_the_results_keep_the_order_of_the_items(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=["a", "b", "c"])
    desk.run_jobs()
    first, second, third = called(desk)
    assert [row.business_key for row in called(desk)] == ["object:1/1", "object:1/2", "object:1/3"]
    assert {row.duty_scope for row in called(desk)} == {"object:1"}
    prove(desk)

    say(desk, third.id, "3")
    say(desk, first.id, "1")
    desk.run_jobs()
    assert desk.case(caller).status == "open"
    prove(desk)
    say(desk, second.id, "2")
    desk.run_jobs()

    assert desk.case(caller).result["variables"]["answers"] == ["a1", "b2", "c3"]
    assert [row.status for row in desk.rows(own_call)] == ["done"]
    assert desk.left_behind() == NOTHING
    prove(desk)


def test_a_called_case_is_as_confidential_as_its_caller_and_about_the_same(desk: Desk) -> None:
    """Else its variables would be told to everybody, and its signatures had no limit."""
    deploy(desk, CALLING)
    caller = desk.start(units=["a"])
    about = {"subject": "Hilfe zur Pflege", "party": "E. Muster", "unit": "50"}
    money = {"amount": Decimal("746.13"), "currency": "EUR"}
    desk.write(lambda c: c.execute(sa.update(case).values(confidential=True, **about, **money)))

    desk.run_jobs()

    (made,) = called(desk)
    operator = Actor(tenant=TENANT, machine="operator", rights=frozenset({Right.OPERATE}))
    assert desk.engine.cases(operator) == []
    with pytest.raises(NotFoundError):
        desk.engine.variables(operator, made.id)
    assert {name: getattr(made, name) for name in (*about, *money)} == about | money
    task = desk.task("look", made.id)
    assert (task.amount, task.unit, task.confidential) == (Decimal("746.13"), "50", True)
    assert desk.case(caller).confidential


def test_the_drawing_of_a_called_case_is_that_of_its_own_process(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=["a"])
    desk.run_jobs()

    drawn = desk.engine.drawing(desk.all, called(desk)[0].id)

    assert (drawn.process, drawn.states["look"]) == ("inner", "active")
    assert desk.engine.drawing(desk.all, caller).process == "main"


def test_in_turn_the_next_case_begins_when_the_one_before_has_ended(desk: Desk) -> None:
    deploy(desk, ONE_BY_ONE)
    caller = desk.start(units=["a", "b"])
    desk.run_jobs()
    assert len(called(desk)) == 1

    say(desk, called(desk)[0].id, "1")
    desk.run_jobs()
    assert len(called(desk)) == 2
    say(desk, called(desk)[1].id, "2")
    desk.run_jobs()

    assert desk.case(caller).result["variables"]["answers"] == ["a1", "b2"]


THROWING = """
knows: [units]
ask: {is: call inner, each: unit of units, in: {name: unit}}
broken: boundary ask error E1
mend: user
flows: [start > ask > end, broken > mend > end]
called:
  inner:
    properties: {"laufzettel:case": own}
    knows: [name]
    look: {is: user, asks: [said]}
    g: xor
    beside: user
    fork: and
    over: end error E1
    flows:
      - i_start > fork
      - fork > look > g
      - fork > beside > i_end
      - g > over if said = "no"
      - g > i_end otherwise
"""


def test_an_error_of_one_called_case_reaches_the_callers_boundary_and_ends_the_others(
    desk: Desk,
) -> None:
    deploy(desk, THROWING)
    caller = desk.start(units=["a", "b", "c"])
    desk.run_jobs()
    first, second, third = called(desk)

    say(desk, second.id, "no")
    desk.run_jobs()

    assert desk.tasks() == ["mend"]
    assert desk.case(second.id).result["error"]["code"] == "E1"
    assert desk.case(second.id).status == "ended"
    assert [desk.case(one.id).status for one in (first, third)] == ["cancelled", "cancelled"]
    prove(desk)
    desk.complete("mend")
    assert desk.case(caller).status == "ended"


def test_an_error_that_the_caller_does_not_catch_can_be_tried_again(desk: Desk) -> None:
    deploy(desk, THROWING.replace("error E1\nmend", "error E2\nmend"))
    caller = desk.start(units=["a"])
    desk.run_jobs()
    say(desk, called(desk)[0].id, "no")
    desk.run_jobs()
    [stopped] = desk.incidents
    assert (stopped.case_id, stopped.code) == (caller, "fehler_nicht_aufgefangen")
    prove(desk)

    desk.engine.retry(desk.all, stopped.id)
    desk.run_jobs()
    again = desk.task("look").case_id
    assert desk.case(again).parent_case == caller
    say(desk, again, "yes")
    desk.engine.complete(desk.person("yilmaz"), desk.task("beside", again).id, {})
    desk.run_jobs()

    assert desk.case(caller).status == "ended"
    assert desk.left_behind() == NOTHING


def test_no_item_is_no_case(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=[])
    desk.run_jobs()

    assert desk.case(caller).result["variables"]["answers"] == []
    assert called(desk) == []


def test_more_items_than_one_case_may_hold_are_cases(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=[str(number) for number in range(201)])

    desk.run_jobs()

    assert len(called(desk)) == 201
    assert desk.left_behind()["tasks"] == 201
    assert len(desk.case(caller).state) < 4_000


def test_ending_the_caller_ends_what_it_has_called(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=["a", "b"])
    desk.run_jobs()

    desk.engine.cancel(desk.all, caller, "Zu viel bestellt")
    desk.run_jobs()

    assert [row.status for row in called(desk)] == ["cancelled", "cancelled"]
    assert desk.left_behind() == NOTHING
    prove(desk)


def test_a_called_case_that_a_person_ends_leaves_nothing_and_holds_up_nobody(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=["a", "b"])
    desk.run_jobs()
    first, second = called(desk)

    desk.engine.cancel(desk.all, first.id, "Doppelt")
    say(desk, second.id, "2")
    desk.run_jobs()

    assert desk.case(caller).result["variables"]["answers"] == [None, "b2"]


def test_the_last_to_end_lets_the_caller_go_on_whoever_it_is(desk: Desk) -> None:
    deploy(desk, CALLING)
    caller = desk.start(units=["a", "b"])
    desk.run_jobs()
    for row, said in zip(called(desk), "12", strict=True):
        say(desk, row.id, said)

    desk.run_jobs()

    assert desk.case(caller).result["variables"]["answers"] == ["a1", "b2"]


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_boundary_event_ends_the_called_cases(desk: Desk, interrupted: bool) -> None:
    model = CALLING.replace(
        "flows: [start > ask > end]\n",
        "late: boundary ask timer P3D\nmend: user\nflows: [start > ask > end, late > mend > end]\n",
    )
    deploy(desk, model)
    caller = desk.start(units=["a"])
    desk.run_jobs()
    if not interrupted:
        say(desk, called(desk)[0].id, "1")
        desk.run_jobs(days=4)
        assert desk.case(caller).status == "ended"
        return

    desk.run_jobs(days=4)

    assert desk.tasks() == ["mend"]
    assert called(desk)[0].status == "cancelled"
    prove(desk)


def test_a_long_business_key_of_the_caller_leaves_room_for_the_number(desk: Desk) -> None:
    deploy(desk, CALLING)
    desk.start(units=["a", "b"], key="k" * 100)

    desk.run_jobs()

    assert [row.business_key for row in called(desk)] == ["k" * 98 + "/1", "k" * 98 + "/2"]
    assert desk.incidents == []
