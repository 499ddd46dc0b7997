"""A suspended case asks nobody, moves by nothing, loses nothing, and goes on in order."""

from __future__ import annotations

import pytest
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.tables import draft, effect, job, subscription, task_offer, user_task
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import system

ONE = "user a\nuser b\nstart>a a>b b>end"


def _kinds(desk: Desk, case_id: str) -> list[str]:
    return [one.kind for one in desk.engine.timeline(desk.all, case_id)]


def test_its_tasks_are_hidden_and_come_back_with_claim_and_draft(desk: Desk) -> None:
    case_id = desk.start(ONE)
    task = desk.task("a")
    desk.engine.claim(desk.person("yilmaz"), task.id)
    desk.engine.save_draft(desk.person("yilmaz"), task.id, {"note": "halb"})

    desk.engine.suspend(desk.all, case_id, "Anzeige bei der Polizei")

    assert desk.tasks() == []
    assert desk.engine.task(desk.all, task.id).task.status == "suspended"
    assert desk.case(case_id).status == "suspended"
    assert desk.is_sound()

    desk.engine.resume(desk.all, case_id, "Verfahren eingestellt")

    assert desk.tasks() == ["a"]
    assert desk.task("a").assignee == "yilmaz"
    assert [row.values["note"] for row in desk.rows(draft)] == ["halb"]
    assert desk.is_sound()


def test_its_offers_to_further_groups_go_and_come_back(desk: Desk) -> None:
    case_id = desk.start('user a =["kasse", "bauamt"]\nstart>a a>end')
    assert len(desk.rows(task_offer)) == 1

    desk.engine.suspend(desk.all, case_id, "Prüfung")
    assert desk.rows(task_offer) == []

    desk.engine.resume(desk.all, case_id, "fertig")
    assert [row.recipient for row in desk.rows(task_offer)] == ["group:bauamt"]
    assert desk.is_sound()


def test_the_person_at_the_task_is_told_that_it_rests(desk: Desk) -> None:
    case_id = desk.start(ONE)
    task_id = desk.task("a").id
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    with pytest.raises(ConflictError, match="„a“ ruht: der Betrieb hat den Vorgang angehalten"):
        desk.engine.complete(desk.person("yilmaz"), task_id, {})


def test_reason_and_person_are_kept_in_the_audit(desk: Desk) -> None:
    case_id = desk.start(ONE)
    desk.engine.suspend(desk.all, case_id, "  Anzeige  bei der Polizei ")

    happened = desk.engine.timeline(desk.all, case_id)[-1]

    assert (happened.kind, happened.actor) == ("case.suspended", "system")
    assert happened.texts == {"reason": "Anzeige bei der Polizei"}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_without_a_fit_reason_nothing_happens(desk: Desk, reason: str) -> None:
    case_id = desk.start(ONE)

    with pytest.raises(InputError, match="Grund"):
        desk.engine.suspend(desk.all, case_id, reason)
    assert desk.tasks() == ["a"]


def test_only_operators_may(desk: Desk) -> None:
    case_id = desk.start(ONE)

    with pytest.raises(ForbiddenError):
        desk.engine.suspend(desk.person("yilmaz"), case_id, "Prüfung")
    with pytest.raises(NotFoundError):
        desk.engine.suspend(system("anderswo"), case_id, "Prüfung")


def test_twice_is_refused_by_name_and_so_is_resuming_what_runs(desk: Desk) -> None:
    case_id = desk.start(ONE)

    with pytest.raises(ConflictError, match="nicht angehalten"):
        desk.engine.resume(desk.all, case_id, "weiter")
    desk.engine.suspend(desk.all, case_id, "Prüfung")
    with pytest.raises(ConflictError, match="schon angehalten"):
        desk.engine.suspend(desk.all, case_id, "Prüfung")


def test_a_timer_waits_and_fires_once_when_the_case_goes_on(desk: Desk) -> None:
    case_id = desk.start("user a\nboundary t a timer P1D\nuser late\nstart>a a>end t>late late>end")
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    desk.run_jobs(days=3)
    assert [row.status for row in desk.rows(user_task)] == ["suspended"]
    assert desk.is_sound()

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()
    assert desk.tasks() == ["late"]
    assert desk.rows(job) == []


def test_a_timer_that_is_not_due_yet_keeps_its_day(desk: Desk) -> None:
    case_id = desk.start("user a\nboundary t a timer P3D\nuser late\nstart>a a>end t>late late>end")
    desk.engine.suspend(desk.all, case_id, "Prüfung")
    desk.run_jobs(days=1)
    desk.engine.resume(desk.all, case_id, "weiter")

    desk.run_jobs(days=1)
    assert desk.tasks() == ["a"]
    desk.run_jobs(days=1)
    assert desk.tasks() == ["late"]


