"""Read models of the pages of proposals: names, and what invoices say for or against one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.identity import Actor, Right
from laufzettel.records import people, proposals, settings
from laufzettel.records.proposals import Proposal
from laufzettel.records.settings import CENTRAL_POST
from laufzettel.records.tables import invoice

_CONFIDENTIAL: Final = sa.select(case.c.id).where(
    case.c.id.in_(sa.bindparam("of_ids", expanding=True)), case.c.confidential
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Proposals with the names that people know."""

    tenant: str
    open: Sequence[Proposal]
    settled: Sequence[Proposal]
    names: dict[str, str]  # person, unit or group -> how it is called
    hidden: frozenset[str]  # cases that the person may not look at
    suppliers: Mapping[str, str]  # open proposal about a VAT id -> whose it is
    evidence: Mapping[str, Sequence[tuple[str, int]]]  # open proposal -> unit, invoices there


def page(connection: sa.Connection, actor: Actor) -> Page:
    """Return what the page shows to the actor."""
    tenant = actor.tenant
    rules = settings.load(connection, tenant)
    waiting = proposals.proposals(connection, tenant)
    settled = proposals.proposals(connection, tenant, is_open=False)
    every = [*waiting, *settled]
    known = {
        each
        for one in every
        for each in (one.proposed_by, one.chosen_by, one.clerk, one.settled_by)
        if each
    }
    names = {each: people.name_of(connection, tenant, each) for each in sorted(known)}
    return Page(
        tenant=tenant,
        open=waiting,
        settled=settled,
        names={**names, **rules.group_names},
        hidden=_hidden(connection, actor, {one.case_id for one in every}),
        suppliers={
            one.id: _supplier(connection, tenant, one, rules.confidential_units)
            for one in waiting
            if one.field == "supplier_vat_id"
        },
        evidence={
            one.id: _evidence(connection, tenant, one, rules.confidential_units) for one in waiting
        },
    )


def _hidden(connection: sa.Connection, actor: Actor, cases: set[str]) -> frozenset[str]:
    """Return the confidential ones, for everybody but who may read everything."""
    if Right.READ in actor.rights or not cases:
        return frozenset()
    return frozenset(connection.execute(_CONFIDENTIAL, {"of_ids": sorted(cases)}).scalars())


#: Input of the table -> which invoices have that value.
_SAME: Final[Mapping[str, sa.ColumnElement[bool]]] = {
    "supplier_vat_id": invoice.c.supplier_vat_id == sa.bindparam("of_value"),
    "supplier_name": invoice.c.supplier_name == sa.bindparam("of_value"),
    "leitweg_id": invoice.c.buyer_reference == sa.bindparam("of_value"),
    "leitweg_fine": invoice.c.buyer_reference.contains(
        sa.literal("-") + sa.bindparam("of_value") + sa.literal("-")
    ),
}
_SUPPLIER: Final = sa.select(sa.func.max(invoice.c.supplier_name)).where(
    invoice.c.tenant == sa.bindparam("of_tenant"),
    _SAME["supplier_vat_id"],
    invoice.c.unit.not_in(sa.bindparam("of_hidden", expanding=True)),
)
_COUNTS: Final = {
    name: sa.select(invoice.c.unit, sa.func.count().label("number"))
    .where(invoice.c.tenant == sa.bindparam("of_tenant"), same, invoice.c.unit.is_not(None))
    .where(invoice.c.unit.not_in(sa.bindparam("of_hidden", expanding=True)))
    .group_by(invoice.c.unit)
    for name, same in _SAME.items()
}


def _evidence(
    connection: sa.Connection, tenant: str, one: Proposal, confidential: frozenset[str]
) -> Sequence[tuple[str, int]]:
    """Return where invoices with that value lie or lay, the most frequent unit first.

    Nothing of confidential units: that a supplier bills them tells of people (§ 35 SGB I).
    """
    values = _values(tenant, one, confidential)
    rows = connection.execute(_COUNTS[one.field], values).all()
    return sorted(((row.unit, row.number) for row in rows), key=lambda pair: (-pair[1], pair[0]))


def _supplier(
    connection: sa.Connection, tenant: str, one: Proposal, confidential: frozenset[str]
) -> str:
    values = _values(tenant, one, confidential)
    return connection.execute(_SUPPLIER, values).scalar_one_or_none() or ""


def _values(tenant: str, one: Proposal, confidential: frozenset[str]) -> dict[str, Any]:
    hidden = sorted({CENTRAL_POST, *confidential})
    return {"of_tenant": tenant, "of_value": one.value, "of_hidden": hidden}
