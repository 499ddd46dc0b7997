"""Messages that start cases: one for each, or one for each business key."""

from __future__ import annotations

import pytest
from tests.engine.execution.at_once import together
from tests.engine.execution.desk import Desk
from tests.engine.execution.draw import drawn
from tests.engine.messages.test_message_delivery import PAID
from tests.second_person import deployed, pinned

from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import job
from laufzettel.errors import ConflictError

#: Starts a case by a message.
ORDERED = """
begin message ordered
mark variables = day
user pack
start>pack pack>end
"""


def _cases(desk: Desk) -> list[str]:
    return sorted(view.business_key for view in desk.engine.cases(desk.all))


def _deploy_other(desk: Desk, model: str) -> None:
    """Deploy the model as another process."""
    data = drawn(model)["model.bpmn"].replace(b'id="main"', b'id="other"')
    deployed(desk.engine, desk.all, Sources(files={"model.bpmn": data}))


def test_a_message_starts_a_case_whose_business_key_is_its_key(desk: Desk) -> None:
    desk.deploy(ORDERED)

    desk.publish("ordered", "order:7", day="2026-11-24")
    assert not desk.publish("ordered", "order:7", day="2026-11-24")
    desk.run_jobs()

    assert _cases(desk) == ["order:7"]
    assert desk.tasks() == ["pack"]
    assert desk.messages() == ["consumed"]


def test_each_message_starts_a_case_unless_the_model_says_otherwise(desk: Desk) -> None:
    desk.deploy(ORDERED)

    for number in ("1", "2"):
        desk.publish("ordered", "order:7", number)
    desk.run_jobs()

    assert _cases(desk) == ["order:7", "order:7"]


ONCE = ORDERED.replace("mark variables = day", "mark variables = day\nmark start = once")


def test_two_messages_of_one_business_key_start_one_case_where_the_model_says_so(
    desk: Desk,
) -> None:
    desk.deploy(ONCE)
    for number in ("1", "2"):
        desk.publish("ordered", "order:7", number)
    desk.publish("ordered", "order:8", "3")
    desk.run_jobs()
    desk.complete("pack")
    desk.publish("ordered", "order:7", "4")  # its case may even have ended
    desk.run_jobs()

    assert _cases(desk) == ["order:7", "order:8"]
    assert desk.messages() == ["consumed"] * 4
    assert desk.incidents == []


def test_two_deliveries_at_once_start_one_case(desk: Desk) -> None:
    desk.deploy(ONCE)
    for number in range(6):
        desk.publish("ordered", "order:7", str(number))

    assert together(*[desk.jobs.run_due] * 3) == []
    desk.run_jobs()

    assert _cases(desk) == ["order:7"]
    assert desk.messages() == ["consumed"] * 6
    assert desk.rows(job) == []


def test_who_waits_for_a_message_goes_before_the_process_it_starts(desk: Desk) -> None:
    desk.start(PAID, order="4711")
    _deploy_other(desk, ORDERED.replace("ordered", "paid"))

    desk.publish("paid", "4711", "1")
    desk.run_jobs()
    assert desk.tasks() == ["thanks"]
    desk.publish("paid", "4711", "2")
    desk.run_jobs()

    assert sorted(desk.tasks()) == ["pack", "thanks"]


def test_a_suspended_case_that_waits_goes_before_the_process_too(desk: Desk) -> None:
    """Messages for it stay available: none starts another case in its place."""
    case_id = desk.start(PAID, order="4711")
    _deploy_other(desk, ORDERED.replace("ordered", "paid"))
    desk.engine.suspend(desk.all, case_id, "Prüfung")

    desk.publish("paid", "4711")
    for _ in range(3):
        desk.jobs.run_due()
    assert (desk.messages(), desk.tasks()) == (["available"], [])
    desk.engine.resume(desk.all, case_id, "fertig")
    desk.run_jobs(minutes=1)

    assert (desk.messages(), desk.tasks()) == (["consumed"], ["thanks"])


def test_a_message_that_a_suspended_case_leaves_starts_its_process_after_all(desk: Desk) -> None:
    case_id = desk.start(PAID, order="4711")
    _deploy_other(desk, ORDERED.replace("ordered", "paid"))
    desk.engine.suspend(desk.all, case_id, "Prüfung")
    desk.publish("paid", "4711")
    desk.run_jobs()

    desk.engine.cancel(desk.all, case_id, "doppelt")
    desk.run_jobs(minutes=1)

    assert (desk.messages(), desk.tasks()) == (["consumed"], ["pack"])


def test_a_message_that_starts_one_process_cannot_start_another(desk: Desk) -> None:
    desk.deploy(ORDERED)

    with pytest.raises(ConflictError, match="startet schon den Prozess „main“"):
        _deploy_other(desk, ORDERED)


def test_the_next_version_without_the_start_event_is_started_no_more(desk: Desk) -> None:
    desk.deploy(ORDERED)
    desk.deploy("user pack\nstart>pack pack>end")

    desk.publish("ordered", "order:7")
    desk.run_jobs()

    assert _cases(desk) == []
    assert [one.name for one in desk.engine.unwaited(desk.all)] == ["ordered"]


def test_a_tenants_own_version_shadows_the_start_of_the_shared_one(desk: Desk) -> None:
    desk.deploy(ORDERED, tenant="*")
    desk.publish("ordered", "order:7", "1")
    desk.run_jobs()
    assert _cases(desk) == ["order:7"]

    desk.deploy("user pack\nstart>pack pack>end")
    desk.publish("ordered", "order:8", "2")
    desk.run_jobs()

    assert _cases(desk) == ["order:7"]


def test_a_message_starts_a_case_only_where_the_pinned_version_says_so(desk: Desk) -> None:
    plain = desk.deploy("user pack\nstart>pack pack>end")
    ordered = desk.deploy(ORDERED)
    pinned(desk.engine, desk.all, "main", plain.bundle_id, "Die neue ist nicht freigegeben")

    desk.publish("ordered", "order:7", "1")
    desk.run_jobs()
    assert (_cases(desk), desk.messages()) == ([], ["available"])
    pinned(desk.engine, desk.all, "main", ordered.bundle_id, "freigegeben")
    desk.publish("ordered", "order:8", "2")
    desk.run_jobs()

    assert _cases(desk) == ["order:8"]


def test_a_new_version_changes_no_start_of_the_one_that_is_pinned(desk: Desk) -> None:
    ordered = desk.deploy(ORDERED)
    pinned(desk.engine, desk.all, "main", ordered.bundle_id, "bleibt")
    desk.deploy("user pack\nstart>pack pack>end")

    desk.publish("ordered", "order:7", "1")
    desk.run_jobs()
    assert _cases(desk) == ["order:7"]
    pinned(desk.engine, desk.all, "main", None, "die neue gilt")
    desk.publish("ordered", "order:8", "2")
    desk.run_jobs()

    assert _cases(desk) == ["order:7"]


def test_a_tenant_may_pin_a_shared_version_and_with_it_its_starts(desk: Desk) -> None:
    plain = desk.deploy("user pack\nstart>pack pack>end", tenant="*")
    desk.deploy(ORDERED, tenant="*")
    pinned(desk.engine, desk.all, "main", plain.bundle_id, "Die neue ist nicht freigegeben")

    desk.publish("ordered", "order:7", "1")
    desk.run_jobs()
    assert _cases(desk) == []
    pinned(desk.engine, desk.all, "main", None, "freigegeben")
    desk.publish("ordered", "order:8", "2")
    desk.run_jobs()

    assert _cases(desk) == ["order:8"]
