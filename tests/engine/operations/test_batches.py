"""Many at once: each item exactly once, in small portions, with its outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.api import BatchKind, Selection
from laufzettel.engine.operations import batch_run
from laufzettel.engine.operations.cases import CaseActs
from laufzettel.engine.tables import audit_event, job
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import system

ONE = "knows n\nuser a\nuser b\nstart>a a>b b>end"
MAIN = Selection(process="main")
WHY = "Umstellung"


def _cases(desk: Desk, number: int, model: str = ONE, **variables: Any) -> list[str]:
    desk.deploy(model)
    return [desk.start(key=f"object:{at}", **variables) for at in range(number)]


def _counts(desk: Desk, batch_id: str) -> tuple[str, int, int, int, int]:
    one = desk.engine.batch(desk.all, batch_id)
    return (str(one.status), one.total, one.done, one.refused, one.failed)


def test_all_that_fit_are_done_by_a_job_in_portions(desk: Desk) -> None:
    cases = _cases(desk, 23)

    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)
    assert _counts(desk, batch_id) == ("running", 23, 0, 0, 0)
    desk.jobs.run_due(limit=1)
    assert _counts(desk, batch_id) == ("running", 23, 10, 0, 0)
    desk.run_jobs()

    assert _counts(desk, batch_id) == ("done", 23, 23, 0, 0)
    assert {desk.case(one).status for one in cases} == {"suspended"}
    assert (desk.rows(job), desk.is_sound()) == ([], True)


def test_what_is_refused_says_why_and_the_others_go_on(desk: Desk) -> None:
    cases = _cases(desk, 3)
    desk.engine.suspend(desk.all, cases[1], "schon vorher")

    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)
    desk.run_jobs()

    assert _counts(desk, batch_id) == ("done", 3, 2, 1, 0)
    refused = desk.engine.batch_items(desk.all, batch_id, "refused")  # type: ignore[arg-type]
    assert [(one.subject, one.text_de) for one in refused] == [
        (cases[1], "Der Vorgang ist schon angehalten.")
    ]


@pytest.mark.parametrize(
    ("kind", "params", "status", "tasks"),
    [
        (BatchKind.CANCEL, {}, "cancelled", []),
        (BatchKind.MOVE, {"source": "a", "target": "b"}, "open", ["b", "b"]),
        (BatchKind.EDIT, {"name": "n", "value": "5"}, "open", ["a", "a"]),
    ],
)
def test_every_kind_does_its_act(
    desk: Desk, kind: BatchKind, params: dict[str, str], status: str, tasks: list[str]
) -> None:
    cases = _cases(desk, 2)

    batch_id = desk.engine.order_batch(desk.all, kind, MAIN, WHY, params)
    desk.run_jobs()

    assert _counts(desk, batch_id) == ("done", 2, 2, 0, 0)
    assert [desk.case(one).status for one in cases] == [status] * 2
    assert desk.tasks() == tasks
    reasons = [desk.engine.timeline(desk.all, one)[-1].texts["reason"] for one in cases]
    assert reasons == [WHY] * 2


def test_suspended_ones_are_found_by_their_status_and_resumed(desk: Desk) -> None:
    cases = _cases(desk, 3)
    for one in cases[:2]:
        desk.engine.suspend(desk.all, one, WHY)

    desk.engine.order_batch(desk.all, BatchKind.RESUME, Selection(status="suspended"), WHY)
    desk.run_jobs()

    assert desk.tasks() == ["a", "a", "a"]


def test_cases_of_a_version_are_migrated_and_previewed_before(desk: Desk) -> None:
    _cases(desk, 3)
    desk.complete("a")
    new = desk.deploy("knows n\nuser a\nuser c\nstart>a a>c c>end").bundle_id
    late = desk.start(key="object:late")
    wanted, params = Selection(process="main", version=1), {"bundle_id": new}

    seen = desk.engine.preview_batch(desk.all, BatchKind.MIGRATE, wanted, params)
    assert (seen.total, seen.looked_at, seen.possible) == (3, 3, 2)
    assert [text[:32] for text in seen.refusals_de] == ["Für „b“, wo der Vorgang wartet, "]

    batch_id = desk.engine.order_batch(desk.all, BatchKind.MIGRATE, wanted, WHY, params)
    desk.run_jobs()
    assert _counts(desk, batch_id) == ("done", 3, 2, 1, 0)
    assert desk.case(late).bundle_id == new


def test_incidents_are_tried_again_by_code_and_element(desk: Desk) -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    model = "service s lab.fail\nuser b\nstart>s s>b b>end"
    _cases(desk, 1, model)
    behaviour["fail"] = NotFoundError("weg")
    other = desk.start(key="object:other")
    assert sorted(one.code for one in desk.incidents) == ["auftrag_gescheitert", "programmfehler"]
    behaviour.clear()
    wanted = Selection(code="auftrag_gescheitert", element="s")

    desk.engine.order_batch(desk.all, BatchKind.RETRY, wanted, WHY)
    desk.run_jobs()

    assert [one.code for one in desk.incidents] == ["programmfehler"]
    assert desk.tasks(other) == ["b"]


def test_a_killed_portion_goes_on_and_does_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program dies behind the fourth commit; the job is due again after its lease."""
    cases = _cases(desk, 12)
    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)
    suspend, done = CaseActs.suspend, list[str]()

    def dying(self: CaseActs, act: Any) -> None:
        suspend(self, act)
        done.append(act.case_id)
        if len(done) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(CaseActs, "suspend", dying)
    with pytest.raises(KeyboardInterrupt):
        desk.jobs.run_due()
    assert _counts(desk, batch_id) == ("running", 12, 4, 0, 0)

    desk.run_jobs(minutes=3)

    assert _counts(desk, batch_id) == ("done", 12, 12, 0, 0)
    assert sorted(done) == sorted(cases)
    assert len(desk.rows(audit_event, audit_event.c.kind == "case.suspended")) == 12


