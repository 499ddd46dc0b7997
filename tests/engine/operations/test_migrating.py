"""A case goes on by another version of its process, with everything that waits for it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.tables import draft, effect, job, subscription, user_task
from laufzettel.errors import ConflictError, InputError, NotFoundError

WHY = "Fehler im Modell berichtigt"
ONE = "user a\nuser b\nstart>a a>b b>end"


def _told(places: Any) -> list[tuple[str, str]]:
    return [(one.what_de, one.element) for one in places]


def _begun(desk: Desk, old: str, new: str, **variables: Any) -> tuple[str, str]:
    """Start a case by the old model and deploy the new one; return both ids."""
    case_id = desk.start(old, **variables)
    return case_id, desk.deploy(new).bundle_id


def test_claim_and_draft_stay_with_the_task(desk: Desk) -> None:
    """Defect 11 of the runtime: a migration that makes the tasks anew loses both."""
    case_id, new = _begun(desk, ONE, "user a\nuser c\nstart>a a>c c>end")
    task = desk.task("a")
    desk.engine.claim(desk.person("yilmaz"), task.id)
    desk.engine.save_draft(desk.person("yilmaz"), task.id, {"note": "halb"})

    forecast = desk.engine.migrate(desk.all, case_id, new, WHY)

    assert (_told(forecast.stays), forecast.ends, forecast.begins) == ([("Aufgabe", "a")], (), ())
    assert (desk.task("a").id, desk.task("a").assignee) == (task.id, "yilmaz")
    assert len(desk.rows(draft)) == 1
    assert (desk.case(case_id).bundle_id, desk.is_sound()) == (new, True)
    desk.complete("a")
    assert desk.tasks() == ["c"]


def test_the_forecast_changes_nothing(desk: Desk) -> None:
    case_id, new = _begun(desk, ONE, "user a\nuser c\nstart>a a>c c>end")
    before = desk.case(case_id)

    forecast = desk.engine.plan_migration(desk.all, case_id, new)

    assert forecast.is_possible
    assert desk.case(case_id) == before


def test_it_is_audited_with_both_versions(desk: Desk) -> None:
    case_id, new = _begun(desk, ONE, "user x\nuser b\nstart>x x>b b>end")
    desk.engine.migrate(desk.all, case_id, new, WHY, names={"a": "x"})

    happened = desk.engine.timeline(desk.all, case_id)[-1]

    assert (happened.kind, happened.texts) == ("case.migrated", {"reason": WHY})
    assert (happened.data["from_number"], happened.data["to_number"]) == (1, 2)
    assert happened.data["names"] == {"a": "x"}
    assert len({happened.data["from"], happened.data["to"]}) == 2


def test_a_renamed_step_is_given_by_name_and_else_refused(desk: Desk) -> None:
    case_id, new = _begun(desk, ONE, "user x\nasks note\nuser b\nstart>x x>b b>end")
    task_id = desk.task("a").id

    forecast = desk.engine.plan_migration(desk.all, case_id, new)
    assert forecast.refusals_de[0].startswith("Für „a“, wo der Vorgang wartet, gibt es keinen")
    with pytest.raises(ConflictError, match="gibt es keinen Schritt"):
        desk.engine.migrate(desk.all, case_id, new, WHY)

    forecast = desk.engine.migrate(desk.all, case_id, new, WHY, names={"a": "x"})

    assert forecast.notes_de[0].startswith("„x“ hat ein anderes Formular")
    moved = desk.task("x")
    assert (moved.id, moved.form) == (task_id, "x")
    desk.complete("x", note="ja")
    assert desk.tasks() == ["b"]


@pytest.mark.parametrize(
    ("names", "cause"),
    [({"q": "a"}, "bisherige Modell hat keinen Schritt „q“"), ({"a": "q"}, "neue Modell hat kein")],
)
def test_a_mapping_of_what_is_not_there_is_refused(
    desk: Desk, names: dict[str, str], cause: str
) -> None:
    case_id, new = _begun(desk, ONE, "user a\nuser c\nstart>a a>c c>end")

    with pytest.raises(InputError, match=cause):
        desk.engine.plan_migration(desk.all, case_id, new, names)


def test_timer_message_and_work_go_on_under_their_names(desk: Desk) -> None:
    old = """
        knows o
        and s
        user a
        boundary t a timer P2D calm
        receive r paid o
        service w lab.slow
        and j
        user more
        start>s s>a s>r s>w a>j r>j w>j j>end t>more more>end
    """
    new = old.replace("user more", "user more\nuser last").replace("j>end", "j>last last>end")
    case_id, bundle = _begun(desk, old, new, o="1")
    jobs, waits = desk.rows(job), desk.rows(subscription)

    desk.engine.migrate(desk.all, case_id, bundle, WHY)

    assert (desk.rows(job), desk.rows(subscription)) == (jobs, waits)
    desk.publish("paid", "1")
    desk.run_jobs(days=2)
    assert sorted(desk.tasks()) == ["a", "more"]
    desk.complete("a")
    assert sorted(desk.tasks()) == ["last", "more"]
    assert desk.is_sound()


def test_a_new_boundary_event_begins_and_one_that_is_gone_ends(desk: Desk) -> None:
    old = "user a\nboundary t a timer P2D\nuser x\nstart>a a>end t>x x>end"
    new = "user a\nboundary u a timer P1D\nuser y\nstart>a a>end u>y y>end"
    case_id, bundle = _begun(desk, old, new)

    forecast = desk.engine.migrate(desk.all, case_id, bundle, WHY)

    assert (_told(forecast.ends), _told(forecast.begins)) == ([("Frist", "t")], [("Frist", "u")])
    desk.run_jobs(days=1)
    assert desk.tasks() == ["y"]
    assert (desk.rows(job), desk.is_sound()) == ([], True)


def test_what_has_arrived_at_a_join_stays_there(desk: Desk) -> None:
    old = "and s\nuser a\nuser b\nand j\nuser c\nstart>s s>a s>b a>j b>j j>c c>end"
    new = old.replace("user c", "user d").replace("j>c c>end", "j>d d>end")
    case_id, bundle = _begun(desk, old, new)
    desk.complete("a")

    desk.engine.migrate(desk.all, case_id, bundle, WHY)
    assert desk.tasks() == ["b"]
    desk.complete("b")

    assert desk.tasks() == ["d"]


def test_a_join_that_the_flow_does_not_reach_any_more_is_refused(desk: Desk) -> None:
    old = "and s\nuser a\nuser b\nand j\nstart>s s>a s>b a>j b>j j>end"
    new = old.replace("user b", "user b\nuser between").replace("a>j", "a>between between>j")
    case_id, bundle = _begun(desk, old, new)
    desk.complete("a")

    with pytest.raises(ConflictError, match="„j“: „a“ führt im anderen Modell nicht"):
        desk.engine.migrate(desk.all, case_id, bundle, WHY)


def test_inside_subprocesses_and_called_processes(desk: Desk) -> None:
    old = (
        "sub s\nuser a\ns.start>a a>s.end\nclose\nboundary t s timer P1D\ncall c other\n"
        "start>s s>c t>end c>end\nprocess other\nuser b\nother.start>b b>other.end"
    )
    new = old.replace("user b", "user b\nuser e").replace("b>other.end", "b>e e>other.end")
    case_id, bundle = _begun(desk, old, new)
    first = desk.task("a").id
    desk.engine.migrate(desk.all, case_id, bundle, WHY)
    assert desk.task("a").id == first
    desk.complete("a")
    assert desk.tasks() == ["b"]

    newer = desk.deploy(new.replace("user e", "user f").replace("b>e e>", "b>f f>")).bundle_id
    desk.engine.migrate(desk.all, case_id, newer, WHY)
    desk.complete("b")

    assert (desk.tasks(), desk.rows(job)) == (["f"], [])
    desk.complete("f")
    assert desk.case(case_id).status == "ended"


def test_a_held_step_keeps_its_incident_and_is_mended_by_the_new_version(desk: Desk) -> None:
    old = "knows limit\nxor g\nuser b\nstart>g g>b[limit > 5] g>end* b>end"
    new = old.replace("limit > 5", 'limit = "fünf"')
    case_id, bundle = _begun(desk, old, new, limit="fünf")
    found = desk.incidents[0].id

    desk.engine.migrate(desk.all, case_id, bundle, WHY)
    assert [one.id for one in desk.incidents] == [found]
    desk.engine.retry(desk.all, found)

    assert (desk.tasks(), desk.incidents) == (["b"], [])


def test_an_event_gateway_keeps_its_timer(desk: Desk) -> None:
    old = (
        "knows o\nrace g\ncatch m message paid o\ncatch t timer P1D\nuser a\n"
        "start>g g>m g>t m>a t>a a>end"
    )
    case_id, bundle = _begun(
        desk, old, old.replace("user a", "user b").replace("m>a t>a a>", "m>b t>b b>"), o="1"
    )
    desk.engine.migrate(desk.all, case_id, bundle, WHY)

    desk.run_jobs(days=1)

    assert (desk.tasks(), desk.rows(subscription)) == (["b"], [])


@pytest.mark.parametrize("status", ["sending", "unknown"])
def test_while_an_effect_is_on_its_way_nothing_is_migrated(desk: Desk, status: str) -> None:
    model = "service e lab.send\nuser a\nstart>e e>a a>end"
    case_id, bundle = _begun(desk, model, model.replace("user a", "user a\nasks note"))
    desk.jobs.run_due(limit=1)
    desk.write(lambda c: c.execute(sa.update(effect).values(status=status)))

    with pytest.raises(ConflictError, match="gerade unterwegs"):
        desk.engine.migrate(desk.all, case_id, bundle, WHY)


def test_a_pending_effect_goes_out_once_and_its_result_is_taken(desk: Desk) -> None:
    model = "service e lab.send\nuser a\nstart>e e>a a>end"
    case_id, bundle = _begun(desk, model, model.replace("user a", "user a\nasks note"))
    desk.engine.migrate(desk.all, case_id, bundle, WHY)

    desk.run_jobs()

    assert (behaviour["sent"], desk.tasks(), desk.is_sound()) == (1, ["a"], True)


def test_another_handler_where_one_is_running_is_refused(desk: Desk) -> None:
    model = "service w lab.slow\nuser a\nstart>w w>a a>end"
    case_id, bundle = _begun(desk, model, model.replace("lab.slow", "lab.send"))

    with pytest.raises(ConflictError, match=r"„w“: ruft im neuen Modell „lab\.send“ statt"):
        desk.engine.migrate(desk.all, case_id, bundle, WHY)


def test_another_sort_of_step_is_refused(desk: Desk) -> None:
    case_id, bundle = _begun(desk, ONE, "service a lab.slow\nuser b\nstart>a a>b b>end")

    forecast = desk.engine.plan_migration(desk.all, case_id, bundle)

    assert forecast.refusals_de == ("„a“: ist im neuen Modell ein Schritt anderer Art.",)


SIGNED = "user o\nmark duty = anordnung\nasks ok\nuser a\nstart>o o>a a>end"


def test_a_signature_does_not_lose_its_task(desk: Desk) -> None:
    case_id, bundle = _begun(desk, SIGNED, SIGNED.replace("anordnung", "sachlich"))
    desk.complete("o", ok="ja")

    with pytest.raises(ConflictError, match="„anordnung“ ist bei „o“ gezeichnet; im neuen Modell"):
        desk.engine.migrate(desk.all, case_id, bundle, WHY)

    same = desk.deploy(SIGNED.replace("user o", "user p").replace("o>", "p>").replace(">o", ">p"))
    desk.engine.migrate(desk.all, case_id, same.bundle_id, WHY, names={"o": "p"})
    assert desk.tasks() == ["a"]


def test_an_open_task_takes_over_the_new_duty(desk: Desk) -> None:
    case_id, bundle = _begun(desk, SIGNED, SIGNED.replace("anordnung", "sachlich"))

    forecast = desk.engine.migrate(desk.all, case_id, bundle, WHY)

    assert forecast.notes_de == ("„o“ verlangt jetzt „sachlich“ statt „anordnung“.",)
    assert desk.task("o").duties == ("sachlich",)


def test_a_suspended_case_is_migrated_and_rests_on(desk: Desk) -> None:
    case_id, bundle = _begun(desk, ONE, "user x\nuser b\nstart>x x>b b>end")
    desk.engine.suspend(desk.all, case_id, WHY)

    desk.engine.migrate(desk.all, case_id, bundle, WHY, names={"a": "x"})

    assert (desk.case(case_id).status, desk.is_sound()) == ("suspended", True)
    desk.engine.resume(desk.all, case_id, WHY)
    assert desk.tasks() == ["x"]


def test_only_to_another_version_of_the_same_process_that_the_tenant_has(desk: Desk) -> None:
    case_id, bundle = _begun(desk, ONE, ONE.replace("user b", "user b\nasks x"))
    foreign = desk.deploy(ONE, tenant="anderswo").bundle_id

    with pytest.raises(NotFoundError):
        desk.engine.migrate(desk.all, case_id, foreign, WHY)
    with pytest.raises(NotFoundError):
        desk.engine.migrate(desk.all, case_id, "nichts", WHY)
    desk.engine.migrate(desk.all, case_id, bundle, WHY)
    with pytest.raises(ConflictError, match="läuft schon nach dieser Fassung"):
        desk.engine.migrate(desk.all, case_id, bundle, WHY)
    assert desk.rows(user_task)[0].status == "open"


def test_a_case_that_waits_in_vain_goes_on_by_a_model_that_joins_rightly(desk: Desk) -> None:
    """One of two ways is taken, and the old model waits for both."""
    model = (
        "knows x\nxor g\nuser a\nuser b\n{} j\nuser c\nstart>g g>a[x = 1] g>b* a>j b>j j>c c>end"
    )
    case_id, new = _begun(desk, model.format("and"), model.format("xor"), x=1)
    desk.complete("a")
    assert [one.code for one in desk.incidents] == ["zweig_fehlt"]

    desk.engine.migrate(desk.all, case_id, new, WHY)

    assert (desk.tasks(), desk.incidents) == (["c"], [])
    assert desk.is_sound()


def test_what_is_added_to_a_renamed_step_goes_by_its_name(desk: Desk) -> None:
    """A repeated step has elements around it that nobody has drawn."""
    old = "user a\neach [1, 2]\nuser b\nstart>a a>b b>end"
    case_id, new = _begun(
        desk, old, old.replace("user a", "user x").replace("a>b", "x>b").replace(">a", ">x")
    )
    desk.complete("a")

    desk.engine.migrate(desk.all, case_id, new, WHY, names={"a": "x"})

    assert desk.tasks() == ["x"]
    desk.complete("x")
    assert desk.tasks() == ["b"]
