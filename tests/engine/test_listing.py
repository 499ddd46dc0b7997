"""What programs read page by page: each row once, and nothing that the reader may not see."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine import feel, listing, wire
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.handler import Start
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import walks
from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.web.metrics import queries

ONE = "user a\nstart>a a>end"
OPERATOR = Actor(tenant=TENANT, rights=frozenset({Right.OPERATE}))
AUDITOR = Actor(tenant=TENANT, rights=frozenset({Right.READ}))
STRANGER = Actor(tenant="nachbar", rights=frozenset(Right))


def make_confidential(desk: Desk, case_id: str) -> None:
    """Mark the case as a handler would."""
    with desk.db.write() as connection:
        connection.execute(sa.update(case).where(case.c.id == case_id).values(confidential=True))


def all_cases(desk: Desk, actor: Actor, size: int, status: CaseStatus | None = None) -> list[str]:
    """Read the list to its end in pages of ``size``."""
    found, after = [], None
    while True:
        page = desk.engine.list_cases(actor, status=status, after=after, size=size)
        found += [view.id for view in page.items]
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("size", [1, 2, 3, 200])
def test_pages_of_cases_join_without_a_gap_and_without_a_repeat(desk: Desk, size: int) -> None:
    desk.deploy(ONE)
    started = [desk.start(key=f"object:{number}") for number in range(3)]
    desk.clock.advance(minutes=1)
    started += [desk.start(key=f"object:{number}") for number in range(3, 5)]
    desk.engine.cancel(desk.all, started[1], "Probe")

    # Ids of one millisecond have no order of their own.
    newest_first = [*sorted(started[3:], reverse=True), *sorted(started[:3], reverse=True)]
    assert all_cases(desk, AUDITOR, size) == newest_first
    assert all_cases(desk, AUDITOR, size, CaseStatus.CANCELLED) == [started[1]]
    assert all_cases(desk, STRANGER, size) == []


def test_a_confidential_case_is_left_out_and_named_nowhere(desk: Desk) -> None:
    behaviour["fail"] = RuntimeError("Mustermann")
    secret = desk.start("service a lab.fail\nstart>a a>end")
    behaviour.clear()
    desk.deploy(ONE)
    plain = desk.start()
    make_confidential(desk, secret)

    assert all_cases(desk, OPERATOR, 1) == [plain]
    assert all_cases(desk, AUDITOR, 1) == [plain, secret]
    with pytest.raises(NotFoundError, match="Diesen Vorgang gibt es bei diesem Mandanten nicht"):
        desk.engine.variables(OPERATOR, secret)
    with pytest.raises(NotFoundError, match="Diesen Vorgang gibt es bei diesem Mandanten nicht"):
        desk.engine.cancel(OPERATOR, secret, "Probe")
    shown = [(row.case_id, row.cause) for row in desk.engine.list_incidents(OPERATOR).items]
    assert shown == [(None, "Ein vertraulicher Vorgang steht still.")]
    assert desk.engine.list_incidents(AUDITOR).items[0].case_id == secret


def test_a_task_is_listed_to_whom_it_is_offered_and_to_who_reads_all(desk: Desk) -> None:
    desk.deploy(ONE)
    ids = [desk.start(key=f"object:{number}") for number in range(3)]
    stranger = Actor(tenant=TENANT, person="fremd", groups=frozenset({"bauamt"}))

    first = desk.engine.list_tasks(desk.person("yilmaz"), size=2)
    rest = desk.engine.list_tasks(desk.person("yilmaz"), after=first.next, size=2)

    assert [task.case_id for task in first.items + rest.items] == ids
    assert rest.next is None
    assert desk.engine.list_tasks(stranger).items == ()
    assert len(desk.engine.list_tasks(AUDITOR, case_id=ids[0]).items) == 1


def test_a_person_walks_through_what_is_offered_in_any_way_and_through_nothing_else(
    desk: Desk,
) -> None:
    desk.deploy(
        "user a kasse,rpa\nuser b\nuser c bauamt\nand s\nand j\n"
        "start>s s>a s>b s>c a>j b>j c>j j>end"
    )
    ids = [desk.start(key=f"object:{number}") for number in range(3)]
    desk.engine.claim(desk.person("yilmaz"), desk.task("b", ids[1]).id)
    clerk, other = desk.person("yilmaz"), desk.person("brandt")
    auditor = Actor(tenant=TENANT, person="vogt", groups=frozenset({"rpa"}))

    def walk(actor: Actor, size: int) -> list[tuple[str, str]]:
        found, after = [], None
        while True:
            page = desk.engine.list_tasks(actor, after=after, size=size)
            assert len(page.items) <= size
            found += [(task.case_id, task.element) for task in page.items]
            after = page.next
            if after is None:
                return found

    kasse = sorted((case_id, element) for case_id in ids for element in "ab")
    for size in (1, 2, 50):
        assert sorted(walk(clerk, size)) == kasse
        assert sorted(walk(other, size)) == [one for one in kasse if one != (ids[1], "b")]
        assert sorted(walk(auditor, size)) == [(case_id, "a") for case_id in sorted(ids)]


def plan(desk: Desk, statement: sa.Select[Any], **values: Any) -> str:
    """Return how SQLite finds the rows."""
    with desk.db.read() as connection:
        text = statement.compile(connection, compile_kwargs={"render_postcompile": True})
        given = {**text.params, **values}
        ordered = [
            given[name] if not isinstance(given[name], datetime) else given[name].isoformat()
            for name in text.positiontup or ()
        ]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(ordered))
        return " | ".join(row[3] for row in rows)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (listing._OPEN_TASKS, "ix_user_task_open"),
        (listing._CASES, "ix_case__tenant_status_started"),
        (listing._CASES_BEHIND, "ix_case__tenant_status_started"),
        (listing._INCIDENTS, "ix_incident_open"),
        (listing._INCIDENTS_BEHIND, "ix_incident_open"),
        (walks.CLAIMED, "ix_user_task_mine"),
        (walks.UNCLAIMED, "ix_user_task_group"),
        (walks.OFFERED, "PRIMARY KEY"),
        (queries._UNKNOWN, "ix_parcel_unknown"),
        (queries._UNSEALED, "ix_audit_stream_unsealed"),
    ],
    ids=str,
)
def test_each_page_is_one_walk_along_an_index(
    migrated_sqlite_url: str, statement: sa.Select[Any], index: str
) -> None:
    desk = Desk(migrated_sqlite_url)
    try:
        names = ("of_tenant", "of_status", "owner", "edge_id", "of_process", "of_key")
        values: dict[str, Any] = dict.fromkeys(names, "x")
        found = plan(
            desk, statement, **values, at_most=10, edge_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
    finally:
        desk.close()

    assert f"INDEX {index}" in found or index in found, found
    assert "SCAN" not in found, found


def test_the_story_of_a_case_is_read_on_from_a_number(desk: Desk) -> None:
    case_id = desk.start(ONE)
    desk.complete("a")
    whole = desk.engine.timeline(AUDITOR, case_id)

    first, behind = desk.engine.list_happenings(AUDITOR, case_id, size=2)
    rest, end = desk.engine.list_happenings(AUDITOR, case_id, after=behind or 0)

    assert [*first, *rest] == whole
    assert (behind, end) == (2, None)


def test_variables_say_their_type_open_and_ended_alike(desk: Desk) -> None:
    case_id = desk.start(ONE, amount=Decimal("12.30"), due=date(2026, 11, 23), note="x")
    expected = {
        "amount": {"type": "number", "value": "12.30"},
        "due": {"type": "date", "value": "2026-11-23"},
        "note": {"type": "text", "value": "x"},
    }

    assert desk.engine.variables(AUDITOR, case_id) == expected
    assert desk.engine.variables(desk.person("yilmaz"), case_id) == {}  # no form shows any
    desk.complete("a")
    ended = desk.engine.variables(AUDITOR, case_id)
    assert {name: ended[name] for name in expected} == expected


def test_a_case_gets_the_id_that_the_caller_chose(desk: Desk) -> None:
    desk.deploy(ONE)
    chosen = new_id()
    start = Start(process_id="main", business_key="object:1", variables={})

    assert desk.engine.start(desk.all, start, case_id=chosen) == chosen
    assert desk.engine.case(AUDITOR, chosen).business_key == "object:1"


def test_a_page_has_a_size(desk: Desk) -> None:
    with pytest.raises(InputError, match="Eine Seite hat 1 bis 200 Zeilen"):
        desk.engine.list_cases(AUDITOR, size=201)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.dates() | st.decimals(-99, 99, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(_VALUES)
def test_what_goes_out_comes_in_as_the_same_value(value: object) -> None:
    went_in = feel.from_json(feel.to_json(value))

    assert wire.from_wire(wire.to_wire(went_in)) == went_in


@pytest.mark.parametrize(
    "form",
    [
        1,
        "x",
        {"type": "text"},
        {"type": "number", "value": "1e999999"},
        {"type": "number", "value": "NaN"},
        {"type": "date", "value": "2026-02-30"},
        {"type": "text", "value": 1},
        {"type": "boolean", "value": 1},
        {"type": ["text"], "value": "x"},
        {"type": "range", "value": {}},
        {"type": "text", "value": "x", "more": 1},
    ],
    ids=str,
)
def test_what_is_no_value_is_refused(form: object) -> None:
    with pytest.raises(wire.NotAValueError):
        wire.from_wire(form)
