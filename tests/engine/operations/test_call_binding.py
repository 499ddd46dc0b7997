"""A call binds what lies beside the model, the newest that is deployed, or a version by its tag."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.draw import drawn
from tests.second_person import deployed, pinned

from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import case
from laufzettel.identity import SHARED

CALLS = "knows n\ncall c other down up {bound}\nuser after\nstart>c c>after after>end"
OTHER = "version {tag}\nknows n\nuser {name}\nscript m m = n + 1\nstart>{name} {name}>m m>end"


def _deploy_other(desk: Desk, name: str, tag: str, tenant: str = TENANT) -> str:
    """Deploy a process „other“ whose one task has this name."""
    files = drawn(OTHER.format(name=name, tag=tag))
    files = {key: data.replace(b'id="main"', b'id="other"') for key, data in files.items()}
    return deployed(desk.engine, desk.all, Sources(files=files), tenant=tenant).bundle_id


def _called(desk: Desk) -> Any:
    return desk.rows(case, case.c.parent_case.is_not(None))[-1]


def test_the_latest_is_looked_for_when_the_call_is_reached(desk: Desk) -> None:
    _deploy_other(desk, "one", "1.0")
    desk.deploy(
        "user before\n" + CALLS.format(bound="latest").replace("start>c", "start>before before>c")
    )
    case_id = desk.start(n=Decimal(1))
    newer = _deploy_other(desk, "two", "2.0")

    desk.complete("before")
    desk.run_jobs()

    assert desk.tasks() == ["two"]
    assert _called(desk).bundle_id == newer
    started = desk.engine.timeline(desk.all, _called(desk).id)[0]
    assert (started.data["process"], started.data["bundle"]) == ("other", newer)
    assert desk.is_sound()
    _deploy_other(desk, "three", "3.0")
    desk.complete("two")
    desk.run_jobs()
    assert desk.tasks() == ["after"]
    assert desk.engine.variables(desk.all, case_id)["m"] == {"type": "number", "value": "2"}


def test_a_tag_binds_its_version_for_ever(desk: Desk) -> None:
    first = _deploy_other(desk, "one", "1.0")
    _deploy_other(desk, "two", "2.0")
    desk.start(CALLS.format(bound="tag:1.0"), n=Decimal(1))

    desk.run_jobs()

    assert (desk.tasks(), _called(desk).bundle_id) == (["one"], first)


def test_the_latest_is_what_the_tenant_has_or_has_pinned(desk: Desk) -> None:
    shared = _deploy_other(desk, "shared", "1.0", tenant=SHARED)
    own = _deploy_other(desk, "own", "1.0")
    desk.deploy(CALLS.format(bound="latest"))
    desk.start(n=Decimal(1))
    desk.run_jobs()
    assert _called(desk).bundle_id == own

    pinned(desk.engine, desk.all, "other", shared, "gemeinsame Fassung")
    desk.start(key="object:2", n=Decimal(1))
    desk.run_jobs()
    assert sorted(desk.tasks()) == ["own", "shared"]


def test_what_is_not_deployed_is_an_incident_that_a_deployment_mends(desk: Desk) -> None:
    desk.start(CALLS.format(bound="latest"), n=Decimal(1))
    desk.run_jobs()

    assert [one.cause for one in desk.incidents] == ["Der Prozess „other“ ist nicht eingespielt."]
    assert desk.is_sound()
    _deploy_other(desk, "one", "1.0")
    desk.engine.retry(desk.all, desk.incidents[0].id)
    desk.run_jobs()
    assert desk.tasks() == ["one"]


def test_the_duty_scope_is_that_of_the_caller(desk: Desk) -> None:
    _deploy_other(desk, "one", "1.0")
    desk.start(CALLS.format(bound="latest"), key="invoice:7", n=Decimal(1))
    desk.run_jobs()

    assert _called(desk).duty_scope == "invoice:7"


def test_what_calls_itself_through_what_is_deployed_ends_as_an_incident(desk: Desk) -> None:
    desk.deploy("knows n\ncall c main latest\nstart>c c>end".replace("call c main", "call c twin"))
    files = {
        key: data.replace(b'id="main"', b'id="twin"')
        for key, data in drawn("knows n\ncall c main latest\nstart>c c>end").items()
    }
    deployed(desk.engine, desk.all, Sources(files=files), tenant=TENANT)
    desk.start(n=Decimal(1))

    desk.run_jobs()

    assert len(desk.rows(case)) == 11
    assert [one.cause[:32] for one in desk.incidents] == ["Aufrufe liegen zu tief ineinander"[:32]]


@pytest.mark.parametrize("bound", ["latest", "tag:1.0"])
def test_a_called_case_is_suspended_and_ended_with_its_caller_or_alone(
    desk: Desk, bound: str
) -> None:
    _deploy_other(desk, "one", "1.0")
    caller = desk.start(CALLS.format(bound=bound), n=Decimal(1))
    desk.run_jobs()
    desk.engine.suspend(desk.all, caller, "Prüfung")
    desk.complete("one")
    desk.run_jobs()
    assert (desk.tasks(), desk.is_sound()) == ([], True)

    desk.engine.resume(desk.all, caller, "weiter")
    desk.run_jobs()
    assert desk.tasks() == ["after"]
