"""Where the cases of received invoices are, as far as they are the reader's to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.tables import case, user_task
from laufzettel.records.tables import invoice
from laufzettel.web.case.queries import Reader, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The case of an invoice, and when the invoice was received."""

    case_id: str
    received_at: datetime


def tasks_of(
    connection: sa.Connection, reader: Reader, mail_ids: Sequence[str]
) -> Mapping[str, str]:
    """Return the open tasks of Mahnungen by the id of their entry, as far as they are visible."""
    keys = [f"mail:{one}" for one in mail_ids]
    rows = connection.execute(
        sa.select(case.c.business_key, user_task.c.id)
        .join(user_task, user_task.c.case_id == case.c.id)
        .where(
            case.c.tenant == reader.tenant,
            case.c.business_key.in_(keys),
            user_task.c.status == "open",
            visible(reader),
        )
    )
    return {row.business_key.partition(":")[2]: row.id for row in rows}


_KEY: Final = sa.literal("invoice:").concat(invoice.c.id)


def places_of(
    connection: sa.Connection, reader: Reader, invoice_ids: Sequence[str]
) -> Mapping[str, Place]:
    """Return the cases by the id of their invoice; what is hidden from the reader is left out."""
    rows = connection.execute(
        sa.select(invoice.c.id, invoice.c.received_at, case.c.id.label("of_case"))
        .join(case, sa.and_(case.c.tenant == invoice.c.tenant, case.c.business_key == _KEY))
        .where(invoice.c.tenant == reader.tenant, invoice.c.id.in_(invoice_ids), visible(reader))
        .order_by(case.c.id)
    )
    return {row.id: Place(case_id=row.of_case, received_at=row.received_at) for row in rows}
