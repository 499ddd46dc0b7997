"""A token is moved as the forecast said, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.tables import effect, job, user_task
from laufzettel.errors import ConflictError, InputError

WHY = "Falscher Weg genommen"
THREE = "user a\nuser b\nuser c\nstart>a a>b b>c c>end"


def _told(places: Any) -> list[tuple[str, str]]:
    return [(one.what_de, one.element) for one in places]


def test_the_forecast_says_what_ends_and_begins_and_changes_nothing(desk: Desk) -> None:
    case_id = desk.start(THREE)

    seen = desk.engine.plan_move(desk.all, case_id, "a", "c")

    assert (_told(seen.ends), _told(seen.begins)) == ([("Aufgabe", "a")], [("Aufgabe", "c")])
    assert (seen.refusals_de, seen.notes_de, seen.version) == ((), (), 0)
    assert desk.tasks() == ["a"]


@pytest.mark.parametrize(("source", "target"), [("b", "a"), ("b", "c"), ("b", "b")])
def test_a_token_goes_back_and_forth_and_on_from_there(
    desk: Desk, source: str, target: str
) -> None:
    case_id = desk.start(THREE)
    desk.complete("a")
    old = desk.task("b").id

    desk.engine.move(desk.all, case_id, source, target, WHY)

    assert desk.tasks() == [target]
    assert desk.rows(user_task, user_task.c.id == old)[0].status == "cancelled"
    assert desk.is_sound()
    for element in "abc"["abc".index(target) :]:
        desk.complete(element)
    assert desk.case(case_id).status == "ended"


def test_it_is_audited_with_both_places_and_the_reason(desk: Desk) -> None:
    case_id = desk.start(THREE)
    desk.engine.move(desk.all, case_id, "a", "c", WHY)

    happened = desk.engine.timeline(desk.all, case_id)[-1]

    assert (happened.kind, happened.texts) == ("case.moved", {"reason": WHY})
    assert (happened.data["from"], happened.data["to"]) == ("a", "c")


def test_the_timer_at_the_border_ends_and_that_of_the_target_begins(desk: Desk) -> None:
    case_id = desk.start(
        "user a\nboundary t a timer P1D\nuser b\nboundary u b timer P2D\nuser late\n"
        "start>a a>b b>end t>late u>late late>end"
    )
    seen = desk.engine.plan_move(desk.all, case_id, "a", "b")
    assert _told(seen.ends) == [("Aufgabe", "a"), ("Frist", "t")]
    assert _told(seen.begins) == [("Aufgabe", "b"), ("Frist", "u")]

    desk.engine.move(desk.all, case_id, "a", "b", WHY)

    assert len(desk.rows(job)) == 1
    desk.run_jobs(days=2)
    assert desk.tasks() == ["late"]
    desk.complete("late")
    assert desk.case(case_id).status == "ended"


def test_what_a_boundary_event_began_beside_goes_on(desk: Desk) -> None:
    case_id = desk.start(
        "user a\nboundary t a timer P1D calm\nuser more\nuser b\nstart>a a>b b>end t>more more>end"
    )
    desk.run_jobs(days=1)
    assert sorted(desk.tasks()) == ["a", "more"]

    desk.engine.move(desk.all, case_id, "a", "b", WHY)

    assert sorted(desk.tasks()) == ["b", "more"]
    desk.complete("more")
    desk.complete("b")
    assert desk.case(case_id).status == "ended"


def test_a_pending_effect_is_withdrawn(desk: Desk) -> None:
    case_id = desk.start("service e lab.send\nuser a\nstart>e e>a a>end")

    desk.engine.move(desk.all, case_id, "e", "a", WHY)
    desk.run_jobs()

    assert [row.status for row in desk.rows(effect)] == ["withdrawn"]
    assert ("sent" in behaviour, desk.tasks(), desk.is_sound()) == (False, ["a"], True)


@pytest.mark.parametrize("status", ["sending", "unknown"])
def test_while_an_effect_is_on_its_way_nothing_is_moved(desk: Desk, status: str) -> None:
    case_id = desk.start("service e lab.send\nuser a\nstart>e e>a a>end")
    desk.jobs.run_due(limit=1)
    desk.write(lambda c: c.execute(sa.update(effect).values(status=status)))

    seen = desk.engine.plan_move(desk.all, case_id, "e", "a")
    assert seen.refusals_de[0].startswith("„object:1:e“ ist gerade unterwegs")
    assert not seen.is_possible
    with pytest.raises(ConflictError, match="gerade unterwegs"):
        desk.engine.move(desk.all, case_id, "e", "a", WHY)
    assert desk.tasks() == []


def test_moving_an_effect_back_sends_nothing_twice(desk: Desk) -> None:
    case_id = desk.start("service e lab.send\nuser a\nstart>e e>a a>end")
    desk.run_jobs()
    assert behaviour["sent"] == 1

    desk.engine.move(desk.all, case_id, "a", "e", WHY)
    desk.run_jobs()

    assert (behaviour["sent"], desk.tasks()) == (1, ["a"])


BOTH = "and s\nuser a\nuser b\nuser after\nand j\nstart>s s>a s>b a>j b>j j>after after>end"


def test_a_branch_whose_partner_could_not_join_any_more_stays(desk: Desk) -> None:
    case_id = desk.start(BOTH)

    with pytest.raises(ConflictError, match="Am Gateway „j“ bliebe der Vorgang für immer liegen"):
        desk.engine.move(desk.all, case_id, "a", "after", WHY)
    assert sorted(desk.tasks()) == ["a", "b"]


def test_within_its_branch_a_token_moves_and_joins(desk: Desk) -> None:
    case_id = desk.start(BOTH.replace("user b\n", "user b\nuser c\n").replace("b>j", "b>c c>j"))

    desk.engine.move(desk.all, case_id, "b", "c", WHY)
    desk.complete("a")
    desk.complete("c")

    assert desk.tasks() == ["after"]


def test_a_token_put_into_one_of_two_branches_would_starve(desk: Desk) -> None:
    case_id = desk.start("user first\n" + BOTH.replace("start>s", "start>first first>s"))

    with pytest.raises(ConflictError, match="Gateway „j“"):
        desk.engine.move(desk.all, case_id, "first", "a", WHY)


SUB = (
    "user a\nsub s\nuser b\nuser c\ns.start>b b>c c>s.end\nclose\n"
    "boundary t s timer P1D\nuser d\nstart>a a>s s>d t>end d>end"
)


def test_into_a_subprocess_it_begins_with_its_boundary(desk: Desk) -> None:
    case_id = desk.start(SUB)

    seen = desk.engine.plan_move(desk.all, case_id, "a", "c")
    assert _told(seen.begins) == [("Frist", "t"), ("Aufgabe", "c")]
    desk.engine.move(desk.all, case_id, "a", "c", WHY)

    assert (desk.tasks(), len(desk.rows(job))) == (["c"], 1)
    desk.complete("c")
    assert (desk.tasks(), desk.rows(job)) == (["d"], [])
    assert desk.is_sound()


def test_within_and_out_of_a_subprocess(desk: Desk) -> None:
    case_id = desk.start(SUB)
    desk.complete("a")

    desk.engine.move(desk.all, case_id, "b", "c", WHY)
    assert (desk.tasks(), len(desk.rows(job))) == (["c"], 1)

    seen = desk.engine.plan_move(desk.all, case_id, "c", "d")
    assert _told(seen.ends) == [("Frist", "t"), ("Aufgabe", "c")]
    desk.engine.move(desk.all, case_id, "c", "d", WHY)
    assert (desk.tasks(), desk.rows(job)) == (["d"], [])
    desk.complete("d")
    assert desk.case(case_id).status == "ended"


def test_a_subprocess_as_a_whole(desk: Desk) -> None:
    case_id = desk.start(SUB)
    desk.complete("a")

    desk.engine.move(desk.all, case_id, "s", "a", WHY)

    assert (desk.tasks(), desk.rows(job)) == (["a"], [])
    desk.complete("a")
    assert desk.tasks() == ["b"]


@pytest.mark.parametrize(
    ("source", "target", "cause"),
    [
        ("b", "a", "Bei „b“ wartet der Vorgang nicht"),
        ("a", "nirgends", "hat keinen Schritt „nirgends“"),
        ("a", "start", "kann kein Vorgang versetzt werden"),
        ("a", "t", "kann kein Vorgang versetzt werden"),
        ("a", "s.start", "kann kein Vorgang versetzt werden"),
        ("t", "d", "wartet der Vorgang nicht|am Rand"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    desk: Desk, source: str, target: str, cause: str
) -> None:
    case_id = desk.start(SUB)

    with pytest.raises(InputError, match=cause):
        desk.engine.plan_move(desk.all, case_id, source, target)


def test_an_event_at_the_border_is_no_token(desk: Desk) -> None:
    case_id = desk.start("user a\nboundary t a timer P1D\nuser b\nstart>a a>end t>b b>end")

    with pytest.raises(InputError, match="„t“ ist ein Ereignis am Rand von „a“"):
        desk.engine.plan_move(desk.all, case_id, "t", "b")


def test_an_event_gateway_is_left_and_entered_whole(desk: Desk) -> None:
    case_id = desk.start(
        "knows o\nrace g\ncatch m message paid o\ncatch t timer P1D\nuser a\n"
        "start>g g>m g>t m>a t>a a>end",
        o="1",
    )
    desk.engine.move(desk.all, case_id, "m", "a", WHY)
    assert (desk.tasks(), desk.left_behind()["subscriptions"], desk.rows(job)) == (["a"], 0, [])
    with pytest.raises(InputError, match="kann kein Vorgang versetzt werden"):
        desk.engine.plan_move(desk.all, case_id, "a", "m")

    desk.engine.move(desk.all, case_id, "a", "g", WHY)
    desk.publish("paid", "1")
    desk.run_jobs()
    assert desk.tasks() == ["a"]


def test_into_a_called_process_nothing_is_moved(desk: Desk) -> None:
    case_id = desk.start(
        "user a\ncall c other\nstart>a a>c c>end\nprocess other\nuser b\nother.start>b b>other.end"
    )
    with pytest.raises(InputError, match="„b“ liegt in „other“"):
        desk.engine.plan_move(desk.all, case_id, "a", "b")

    desk.complete("a")
    desk.engine.move(desk.all, case_id, "b", "a", WHY)
    assert desk.tasks() == ["a"]


def test_a_step_that_stands_with_an_incident_is_moved_away(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    case_id = desk.start("service s lab.fail\nuser b\nuser c\nstart>s s>b b>c c>end")
    assert len(desk.incidents) == 1

    desk.engine.move(desk.all, case_id, "s", "c", WHY)

    assert (desk.tasks(), desk.incidents, desk.is_sound()) == (["c"], [], True)


def test_a_suspended_case_is_moved_and_rests_on(desk: Desk) -> None:
    case_id = desk.start(THREE)
    desk.engine.suspend(desk.all, case_id, WHY)

    desk.engine.move(desk.all, case_id, "a", "c", WHY)

    assert (desk.tasks(), desk.case(case_id).status, desk.is_sound()) == ([], "suspended", True)
    desk.engine.resume(desk.all, case_id, WHY)
    assert desk.tasks() == ["c"]


def test_who_looked_at_an_earlier_state_is_told(desk: Desk) -> None:
    case_id = desk.start(THREE)
    seen = desk.engine.plan_move(desk.all, case_id, "a", "c").version
    desk.complete("a")
    desk.engine.move(desk.all, case_id, "b", "a", WHY)

    with pytest.raises(ConflictError, match="seit Sie ihn angesehen haben"):
        desk.engine.move(desk.all, case_id, "a", "c", WHY, seen=seen)


def test_moving_to_the_end_ends_the_case(desk: Desk) -> None:
    case_id = desk.start(THREE)

    seen = desk.engine.plan_move(desk.all, case_id, "a", "end")
    assert seen.notes_de == ("Der Vorgang wäre damit zu Ende („end“).",)
    desk.engine.move(desk.all, case_id, "a", "end", WHY)

    assert (desk.case(case_id).status, desk.is_sound()) == ("ended", True)


def test_the_forecast_tells_of_an_incident_that_would_follow(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    case_id = desk.start("user a\nuser b\nservice s lab.fail\nstart>a a>b b>s s>end")

    seen = desk.engine.plan_move(desk.all, case_id, "a", "s")

    assert seen.notes_de[0].startswith("„s“ bliebe sofort mit einer Störung stehen")
    assert _told(seen.begins) == [("angehaltener Schritt mit Störung", "s")]


PAYS = (
    "user a\nuser o\nmark duty = anordnung\nasks ok\nservice p lab.pay\nuser c\n"
    "user reject\nxor g\nknows go\nstart>a a>g g>o[go = true] g>reject* o>p p>c c>end reject>end"
)


def test_a_duty_that_payment_asks_for_does_not_lose_its_task(desk: Desk) -> None:
    case_id = desk.start(PAYS)

    with pytest.raises(ConflictError, match="„p“ verlangt „anordnung“, aber von dort aus"):
        desk.engine.move(desk.all, case_id, "a", "p", WHY)
    assert (desk.tasks(), desk.rows(effect)) == (["a"], [])

    desk.engine.move(desk.all, case_id, "a", "reject", WHY)
    assert desk.tasks() == ["reject"]
    desk.engine.move(desk.all, case_id, "reject", "o", WHY)
    assert desk.tasks() == ["o"]


def test_what_is_signed_already_may_be_gone_past(desk: Desk) -> None:
    case_id = desk.start(PAYS, go=True)
    desk.complete("a")
    desk.complete("o", ok="ja")
    desk.engine.move(desk.all, case_id, "p", "a", WHY)

    desk.engine.move(desk.all, case_id, "a", "p", WHY)
    desk.run_jobs()

    assert desk.tasks() == ["c"]


def test_who_moves_a_token_that_waits_in_vain_ends_the_incident(desk: Desk) -> None:
    """A join waits for a branch that was not taken; nothing else is open."""
    case_id = desk.start(
        "knows x\nxor g\nuser a\nuser b\nand j\nuser c\nstart>g g>a[x = 1] g>b* a>j b>j j>c c>end",
        x=1,
    )
    desk.complete("a")
    assert [one.cause for one in desk.incidents] == [
        "„j“ wartet noch auf „b“. Von dort kommt nichts mehr, und sonst ist im Vorgang nichts offen."
    ]
    assert desk.is_sound()

    desk.engine.move(desk.all, case_id, "j", "c", WHY)

    assert (desk.tasks(), desk.incidents) == (["c"], [])
    assert desk.is_sound()
    desk.complete("c")
    assert desk.case(case_id).status == "ended"


def test_an_incident_of_a_join_names_the_step_that_is_drawn(desk: Desk) -> None:
    """Behind a step with two flows stands a gateway that nobody has drawn."""
    desk.start(
        "knows x\nxor g\nuser a\nuser b\nuser c\nand j\n"
        "start>g g>a[x = 1] g>b* a>j a>c b>j j>end c>end",
        x=2,
    )

    desk.complete("b")

    (cause,) = [one.cause for one in desk.incidents]
    assert cause.startswith("„j“ wartet noch auf „a“.")
