"""Processes that several events start: plainly, by message, by signal, at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from tests.bpmn import behaviour_model
from tests.engine.execution.desk import BEGIN, TENANT, Desk
from tests.engine.execution.test_inner_on_databases import deploy
from tests.second_person import pinned

from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import case, job
from laufzettel.errors import ConflictError
from laufzettel.identity import SHARED

SEVERAL = """
asked: start
came: start message came
heard: start signal closing
a: user
b: user
c: user
flows: [asked > a > end, came > b > end, heard > c > end]
"""
DAILY = """
daily: start timer R3/2026-11-24T05:00:00Z/P1D
look: user
flows: [daily > look > end]
"""


def cases(desk: Desk) -> list[Any]:
    return sorted(desk.rows(case), key=lambda row: str(row.business_key))


def test_a_process_begins_at_the_start_that_was_triggered(desk: Desk) -> None:
    deploy(desk, SEVERAL)

    desk.start()
    desk.publish("came", "4711")
    desk.engine.signal(desk.all, name="closing", payload={}, source="test", message_id="1")
    desk.run_jobs()

    assert sorted(desk.tasks()) == ["a", "b", "c"]
    assert desk.case(desk.task("b").case_id).business_key == "4711"


def test_a_signal_starts_one_case_of_each_process_and_none_when_repeated(desk: Desk) -> None:
    deploy(desk, SEVERAL)

    for _ in range(2):
        desk.engine.signal(desk.all, name="closing", payload={}, source="test", message_id="1")
        desk.run_jobs()

    assert desk.tasks() == ["c"]


def test_a_time_starts_a_case_each_time_and_none_is_left_out_after_a_standstill(desk: Desk) -> None:
    deploy(desk, DAILY)
    desk.run_jobs()
    assert desk.tasks() == []

    desk.run_jobs(hours=21)
    assert [row.business_key for row in cases(desk)] == ["time:main:2026-11-24T06:00:00"]
    desk.run_jobs(days=9)

    assert [row.business_key for row in cases(desk)] == [
        "time:main:2026-11-24T06:00:00",
        "time:main:2026-11-25T06:00:00",
        "time:main:2026-11-26T06:00:00",
    ]
    assert desk.rows(job, job.c.kind == "timer_start") == []


def test_a_new_version_brings_its_own_times(desk: Desk) -> None:
    deploy(desk, DAILY)
    deploy(desk, DAILY.replace("R3/2026-11-24T05:00:00Z/P1D", "R/PT12H"))

    [waiting] = desk.rows(job, job.c.kind == "timer_start")
    assert waiting.due == BEGIN + timedelta(hours=12)
    deploy(desk, SEVERAL)
    assert desk.rows(job, job.c.kind == "timer_start") == []


def test_the_same_version_again_begins_no_time_anew(desk: Desk) -> None:
    deploy(desk, DAILY)
    desk.run_jobs(hours=21)
    deploy(desk, DAILY)
    desk.run_jobs(days=9)

    assert len(cases(desk)) == 3


def test_times_and_signals_are_those_of_the_pinned_version(desk: Desk) -> None:
    deploy(desk, DAILY)
    deploy(desk, SEVERAL)
    newest, daily = (one.bundle_id for one in desk.engine.models(desk.all))
    assert desk.rows(job, job.c.kind == "timer_start") == []

    pinned(desk.engine, desk.all, "main", daily, "Die neue ist nicht freigegeben")
    desk.engine.signal(desk.all, name="closing", payload={}, source="test", message_id="1")
    desk.run_jobs(hours=21)
    assert desk.tasks() == ["look"]
    pinned(desk.engine, desk.all, "main", newest, "freigegeben")
    desk.engine.signal(desk.all, name="closing", payload={}, source="test", message_id="2")
    desk.run_jobs(days=3)

    assert sorted(desk.tasks()) == ["c", "look"]


def test_a_date_starts_one_case(desk: Desk) -> None:
    deploy(desk, DAILY.replace("R3/2026-11-24T05:00:00Z/P1D", "2026-12-01T06:00:00+01:00"))

    desk.run_jobs(days=30)

    assert [row.started_at for row in cases(desk)] == [datetime(2026, 12, 23, 8, tzinfo=UTC)]
    assert cases(desk)[0].business_key == "time:main:2026-12-01T06:00:00"


def test_a_process_of_all_tenants_does_not_start_by_itself(desk: Desk) -> None:
    files = behaviour_model.files(yaml.safe_load(DAILY), {}, ())

    with pytest.raises(ConflictError, match="gehört einem Mandanten"):
        desk.engine.deploy(desk.all, Sources(files=files), tenant=SHARED)

    assert desk.rows(job, job.c.tenant == TENANT) == []
