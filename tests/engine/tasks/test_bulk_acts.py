"""Acts on many tasks: each for itself, and all of it told in German."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from tests.engine.execution.desk import TENANT, Desk

from laufzettel.engine.api import Outcome
from laufzettel.engine.tables import audit_event, task_offer, user_task
from laufzettel.errors import ForbiddenError, InputError
from laufzettel.identity import Actor

ONE = "user a\nstart>a a>end"
TWO_GROUPS = "user a kasse,rpa\nstart>a a>end"


def _texts(outcomes: tuple[Outcome, ...]) -> list[tuple[bool, str]]:
    return [(one.ok, one.text_de) for one in outcomes]


def _ids(desk: Desk, number: int, model: str = ONE) -> list[str]:
    desk.deploy(model)
    cases = [desk.start(key=f"object:{each}") for each in range(number)]
    return [desk.task("a", case_id).id for case_id in cases]


def test_of_many_each_is_claimed_for_itself(desk: Desk) -> None:
    free, taken, done = _ids(desk, 3)
    desk.engine.claim(desk.person("brandt"), taken)
    desk.engine.complete(desk.person("brandt"), done, {})

    outcomes = desk.engine.claim_many(desk.person("yilmaz"), [free, taken, done, "gibt es nicht"])

    assert [one.ok for one in outcomes] == [True, False, False, False]
    assert [one.text_de for one in outcomes[:2]] == [
        "übernommen",
        "schon von Jens Brandt übernommen",
    ]
    assert outcomes[2].text_de.startswith(
        "„a“ hat Jens Brandt am 23.11.2026 um 09:00 schon erledigt"
    )
    assert outcomes[3].text_de == "Diese Aufgabe gibt es bei diesem Mandanten nicht."
    assert {row.assignee for row in desk.rows(user_task, user_task.c.id == free)} == {"yilmaz"}


def test_a_task_named_twice_is_done_once(desk: Desk) -> None:
    [one] = _ids(desk, 1)

    assert _texts(desk.engine.claim_many(desk.person("yilmaz"), [one, one])) == [
        (True, "übernommen")
    ]


def test_many_are_given_back(desk: Desk) -> None:
    mine, other = _ids(desk, 2)
    desk.engine.claim(desk.person("yilmaz"), mine)

    outcomes = desk.engine.unclaim_many(desk.person("yilmaz"), [mine, other])

    assert _texts(outcomes) == [(True, "zurückgelegt"), (False, "„a“ haben Sie nicht übernommen.")]


def test_what_is_not_theirs_tells_them_nothing(desk: Desk) -> None:
    [one] = _ids(desk, 1)
    stranger = Actor(tenant=TENANT, person="fremd", groups=frozenset({"bauamt"}))

    [outcome] = desk.engine.claim_many(stranger, [one])

    assert (outcome.ok, outcome.subject) == (False, "")
    assert outcome.text_de == "„a“ ist Ihnen nicht zugewiesen."


@pytest.mark.parametrize("ids", [[], [str(number) for number in range(201)]])
def test_none_and_too_many_are_refused(ids: list[str], desk: Desk) -> None:
    with pytest.raises(InputError):
        desk.engine.claim_many(desk.person("yilmaz"), ids)


def test_of_two_who_claim_the_same_at_once_each_task_is_ones(desk: Desk) -> None:
    ids = _ids(desk, 10)
    found: dict[str, tuple[Outcome, ...]] = {}

    def run(name: str) -> None:
        found[name] = desk.engine.claim_many(desk.person(name), ids)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("yilmaz", "brandt")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = zip(found["yilmaz"], found["brandt"], strict=True)
    assert all(one.ok != other.ok for one, other in winners)
    claims = desk.rows(audit_event, audit_event.c.kind == "task.claimed")
    assert len(claims) == 10


def test_a_task_is_put_off_until_the_day_begins_in_the_office(desk: Desk) -> None:
    [one] = _ids(desk, 1)

    outcomes = desk.engine.follow_up(desk.person("yilmaz"), [one], date(2026, 12, 1))

    assert _texts(outcomes) == [(True, "Wiedervorlage am 01.12.2026")]
    assert desk.task("a").follow_up == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    event = desk.rows(audit_event, audit_event.c.kind == "task.follow_up")[0]
    assert '"day":"2026-12-01"' in event.data
    desk.engine.follow_up(desk.person("yilmaz"), [one], None)
    assert desk.task("a").follow_up is None


@pytest.mark.parametrize(
    "day", [date(2026, 11, 23), date(2026, 11, 22), date(2029, 1, 1), date(9999, 12, 31)]
)
def test_a_day_that_is_not_ahead_or_too_far_ahead_is_refused(day: date, desk: Desk) -> None:
    [one] = _ids(desk, 1)

    with pytest.raises(InputError, match="Wiedervorlage"):
        desk.engine.follow_up(desk.person("yilmaz"), [one], day)
    assert desk.task("a").follow_up is None


def test_what_somebody_has_is_put_off_by_nobody_else(desk: Desk) -> None:
    [one] = _ids(desk, 1)
    desk.engine.claim(desk.person("brandt"), one)

    outcomes = desk.engine.follow_up(desk.person("yilmaz"), [one], date(2026, 12, 1))

    assert _texts(outcomes) == [(False, "schon von Jens Brandt übernommen")]


def test_the_system_claims_and_puts_off_nothing(desk: Desk) -> None:
    with pytest.raises(ForbiddenError):
        desk.engine.claim_many(desk.all, ["a"])
    with pytest.raises(ForbiddenError):
        desk.engine.follow_up(desk.all, ["a"], None)


def _offers(desk: Desk) -> list[str]:
    return [row.recipient for row in desk.rows(task_offer)]


def test_an_offer_to_one_group_needs_no_row_of_its_own(desk: Desk) -> None:
    _ids(desk, 1)

    assert _offers(desk) == []


def test_a_second_group_finds_the_task_until_somebody_has_it(desk: Desk) -> None:
    [one] = _ids(desk, 1, TWO_GROUPS)
    assert _offers(desk) == ["group:rpa"]

    desk.engine.claim(desk.person("yilmaz"), one)
    assert _offers(desk) == []
    desk.engine.unclaim(desk.person("yilmaz"), one)
    assert _offers(desk) == ["group:rpa"]
    desk.engine.follow_up(desk.person("yilmaz"), [one], date(2026, 12, 1))
    assert desk.rows(task_offer)[0].follow_up == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    desk.complete("a")
    assert _offers(desk) == []


def test_offers_end_with_the_task_however_it_ends(desk: Desk) -> None:
    case_id = desk.start("user a kasse,rpa\nboundary b a timer P3D\nstart>a a>end b>end")
    desk.run_jobs(days=3)
    assert desk.rows(user_task)[0].status == "cancelled"
    assert _offers(desk) == []

    case_id = desk.start(TWO_GROUPS)
    assert _offers(desk) == ["group:rpa"]
    desk.engine.cancel(desk.all, case_id, "Irrläufer")
    assert _offers(desk) == []
