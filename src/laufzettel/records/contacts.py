"""Master data of suppliers: the addresses that the town itself knows, beside any invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from laufzettel.records.tables import supplier_contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a supplier reads mails, as the master data say."""

    vat_id: str
    name: str
    mail: str


def replace(
    connection: sa.Connection, tenant: str, rows: Sequence[Contact], *, now: datetime
) -> None:
    """The tenant's addresses are exactly these."""
    connection.execute(sa.delete(supplier_contact).where(supplier_contact.c.tenant == tenant))
    if rows:
        whole = [asdict(one) | {"tenant": tenant, "noted_at": now} for one in rows]
        connection.execute(sa.insert(supplier_contact), whole)
