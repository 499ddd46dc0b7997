"""Words of invoices: found on both databases, whatever is typed, and gone when they are deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laufzettel.db import Database
from laufzettel.records import search
from laufzettel.records.tables import invoice_text

TEXTS = {
    "a": "Malerarbeiten in der Grundschule Süd · TB-2026-1187 · frei Haus",
    "b": "Lieferung von Kies, 0/32 · Große Straße 5 · 1.234,56",
    "c": "Haus frei geräumt · Rechnungen der Städte",
}


@pytest.fixture
def db(migrated_url: str) -> Iterator[Database]:
    """A database with three invoices, of another tenant one as well."""
    database = Database(migrated_url)
    with database.write() as connection:
        for key, text in TEXTS.items():
            search.put(connection, "stadt", key, {"": text})
        search.put(connection, "dorf", "z", {"": "Malerarbeiten"})
    yield database
    database.close()


def found(db: Database, text: str) -> list[str]:
    """Return the invoices that have what is asked for, the newest first."""
    phrases = search.parse(text)
    if not phrases:
        return []
    with db.read() as connection:
        dialect = connection.dialect.name
        texts, condition = search.matches(dialect)
        query = (
            sa.select(invoice_text.c.invoice_id)
            .select_from(texts)
            .where(condition, invoice_text.c.tenant == "stadt")
            .order_by(search.newest_first(dialect))
        )
        rows = connection.execute(query, {"asked": search.query(phrases, dialect)})
        return list(rows.scalars())


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Maler", ["a"]),
        ("maler SCHUL", []),
        ("grundschul maler", ["a"]),
        ("tb-2026", ["a"]),
        ("1187", ["a"]),
        ("2026 TB", ["a"]),
        ('"2026 TB"', []),
        ("1.234,56", ["b"]),
        ("0/32", ["b"]),
        ("Strasse", ["b"]),
        ("straße", ["b"]),
        ("STRASSE", ["b"]),
        ("stadte", ["c"]),
        ("frei haus", ["c", "a"]),
        ('"frei haus"', ["a"]),
        ("kies maler", []),
        ("", []),
        ("-- %", []),
    ],
)
def test_a_word_is_found_by_its_beginning_and_every_word_must_be_there(
    db: Database, text: str, keys: list[str]
) -> None:
    assert found(db, text) == keys


def test_postgresql_knows_the_stem_of_a_german_word(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    with database.write() as connection:
        search.put(connection, "stadt", "a", {"": "zwei neue Häuser"})

    assert found(database, "Haus") == ["a"]
    database.close()


def test_what_is_put_again_replaces_and_what_is_deleted_is_not_found(db: Database) -> None:
    with db.write() as connection:
        search.put(connection, "stadt", "a", {"": "Dachdecker", "plan.pdf": "Gauben"})
        connection.execute(sa.delete(invoice_text).where(invoice_text.c.invoice_id == "b"))
        search.forget_for_good(connection)

    assert (found(db, "Maler"), found(db, "Dach"), found(db, "Gaube")) == ([], ["a"], ["a"])
    assert found(db, "Kies") == []


def test_the_index_of_sqlite_is_sound_and_holds_nothing_of_what_was_deleted(
    migrated_sqlite_url: str,
) -> None:
    database = Database(migrated_sqlite_url)
    with database.write() as connection:
        search.put(connection, "stadt", "a", {"": "Geheimnisverrat"})
        search.put(connection, "stadt", "b", {"": "Kies"})
        connection.execute(sa.delete(invoice_text).where(invoice_text.c.invoice_id == "a"))
        search.forget_for_good(connection)
        connection.exec_driver_sql(
            "INSERT INTO invoice_words(invoice_words) VALUES ('integrity-check')"
        )
        blocks = connection.exec_driver_sql("SELECT block FROM invoice_words_data").scalars()
        assert not any(b"geheim" in block for block in blocks)
    database.close()


HOSTILE = [
    '"',
    '""',
    "'",
    "*",
    "a* OR b",
    "NEAR(a b)",
    "text: kies",
    "{text} : kies",
    "a AND",
    "NOT",
    "^kies",
    "kies +",
    "a & | ! <-> b",
    "kies:*AB",
    "\\",
    "'; DROP TABLE invoice_text; --",
    "\x00kies",
    "(" * 50,
    "x" * 5000,
    "a " * 5000,
    "\ue000kies\ue001",
    "𝔎ies 👍",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_typed_is_a_query_of_the_database(db: Database, text: str) -> None:
    """Words such as OR and NOT are words, and none of the texts has them."""
    assert set(found(db, text)) <= {"a", "b", "c"}


@given(text=st.text(max_size=80))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_has_an_answer(db: Database, text: str) -> None:
    found(db, text)


@given(text=st.text(max_size=200))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_an_invoice_says_can_be_kept(db: Database, text: str) -> None:
    """Lone surrogates come from no reader of ours."""
    harmless = text.encode("utf-8", "ignore").decode()
    with db.write() as connection:
        search.put(connection, "stadt", "x", {"": f"Anfang {harmless}"})

    assert "x" in found(db, "Anfang")


def test_a_text_at_the_limit_can_be_kept(db: Database) -> None:
    """The lexemes of a PostgreSQL row have a limit of their own; ours lies below it."""
    long = " ".join(f"wort{n:x}ä" for n in range(20_000))
    with db.write() as connection:
        search.put(connection, "stadt", "x", {"": long, "b": "ß" * 200_000})

    assert found(db, "wort0ä") == ["x"]


def test_a_snippet_marks_what_matches(db: Database) -> None:
    with db.read() as connection:
        asked = search.query(search.parse("Kies"), connection.dialect.name)
        ids = connection.execute(
            sa.select(invoice_text.c.id).where(invoice_text.c.invoice_id == "b")
        ).scalars()
        (shown,) = search.snippets(connection, asked, list(ids)).values()

    assert f"Lieferung von {search.OPEN}Kies{search.CLOSE}" in shown
