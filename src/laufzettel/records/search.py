"""Finding invoices by a word of their text: what is kept, how a question is asked, snippets.

Every word that is typed is found at the beginning of a word or in another form of it, and all of
them in one text; several in quotation marks only next to each other and as they stand. What a
person types never reaches the database as a query of its language: only letters and digits of it
do, put together here.

The text itself is kept packed, for snippets, and because SQLite's index, which holds no text,
forgets a row only when it is told what the row said. So texts come and go by ``put`` and
``forget`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.db.packed_text import PackedText
from laufzettel.records.german import STEM_MIN, folded, stem
from laufzettel.records.snippets import CLOSE, OPEN, TOKEN, Phrase, snippet
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
#: Words of the index that are looked at for other forms of one, and most that are asked for.
FORMS_LOOKED_AT: Final = 2_000
FORMS_MAX: Final = 30

_ASKED: Final = re.compile(r'"([^"]*)"|(\S+)')
_MARKS: Final = str.maketrans("", "", f"{OPEN}{CLOSE}\x00")
#: What PostgreSQL would take for a sign, a path, an address: here it only separates.
_SEPARATORS: Final = str.maketrans(dict.fromkeys("-/\\._,;:@+#&=*()[]{}<>\"'!?~|^–—", " "))
_FTS: Final = sa.table("invoice_words", sa.column("rowid"), sa.column("invoice_words"))
_GERMAN: Final[sa.ColumnClause[str]] = sa.literal_column("'german'::regconfig")
_WORDS: Final[sa.ColumnClause[str]] = sa.literal_column("invoice_text.words")

# Built once: building a statement costs more than running it.
_OF: Final = sa.and_(
    invoice_text.c.tenant == sa.bindparam("of_tenant"),
    invoice_text.c.invoice_id == sa.bindparam("of_invoice"),
)
_KEPT: Final = sa.select(*invoice_text.c["id", "part", "packed"]).where(_OF)
_FORGET: Final = sa.delete(invoice_text).where(_OF)
_PUT: Final[dict[str, sa.Executable]] = {
    "sqlite": sa.insert(invoice_text).returning(invoice_text.c.id),
    "postgresql": sa.text(  # beside the table's columns, the database's own
        "INSERT INTO invoice_text (tenant, invoice_id, part, packed, words) VALUES (:tenant, "
        ":invoice_id, :part, :packed, to_tsvector('german'::regconfig, :words)) RETURNING id"
    ).bindparams(sa.bindparam("packed", type_=PackedText)),
}
_TEXTS: Final = sa.select(invoice_text.c.id, invoice_text.c.packed).where(
    invoice_text.c.id.in_(sa.bindparam("of_ids", expanding=True))
)
_asked: Final = sa.bindparam("asked", type_=sa.String())
_ENTER: Final = sa.text("INSERT INTO invoice_words(rowid, text) VALUES (:id, :text)")
_LEAVE: Final = sa.text(
    "INSERT INTO invoice_words(invoice_words, rowid, text) VALUES ('delete', :id, :text)"
)
_VOCABULARY: Final = sa.text(
    "SELECT term FROM invoice_vocabulary WHERE term >= :low AND term < :high LIMIT :most"
)


class TextKeeper:
    """Keeps texts in a transaction of their own: a word is found whatever becomes of the check."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, tenant: str, invoice_id: str, parts: Mapping[str, str]) -> None:
        """Keep the texts of an invoice; the same again changes nothing."""
        # After a loss of power the step that had them kept is done again, and with it this.
        with self._db.write(durable=False) as connection:
            put(connection, tenant, invoice_id, parts)


def put(connection: sa.Connection, tenant: str, invoice_id: str, parts: Mapping[str, str]) -> None:
    """Keep the texts of an invoice, in place of those it had: name of the part → text.

    The part "" is the invoice itself, the others are its files.
    """
    forget(connection, tenant, invoice_id)
    kept = [(name, clean(text)) for name, text in parts.items()]
    for name, text in kept[:PARTS_MAX]:
        if text:
            row = {"tenant": tenant, "invoice_id": invoice_id, "part": name[:100]}
            _enter(connection, row | {"packed": text}, text)


