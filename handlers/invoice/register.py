"""Enter an invoice that is formally in order, and see whether it was here before."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.handler import GuardFailedError, Inline, Values, inline
from laufzettel.handlers.invoice.corrected import tell_corrected
from laufzettel.handlers.invoice.heads import related, suspected
from laufzettel.handlers.invoice.listing import (
    list_deadline,
    list_invoice,
    signatures_after_certifying,
)
from laufzettel.handlers.invoice.stages import move, require_own
from laufzettel.handlers.supplier.answer import want
from laufzettel.records import settings
from laufzettel.records.invoice import Stage, identity
from laufzettel.records.tables import invoice, invoice_identity

# Built once: building a statement costs more than running it.
_HOLDER = sa.select(invoice_identity.c.invoice_id).where(
    invoice_identity.c.tenant == sa.bindparam("of_tenant"),
    invoice_identity.c.key == sa.bindparam("of_key"),
)
_HOLD = {
    dialect: insert(invoice_identity)
    .on_conflict_do_nothing()
    .returning(invoice_identity.c.invoice_id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@inline(
    "invoice.register",
    results=("receipt_no", "duplicate_of", "relation", "preceding"),
    label="Rechnung im Eingangsbuch eintragen",
)
def register(step: Inline, *, invoice_id: str) -> Values:
    """Return the number of the Eingangsbuch, what the invoice may repeat, and what it names.

    Seller, number and amount name an invoice; the first one holds that name by a key of
    the database, so that two arriving at the same moment cannot both be first. What is alike
    without being the same is found by its head (``records.heads``). ``relation`` says what
    the invoice is to the earlier ones that it names (BG-3): korrektur, gutschrift,
    schlussrechnung, bezug or None; ``preceding`` holds the ids of those that are known.
    """
    require_own(step, invoice_id)
    row = step.records.row(invoice, invoice_id)
    seller = row["supplier_vat_id"] or row["supplier_name"]
    key = identity(seller, row["number"], row["payable"], row["currency"])
    which = {"of_tenant": step.tenant, "of_key": key}
    holder = step.connection.execute(_HOLDER, which).scalar_one_or_none()
    if holder is None:
        step.write(lambda connection: _hold(connection, step.tenant, key, invoice_id))
    rules = settings.load(step.connection, step.tenant)
    exact = None if holder == invoice_id else holder
    found = suspected(step, invoice_id, rules, exact=exact)
    duplicate_of = found[0].other_id if found else None
    relation, preceding = related(step, invoice_id)
    list_invoice(step, row, rules, is_duplicate=duplicate_of is not None)
    # For the Poststelle, which decides about a Doppelrechnung before the Fachamt certifies.
    after = signatures_after_certifying(row, rules) + 1
    list_deadline(step, row, rules, signatures_after=after)
    move(step, invoice_id, Stage.REGISTERED)
    tell_corrected(step, preceding)
    want(step, invoice_id, "received", rules)
    step.audit(
        "invoice.registered",
        {
            "receipt_no": row["receipt_no"],
            "duplicate_of": duplicate_of or "",
            "points": found[0].comparison.points if found else 0,
            **({"relation": relation, "preceding": preceding} if relation else {}),
        },
    )
    return {
        "receipt_no": row["receipt_no"],
        "duplicate_of": duplicate_of,
        "relation": relation,
        "preceding": preceding,
    }


def _hold(connection: sa.Connection, tenant: str, key: str, invoice_id: str) -> None:
    row = {"tenant": tenant, "key": key, "invoice_id": invoice_id}
    if connection.execute(_HOLD[connection.dialect.name], row).first() is None:
        raise GuardFailedError("Dieselbe Rechnung ist gerade schon eingetragen worden.")
