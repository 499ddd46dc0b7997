"""Which invoices must be looked at beside their order, after the order list has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol

import sqlalchemy as sa

from laufzettel.identity import Actor
from laufzettel.records import remarks, settings
from laufzettel.records.invoice import Stage
from laufzettel.records.purchasing import claim, side
from laufzettel.records.purchasing.claim import Claim
from laufzettel.records.purchasing.tables import invoice_claim, purchase_order
from laufzettel.records.remarks import Remark
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import invoice

#: Stages in which an invoice is still to be ordered.
_OPEN: Final = (Stage.REGISTERED,)
# Built once: building a statement costs more than running it.
_CHANGED: Final[sa.BindParameter[str]] = sa.bindparam("of_keys", expanding=True)
#: What names no order (BT-13) is found by the contract (BT-12), now that the list has it.
_BY_CONTRACT: Final = sa.and_(
    invoice_claim.c.order_key.is_(None),
    invoice_claim.c.contract.in_(
        sa.select(purchase_order.c.contract_key).where(
            purchase_order.c.tenant == sa.bindparam("of_tenant"), purchase_order.c.key.in_(_CHANGED)
        )
    ),
)
_CLAIMING: Final = (
    sa.select(invoice_claim.c.id)
    .join(
        invoice,
        sa.and_(invoice.c.tenant == invoice_claim.c.tenant, invoice.c.id == invoice_claim.c.id),
    )
    .where(
        invoice_claim.c.tenant == sa.bindparam("of_tenant"),
        sa.or_(invoice_claim.c.order_key.in_(_CHANGED), _BY_CONTRACT),
        invoice.c.stage.in_(_OPEN),
    )
    .order_by(invoice_claim.c.id)
)


class ChangeRemarks(Protocol):
    """``Engine.change_remarks``, for who may not import the engine."""

    def __call__(
        self,
        connection: sa.Connection,
        actor: Actor,
        business_key: str,
        make: Callable[[tuple[str, ...]], str],
    ) -> int:
        """Let the open cases about the object show the remarks that hold now."""
        ...


def refresh(
    connection: sa.Connection, actor: Actor, keys: Iterable[str], change: ChangeRemarks
) -> None:
    """Let the lists say of each open invoice of these orders whether it needs a look now."""
    rules = settings.load(connection, actor.tenant)
    for invoice_id, needs in differing(connection, actor.tenant, keys, rules).items():
        make = partial(remarks.with_or_without, Remark.ORDER_DIFFERS.value, needs)
        change(connection, actor, f"invoice:{invoice_id}", make)


def differing(
    connection: sa.Connection, tenant: str, keys: Iterable[str], rules: TenantSettings
) -> dict[str, bool]:
    """Return for each open invoice that claims of these orders whether it needs a look now.

    Only that is told, whatever is confidential: it stands in the lists.
    """
    of: dict[str, Any] = {"of_tenant": tenant, "of_keys": sorted(set(keys))}
    ids = connection.execute(_CLAIMING, of).scalars().all()
    return {one: needs_look(connection, tenant, one, rules) for one in ids}


def needs_look(
    connection: sa.Connection, tenant: str, invoice_id: str, rules: TenantSettings
) -> bool:
    """Say whether a person must look at the invoice beside its order, as both are kept."""
    mine = claim.find(connection, tenant, invoice_id)
    if mine is None:
        return False

    def hidden(others: list[Claim]) -> set[str]:
        return side.of_other_units(mine, others, rules)

    found = side.by_side(connection, tenant, mine, rules, hidden)
    return found is not None and found.needs_look


def key_of(part: str, row: Any) -> str:
    """Return the key of the order that a row of the list is about.

    >>> key_of("orders", {"key": "47"}), key_of("lines", {"order_key": "48"})
    ('47', '48')
    """
    key: str = row["key"] if part == "orders" else row["order_key"]
    return key
