"""The head of an invoice: kept when it is read, compared with all others when it is entered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.einvoice.invoice import Invoice
from laufzettel.engine.handler import GuardFailedError, Inline, Work
from laufzettel.invoice_keys import number_of
from laufzettel.records.heads import head
from laufzettel.records.heads.head import Head
from laufzettel.records.heads.links import earlier
from laufzettel.records.heads.search import Suspect, suspects
from laufzettel.records.heads.tables import duplicate_suspect, invoice_head, invoice_reference
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import invoice

#: Any fixed number; with the tenant's it is the lock under which invoices are entered.
_ENTERING: Final = 4_711_002

# Built once: building a statement costs more than running it.
_SUSPECT: Final = sa.insert(duplicate_suspect)
_LOCK: Final = sa.select(
    sa.func.pg_advisory_xact_lock(_ENTERING, sa.func.hashtext(sa.bindparam("of_tenant")))
)


def keep_head(step: Inline | Work, invoice_id: str, read: Invoice) -> None:
    """Have the step keep the head of the invoice, and the way back from those that it names."""
    row = head.row_of(read)
    step.records.insert(invoice_head, id=invoice_id, **row)
    for key in sorted({number_of(number).core for number, _ in row["refers_to"] or ()}):
        step.records.insert(invoice_reference, number_key=key, invoice_id=invoice_id)


def suspected(
    step: Inline, invoice_id: str, rules: TenantSettings, *, exact: str | None
) -> Sequence[Suspect]:
    """Return what the invoice may repeat, and have the step keep it for who decides.

    The same is asked once more in the step's transaction: another that arrives at the same
    moment makes the step computed anew.
    """

    mine = head_of(step, invoice_id)

    def ask(connection: sa.Connection) -> list[Suspect]:
        return suspects(
            connection,
            step.tenant,
            mine,
            ask_from=rules.duplicate_ask_from,
            days=rules.duplicate_days,
            exact=exact,
        )

    found = ask(step.connection)

    def write(connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":  # SQLite writes one after the other
            connection.execute(_LOCK, {"of_tenant": step.tenant})
        if ask(connection) != found:
            raise GuardFailedError("Eine ähnliche Rechnung ist gerade eingetragen worden.")
        for one in found:
            connection.execute(_SUSPECT, _row(step.tenant, invoice_id, one))

    step.write(write)
    return found


def related(step: Inline, invoice_id: str) -> tuple[str | None, list[str]]:
    """Return what the invoice is to those that it names, and the ids of those that are known."""
    mine = head_of(step, invoice_id)
    if not mine.refers_to:
        return None, []
    found = earlier(step.connection, step.tenant, mine)
    known = [link.other_id for link in found if link.other_id is not None]
    return found[0].relation.value, list(dict.fromkeys(known))


def head_of(step: Inline, invoice_id: str) -> Head:
    """Return the head as the step will leave it: it may be read in this very step.

    Raises NotFoundError for an invoice that nobody has read.
    """
    of_invoice = step.records.row(invoice, invoice_id)
    row = step.records.row(invoice_head, invoice_id)
    own = {"supplier_name": of_invoice["supplier_name"], "own_number": of_invoice["number"]}
    return head.head_of_row({**row, **own})


def _row(tenant: str, invoice_id: str, one: Suspect) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "invoice_id": invoice_id,
        "other_id": one.other_id,
        "points": one.comparison.points,
        "grounds": [[ground.part, ground.finding] for ground in one.comparison.grounds],
    }
