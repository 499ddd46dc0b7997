"""The invoice of a case beside its order, as far as the reader may see. Read-only.

What the other invoices of the order add up to is computed when the page is asked for: an invoice
that was sent back or cancelled since then counts no more.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.records import settings
from laufzettel.records.purchasing import claim, order_list, side
from laufzettel.records.purchasing.claim import Claim
from laufzettel.records.purchasing.match import Match
from laufzettel.web.case.queries import Reader, visible

_PREFIX: Final = "invoice:"
_GONE: Final = ("cancelled", "cancelling")


def beside_order(connection: sa.Connection, reader: Reader, invoice_id: str) -> Match | None:
    """Return the invoice beside its order; None where the tenant keeps no orders here."""
    if not order_list.is_kept(connection, reader.tenant):
        return None
    mine = claim.find(connection, reader.tenant, invoice_id)
    if mine is None:
        return None
    rules = settings.load(connection, reader.tenant)
    return side.by_side(
        connection, reader.tenant, mine, rules, lambda others: _sorted(connection, reader, others)
    )


def _sorted(connection: sa.Connection, reader: Reader, others: list[Claim]) -> set[str]:
    """Take out what was cancelled and return what the reader may not know."""
    keys = [f"{_PREFIX}{one.id}" for one in others if one.is_ours]
    rows = connection.execute(
        sa.select(case.c.business_key, case.c.status, visible(reader).label("is_visible")).where(
            case.c.tenant == reader.tenant, case.c.business_key.in_(keys)
        )
    ).all()
    known = {row.business_key.removeprefix(_PREFIX): row for row in rows}
    gone = {key for key, row in known.items() if row.status in _GONE}
    others[:] = [one for one in others if one.id not in gone]
    rules = settings.load(connection, reader.tenant)
    closed = frozenset() if reader.reads_all else rules.confidential_units - reader.groups
    return {
        one.id
        for one in others
        if (not known[one.id].is_visible if one.id in known else closed & side.units_of(one, rules))
    }
