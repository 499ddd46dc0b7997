"""An invoice beside its order, read from the database. Who may see what is the caller's to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from laufzettel.records.purchasing import claim, match, order_list
from laufzettel.records.purchasing.claim import Claim

if TYPE_CHECKING:
    from laufzettel.records.settings import TenantSettings

#: Returns which of the claims the reader may not know.
Hidden = Callable[[list[Claim]], set[str]]


def by_side(
    connection: sa.Connection, tenant: str, mine: Claim, rules: TenantSettings, hidden: Hidden
) -> match.Match | None:
    """Return the invoice beside its order, None where there is nothing to say."""
    key = mine.order_key or order_list.key_of(
        connection,
        tenant,
        order="",
        contract=mine.contract,
        deliveries=[one for one, _number in mine.deliveries],
    )
    order = order_list.find(connection, tenant, key) if key else None
    if order is None:
        return _without(connection, tenant, mine, rules)
    if order.unit in rules.confidential_units - units_of(mine, rules):
        return match.of_another_unit(mine.named)
    others = claim.others(connection, tenant, key, mine.id)
    closed = hidden(others)
    return match.match(order, mine, claim.hidden(others, closed), rules.matching)


def _without(
    connection: sa.Connection, tenant: str, mine: Claim, rules: TenantSettings
) -> match.Match | None:
    closed = rules.confidential_units - units_of(mine, rules)
    found = [
        (number, told)
        for number, told, of_unit in order_list.open_orders(
            connection, tenant, vat_id=mine.vat_id, name_key=mine.name_key
        )
        if of_unit not in closed
    ]
    made = match.without_order(mine.named, found, rules.matching)
    return made if made.points else None


def of_other_units(mine: Claim, others: Iterable[Claim], rules: TenantSettings) -> set[str]:
    """Return the confidential invoices among the others that are not of the same unit."""
    closed = rules.confidential_units - units_of(mine, rules)
    return {one.id for one in others if closed & units_of(one, rules)}


def units_of(one: Claim, rules: TenantSettings) -> frozenset[str]:
    """Return the units an invoice belongs to: by its Leitweg-ID, and the one it was given to."""
    by_address = rules.unit_for(one.buyer_reference) if one.is_ours else ""
    return frozenset({by_address, one.unit} - {""})
