"""The neutral format of batches and acknowledgements, as docs/hkr-format.md describes it.

Writing is deterministic: one batch, one sequence of bytes. Reading is strict: a file is
either exactly what was agreed, or refused with a German reason and the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from laufzettel.connectors.kasse import additions, lines
from laufzettel.connectors.kasse.acknowledgement import Acknowledgement, AckStatus, ReasonCode
from laufzettel.connectors.kasse.booking import ORDERS_MAX, Batch, BookingOrder, OrderType, Share
from laufzettel.connectors.kasse.lines import FormatError, Record
from laufzettel.errors import InputError
from laufzettel.money import Money

BATCH_FORMAT: Final = "laufzettel-uebergabe"
ACK_FORMAT: Final = "laufzettel-rueckmeldung"
VERSION: Final = 1
#: Of batches in which an order has something withheld, or a decision about its tax.
VERSION_EXTENDED: Final = 2

_BATCH_HEADER: Final = (
    "record",
    "format",
    "version",
    "channel",
    "number",
    "created_at",
    "previous_sha256",
)
_ACK_HEADER: Final = _BATCH_HEADER[:-1]
_ORDER: Final = (
    "record",
    "order_id",
    "order_number",
    "fiscal_year_expense",
    "fiscal_year_payment",
    "order_type",
    "amount",
    "currency",
    "payee_name",
    "payee_iban",
    "due_date",
    "discount_until",
    "discount_amount",
    "purpose",
    "supplier_no",
    "cost_center",
    "gl_account",
    "shares",
    "certified_by",
    "ordered_by",
    "ordered_on",
    "documents",
)
_SHARE: Final = ("amount", "cost_center", "gl_account")
_ACK: Final = (
    "record",
    "batch_number",
    "order_id",
    "status",
    "document_no",
    "reason_code",
    "reason_text",
    "date",
    "amount",
    "currency",
)

_Code = TypeVar("_Code", bound=StrEnum)
_Read = TypeVar("_Read")


def pack_batch(batch: Batch) -> bytes:
    """Return the bytes of the batch, the same ones every time."""
    is_extended = any(order.is_extended for order in batch.orders)
    header = {
        "record": "header",
        "format": BATCH_FORMAT,
        "version": VERSION_EXTENDED if is_extended else VERSION,
        "channel": batch.channel,
        "number": batch.number,
        "created_at": _moment(batch.created_at),
        "previous_sha256": batch.previous_sha256,
    }
    written = (lines.encode(_order_values(order, is_extended)) for order in batch.orders)
    body = lines.encode(header) + b"".join(written)
    return _bounded(body + lines.encode(_batch_trailer(batch.orders, lines.digest(body))))


def order_line(order: BookingOrder) -> bytes:
    """Return the one line of the order: two orders with one line say the same."""
    return lines.encode(_order_values(order, order.is_extended))


def read_batch(data: bytes, *, channel: str) -> Batch:
    """Return the batch that the bytes are.

    Whether it is the next one is another question: see ``require_successor``.
    Raises FormatError for every deviation.
    """
    file = lines.split(data, entries_max=ORDERS_MAX)
    header = file.header
    _require_header(header, _BATCH_HEADER, BATCH_FORMAT, channel, (VERSION, VERSION_EXTENDED))
    is_extended = header.values["version"] == VERSION_EXTENDED
    orders = tuple(
        _checked(entry, lambda entry: _read_order(entry, is_extended)) for entry in file.entries
    )
    lines.require_trailer(file, _batch_trailer(orders, file.digest))
    return _checked(
        header,
        lambda header: Batch(
            channel=channel,
            number=header.number("number"),
            created_at=header.moment("created_at"),
            orders=orders,
            previous_sha256=header.optional_text("previous_sha256"),
        ),
    )


def require_successor(batch: Batch, *, last_number: int, last_sha256: str | None) -> None:
    """The batch follows directly on the last one and names its bytes.

    Raises FormatError, in German, for a gap, a repetition and a foreign predecessor.
    """
    if batch.number != last_number + 1:
        raise FormatError(
            f"Erwartet wird Übergabe {last_number + 1}, die Datei trägt die Nummer "
            f"{batch.number}. Bitte die fehlende zuerst einlesen.",
            1,
        )
    if batch.previous_sha256 != last_sha256:
        raise FormatError(
            f"Die Datei schließt nicht an die vorliegende Übergabe {last_number} an: "
            "Die Prüfsumme der vorigen Übergabe (previous_sha256) ist eine andere.",
            1,
        )


def pack_acknowledgements(
    channel: str, number: int, created_at: datetime, acknowledgements: Iterable[Acknowledgement]
) -> bytes:
    """Return the bytes of one file of acknowledgements."""
    header = {
        "record": "header",
        "format": ACK_FORMAT,
        "version": VERSION,
        "channel": channel,
        "number": number,
        "created_at": _moment(created_at),
    }
    entries = [lines.encode(_ack_values(ack)) for ack in acknowledgements]
    body = lines.encode(header) + b"".join(entries)
    return _bounded(body + lines.encode(_ack_trailer(len(entries), lines.digest(body))))


def read_acknowledgements(
    data: bytes, *, channel: str, number: int, source: str
) -> tuple[Acknowledgement, ...]:
    """Return the acknowledgements of the file with that number, in the order of its lines."""
    file = lines.split(data, entries_max=ORDERS_MAX)
    _require_header(file.header, _ACK_HEADER, ACK_FORMAT, channel)
    file.header.moment("created_at")
    if file.header.number("number") != number:
        file.header.refuse(
            f"Der Dateiname sagt Rückmeldung {number}, die Kopfzeile "
            f"{file.header.number('number')}."
        )
    entries = tuple(
        _checked(entry, lambda entry: _read_ack(entry, source)) for entry in file.entries
    )
    lines.require_trailer(file, _ack_trailer(len(entries), file.digest))
    return entries


def _order_values(order: BookingOrder, is_extended: bool) -> dict[str, object]:
    discount = order.discount_amount
    return {
        "record": "order",
        "order_id": order.order_id,
        "order_number": order.order_number,
        "fiscal_year_expense": order.fiscal_year_expense,
        "fiscal_year_payment": order.fiscal_year_payment,
        "order_type": order.order_type.value,
        "amount": str(order.amount.amount),
        "currency": order.amount.currency,
        "payee_name": order.payee_name,
        "payee_iban": order.payee_iban,
        "due_date": order.due_date.isoformat(),
        "discount_until": order.discount_until.isoformat() if order.discount_until else None,
        "discount_amount": str(discount.amount) if discount else None,
        "purpose": order.purpose,
        "supplier_no": order.supplier_no,
        "cost_center": order.cost_center,
        "gl_account": order.gl_account,
        "shares": [_share_values(share) for share in order.shares],
        "certified_by": order.certified_by,
        "ordered_by": order.ordered_by,
        "ordered_on": order.ordered_on.isoformat(),
        "documents": list(order.documents),
        **(additions.values(order) if is_extended else {}),
    }


def _share_values(share: Share) -> dict[str, object]:
    return {
        "amount": str(share.amount.amount),
        "cost_center": share.cost_center,
        "gl_account": share.gl_account,
    }


def _read_order(entry: Record, is_extended: bool) -> BookingOrder:
    _require_entry(entry, "order", (*_ORDER, *additions.NAMES) if is_extended else _ORDER)
    has_discount = entry.values["discount_amount"] is not None
    has_limit = entry.values["discount_until"] is not None
    return BookingOrder(
        order_id=entry.text("order_id"),
        order_number=entry.text("order_number"),
        fiscal_year_expense=entry.number("fiscal_year_expense"),
        fiscal_year_payment=entry.number("fiscal_year_payment"),
        order_type=_code(entry, "order_type", OrderType),
        amount=entry.money("amount", "currency"),
        payee_name=entry.text("payee_name"),
        payee_iban=entry.optional_text("payee_iban"),
        due_date=entry.day("due_date"),
        discount_until=entry.day("discount_until") if has_limit else None,
        discount_amount=entry.money("discount_amount", "currency") if has_discount else None,
        purpose=entry.text("purpose"),
        supplier_no=entry.optional_text("supplier_no"),
        cost_center=entry.text("cost_center"),
        gl_account=entry.text("gl_account"),
        shares=tuple(_read_share(share, entry) for share in entry.records("shares")),
        certified_by=entry.text("certified_by"),
        ordered_by=entry.text("ordered_by"),
        ordered_on=entry.day("ordered_on"),
        documents=entry.texts("documents"),
        withholding=additions.withholding(entry) if is_extended else None,
        tax=additions.tax(entry) if is_extended else (),
    )


def _read_share(share: Record, entry: Record) -> Share:
    share.require_names(_SHARE)
    with_currency = Record(share.line, {**share.values, "currency": entry.text("currency")})
    return Share(
        amount=with_currency.money("amount", "currency"),
        cost_center=share.text("cost_center"),
        gl_account=share.text("gl_account"),
    )


def _ack_values(ack: Acknowledgement) -> dict[str, object]:
    return {
        "record": "acknowledgement",
        "batch_number": ack.batch_number,
        "order_id": ack.order_id,
        "status": ack.status.value,
        "document_no": ack.document_no,
        "reason_code": ack.reason_code.value if ack.reason_code else None,
        "reason_text": ack.reason_text,
        "date": ack.date.isoformat(),
        "amount": str(ack.amount.amount) if ack.amount else None,
        "currency": ack.amount.currency if ack.amount else None,
    }


def _read_ack(entry: Record, source: str) -> Acknowledgement:
    _require_entry(entry, "acknowledgement", _ACK)
    has_reason = entry.values["reason_code"] is not None
    has_amount = entry.values["amount"] is not None
    return Acknowledgement(
        batch_number=entry.number("batch_number"),
        order_id=entry.optional_text("order_id"),
        status=_code(entry, "status", AckStatus),
        document_no=entry.optional_text("document_no"),
        reason_code=_code(entry, "reason_code", ReasonCode) if has_reason else None,
        reason_text=entry.text("reason_text"),
        date=entry.day("date"),
        amount=entry.money("amount", "currency") if has_amount else None,
        source=source,
        line=entry.line,
    )


def _batch_trailer(orders: Iterable[BookingOrder], digest: str) -> dict[str, object]:
    cents: dict[str, int] = {}
    count = 0
    for order in orders:
        count += 1
        cents[order.amount.currency] = cents.get(order.amount.currency, 0) + order.amount.cents
    sums = {currency: _plain(cents[currency], currency) for currency in sorted(cents)}
    return {"record": "trailer", "count": count, "sums": sums, "sha256": digest}


def _ack_trailer(count: int, digest: str) -> dict[str, object]:
    return {"record": "trailer", "count": count, "sha256": digest}


def _plain(cents: int, currency: str) -> str:
    return str(Money.from_cents(cents, currency).amount)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _require_header(
    header: Record,
    names: tuple[str, ...],
    form: str,
    channel: str,
    versions: tuple[int, ...] = (VERSION,),
) -> None:
    if header.values.get("format") != form:
        header.refuse(f"Das ist keine Datei des Formats „{form}“.")
    if header.values.get("version") not in versions or header.values["version"] is True:
        known = " und ".join(map(str, versions))
        header.refuse(f"Gelesen wird nur Version {known} des Formats.")
    header.require_names(names)
    if header.text("channel") != channel:
        header.refuse(f"Die Datei gehört nicht zum Kanal „{channel}“.")


def _require_entry(entry: Record, kind: str, names: tuple[str, ...]) -> None:
    if entry.values.get("record") != kind:
        entry.refuse(f"Erwartet wird eine Zeile mit record = {kind}.")
    entry.require_names(names)


def _code(entry: Record, name: str, codes: type[_Code]) -> _Code:
    text = entry.text(name)
    if text not in codes.__members__:
        entry.refuse(f"„{name}“ muss eines von {', '.join(codes)} sein.")
    return codes[text]


def _checked(record: Record, read: Callable[[Record], _Read]) -> _Read:
    """Return what ``read`` makes of the record; what it refuses gets the line."""
    try:
        return read(record)
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(str(error), record.line) from error


def _bounded(data: bytes) -> bytes:
    if len(data) > lines.FILE_MAX:
        raise InputError(
            f"Die Datei wäre größer als {lines.FILE_MAX // 1048576} MB. "
            "Bitte auf mehrere Übergaben aufteilen."
        )
    return data
