"""A credit note, a correction and a final invoice find what they name, and are found by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.invoice_keys import number_of
from laufzettel.records.heads.links import Link, Relation, links
from laufzettel.records.heads.search import heads
from laufzettel.records.heads.tables import invoice_head, invoice_reference

DAY = date(2026, 3, 2)


@pytest.fixture
def db(migrated_url: str) -> Iterator[Database]:
    database = Database(migrated_url)
    yield database
    database.close()


def keep(db: Database, key: str, written: str, *names: str, **values: Any) -> None:
    """Keep a head under that id; it names these numbers."""
    row = {
        "id": key,
        "tenant": "musterstadt",
        "vat_id": "de1",
        "number_key": number_of(written).core,
        "number": written,
        "issued_on": DAY,
        "type_code": "380",
        "refers_to": [[name, None] for name in names] or None,
        **values,
    }
    with db.write() as connection:
        connection.execute(sa.insert(invoice_head), row)
        for name in names:
            back = {
                "tenant": row["tenant"],
                "invoice_id": key,
                "number_key": number_of(name).core,
            }
            connection.execute(sa.insert(invoice_reference), back)


def found(db: Database, key: str) -> list[tuple[Relation, str | None, bool]]:
    with db.read() as connection:
        mine = heads(connection, "musterstadt", [key])[key]
        made: list[Link] = links(connection, "musterstadt", mine)
    return [(one.relation, one.other_id, one.is_later) for one in made]


@pytest.mark.parametrize(
    ("kind", "relation"),
    [
        ("384", Relation.CORRECTION),
        ("381", Relation.CREDIT),
        ("877", Relation.FINAL),
        ("380", Relation.REFERENCE),
    ],
)
def test_both_see_each_other(db: Database, kind: str, relation: Relation) -> None:
    keep(db, "first", "RE-2026-0417")
    keep(db, "later", "RE-2026-0425", "RE 2026/417", type_code=kind)

    assert found(db, "later") == [(relation, "first", False)]
    assert found(db, "first") == [(relation, "later", True)]


def test_an_invoice_that_arrives_after_its_correction_sees_it(db: Database) -> None:
    keep(db, "later", "RE-2026-0425", "RE-2026-0417", type_code="384")

    assert found(db, "later") == [(Relation.CORRECTION, None, False)]
    keep(db, "first", "RE-2026-0417")
    assert found(db, "first") == [(Relation.CORRECTION, "later", True)]


def test_an_ordinary_invoice_that_names_instalments_settles_them(db: Database) -> None:
    """Many write 380 under a Schlussrechnung."""
    keep(db, "one", "AZ-1001", type_code="326")
    keep(db, "two", "AZ-1002", type_code="875")
    keep(db, "last", "SR-1003", "AZ-1001", "AZ-1002")

    assert found(db, "last") == [(Relation.FINAL, "one", False), (Relation.FINAL, "two", False)]
    assert found(db, "one") == [(Relation.FINAL, "last", True)]


@pytest.mark.parametrize(
    "values",
    [{"vat_id": "de2"}, {"tenant": "anderswo"}, {"number_key": "417", "number": "RE-2025-0417"}],
    ids=["another seller", "another tenant", "another year"],
)
def test_the_same_number_elsewhere_is_another_invoice(db: Database, values: dict[str, Any]) -> None:
    keep(db, "first", "RE-2026-0417", **values)
    keep(db, "later", "RE-2026-0425", "RE-2026-0417", type_code="384")

    assert found(db, "later") == [(Relation.CORRECTION, None, False)]


def test_the_date_that_is_named_must_be_that_of_the_invoice(db: Database) -> None:
    keep(db, "first", "417")
    keep(db, "later", "425", "417", refers_to=[["417", "2026-02-01"]])
    keep(db, "right", "426", "417", refers_to=[["417", "2026-03-02"]])

    assert found(db, "later") == [(Relation.REFERENCE, None, False)]
    assert found(db, "right") == [(Relation.REFERENCE, "first", False)]
