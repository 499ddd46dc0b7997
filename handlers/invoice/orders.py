"""The order of an invoice: what it claims, kept when it is read, and whether it fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laufzettel.einvoice.invoice import Invoice
from laufzettel.engine.handler import Inline, Work
from laufzettel.errors import NotFoundError
from laufzettel.invoice_keys import plain
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.purchasing import claim, order_list, side
from laufzettel.records.purchasing.tables import invoice_claim
from laufzettel.records.settings import TenantSettings


def keep_claim(step: Work, invoice_id: str, read: Invoice) -> None:
    """Have the step keep what the invoice claims of which order."""
    sent = [plain(one) for one in (read.despatch_advice_ref, read.receiving_advice_ref)]
    with step.read() as connection:
        key = order_list.key_of(
            connection,
            step.tenant,
            order=plain(read.order_ref),
            contract=plain(read.contract_ref),
            deliveries=[one for one in sent if one],
        )
    step.records.insert(invoice_claim, id=invoice_id, **claim.row_of(read, key))


def order_differs(step: Inline, row: Mapping[str, Any], rules: TenantSettings) -> bool:
    """Say whether a person must look at the order: only that, whatever is confidential."""
    if not order_list.is_kept(step.connection, step.tenant):
        return False
    mine = _mine(step, row)
    if mine is None:
        return False

    def hidden(others: list[claim.Claim]) -> set[str]:
        return side.of_other_units(mine, others, rules)

    found = side.by_side(step.connection, step.tenant, mine, rules, hidden)
    return found is not None and found.needs_look


def _mine(step: Inline, row: Mapping[str, Any]) -> claim.Claim | None:
    """Return what the invoice claims as the step will leave it: it was read in this very step."""
    try:
        head = step.records.row(invoice_head, row["id"])
        kept = step.records.row(invoice_claim, row["id"])
    except NotFoundError:
        return None  # read before claims were kept
    return claim.of_row({**head, **row, **kept})
