"""No invoice is lost and none is booked twice: what must be true of the records.

An invoice has an open case, or one of six ends: booked and archived, rejected, recorded as a
Doppelrechnung or as no invoice at all, divided into the invoices that lay in it, or its case was ended by a person with a reason (DESIGN decision 14). The
records know no cases; who calls says what became of them. Every check reads only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import sqlalchemy as sa

from laufzettel.breach import Breach
from laufzettel.records.cash_order import OrderStatus, booking_key
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import booking, cash_order, invoice, mail

#: Stages in which an invoice goes no further by itself.
ENDS: Final = frozenset(
    {Stage.ARCHIVED, Stage.REJECTED, Stage.DUPLICATE, Stage.SPLIT, Stage.SET_ASIDE}
)
#: States of an order that the HKR has booked.
BOOKED: Final = frozenset({OrderStatus.ACCEPTED, OrderStatus.PAID})
#: States of an order that carries signatures.
SIGNED: Final = BOOKED | {OrderStatus.ISSUED, OrderStatus.REFUSED}

_NUMBER: Final = re.compile(r"([A-Z]-\d{4})-(\d{6,})")


def breaches(
    connection: sa.Connection,
    tenant: str,
    *,
    open_objects: Mapping[str, int],
    cancelled_objects: Collection[str],
) -> list[Breach]:
    """Return what of the tenant's records breaks a promise.

    ``open_objects`` says how many open cases a business object ("invoice:01hf…") has,
    ``cancelled_objects`` which ones a person has ended a case of.
    """
    return [
        *_invoices(connection, tenant, open_objects, cancelled_objects),
        *_bookings(connection, tenant),
        *_orders(connection, tenant),
        *_gaps(connection, tenant),
    ]


def _invoices(
    connection: sa.Connection,
    tenant: str,
    open_objects: Mapping[str, int],
    cancelled_objects: Collection[str],
) -> Iterator[Breach]:
    booked = set(
        connection.execute(
            sa.select(cash_order.c.invoice_id)
            .join(booking, booking.c.cash_order_id == cash_order.c.id)
            .where(booking.c.tenant == tenant)
        ).scalars()
    )
    rows = connection.execute(
        sa.select(invoice.c.id, invoice.c.receipt_no, invoice.c.stage).where(
            invoice.c.tenant == tenant
        )
    )
    for row in rows:
        key = f"invoice:{row.id}"
        cases = open_objects.get(key, 0)
        rule = _whereabouts(Stage(row.stage), cases, row.id in booked)
        if rule == "rechnung_verloren" and key in cancelled_objects:
            continue
        if rule is not None:
            yield Breach(
                rule=rule,
                subject=row.id,
                text_de=f"Rechnung {row.receipt_no} (Stand „{row.stage}“): {_TEXTS[rule]}",
            )


def _whereabouts(stage: Stage, cases: int, is_booked: bool) -> str | None:
    """Return the rule that is broken, None for an invoice that is where it should be."""
    if cases > 1:
        return "rechnung_zwei_vorgaenge"
    if stage not in ENDS:
        should_be_booked = stage in (Stage.ACCEPTED, Stage.PAID)
        if is_booked != should_be_booked:
            return "rechnung_buchung"
        return None if cases == 1 else "rechnung_verloren"
    if is_booked != (stage is Stage.ARCHIVED):
        return "rechnung_buchung"
    # A rejected invoice has its case until the letter is out, a stack until its parts are in.
    may_last = stage in (Stage.REJECTED, Stage.SPLIT)
    return "rechnung_zwei_enden" if cases and not may_last else None


_TEXTS: Final[Mapping[str, str]] = {
    "rechnung_verloren": "kein offener Vorgang und kein Ende. Sie ist liegen geblieben.",
    "rechnung_zwei_vorgaenge": "Es gibt zwei offene Vorgänge zu ihr.",
    "rechnung_zwei_enden": "Sie ist abgeschlossen und hat trotzdem einen offenen Vorgang.",
    "rechnung_buchung": "Der Stand passt nicht dazu, ob sie gebucht ist.",
}


def _bookings(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """Bookings and accepted orders are the same: each order once, each signed."""
    rows = connection.execute(
        sa.select(booking.c.order_key, booking.c.cash_order_id, cash_order)
        .outerjoin(cash_order, cash_order.c.id == booking.c.cash_order_id)
        .where(booking.c.tenant == tenant)
        .order_by(booking.c.order_key)
    ).all()
    seen: set[str] = set()
    for row in rows:
        if row.cash_order_id in seen:
            yield Breach(
                rule="doppelt_gebucht",
                subject=row.order_key,
                text_de=f"Die Anordnung {row.number} ist zweimal gebucht.",
            )
        seen.add(row.cash_order_id)
        expected = row.id and booking_key(tenant, row.id, row.revision)
        if row.order_key != expected or row.status not in BOOKED or not row.ordered_by:
            yield Breach(
                rule="buchung_ohne_anordnung",
                subject=row.order_key,
                text_de=f"Zur Buchung „{row.order_key}“ gibt es keine angenommene, "
                "unterschriebene Anordnung in dieser Fassung.",
            )
    accepted = sa.select(cash_order.c.id, cash_order.c.number).where(
        cash_order.c.tenant == tenant, cash_order.c.status.in_(BOOKED)
    )
    for row in connection.execute(accepted):
        if row.id not in seen:
            yield Breach(
                rule="anordnung_ohne_buchung",
                subject=row.id,
                text_de=f"Die Anordnung {row.number} gilt als angenommen, ist aber nicht gebucht.",
            )


def _orders(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """Whoever certified did not order, whoever ordered did not countersign."""
    rows = connection.execute(
        sa.select(cash_order).where(cash_order.c.tenant == tenant, cash_order.c.status.in_(SIGNED))
    )
    for row in rows:
        signers = [row.certified_by, row.ordered_by]
        signers += [row.countersigned_by] if row.countersigned_by else []
        if None in signers or len(set(signers)) != len(signers):
            yield Breach(
                rule="vier_augen",
                subject=row.id,
                text_de=f"Die Anordnung {row.number} ist nicht von verschiedenen Personen "
                "festgestellt, angeordnet und mitgezeichnet.",
            )


def _gaps(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """Eingangsbuch, Posteingangsbuch and the numbers of orders have no gap in any year."""
    for column in (invoice.c.receipt_no, cash_order.c.number, mail.c.number):
        query = sa.select(column).where(column.table.c.tenant == tenant, column.is_not(None))
        last: dict[str, int] = {}
        for text in sorted(connection.execute(query).scalars(), key=_series):
            series, number = _series(text)
            expected = last.get(series, 0) + 1
            last[series] = number
            if number != expected:
                yield Breach(
                    rule="nummer_luecke",
                    subject=text,
                    text_de=f"Auf {series}-{expected - 1:06d} folgt {text}; dazwischen fehlt etwas.",
                )


def _series(text: str) -> tuple[str, int]:
    """Return the series and the number of a „E-2026-000017“."""
    match = _NUMBER.fullmatch(text)
    return (match.group(1), int(match.group(2))) if match else (text, 0)
