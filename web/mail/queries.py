"""The files of the mail that a case is about, and which invoices they have become."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.records.tables import invoice, mail
from laufzettel.web.case.queries import Reader, visible

_RECEIPT: Final = re.compile(r"E-\d{4}-\d{6,}", re.ASCII)
_KEY: Final = sa.literal("invoice:").concat(invoice.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file of a mail."""

    name: str
    media_type: str  # as the sender says
    size: int  # bytes
    what: str  # German: what it was taken for
    sha256: str  # empty for a mail of before it was noted: then only the mail itself has it
    receipts: tuple[str, ...]  # numbers of the invoices that it has become


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail with its files."""

    id: str
    number: str
    received_at: datetime
    files: tuple[MailFile, ...]
    cases: Mapping[str, str]  # number of an invoice -> its case, if the reader may see it


def letter_of(connection: sa.Connection, reader: Reader, business_key: str) -> Letter | None:
    """Return the mail that a case is about; None where it is about something else."""
    kind, _, key = business_key.partition(":")
    if kind != "mail":
        return None
    row = connection.execute(
        sa.select(mail).where(mail.c.tenant == reader.tenant, mail.c.id == key)
    ).one_or_none()
    if row is None:
        return None
    is_paper = row.media_type is not None  # then it is the one file itself, among the papers
    files = () if is_paper else tuple(_file(one) for one in row.files or ())
    numbers = [number for one in files for number in one.receipts]
    return Letter(
        id=row.id,
        number=row.number,
        received_at=row.received_at,
        files=files,
        cases=cases_of(connection, reader, numbers),
    )


def cases_of(
    connection: sa.Connection, reader: Reader, numbers: Sequence[str]
) -> Mapping[str, str]:
    """Return the cases of invoices by their numbers; what is hidden is left out."""
    if not numbers:
        return {}
    rows = connection.execute(
        sa.select(invoice.c.receipt_no, case.c.id)
        .join(case, sa.and_(case.c.tenant == invoice.c.tenant, case.c.business_key == _KEY))
        .where(
            invoice.c.tenant == reader.tenant, invoice.c.receipt_no.in_(numbers), visible(reader)
        )
        .order_by(case.c.id)
    )
    return {row.receipt_no: row.id for row in rows}


def _file(one: Mapping[str, Any]) -> MailFile:
    return MailFile(
        name=one["name"],
        media_type=one["media_type"],
        size=one["size"],
        what=one["what"],
        sha256=one.get("sha256", ""),
        receipts=tuple(_RECEIPT.findall(one["what"])),
    )