def test_the_command_line_may_work_beside_the_job(desk: Desk) -> None:
    _cases(desk, 25)
    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)

    while desk.engine.advance_batch(desk.all, batch_id).pending:
        desk.jobs.run_due(limit=1)
    desk.run_jobs()

    assert _counts(desk, batch_id) == ("done", 25, 25, 0, 0)
    assert len(desk.rows(audit_event, audit_event.c.kind == "case.suspended")) == 25


def test_a_bug_in_one_item_is_told_and_holds_up_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = _cases(desk, 2)
    suspend = CaseActs.suspend

    def broken(self: CaseActs, act: Any) -> None:
        if act.case_id == cases[0]:
            raise ZeroDivisionError
        suspend(self, act)

    monkeypatch.setattr(CaseActs, "suspend", broken)
    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)
    desk.run_jobs()

    assert _counts(desk, batch_id) == ("done", 2, 1, 0, 1)
    assert desk.engine.batch_items(desk.all, batch_id)[0].text_de.startswith("Programmfehler")


def test_stopped_it_leaves_undone_what_was_pending(desk: Desk) -> None:
    _cases(desk, 15)
    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)
    desk.jobs.run_due(limit=1)

    desk.engine.stop_batch(desk.all, batch_id, "war falsch")
    desk.run_jobs()

    assert _counts(desk, batch_id) == ("stopped", 15, 10, 0, 0)
    assert len(desk.tasks()) == 5
    with pytest.raises(ConflictError, match="schon zu Ende"):
        desk.engine.stop_batch(desk.all, batch_id, "noch einmal")


def test_ordinary_work_of_the_tenant_comes_first_and_others_have_their_turn(desk: Desk) -> None:
    _cases(desk, 30)
    desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)
    desk.deploy("service w lab.slow\nuser a\nstart>w w>a a>end")
    desk.start(key="object:new")

    desk.jobs.run_due(limit=1)

    assert behaviour["attempts"] == 1


def test_order_and_end_are_in_the_audit_with_the_person(desk: Desk) -> None:
    _cases(desk, 2)
    boss = replace(desk.all, person="brandt")
    desk.engine.order_batch(boss, BatchKind.SUSPEND, MAIN, WHY)
    desk.run_jobs()

    told = desk.engine.timeline(desk.all, batch_run.STREAM)

    assert [(one.kind, one.actor) for one in told] == [
        ("batch.ordered", "brandt"),
        ("batch.ended", "brandt"),
    ]
    assert told[0].texts == {"reason": WHY}
    assert (told[1].data["done"], told[1].data["refused"]) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "wanted", "params", "cause"),
    [
        (BatchKind.SUSPEND, Selection(), {}, "„alle“ gibt es nicht"),
        (BatchKind.SUSPEND, Selection(process="fremd"), {}, "Dazu passt nichts"),
        (BatchKind.MOVE, MAIN, {"source": "a"}, "fehlt: target"),
        (BatchKind.EDIT, MAIN, {"name": "n", "value": "1 +"}, "nicht lesbar"),
        (BatchKind.MIGRATE, MAIN, {}, "fehlt: bundle_id"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(
    desk: Desk, kind: BatchKind, wanted: Selection, params: dict[str, str], cause: str
) -> None:
    _cases(desk, 1)

    with pytest.raises(InputError, match=cause):
        desk.engine.order_batch(desk.all, kind, wanted, WHY, params)
    assert desk.engine.batches(desk.all) == []


def test_only_operators_and_only_their_tenant(desk: Desk) -> None:
    _cases(desk, 1)
    batch_id = desk.engine.order_batch(desk.all, BatchKind.SUSPEND, MAIN, WHY)

    with pytest.raises(ForbiddenError):
        desk.engine.order_batch(desk.person("yilmaz"), BatchKind.SUSPEND, MAIN, WHY)
    with pytest.raises(NotFoundError):
        desk.engine.batch(system("anderswo"), batch_id)
    with pytest.raises(InputError, match="Dazu passt nichts"):
        desk.engine.order_batch(system("anderswo"), BatchKind.SUSPEND, MAIN, WHY)
