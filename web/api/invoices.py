"""Rechnungen: handing one in, listing them, reading what the Eingangsbuch knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import sqlalchemy as sa

from laufzettel.einvoice.admission import obstacle
from laufzettel.einvoice.embedded import clean_name
from laufzettel.einvoice.report import Verdict
from laufzettel.engine.api import CaseStatus, CaseView
from laufzettel.errors import NotFoundError
from laufzettel.records.api_requests import Answer
from laufzettel.records.api_tokens import Scope
from laufzettel.records.delivery import Delivery, Receipt
from laufzettel.records.invoice import Stage
from laufzettel.spool import Spool
from laufzettel.web.api import invoice_rows, paging
from laufzettel.web.api.files import FileBody
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import FieldFault, Note, ShapeError, Text
from laufzettel.web.parts import parts

#: What the Eingangsbuch calls this way in.
CHANNEL: Final = "schnittstelle"
_PREFIX: Final = "invoice:"
#: Anything but control characters; what a name is used for makes more of it harmless.
_LINE: Final = r"[^\x00-\x1f\x7f]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptOut:
    """Die Quittung: die Bytes liegen im Speicher, die Rechnung steht im Eingangsbuch."""

    id: str
    receipt_no: Annotated[str, Note("Die Nummer des Eingangsbuchs.")]
    is_repeat: Annotated[bool, Note("Genau diese Bytes lagen schon vor; kein zweiter Vorgang.")]
    received_at: Annotated[datetime, Note("Wann diese Sendung ankam.")]
    sha256: Annotated[str, Note("Prüfsumme der angekommenen Bytes.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandInQuery:
    """Was zur Datei gesagt wird."""

    file_name: Annotated[str | None, Text("Name der Datei.", most=200, pattern=_LINE)] = None
    sender: Annotated[
        str | None, Text("Von wem sie kam, etwa eine Adresse.", most=200, pattern=_LINE)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceOut:
    """Eine Rechnung; was (noch) nicht gelesen wurde, ist null."""

    id: str
    receipt_no: str
    case_id: str
    case_status: CaseStatus
    stage: Stage
    verdict: Annotated[
        Verdict | None, Note("Ergebnis der formalen Prüfung; null, solange sie aussteht.")
    ]
    channel: str
    sender: str
    received_at: datetime
    sha256: str
    supplier_name: str | None
    supplier_vat_id: str | None
    number: str | None
    type_code: Annotated[str | None, Note("Art der Rechnung (BT-3), 380 ist die Rechnung.")]
    issued_on: date | None
    due_on: date | None
    gross: Annotated[Decimal | None, Note("Bruttobetrag (BT-112).")]
    payable: Annotated[Decimal | None, Note("Zahlbetrag (BT-115).")]
    currency: str | None
    buyer_reference: Annotated[str | None, Note("Leitweg-ID oder Käuferreferenz (BT-10).")]
    unit: str | None
    rejection: Annotated[str | None, Note("Was der Lieferant zur Zurückweisung erfuhr.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """Eine Seite der Liste; sie kann weniger Zeilen haben als verlangt."""

    items: tuple[InvoiceOut, ...]
    next: Annotated[str | None, Note(paging.NEXT_DE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceQuery:
    """Welche Rechnungen."""

    status: Annotated[CaseStatus | None, Note("Nur Vorgänge in diesem Stand.")] = None
    after: paging.Cursor = None
    limit: paging.Limit = 50


@operation(
    "POST",
    "/invoices",
    scope=Scope.INVOICES_SEND,
    answer=ReceiptOut,
    status=201,
    repeat_status=200,
    takes_file=True,
    query=HandInQuery,
)
def receive_invoice(call: Call) -> None:
    """Nimmt eine Rechnung an: XML oder PDF, wie sie ist; gelesen wird sie danach.

    Dieselben Bytes noch einmal, auch über einen anderen Weg, werden nur vermerkt (200 statt 201).
    Was sicher keine Rechnung ist, wird mit 422 abgelehnt.
    """
    file: FileBody = call.body
    _check(file.data)
    name = clean_name(call.query.file_name or file.name) or "rechnung"

    def within(connection: sa.Connection, receipt: Receipt) -> None:
        call.once.write(connection, _answer(receipt))

    parts().receive(
        Delivery(
            tenant=call.actor.tenant,
            channel=CHANNEL,
            sender=call.query.sender or "",
            file_name=name,
            data=file.data,
        ),
        by=call.actor,
        within=within,
    )


@operation("GET", "/invoices", scope=Scope.INVOICES_READ, answer=InvoicePage, query=InvoiceQuery)
def list_invoices(call: Call) -> InvoicePage:
    """Listet die Rechnungen, die neueste zuerst.

    Vertrauliche fehlen, wenn der Zugang sie nicht sehen darf.
    """
    query = call.query
    page = parts().engine.list_cases(
        call.actor,
        status=query.status,
        after=paging.decode(query.after, timed=True),
        size=query.limit,
    )
    return InvoicePage(**paging.shown(page, _shown(call, page.items)))


@operation("GET", "/invoices/<invoice_id>", scope=Scope.INVOICES_READ, answer=InvoiceOut)
def get_invoice(call: Call, invoice_id: str) -> InvoiceOut:
    """Zeigt eine Rechnung, wie sie im Eingangsbuch steht, und den Stand ihres Vorgangs."""
    page = parts().engine.list_cases(call.actor, business_key=f"{_PREFIX}{invoice_id}", size=1)
    found = _shown(call, page.items)
    if not found:
        raise NotFoundError("Diese Rechnung gibt es bei diesem Mandanten nicht.")
    return found[0]


def _check(data: Spool) -> None:
    refusal = obstacle(data, size_max=parts().file_max)
    if refusal is not None:
        raise ShapeError([FieldFault("/file", f"{refusal.why_de} {refusal.remedy_de}")])


def _answer(receipt: Receipt) -> Answer:
    shown = ReceiptOut(
        id=receipt.invoice_id,
        receipt_no=receipt.receipt_no,
        is_repeat=receipt.is_repeat,
        received_at=receipt.received_at,
        sha256=receipt.sha256,
    )
    return answered(
        "receive_invoice",
        shown,
        location=f"/api/v1/invoices/{receipt.invoice_id}",
        is_repeat=receipt.is_repeat,
    )


def _shown(call: Call, cases: tuple[CaseView, ...]) -> list[InvoiceOut]:
    """Return the invoices of those cases that are about one, in their order."""
    keys = {
        one.business_key.removeprefix(_PREFIX): one
        for one in reversed(cases)
        if one.business_key.startswith(_PREFIX)
    }
    db = parts().db
    with db.read() as connection:
        rows = invoice_rows.rows_of(connection, call.actor.tenant, list(keys))
    return [_invoice_of(rows[key], keys[key]) for key in reversed(keys) if key in rows]


def _invoice_of(row: Any, case: CaseView) -> InvoiceOut:
    taken = {name: row[name] for name in _COLUMNS}
    return InvoiceOut(
        **taken,
        case_id=case.id,
        case_status=case.status,
        stage=Stage(row["stage"]),
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
    )


#: Columns that are told as they are.
_COLUMNS: Final = (
    "id",
    "receipt_no",
    "channel",
    "sender",
    "received_at",
    "sha256",
    "supplier_name",
    "supplier_vat_id",
    "number",
    "type_code",
    "issued_on",
    "due_on",
    "gross",
    "payable",
    "currency",
    "buyer_reference",
    "unit",
    "rejection",
)
