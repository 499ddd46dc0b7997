"""What the texts of invoices and their files say: found by a word, with the place it stands at.

Read-only; every query names the tenant. What is confidential is found by nobody whom its case
does not show itself to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from markupsafe import Markup

from laufzettel.einvoice.view.texts import harmless
from laufzettel.engine.tables import case
from laufzettel.records import search
from laufzettel.records.snippets import CLOSE, OPEN
from laufzettel.records.tables import invoice, invoice_text
from laufzettel.web.case import queries as case_queries

#: Invoices of an answer, and texts that are looked at for them.
HITS_MAX: Final = 20
_TEXTS_MAX: Final = 60
_MARKED: Final = re.compile(f"{OPEN}(.*?){CLOSE}", re.DOTALL)
_MARK: Final = f"[{OPEN}{CLOSE}]?"
#: An account as people write it (ISO 13616): blanks between groups of four, or none; marks of
#: what matches may stand around each group.
_ACCOUNT: Final = re.compile(
    rf"{_MARK}(?<![0-9A-Za-z])[A-Z]{{2}}[0-9]{{2}}(?:{_MARK} ?{_MARK}[0-9A-Z]{{4}}){{2,7}}"
    rf"(?:{_MARK} ?{_MARK}[0-9A-Z]{{1,3}})?(?![0-9A-Za-z]){_MARK}"
)
_KEY: Final = sa.literal("invoice:").concat(invoice.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An invoice that says what was asked for."""

    case_id: str
    subject: str
    party: str
    receipt_no: str
    received_at: datetime
    part: str  # "": the invoice itself; else the name of its file
    snippet: Markup  # where it says so


def hits(
    connection: sa.Connection,
    reader: case_queries.Reader,
    text: str,
    *,
    without: Sequence[str] = (),
) -> list[Hit]:
    """Return the invoices whose text has every word, the newest first, each once.

    ``without`` names cases that stand in the answer already.
    """
    phrases = search.parse(text)
    if not phrases:
        return []
    dialect = connection.dialect.name
    asked = search.ask(connection, phrases)
    rows = connection.execute(_query(reader, dialect, without), {"asked": asked}).all()
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(row.of_case, row)
    chosen = list(first.values())[:HITS_MAX]
    shown = search.snippets(connection, phrases, [row.id for row in chosen])
    return [_hit(row, shown) for row in chosen]


def _query(reader: case_queries.Reader, dialect: str, without: Sequence[str]) -> sa.Select[Any]:
    texts, condition = search.matches(dialect)
    of_invoice = sa.and_(
        invoice.c.id == invoice_text.c.invoice_id, invoice.c.tenant == invoice_text.c.tenant
    )
    of_case = sa.and_(case.c.tenant == invoice.c.tenant, case.c.business_key == _KEY)
    return (
        sa.select(
            invoice_text.c.id,
            invoice_text.c.part,
            invoice.c.receipt_no,
            invoice.c.received_at,
            case.c.id.label("of_case"),
            case.c.subject,
            case.c.party,
        )
        .select_from(texts.join(invoice, of_invoice).join(case, of_case))
        .where(
            condition,
            invoice_text.c.tenant == reader.tenant,
            case_queries.visible(reader),
            case.c.id.not_in(without),
        )
        .order_by(search.newest_first(dialect))
        .limit(_TEXTS_MAX)
    )


def _hit(row: Any, shown: Mapping[int, str]) -> Hit:
    return Hit(
        case_id=row.of_case,
        subject=row.subject,
        party=row.party,
        receipt_no=row.receipt_no,
        received_at=row.received_at,
        part=row.part,
        snippet=marked(shown.get(row.id, "")),
    )


def marked(snippet: str) -> Markup:
    """Return a snippet as HTML: what matches is marked, all else is text and harmless.

    Of an account only the end is shown, as everywhere in the Auskunft.

    >>> marked("<b> \\ue000Kies\\ue001 & Sand")
    Markup('&lt;b&gt; <mark>Kies</mark> &amp; Sand')
    >>> marked("IBAN DE89 3704 0044 0532 0130 00 bei der Bank")
    Markup('IBAN … 3000 bei der Bank')
    >>> marked("\ue000DE89\ue001 3704 0044 0532 0130 00, \ue000DE89370400440532013000\ue001")
    Markup('… 3000, … 3000')
    """
    pieces = _MARKED.split(_ACCOUNT.sub(_end_of, snippet))
    return Markup("").join(
        Markup("<mark>{}</mark>").format(harmless(piece)) if place % 2 else harmless(piece)
        for place, piece in enumerate(pieces)
    )


def _end_of(account: re.Match[str]) -> str:
    return "… " + re.sub(r"[^0-9A-Z]", "", account[0])[-4:]
