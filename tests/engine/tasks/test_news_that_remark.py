"""Remarks that change from outside of a case: its lists follow, and who signs looks once more."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import Desk

from laufzettel.engine.tables import audit_event, case
from laufzettel.errors import ConflictError

ONE = "user a\nasks note\nmark duty = sachlich\nstart>a a>end"


def remark(desk: Desk, text: str, key: str = "object:1") -> int:
    with desk.db.write() as connection:
        return desk.engine.change_remarks(connection, desk.all, key, lambda codes: text)


def test_the_case_and_its_open_tasks_have_them_and_the_audit_says_so(desk: Desk) -> None:
    case_id = desk.start(ONE)

    assert remark(desk, "duplicate,foreign") == 1

    assert desk.task("a").remarks == ("duplicate", "foreign")
    (event,) = desk.rows(audit_event, audit_event.c.kind == "case.remarked")
    assert event.stream == case_id


def test_the_same_remarks_again_and_other_objects_change_nothing(desk: Desk) -> None:
    case_id = desk.start(ONE)
    remark(desk, "duplicate")
    before = desk.rows(case, case.c.id == case_id)[0].version

    assert (remark(desk, "duplicate"), remark(desk, "foreign", key="object:2")) == (0, 0)
    assert desk.rows(case, case.c.id == case_id)[0].version == before


def test_who_has_the_page_open_looks_once_more_before_signing(desk: Desk) -> None:
    desk.start(ONE)
    person, task_id = desk.person("yilmaz"), desk.task("a").id
    seen = desk.engine.task(person, task_id).case_version
    remark(desk, "duplicate")

    with pytest.raises(ConflictError, match="hat sich geändert"):
        desk.engine.complete(person, task_id, {"note": "x"}, seen=seen)
    again = desk.engine.task(person, task_id).case_version
    desk.engine.complete(person, task_id, {"note": "x"}, seen=again)


def test_a_case_that_has_ended_is_left_alone(desk: Desk) -> None:
    case_id = desk.start(ONE)
    desk.engine.complete(desk.person("yilmaz"), desk.task("a").id, {"note": "x"})

    assert remark(desk, "duplicate") == 0
    with desk.db.read() as connection:
        kept = connection.execute(sa.select(case.c.remarks).where(case.c.id == case_id))
        assert kept.scalar_one() == ""
