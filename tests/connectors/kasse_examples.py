"""Orders, batches and acknowledgements for the tests of the Kasse connector."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.port import (
    Acknowledgement,
    AckStatus,
    Batch,
    BookingOrder,
    OrderType,
    TaxMark,
    Withholding,
    order_key,
)
from laufzettel.money import Money

CHANNEL = "hkr-musterstadt"
NOW = datetime(2026, 12, 4, 9, 15, tzinfo=UTC)

PIEPENBROCK = BookingOrder(
    order_id="musterstadt:01hx0001:auszahlung:1",
    order_number="2026-004711",
    fiscal_year_expense=2026,
    fiscal_year_payment=2026,
    order_type=OrderType.DISBURSEMENT,
    amount=Money.parse("24871.00"),
    payee_name="Elektro Piepenbrock GmbH & Söhne",
    payee_iban="DE89370400440532013000",
    due_date=date(2026, 12, 20),
    discount_until=date(2026, 12, 4),
    discount_amount=Money.parse("746.13"),
    purpose="Rechnung EP-77815",
    supplier_no="70412",
    cost_center="6510",
    gl_account="524100",
    certified_by="p-yilmaz",
    ordered_by="p-reineke",
    ordered_on=date(2026, 12, 3),
    documents=(),
)


#: A Bauleistung without a certificate: 15 % of it go to the Finanzamt, less with the Skonto.
BUILDER = replace(
    PIEPENBROCK,
    order_id="musterstadt:01hx0003:auszahlung:1",
    order_number="2026-004713",
    amount=Money.parse("10000.00"),
    discount_amount=Money.parse("300.00"),
    payee_name="Tiefbau Detmold GmbH",
    purpose="Rechnung TB-12",
    withholding=Withholding(
        amount=Money.parse("1500.00"),
        discount_amount=Money.parse("45.00"),
        payee_name="Finanzamt Detmold",
        payee_iban="DE02120300000000202051",
        purpose="Bauabzugsteuer St.-Nr. 2181508150, Rechnung TB-12",
    ),
    tax=(
        TaxMark(question="code:S 19 %", answer="V19"),
        TaxMark(question="input_tax", answer="40 %"),
        TaxMark(question="withholding", answer="15 %"),
    ),
)


def order(number: int = 1, amount: str = "100.00") -> BookingOrder:
    """Return a plain order that differs from the others by its number."""
    return replace(
        PIEPENBROCK,
        order_id=order_key("musterstadt", f"01hx{number:04d}", "auszahlung", 1),
        order_number=f"2026-{number:06d}",
        amount=Money.parse(amount),
        discount_until=None,
        discount_amount=None,
    )


def batch(number: int, *orders: BookingOrder, previous: bytes | None = None) -> Batch:
    """Return the batch; ``previous`` are the bytes of the one before."""
    return Batch(
        channel=CHANNEL,
        number=number,
        created_at=NOW,
        orders=orders or (order(number),),
        previous_sha256=None if previous is None else lines.digest(previous),
    )


def accepted(number: int = 1, *, batch_number: int = 1) -> Acknowledgement:
    """Return the acceptance of the plain order with that number."""
    return Acknowledgement(
        batch_number=batch_number,
        order_id=order(number).order_id,
        status=AckStatus.ACCEPTED,
        document_no=f"2026-{number:06d}",
        date=NOW.date(),
        amount=Money.parse("100.00"),
    )


def answer(number: int, *acknowledgements: Acknowledgement) -> bytes:
    """Return the bytes of a file of acknowledgements."""
    return neutral.pack_acknowledgements(CHANNEL, number, NOW, acknowledgements or (accepted(),))
