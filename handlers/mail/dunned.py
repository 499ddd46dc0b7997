"""Which invoice a Mahnung is about: by its number and, where several have it, by its supplier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.handlers.mail.default_dates import Claim, Found
from laufzettel.invoice_keys import name_key, number_of, plain
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.invoice import Stage
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import booking, cash_order, invoice

#: Most invoices that are named because they may be meant.
NEAR_MAX: Final = 20
#: What nobody pays any more under its number.
_OVER: Final = frozenset({Stage.DUPLICATE, Stage.REJECTED, Stage.SET_ASIDE, Stage.SPLIT})

# Built once: building a statement costs more than running it.
_ALL: Final = (
    sa.select(
        invoice,
        cash_order.c.ordered_at,
        cash_order.c.drafted_at,
        booking.c.paid_on,
        booking.c.paid_amount,
    )
    .outerjoin(
        cash_order,
        sa.and_(cash_order.c.tenant == invoice.c.tenant, cash_order.c.invoice_id == invoice.c.id),
    )
    .outerjoin(
        booking,
        sa.and_(booking.c.tenant == invoice.c.tenant, booking.c.cash_order_id == cash_order.c.id),
    )
    .where(invoice.c.tenant == sa.bindparam("of_tenant"))
    .order_by(booking.c.accepted_at.desc())
)
_BY_RECEIPT: Final = _ALL.where(invoice.c.receipt_no == sa.bindparam("of_receipt"))
_BY_ID: Final = _ALL.where(invoice.c.id == sa.bindparam("of_id"))
# „2026-1“ is a number of many suppliers: all of them are looked at, by what is short of each.
_ALIKE: Final = (
    sa.select(
        *invoice.c["id", "receipt_no", "number", "supplier_name", "payable", "currency"],
        *invoice.c["buyer_reference", "unit", "kept_for", "stage"],
    )
    .join(invoice_head, invoice_head.c.id == invoice.c.id)
    .where(
        invoice.c.tenant == sa.bindparam("of_tenant"),
        invoice_head.c.tenant == invoice.c.tenant,
        invoice_head.c.number_key == sa.bindparam("of_key"),
    )
    .order_by(invoice.c.receipt_no.desc())
)
_HISTORY: Final = (
    sa.select(*invoice_head.c["number", "seller_name", "gross", "currency", "paid_on", "unit"])
    .where(
        invoice_head.c.tenant == sa.bindparam("of_tenant"),
        invoice_head.c.number_key == sa.bindparam("of_key"),
        invoice_head.c.import_id.is_not(None),
    )
    .order_by(invoice_head.c.issued_on.desc(), invoice_head.c.id)
)


def find(
    connection: sa.Connection, tenant: str, rules: TenantSettings, number: str, claim: Claim
) -> Found:
    """Return the one invoice of that number, of several that of the supplier; else what may be
    meant: of ours and of what was taken over from the old system.

    What is confidential is found by its own number alone, never named because it is alike.
    """
    which = {"of_tenant": tenant, "of_receipt": number.upper()}
    by_receipt = connection.execute(_BY_RECEIPT, which).first()
    if by_receipt is not None:
        return Found(invoice=by_receipt._asdict())
    which = {"of_tenant": tenant, "of_key": number_of(number).core}
    alike = [row._asdict() for row in connection.execute(_ALIKE, which)]
    same = [one for one in alike if plain(one["number"] or "") == plain(number)]
    meant = _meant(same, claim)
    if len(meant) == 1:
        row = connection.execute(_BY_ID, {"of_tenant": tenant, "of_id": meant[0]["id"]}).first()
        return Found(invoice=None if row is None else row._asdict())
    old = [row._asdict() for row in connection.execute(_HISTORY, which)]
    return Found(
        is_ambiguous=bool(same),
        near=tuple(one for one in (same or alike) if not rules.keeps(one))[:NEAR_MAX],
        old=tuple(one for one in old if not rules.is_confidential("", one["unit"]))[:NEAR_MAX],
    )


def _meant(same: Sequence[Mapping[str, Any]], claim: Claim) -> Sequence[Mapping[str, Any]]:
    """Return those of the supplier that may still be paid, else the newest of his.

    A rejected one has the number of its correction, and a Doppelrechnung that nobody has decided
    about the number and amount of the first, which is the one that counts. Who counts anew each
    year says by the amount which he means.
    """
    wanted = name_key(claim.supplier)
    his = [one for one in same if wanted and _name(one) == wanted]
    if not his and len({_name(one) for one in same}) == 1:  # somebody duns for him
        his = list(same)
    open_ones = [one for one in his if one["stage"] not in _OVER] or his[:1]
    meant = [one for one in open_ones if one["payable"] == claim.amount] or open_ones
    is_one = len({(one["payable"], one["currency"]) for one in meant}) == 1
    return meant[-1:] if is_one else meant


def _name(one: Mapping[str, Any]) -> str:
    return name_key(one["supplier_name"] or "")
