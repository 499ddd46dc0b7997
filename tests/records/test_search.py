"""Words of invoices: found on both databases, whatever is typed, and gone when they are deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laufzettel.db import Database
from laufzettel.db.packed_text import pack, unpack
from laufzettel.records import search
from laufzettel.records.snippets import CLOSE, OPEN, snippet
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
        rows = connection.execute(query, {"asked": search.ask(connection, phrases)})
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


@pytest.mark.parametrize(
    ("text", "asked", "is_found"),
    [
        ("zwei neue Häuser", "Haus", True),
        ("ein Haus", "Häuser", True),
        ("des Hauses", "Häusern", True),
        ("Rechnungen der Städte", "Stadt", True),
        ("Große Straße 5", "Straßen", True),
        ("GROSSE STRASSE", "straßen", True),
        ("Wartung der Aufzüge", "Aufzug", True),
        ("Hausmeisterdienst", "Haus", True),  # a compound by its beginning
        ("Schulhaus", "Haus", False),  # and by nothing else
        ("Rechnung 20261", "2026", True),  # numbers by their beginning …
        ("Rechnung 2026", "20261", False),  # … and never by a stem
        ("Los 10er", "10e", True),
        ("Los 10", "10er", False),
        ("Bauhof", "Bauhöfe", True),
    ],
)
def test_a_word_is_found_in_its_other_forms_on_both_databases(
    migrated_url: str, text: str, asked: str, *, is_found: bool
) -> None:
    database = Database(migrated_url)
    with database.write() as connection:
        search.put(connection, "stadt", "a", {"": text})

    assert found(database, asked) == (["a"] if is_found else [])
    database.close()


def test_words_in_quotation_marks_are_looked_for_as_they_stand(
    migrated_sqlite_url: str,
) -> None:
    database = Database(migrated_sqlite_url)
    with database.write() as connection:
        search.put(connection, "stadt", "a", {"": "zwei neue Häuser"})

    assert (found(database, '"Haus"'), found(database, '"neue Häuser"')) == ([], ["a"])
    database.close()


def test_forms_are_looked_for_among_the_words_of_the_index_alone(
    migrated_sqlite_url: str,
) -> None:
    """A word with the stem but other letters in front is none, and a number has no form."""
    database = Database(migrated_sqlite_url)
    with database.write() as connection:
        search.put(connection, "stadt", "a", {"": "Haus Häusern Hausmeister Straße strassen"})

        assert search.forms(connection, "Häuser") == ("haus",)
        assert search.forms(connection, "Straßen") == ("straße",)
        assert search.forms(connection, "Haus") == search.forms(connection, "2026er") == ()
    database.close()


def test_one_part_is_replaced_and_the_others_stay(db: Database) -> None:
    with db.write() as connection:
        search.put(connection, "stadt", "a", {"PDF": "Gauben"})
        search.put_part(connection, "stadt", "a", "", "Dachdecker Eins")
        search.put_part(connection, "stadt", "a", "", "Dachdecker Zwei")

    assert (found(db, "Gauben"), found(db, "Zwei")) == (["a"], ["a"])
    assert found(db, "Eins") == []


def test_what_is_put_again_replaces_and_what_is_deleted_is_not_found(db: Database) -> None:
    with db.write() as connection:
        search.put(connection, "stadt", "a", {"": "Dachdecker", "plan.pdf": "Gauben"})
        search.forget(connection, "stadt", "b")
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
        search.forget(connection, "stadt", "a")
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


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("Kies", "Lieferung von [Kies], 0/32 · Große Straße 5 · 1.234,56"),
        ("Strassen", "… von Kies, 0/32 · Große [Straße] 5 · 1.234,56"),
        ("0/32 liefer", "[Lieferung] von Kies, [0]/[32] · Große Straße 5 · 1.234,56"),
    ],
)
def test_a_snippet_marks_what_matches(db: Database, asked: str, shown: str) -> None:
    with db.read() as connection:
        ids = connection.execute(
            sa.select(invoice_text.c.id).where(invoice_text.c.invoice_id == "b")
        ).scalars()
        (found,) = search.snippets(connection, search.parse(asked), list(ids)).values()

    assert found == shown.replace("[", OPEN).replace("]", CLOSE)


def test_a_snippet_of_a_long_text_shows_the_words_around_the_match() -> None:
    words = [f"wort{number}" for number in range(1000)]
    shown = snippet(" ".join(words), search.parse("wort500"))

    assert shown == f"… {' '.join(words[495:500])} {OPEN}wort500{CLOSE} " + (
        " ".join(words[501:513]) + " …"
    )


@given(text=st.text(max_size=300), asked=st.text(max_size=30))
def test_a_snippet_says_what_the_text_says(text: str, asked: str) -> None:
    kept = search.clean(text)
    shown = snippet(kept, search.parse(asked)).replace(OPEN, "").replace(CLOSE, "")

    assert shown.removeprefix("… ").removesuffix(" …") in kept


@given(text=st.text(max_size=3000))
def test_a_text_is_unpacked_as_it_was_packed(text: str) -> None:
    whole = text.encode("utf-8", "ignore").decode()

    assert unpack(pack(whole)) == whole


def test_a_usual_invoice_takes_less_than_half_of_its_text() -> None:
    """The dictionary stays as it is: a stored text needs the one that it was packed with."""
    text = (
        "RE-2026-0815 · Dachdeckerei Klein GmbH & Co. KG · Am Markt 3 · 32756 · Detmold · "
        "Stadt Musterstadt · Rathausplatz 1 · 04011000-12345-03 · Reparatur der Gaube an der "
        "Grundschule · Anfahrt · Kleinmaterial · Stundenlohn Geselle"
    )
    assert len(pack(text)) < len(text.encode()) / 2
    assert pack("Wartung").hex() == "0183167c00"
