"""Repetitions are found among many heads by indexes alone, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.invoice_keys import name_key, number_of
from laufzettel.records.heads.head import Head
from laufzettel.records.heads.search import Suspect, candidates, suspects
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.tables import invoice

ROWS = 5_000
DAY = date(2026, 3, 2)


def head(number: int, **values: Any) -> dict[str, Any]:
    """Return one of many heads that were imported: forty sellers, amounts of their own."""
    written = f"RE-2026-{number:05d}"
    return {
        "id": f"h{number:025d}",
        "tenant": "musterstadt",
        "vat_id": f"de{number % 40:09d}",
        "name_key": f"bauhof {number % 40}",
        "number_key": number_of(written).core,
        "number": written,
        "seller_name": f"Bauhof {number % 40}",
        "gross": Decimal(10_000 + number) / 100,
        "currency": "EUR",
        "issued_on": DAY - timedelta(days=number % 600),
        "type_code": "380",
        "import_id": "i",
        **values,
    }


def own(stage: str, **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return head and invoice of one of ours."""
    made = head(90_001, import_id=None, **values)
    made |= {"seller_name": None, "number": None}
    entered = {
        "id": made["id"],
        "tenant": made["tenant"],
        "receipt_no": "E-2026-000001",
        "channel": "upload",
        "sender": "",
        "received_at": datetime(2026, 3, 2, tzinfo=UTC),
        "sha256": "0" * 64,
        "stage": stage,
        "number": "RE-2026-90001",
        "supplier_name": "Bauhof 1",
    }
    return made, entered


@pytest.fixture(scope="module")
def db(shared_url: str) -> Iterator[Database]:
    """A database with many heads, and figures about them for its planner."""
    db = Database(shared_url)
    with db.write() as connection:
        rows = [head(number) for number in range(ROWS)]
        rows += [head(number, id=f"n{number:025d}", tenant="anderswo") for number in range(ROWS)]
        connection.execute(sa.insert(invoice_head), rows)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE")
    yield db
    db.close()


def mine(of: int, **values: Any) -> Head:
    """Return a head that arrives and repeats, but for ``values``, the one of that number."""
    row = head(of)
    given = {
        "id": "zz",
        "name": row["seller_name"],
        "name_key": row["name_key"],
        "number": row["number"],
        "vat_id": row["vat_id"],
        "gross": row["gross"],
        "issued_on": row["issued_on"],
        **values,
    }
    return Head(**given)


def asked(db: Database, one: Head, exact: str | None = None) -> list[Suspect]:
    with db.read() as connection:
        return suspects(connection, "musterstadt", one, ask_from=60, days=730, exact=exact)


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "4204"},
        {"number": "RE 04204 / 2026"},
        {"number": "RE-2026-04024"},
        {"gross": Decimal("9.99")},
        {"vat_id": ""},
        {"vat_id": "", "name": "Bauhof 4 GmbH", "name_key": name_key("Bauhof 4 GmbH")},
    ],
    ids=["bare", "turned", "swapped", "amount", "without VAT id", "legal form"],
)
def test_a_repetition_is_found_however_it_was_changed(
    db: Database, changed: dict[str, Any]
) -> None:
    (found,) = asked(db, mine(4204, **changed))

    assert found.other_id == f"h{4204:025d}"
    assert found.comparison.points >= 60


def test_what_repeats_nothing_has_no_suspects(db: Database) -> None:
    assert asked(db, mine(4204, number="RE-2026-99999", gross=Decimal("1.23"))) == []


def test_the_heads_of_a_neighbour_are_never_seen(db: Database) -> None:
    with db.read() as connection:
        found = candidates(connection, "musterstadt", mine(4204), days=730)

    assert {one.id[0] for one in found} == {"h"}


def test_the_holder_of_the_exact_name_counts_also_without_a_head(db: Database) -> None:
    (found,) = asked(db, mine(4204, number="X1", gross=Decimal("1.23")), exact="unknown")

    assert (found.other_id, found.comparison.points) == ("unknown", 0)


@pytest.mark.parametrize(
    ("stage", "is_found"),
    [("registered", True), ("paid", True), ("rejected", False), ("duplicate", False)],
)
def test_only_a_claim_can_be_repeated(migrated_url: str, stage: str, is_found: bool) -> None:
    """What went back to the supplier comes again, corrected."""
    db = Database(migrated_url)
    made, entered = own(stage)
    with db.write() as connection:
        connection.execute(sa.insert(invoice_head), made)
        connection.execute(sa.insert(invoice), entered)

    found = asked(db, mine(90_001))

    db.close()
    assert bool(found) is is_found


def test_of_two_that_arrive_together_the_later_one_sees_the_earlier(migrated_url: str) -> None:
    db = Database(migrated_url)
    made, entered = own("received")
    with db.write() as connection:
        connection.execute(sa.insert(invoice_head), made)
        connection.execute(sa.insert(invoice), entered)

    found = [asked(db, mine(90_001, id=key)) for key in ("zz", "aa")]

    db.close()
    assert [len(one) for one in found] == [1, 0]


def test_the_candidates_are_found_by_indexes_alone(db: Database) -> None:
    seen: list[tuple[str, Any]] = []
    heard = (db.engine, "before_cursor_execute", lambda _c, _cur, *asked: seen.append(asked[:2]))
    sa.event.listen(*heard)
    with db.read() as connection:
        candidates(connection, "musterstadt", mine(4204), days=730)
        sa.event.remove(*heard)
        (statement, values) = seen[-1]
        explain = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
        rows = connection.exec_driver_sql(explain + statement, values).all()
    plan = "\n".join(str(row[-1]) for row in rows)

    assert "ix_invoice_head_number" in plan
    assert "ix_invoice_head_gross" in plan
    assert "SCAN invoice_head" not in plan and "Seq Scan on invoice_head" not in plan
    assert "(tenant=?)" not in plan  # the heads of the whole tenant
