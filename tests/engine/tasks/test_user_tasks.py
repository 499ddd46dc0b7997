"""User tasks: offered, claimed, given back, completed by one person."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.tables import case, draft, task_offer, user_task
from laufzettel.errors import ConflictError, ForbiddenError, NotFoundError
from laufzettel.identity import Actor, system
from laufzettel.money import Money

ONE = "user a\nstart>a a>end"


def test_a_claimed_task_is_one_persons(desk: Desk) -> None:
    desk.start(ONE)
    desk.engine.claim(desk.person("yilmaz"), desk.task("a").id)

    with pytest.raises(ForbiddenError, match="„a“ hat Aylin Yilmaz übernommen"):
        desk.complete("a", "brandt")
    desk.complete("a", "yilmaz")


def test_a_task_given_back_is_everybodys_again(desk: Desk) -> None:
    desk.start(ONE)
    task_id = desk.task("a").id
    desk.engine.claim(desk.person("yilmaz"), task_id)

    with pytest.raises(ForbiddenError, match="haben Sie nicht übernommen"):
        desk.engine.unclaim(desk.person("brandt"), task_id)
    desk.engine.unclaim(desk.person("yilmaz"), task_id)
    desk.complete("a", "brandt")


def test_who_comes_late_hears_who_was_faster(desk: Desk) -> None:
    desk.start(ONE)
    task_id = desk.task("a").id
    desk.complete("a", "yilmaz")

    with pytest.raises(ConflictError, match=r"hat Aylin Yilmaz am .* schon erledigt"):
        desk.engine.complete(desk.person("brandt"), task_id, {})


def test_who_comes_after_an_interruption_hears_that_the_case_went_on(desk: Desk) -> None:
    desk.start("user a\nboundary b a timer P3D\nstart>a a>end b>end")
    task_id = desk.task("a").id
    desk.run_jobs(days=3)

    with pytest.raises(ConflictError, match="nicht mehr gebraucht"):
        desk.engine.complete(desk.person("brandt"), task_id, {})


def test_a_task_is_done_by_those_alone_whom_it_is_offered_to(desk: Desk) -> None:
    desk.start(ONE)
    stranger = Actor(tenant=TENANT, person="fremd", groups=frozenset({"bauamt"}))

    assert desk.engine.tasks(stranger) == []
    with pytest.raises(ForbiddenError, match="ist Ihnen nicht zugewiesen"):
        desk.engine.complete(stranger, desk.task("a").id, {})


def test_the_system_completes_no_task(desk: Desk) -> None:
    desk.start(ONE)

    with pytest.raises(ForbiddenError, match="nur Personen"):
        desk.engine.complete(desk.all, desk.task("a").id, {})


def test_a_task_of_another_tenant_is_not_found(desk: Desk) -> None:
    desk.start(ONE)
    person = Actor(tenant="anderswo", person="yilmaz", groups=frozenset({"kasse"}))

    with pytest.raises(NotFoundError):
        desk.engine.complete(person, desk.task("a").id, {})
    assert desk.engine.tasks(system("anderswo")) == []


def test_completing_forgets_the_drafts(desk: Desk) -> None:
    desk.start(ONE)
    row = {"tenant": TENANT, "task_id": desk.task("a").id, "person": "yilmaz", "values": {}}
    desk.write(
        lambda connection: connection.execute(
            draft.insert().values(**row, saved_at=desk.clock.now())
        )
    )

    desk.complete("a")

    assert desk.rows(draft) == []


def test_a_cleared_facet_is_empty_in_the_case_and_its_tasks(desk: Desk) -> None:
    """None leaves a facet as it is; CLEAR empties it."""
    desk.start(
        "service s lab.stake\nuser a\nservice t lab.no_stake\nuser b\nstart>s s>a a>t t>b b>end"
    )
    before = desk.rows(user_task)[0]

    desk.complete("a")

    (row,) = desk.rows(user_task, user_task.c.status == "open")
    (found,) = desk.rows(case)
    assert (before.stake, before.act_by) == (Decimal("746.13"), desk.clock.now())
    assert (row.stake, row.act_by, row.outer_date) == (None, None, desk.clock.now())
    assert (found.stake, found.act_by, found.outer_date) == (None, None, desk.clock.now())


def test_facets_set_later_reach_the_open_tasks(desk: Desk) -> None:
    desk.start(
        "and split\nuser a\nuser b\nservice s lab.fail\nuser c\n"
        "start>split split>a split>b b>s s>c a>end c>end"
    )

    desk.complete("b")

    rows = desk.rows(user_task, user_task.c.status == "open")
    assert {row.element: row.subject for row in rows} == {"a": "tried", "c": "tried"}


def test_a_task_moves_to_its_new_day_in_every_basket(desk: Desk) -> None:
    day = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
    behaviour["facets"] = {"act_by": day, "stake": Money(Decimal("12.00")), "remarks": "duplicate"}
    desk.start(
        "and split\nuser a kasse,rpa\nuser b\nservice s lab.fail\n"
        "start>split split>a split>b b>s s>end a>end"
    )
    assert desk.rows(task_offer)[0].sort_at.year == 9999

    desk.complete("b")

    task, offer = desk.rows(user_task, user_task.c.element == "a")[0], desk.rows(task_offer)[0]
    assert (task.sort_at, task.act_by, task.remarks) == (day, day, "duplicate")
    assert (offer.sort_at, offer.stake) == (day, Decimal("12.00"))
    assert desk.task("a").remarks == ("duplicate",)
