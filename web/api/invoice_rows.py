"""Rows of the Eingangsbuch as programs read them. Read-only; every query names the tenant.

Whether somebody may see an invoice is the engine's to say: ask for its case first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.records.tables import invoice

_ROWS: Final = sa.select(invoice).where(
    invoice.c.tenant == sa.bindparam("of_tenant"),
    invoice.c.id.in_(sa.bindparam("of_ids", expanding=True)),
)


def rows_of(
    connection: sa.Connection, tenant: str, invoice_ids: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Return the invoices by their id."""
    if not invoice_ids:
        return {}
    which = {"of_tenant": tenant, "of_ids": list(invoice_ids)}
    found = connection.execute(_ROWS, which).mappings()
    return {row["id"]: dict(row) for row in found}