def put_part(connection: sa.Connection, tenant: str, invoice_id: str, part: str, text: str) -> None:
    """Keep one text of an invoice in place of the one it had; the others stay."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    parts = {row.part: row.packed for row in connection.execute(_KEPT, which).all()}
    put(connection, tenant, invoice_id, parts | {part: text})


def _enter(connection: sa.Connection, row: dict[str, Any], text: str) -> None:
    put_row = _PUT[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        number = connection.execute(put_row, row).scalar_one()
        connection.execute(_ENTER, {"id": number, "text": text})
    else:
        connection.execute(put_row, row | {"words": text.translate(_SEPARATORS)})


def forget(connection: sa.Connection, tenant: str, invoice_id: str) -> None:
    """Nothing of the invoice's texts is kept or found any more."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    if connection.dialect.name == "sqlite":
        for row in connection.execute(_KEPT, which).all():
            connection.execute(_LEAVE, {"id": row.id, "text": row.packed})
    connection.execute(_FORGET, which)


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
        tokens = tuple(one[:WORD_MAX] for one in TOKEN.findall(quoted or word))
        if tokens:
            is_prefix = not quoted and len(tokens[-1]) >= BEGINNING_MIN
            found.append(Phrase(tokens[:WORDS_MAX], is_prefix=is_prefix))
    says_something = any(len("".join(one.tokens)) >= BEGINNING_MIN for one in found)
    return tuple(found[:WORDS_MAX]) if says_something else ()


def ask(connection: sa.Connection, phrases: Sequence[Phrase]) -> str:
    """Return the question, with the other forms of its words that this database has to be told."""
    if connection.dialect.name != "sqlite":
        return query(phrases, connection.dialect.name)
    single = {one.tokens[0] for one in phrases if one.is_prefix and len(one.tokens) == 1}
    return query(phrases, "sqlite", {word: forms(connection, word) for word in single})


def forms(connection: sa.Connection, word: str) -> tuple[str, ...]:
    """Return the words of SQLite's index that have the stem of this one but not its beginning.

    All words of a stem begin with it, so a short walk in the index meets them all; ß may stand
    for the ss of a stem.
    """
    plain, root = folded(word), stem(word)
    if root == plain or len(root) < STEM_MIN:
        return ()  # what begins with the word is found anyhow
    found: list[str] = []
    for low in dict.fromkeys((root, root.replace("ss", "ß"))):
        bounds = {"low": low, "high": f"{low}\U0010ffff", "most": FORMS_LOOKED_AT}
        terms = connection.execute(_VOCABULARY, bounds).scalars()
        found += (
            term for term in terms if stem(term) == root and not folded(term).startswith(plain)
        )
    return tuple(found[:FORMS_MAX])


def query(
    phrases: Sequence[Phrase], dialect: str, forms: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return the question in the language of the database; ``forms`` stand beside their word.

    >>> query(parse("Kies Straße"), "sqlite")
    '("kies"*) AND ("straße"* OR "strasse"*)'
    >>> query(parse("Häuser"), "sqlite", {"Häuser": ("haus",)})
    '("häuser"* OR "haus")'
    >>> query(parse('"frei Haus" Kies'), "postgresql")
    "('frei' <-> 'Haus') & ('Kies':*)"
    """
    if dialect == "sqlite":
        found = forms or {}
        return " AND ".join(_fts5(one, found.get(one.tokens[0], ())) for one in phrases)
    return " & ".join(map(_tsquery, phrases))


def _fts5(phrase: Phrase, forms: Sequence[str]) -> str:
    """Return a phrase as FTS5 reads it; ß is two letters to many."""
    star = "*" if phrase.is_prefix else ""
    plain = " ".join(phrase.tokens).lower()
    ways = dict.fromkeys((plain, plain.replace("ß", "ss"), plain.replace("ss", "ß")))
    more = [f'"{form}"' for form in forms] if phrase.is_prefix and len(phrase.tokens) == 1 else []
    return "(" + " OR ".join([*(f'"{way}"{star}' for way in ways), *more]) + ")"


def _tsquery(phrase: Phrase) -> str:
    star = ":*" if phrase.is_prefix else ""
    return "(" + " <-> ".join(f"'{token}'" for token in phrase.tokens) + star + ")"


def matches(dialect: str) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """Return texts that match the bound value ``asked``: from where, and on which condition."""
    if dialect == "sqlite":
        joined = sa.join(_FTS, invoice_text, invoice_text.c.id == _FTS.c.rowid)
        return joined, _FTS.c.invoice_words.op("MATCH")(_asked)
    return invoice_text, _WORDS.op("@@")(sa.func.to_tsquery(_GERMAN, _asked))


def newest_first(dialect: str) -> sa.ColumnElement[int]:
    """Return what texts are sorted by, so that the index itself brings them in that order."""
    return (_FTS.c.rowid if dialect == "sqlite" else invoice_text.c.id).desc()


def snippets(
    connection: sa.Connection, phrases: Sequence[Phrase], ids: Sequence[int]
) -> Mapping[int, str]:
    """Return for each of these texts where it matches, the match between OPEN and CLOSE."""
    if not ids:
        return {}
    rows = connection.execute(_TEXTS, {"of_ids": list(ids)})
    return {row.id: snippet(row.packed, phrases) for row in rows}


def forget_for_good(connection: sa.Connection) -> None:
    """Leave nothing of deleted texts in the index; rewrites it, so once after many deletions.

    PostgreSQL's index holds nothing of them after its next VACUUM.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("INSERT INTO invoice_words(invoice_words) VALUES ('optimize')"))
