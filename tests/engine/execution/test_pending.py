"""Records of a step: read as they will be, checked, taken over, forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from tests.engine.execution.lab_handlers import record

from laufzettel.engine.execution.pending import GuardFailedError, NotAllowedError, Pending
from laufzettel.errors import NotFoundError


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A database with one record of each of two tenants."""
    engine = sa.create_engine("sqlite://")
    record.create(engine)
    with engine.connect() as connection:
        rows = [{"id": "r1", "tenant": "t"}, {"id": "r2", "tenant": "other"}]
        connection.execute(sa.insert(record).values(status="new"), rows)
        yield connection
    engine.dispose()


def _written(connection: sa.Connection, pending: Pending) -> dict[str, str]:
    for write in pending.writes:
        write(connection)
    return {row.id: row.status for row in connection.execute(sa.select(record))}


def test_a_change_is_read_before_it_is_written(connection: sa.Connection) -> None:
    pending = Pending("t", connection)

    pending.update(record, "r1", {"status": "paid"})

    assert pending.row(record, "r1")["status"] == "paid"
    assert connection.execute(sa.select(record.c.status)).scalars().first() == "new"
    assert _written(connection, pending)["r1"] == "paid"


def test_a_new_record_is_read_before_it_is_written(connection: sa.Connection) -> None:
    pending = Pending("t", connection)

    pending.insert(record, id="r3", status="new")

    assert pending.row(record, "r3") == {"id": "r3", "tenant": "t", "status": "new"}
    assert _written(connection, pending)["r3"] == "new"


def test_a_new_record_can_change_in_the_same_step(connection: sa.Connection) -> None:
    pending = Pending("t", connection)
    pending.insert(record, id="r3", status="new")

    pending.update(record, "r3", {"status": "paid"}, allowed={"status": ["new"]})

    assert _written(connection, pending)["r3"] == "paid"


def test_a_change_from_another_state_is_not_allowed(connection: sa.Connection) -> None:
    pending = Pending("t", connection)
    pending.update(record, "r1", {"status": "paid"}, allowed={"status": ["new"]})

    with pytest.raises(NotAllowedError, match="test_record steht auf „paid“"):
        pending.update(record, "r1", {"status": "void"}, allowed={"status": ["new"]})


def test_what_changed_meanwhile_fails_as_a_guard(connection: sa.Connection) -> None:
    pending = Pending("t", connection)
    pending.update(record, "r1", {"status": "paid"}, allowed={"status": ["new"]})
    connection.execute(sa.update(record).values(status="void"))

    with pytest.raises(GuardFailedError, match="„r1“ hat sich inzwischen geändert"):
        _written(connection, pending)


@pytest.mark.parametrize("record_id", ["r2", "r9"], ids=["other tenant", "unknown"])
def test_another_tenants_record_is_not_there(connection: sa.Connection, record_id: str) -> None:
    pending = Pending("t", connection)

    with pytest.raises(NotFoundError):
        pending.row(record, record_id)
    blind = Pending("t", None)
    blind.update(record, record_id, {"status": "paid"})
    with pytest.raises(GuardFailedError):
        _written(connection, blind)


def test_what_a_work_handler_wants_written_is_taken_over(connection: sa.Connection) -> None:
    work, pending = Pending("t", None), Pending("t", connection)
    work.insert(record, id="r3", status="new")
    work.update(record, "r1", {"status": "paid"})

    pending.absorb(work)

    assert pending.row(record, "r1")["status"] == "paid"
    assert _written(connection, pending) == {"r1": "paid", "r2": "new", "r3": "new"}


def test_all_or_nothing_forgets_what_was_done_before_an_error(connection: sa.Connection) -> None:
    pending = Pending("t", connection)
    pending.update(record, "r1", {"status": "paid"})

    with pytest.raises(ZeroDivisionError), pending.all_or_nothing():
        pending.update(record, "r1", {"status": "void"})
        pending.insert(record, id="r3", status="new")
        raise ZeroDivisionError

    assert pending.row(record, "r1")["status"] == "paid"
    assert _written(connection, pending) == {"r1": "paid", "r2": "new"}
