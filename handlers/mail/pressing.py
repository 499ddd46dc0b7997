"""What a Mahnung does to its invoice: people see it, and until when they can still act.

A day that the supplier sets brings the last day to act forward. Without one a Mahnung counts
at once where the invoice is due, for then default begins with it (§ 286 Abs. 1 BGB); one that
comes before that is only shown. Nothing is ever put off by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import Event, Inline, Pressure, urge
from laufzettel.handlers.invoice.listing import (
    signatures_after_certifying,
    signatures_after_ordering,
)
from laufzettel.handlers.mail.default_dates import Claim
from laufzettel.records import remarks
from laufzettel.records.deadline import last_moment
from laufzettel.records.invoice import Stage
from laufzettel.records.remarks import Remark
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import invoice

#: Where somebody can still do something about it.
_OPEN: Final = frozenset({Stage.RECEIVED, Stage.REGISTERED, Stage.ORDERED})

# Built once: building a statement costs more than running it.
_STANDING: Final = (
    sa.select(invoice.c.dunned_until, invoice.c.remarks)
    .where(invoice.c.id == sa.bindparam("of_id"))
    .with_for_update()
)
_DUN: Final = sa.update(invoice).where(invoice.c.id == sa.bindparam("of_id"))


def press(
    step: Inline, rules: TenantSettings, row: Mapping[str, Any], claim: Claim, mail_id: str
) -> None:
    """Have lists and open tasks of the invoice show the Mahnung, and its case tell of it."""
    if row["stage"] not in _OPEN:
        return
    outer = outer_day(row, claim, step.now.astimezone(OFFICE_ZONE).date())
    after = (
        signatures_after_ordering(row, rules)
        if row["drafted_at"]  # it is certified; who orders is next
        else signatures_after_certifying(row, rules) + (row["stage"] == Stage.RECEIVED)
    )
    pressure = Pressure(
        remark=Remark.DUNNED.value,
        act_by=last_moment(outer, rules.calendar, signatures_after=after) if outer else None,
        outer_date=datetime.combine(outer, time(23, 59), OFFICE_ZONE) if outer else None,
    )
    event = Event(
        kind="dunning.received",
        actor=step.actor.label,
        data={
            "mail": mail_id,
            "dunned_on": claim.on.isoformat(),
            "until": "" if claim.until is None else claim.until.isoformat(),
        },
    )

    def write(connection: sa.Connection) -> None:
        _dun(connection, row["id"], outer)
        urge(connection, step.tenant, f"invoice:{row['id']}", event, pressure, at=step.now)

    step.write(write)


def outer_day(row: Mapping[str, Any], claim: Claim, today: date) -> date | None:
    """Return the day by which the Mahnung wants the money; None for one that comes too early."""
    if claim.until is not None:
        return claim.until
    received = row["received_at"].astimezone(OFFICE_ZONE).date()
    due = row["due_on"] or received  # without a day it is due at once (§ 271 Abs. 1 BGB)
    return today if due < today else None


def _dun(connection: sa.Connection, invoice_id: str, outer: date | None) -> None:
    """Keep the earliest day of several, so that every later step counts from it, too."""
    standing = connection.execute(_STANDING, {"of_id": invoice_id}).one()
    codes = [*remarks.split(standing.remarks), Remark.DUNNED.value]
    days = [one for one in (standing.dunned_until, outer) if one is not None]
    values = {"remarks": remarks.join(codes), "dunned_until": min(days, default=None)}
    connection.execute(_DUN, {"of_id": invoice_id, **values})
