"""``/metrics``: what an operator's monitoring reads, and who may."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from tests.web.api.conftest import token
from tests.web.conftest import Town, town_reader

from laufzettel.engine.jobs.runner import NEVER
from laufzettel.engine.tables import job, parcel, subscription
from laufzettel.ids import first_id
from laufzettel.measures import Measures
from laufzettel.records import processes
from laufzettel.records.api_tokens import Scope
from laufzettel.records.tables import process_measure, tenant


def figures(text: str) -> dict[str, str]:
    """Return each line's number by its name and labels, without those of the process."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    pairs = [line.rsplit(" ", 1) for line in lines]
    bare = [(re.sub(r'process="[^"]*",?', "", name), value) for name, value in pairs]
    return {name.replace(",}", "}").replace("{}", ""): value for name, value in bare}


def asked(town: Town, secret: str = "", **headers: str) -> tuple[int, str]:
    """Return code and text of the answer."""
    given = {"Authorization": f"Bearer {secret}"} if secret else {}
    answer = town.pages.test_client().get("/metrics", headers={**given, **headers})
    return answer.status_code, answer.text


def test_a_quiet_town_has_figures_of_everything(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    musterstadt.receive(samples("gut.xml"))
    code, text = asked(musterstadt, token(musterstadt, Scope.METRICS))

    found = figures(text)
    assert code == 200
    assert found['laufzettel_open_cases{tenant="musterstadt"}'] == "1"
    assert found['laufzettel_oldest_unknown_effect_seconds{tenant="musterstadt"}'] == "0"
    assert found['laufzettel_overdue_subscriptions{tenant="musterstadt"}'] == "0"
    assert found['laufzettel_broken_promises{tenant="musterstadt"}'] == "0"
    assert int(found['laufzettel_step_seconds_bucket{le="+Inf"}']) >= 1
    assert int(found['laufzettel_job_seconds_count{kind="work"}']) >= 1
    assert int(found["laufzettel_write_wait_seconds_count"]) >= 1
    assert "RE-2026" not in text and "Yılmaz" not in text


def test_trouble_shows_its_age(musterstadt: Town, samples: Callable[[str], bytes]) -> None:
    musterstadt.receive(b"%PDF-1.4 kaputt", name="kaputt.pdf")
    actor = town_reader()
    musterstadt.app.engine.report(actor, code="rueckmeldung_pruefen", cause="x", subject="x")
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(parcel).values(status="unknown"))
        now = musterstadt.clock.now()
        musterstadt.app.jobs.submit(connection, "timer", "x", {}, tenant="musterstadt", at=now)
    musterstadt.clock.advance(minutes=10)

    found = figures(asked(musterstadt, token(musterstadt, Scope.METRICS))[1])

    code = 'laufzettel_open_incidents{tenant="musterstadt",code="rueckmeldung_pruefen"}'
    assert found[code] == "1"
    assert found['laufzettel_oldest_unknown_effect_seconds{tenant="musterstadt"}'] == "600"
    assert found['laufzettel_audit_unsealed_seconds{tenant="musterstadt"}'] == "600"
    assert found['laufzettel_jobs{tenant="musterstadt",kind="timer",state="due"}'] == "1"
    due = 'laufzettel_oldest_due_job_seconds{tenant="musterstadt",kind="timer"}'
    assert found[due] == "600"


def test_a_parked_job_waits_for_a_person_and_not_for_later(musterstadt: Town) -> None:
    with musterstadt.app.db.write() as connection:
        musterstadt.app.jobs.submit(connection, "work", "x", {}, tenant="musterstadt", at=NEVER)
        connection.execute(sa.update(job).values(attempts=8))

    found = figures(asked(musterstadt, token(musterstadt, Scope.METRICS))[1])

    assert found['laufzettel_jobs{tenant="musterstadt",kind="work",state="parked"}'] == "1"
    assert found['laufzettel_jobs{tenant="musterstadt",kind="work",state="waiting"}'] == "0"


def test_a_token_sees_its_own_tenant_only(musterstadt: Town) -> None:
    with musterstadt.app.db.write() as connection:
        now = musterstadt.clock.now()
        connection.execute(
            sa.insert(tenant).values(id="nachbar", name="Nachbar", settings={}, created_at=now)
        )
    _, text = asked(musterstadt, token(musterstadt, Scope.METRICS))

    assert "nachbar" not in text


def test_without_a_token_only_this_machine_reads_and_only_where_the_setting_says_so(
    musterstadt: Town,
) -> None:
    assert asked(musterstadt)[0] == 401

    parts = musterstadt.pages.extensions["laufzettel"]
    musterstadt.pages.extensions["laufzettel"] = dataclasses.replace(
        parts, metrics_on_loopback=True
    )
    code, text = asked(musterstadt)
    forwarded, _ = asked(musterstadt, **{"X-Forwarded-For": "127.0.0.1"})

    assert (code, forwarded) == (200, 401)
    assert 'laufzettel_open_cases{tenant="musterstadt"} 0' in text


def test_figures_of_other_processes_are_told_until_they_fall_silent(musterstadt: Town) -> None:
    worker = Measures()
    worker.count("lost_races", 3, point="step")
    worker.observe("step_seconds", 0.02)
    db, clock = musterstadt.app.db, musterstadt.clock
    for _ in range(2):  # written again, not added
        with db.write() as connection:
            processes.keep(connection, "worker-1", worker.snapshot(), now=clock.now())
    secret = token(musterstadt, Scope.METRICS)

    _, text = asked(musterstadt, secret)
    assert 'laufzettel_lost_races_total{point="step",process="worker-1"} 3\n' in text
    assert 'laufzettel_step_seconds_bucket{process="worker-1",le="0.01"} 0\n' in text
    assert 'laufzettel_step_seconds_bucket{process="worker-1",le="0.025"} 1\n' in text
    assert 'laufzettel_step_seconds_sum{process="worker-1"} 0.020000\n' in text
    clock.advance(minutes=3)
    assert "worker-1" not in asked(musterstadt, secret)[1]
    clock.advance(minutes=8)
    with db.write() as connection:
        processes.keep(connection, "web-1", Measures().snapshot(), now=clock.now())
    with db.read() as connection:
        assert connection.execute(sa.select(process_measure.c.process)).scalars().all() == ["web-1"]


def test_a_message_that_does_not_come_is_counted_after_thirty_days(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    case_id, now = musterstadt.receive(samples("gut.xml")), musterstadt.clock.now()
    for days in (29, 31):
        row = {"tenant": "musterstadt", "name": "hkr.quittung", "key": "x", "case_id": case_id}
        row |= {"id": first_id(now - timedelta(days=days)), "activation": str(days)}
        with musterstadt.app.db.write() as connection:
            connection.execute(sa.insert(subscription).values(created_at=now, **row))

    found = figures(asked(musterstadt, token(musterstadt, Scope.METRICS))[1])

    assert found['laufzettel_overdue_subscriptions{tenant="musterstadt"}'] == "1"