def test_what_came_up_meanwhile_happens_in_the_order_in_which_it_came(desk: Desk) -> None:
    """The later timer is the earlier in the table's own order of keys."""
    case_id = desk.start(
        "user a\nboundary t2 a timer P2D calm\nboundary t1 a timer P1D calm\n"
        "user second\nuser first\nstart>a a>end t2>second t1>first second>end first>end"
    )
    desk.engine.suspend(desk.all, case_id, "Prüfung")
    for _ in range(3):
        desk.run_jobs(days=1)

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()

    made = desk.rows(user_task, user_task.c.element != "a")
    assert [row.element for row in sorted(made, key=lambda row: row.id)] == ["first", "second"]


def test_a_message_stays_available_and_is_delivered_afterwards(desk: Desk) -> None:
    case_id = desk.start("knows o\nreceive r paid o\nuser a\nstart>r r>a a>end", o="4711")
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    assert desk.publish("paid", "4711", amount=1)
    desk.run_jobs()
    assert desk.messages() == ["available"]
    assert desk.is_sound()

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()
    assert (desk.messages(), desk.tasks()) == (["consumed"], ["a"])


def test_a_message_on_its_way_waits_when_the_case_is_suspended_before_it_arrives(
    desk: Desk,
) -> None:
    case_id = desk.start("knows o\nreceive r paid o\nuser a\nstart>r r>a a>end", o="4711")
    desk.publish("paid", "4711")
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    desk.run_jobs()
    assert desk.messages() == ["available"]

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()
    assert desk.tasks() == ["a"]


def test_another_case_that_waits_for_the_same_gets_the_message(desk: Desk) -> None:
    model = "knows o\nreceive r paid o\nmark receivers = several\nuser a\nstart>r r>a a>end"
    first = desk.start(model, key="object:1", o="4711")
    second = desk.start(model, key="object:2", o="4711")
    desk.engine.suspend(desk.all, first, "Prüfung")

    desk.publish("paid", "4711")
    desk.run_jobs()

    assert desk.tasks(second) == ["a"]
    assert len(desk.rows(subscription)) == 1
    assert desk.is_sound()


def test_an_effect_goes_out_but_its_result_waits(desk: Desk) -> None:
    case_id = desk.start("service e lab.send\nuser a\nstart>e e>a a>end")
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    desk.run_jobs()
    assert behaviour["sent"] == 1
    assert [row.status for row in desk.rows(effect)] == ["done"]
    assert desk.rows(user_task) == []
    assert desk.is_sound()

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()
    assert desk.tasks() == ["a"]


def test_work_is_not_begun_and_what_was_begun_waits_with_its_result(desk: Desk) -> None:
    case_id = desk.start("service w lab.slow\nuser a\nstart>w w>a a>end")
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    desk.run_jobs()
    assert "attempts" not in behaviour

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()
    assert (behaviour["attempts"], desk.tasks()) == (1, ["a"])


def test_a_long_step_stops_between_its_parts(desk: Desk) -> None:
    scripts = "\n".join(f"script s{number} n = {number}" for number in range(280))
    flows = " ".join(f"s{number}>s{number + 1}" for number in range(279))
    called = f"process other\n{scripts}\nother.start>s0 {flows} s279>other.end"
    case_id = desk.start(
        f"call c other up\ncall d other up\nuser a\nstart>c c>d d>a a>end\n{called}"
    )
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    desk.run_jobs()
    assert desk.rows(user_task) == []
    desk.engine.resume(desk.all, case_id, "weiter")
    desk.run_jobs()
    assert desk.tasks() == ["a"]


def test_an_ended_case_is_not_suspended(desk: Desk) -> None:
    case_id = desk.start("pass p\nstart>p p>end")

    with pytest.raises(ConflictError, match="schon beendet"):
        desk.engine.suspend(desk.all, case_id, "Prüfung")


def test_a_suspended_case_can_be_ended(desk: Desk) -> None:
    case_id = desk.start("user a\nboundary t a timer P1D\nstart>a a>end t>end")
    desk.engine.suspend(desk.all, case_id, "Prüfung")
    desk.run_jobs(days=2)

    desk.engine.cancel(desk.all, case_id, "Erledigt sich")

    assert desk.case(case_id).status == "cancelled"
    assert _kinds(desk, case_id)[-2:] == ["case.suspended", "case.cancelled"]
    assert (desk.rows(job), desk.is_sound()) == ([], True)


def test_a_retry_in_a_suspended_case_waits_for_its_end(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    case_id = desk.start("service s lab.fail\nuser b\nstart>s s>b b>end")
    behaviour.clear()
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    with pytest.raises(ConflictError, match="angehalten"):
        desk.engine.retry(desk.all, desk.incidents[0].id)

    desk.engine.resume(desk.all, case_id, "weiter")
    desk.engine.retry(desk.all, desk.incidents[0].id)
    assert desk.tasks() == ["b"]
