"""News that press a case from outside: told in its stream, seen in its lists, never put off by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.engine.execution.desk import Desk

from laufzettel.engine.audit.streams import Event
from laufzettel.engine.tables import audit_event, case, task_offer
from laufzettel.engine.tasks.news import Pressure, tell, urge
from laufzettel.errors import ConflictError

ONE = "user a\nasks note\nmark duty = sachlich\nstart>a a>end"
NEWS = Event(kind="dunning.received", actor="kranz", data={"until": "2026-12-01"})
SOON, LATER = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 8, 9, tzinfo=UTC)


def press(desk: Desk, act_by: datetime | None, key: str = "object:1") -> int:
    """Let the open cases about an object be pressed; return how many there were."""
    pressure = Pressure(remark="dunned", act_by=act_by, outer_date=act_by)
    with desk.db.write() as connection:
        now = desk.db.now(connection)
        return len(urge(connection, desk.all.tenant, key, NEWS, pressure, at=now))


def test_the_case_and_its_open_tasks_show_it_and_its_stream_tells_of_it(desk: Desk) -> None:
    case_id = desk.start(ONE)

    assert press(desk, LATER) == 1

    task = desk.task("a")
    assert (task.act_by, task.outer_date, task.remarks) == (LATER, LATER, ("dunned",))
    (row,) = desk.rows(case, case.c.id == case_id)
    assert (row.act_by, row.remarks) == (LATER, "dunned")
    assert {one.sort_at for one in desk.rows(task_offer)} <= {LATER}
    (event,) = desk.rows(audit_event, audit_event.c.kind == "dunning.received")
    assert (event.stream, event.actor) == (case_id, "kranz")


@pytest.mark.parametrize(("first", "then"), [(SOON, LATER), (SOON, None), (LATER, SOON)])
def test_the_earliest_day_stays(desk: Desk, first: datetime, then: datetime | None) -> None:
    """A second one may bring it forward and never put it off; the remark stands once."""
    desk.start(ONE)

    press(desk, first)
    press(desk, then)

    assert (desk.task("a").act_by, desk.task("a").remarks) == (SOON, ("dunned",))


def test_who_has_the_page_open_looks_once_more_before_signing(desk: Desk) -> None:
    """A step that was computed before is computed again for the same reason."""
    desk.start(ONE)
    person, task_id = desk.person("yilmaz"), desk.task("a").id
    seen = desk.engine.task(person, task_id).case_version
    press(desk, SOON)

    with pytest.raises(ConflictError, match="hat sich geändert"):
        desk.engine.complete(person, task_id, {"note": "x"}, seen=seen)


def test_what_is_only_told_moves_nothing_and_a_case_that_is_over_hears_nothing(desk: Desk) -> None:
    case_id = desk.start(ONE)
    before = desk.rows(case, case.c.id == case_id)[0].version

    def say() -> list[str]:
        with desk.db.write() as connection:
            now = desk.db.now(connection)
            return list(tell(connection, desk.all.tenant, "object:1", NEWS, at=now))

    assert say() == [case_id]
    assert desk.rows(case, case.c.id == case_id)[0].version == before
    desk.engine.complete(desk.person("yilmaz"), desk.task("a").id, {"note": "x"})
    assert (say(), press(desk, SOON), press(desk, SOON, key="object:2")) == ([], 0, 0)
