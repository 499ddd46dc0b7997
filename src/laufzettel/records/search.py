"""Finding invoices by a word of their text: what is kept, how a question is asked, snippets.

Every word that is typed is found at the beginning of a word, and all of them in one text;
several in quotation marks only next to each other. What a person types never reaches the
database as a query of its language: only letters and digits of it do, put together here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from laufzettel.records.tables import invoice_text

#: Longest text of a part that is kept, in characters; longer ones are cut.
TEXT_MAX: Final = 100_000
#: Most parts of an invoice.
PARTS_MAX: Final = 12
#: Most words of a question, and the longest that is asked for.
WORDS_MAX: Final = 10
WORD_MAX: Final = 60
#: So much of a word is typed at least.
BEGINNING_MIN: Final = 3
#: Around a match in a snippet. No text has them: they are taken out on the way in.
OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"

_ASKED: Final = re.compile(r'"([^"]*)"|(\S+)')
_TOKEN: Final = re.compile(r"[^\W_]+")
_MARKS: Final = str.maketrans("", "", f"{OPEN}{CLOSE}\x00")
_FTS: Final = sa.table("invoice_words", sa.column("rowid"), sa.column("invoice_words"))
_GERMAN: Final[sa.ColumnClause[str]] = sa.literal_column("'german'::regconfig")
_HEADLINE: Final = (
    f"StartSel={OPEN}, StopSel={CLOSE}, MaxWords=18, MinWords=8, ShortWord=2, MaxFragments=1"
)

# Built once: building a statement costs more than running it.
_FORGET: Final = sa.delete(invoice_text).where(
    invoice_text.c.tenant == sa.bindparam("of_tenant"),
    invoice_text.c.invoice_id == sa.bindparam("of_invoice"),
)
_PUT: Final = sa.insert(invoice_text)
_asked: Final = sa.bindparam("asked", type_=sa.String())
_ids: Final[sa.BindParameter[int]] = sa.bindparam("of_ids", expanding=True)
_SNIPPETS: Final = {
    "sqlite": sa.select(
        _FTS.c.rowid.label("id"),
        sa.func.snippet(
            sa.literal_column("invoice_words"), 0, OPEN, CLOSE, " … ", sa.literal_column("18")
        ).label("snippet"),
    ).where(_FTS.c.invoice_words.op("MATCH")(_asked), _FTS.c.rowid.in_(_ids)),
    "postgresql": sa.select(
        invoice_text.c.id,
        sa.func.ts_headline(
            _GERMAN, invoice_text.c.text, sa.func.to_tsquery(_GERMAN, _asked), _HEADLINE
        ).label("snippet"),
    ).where(invoice_text.c.id.in_(_ids)),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand next to each other; of the last the beginning is enough, or not."""

    tokens: tuple[str, ...]
    is_prefix: bool


def put(connection: sa.Connection, tenant: str, invoice_id: str, parts: Mapping[str, str]) -> None:
    """Keep the texts of an invoice, in place of those it had: name of the part → text.

    The part "" is the invoice itself, the others are its files.
    """
    connection.execute(_FORGET, {"of_tenant": tenant, "of_invoice": invoice_id})
    kept = [(name, clean(text)) for name, text in parts.items()]
    rows = [
        {"tenant": tenant, "invoice_id": invoice_id, "part": name[:100], "text": text}
        for name, text in kept[:PARTS_MAX]
        if text
    ]
    for row in rows:
        connection.execute(_PUT, row)


def clean(text: str) -> str:
    """Return a text as it is kept: one line, bounded, without what snippets are marked with.

    >>> clean("  Lieferung \\n\\tvon \\ue000Kies\\ue001 ")
    'Lieferung von Kies'
    """
    return " ".join(text.translate(_MARKS).split())[:TEXT_MAX]


def parse(text: str) -> tuple[Phrase, ...]:
    """Return what is asked for; empty where no word is long enough to say anything.

    A shorter word beside a long one is looked for as it is, not by its beginning.

    >>> parse("00 §"), parse("Los 2")[1].is_prefix
    ((), False)
    >>> parse('TB-2026 "frei Haus"')
    (Phrase(tokens=('TB', '2026'), is_prefix=True), Phrase(tokens=('frei', 'Haus'), is_prefix=False))
    """
    found: list[Phrase] = []
    for quoted, word in _ASKED.findall(text):
        tokens = tuple(one[:WORD_MAX] for one in _TOKEN.findall(quoted or word))
        if tokens:
            is_prefix = not quoted and len(tokens[-1]) >= BEGINNING_MIN
            found.append(Phrase(tokens[:WORDS_MAX], is_prefix=is_prefix))
    says_something = any(len("".join(one.tokens)) >= BEGINNING_MIN for one in found)
    return tuple(found[:WORDS_MAX]) if says_something else ()


def query(phrases: Sequence[Phrase], dialect: str) -> str:
    """Return the question in the language of the database.

    >>> query(parse("Kies Straße"), "sqlite")
    '("kies"*) AND ("straße"* OR "strasse"*)'
    >>> query(parse('"frei Haus" Kies'), "postgresql")
    "('frei' <-> 'Haus') & ('Kies':*)"
    """
    if dialect == "sqlite":
        return " AND ".join(map(_fts5, phrases))
    return " & ".join(map(_tsquery, phrases))


def _fts5(phrase: Phrase) -> str:
    """Return a phrase as FTS5 reads it; ß is two letters to many, and the index knows no stem."""
    star = "*" if phrase.is_prefix else ""
    plain = " ".join(phrase.tokens).lower()
    ways = dict.fromkeys((plain, plain.replace("ß", "ss"), plain.replace("ss", "ß")))
    return "(" + " OR ".join(f'"{way}"{star}' for way in ways) + ")"


def _tsquery(phrase: Phrase) -> str:
    star = ":*" if phrase.is_prefix else ""
    return "(" + " <-> ".join(f"'{token}'" for token in phrase.tokens) + star + ")"


def matches(dialect: str) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """Return texts that match the bound value ``asked``: from where, and on which condition."""
    if dialect == "sqlite":
        joined = sa.join(_FTS, invoice_text, invoice_text.c.id == _FTS.c.rowid)
        return joined, _FTS.c.invoice_words.op("MATCH")(_asked)
    words: sa.ColumnClause[str] = sa.literal_column("invoice_text.words")
    return invoice_text, words.op("@@")(sa.func.to_tsquery(_GERMAN, _asked))


def newest_first(dialect: str) -> sa.ColumnElement[int]:
    """Return what texts are sorted by, so that the index itself brings them in that order."""
    return (_FTS.c.rowid if dialect == "sqlite" else invoice_text.c.id).desc()


def snippets(connection: sa.Connection, asked: str, ids: Sequence[int]) -> Mapping[int, str]:
    """Return for each of these texts where it matches, the match between OPEN and CLOSE."""
    if not ids:
        return {}
    statement = _SNIPPETS[connection.dialect.name]
    rows = connection.execute(statement, {"asked": asked, "of_ids": list(ids)})
    return {row.id: row.snippet for row in rows}


def forget_for_good(connection: sa.Connection) -> None:
    """Leave nothing of deleted texts in the index; rewrites it, so once after many deletions.

    PostgreSQL's index holds nothing of them after its next VACUUM.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("INSERT INTO invoice_words(invoice_words) VALUES ('optimize')"))
