"""The units and clerks of a tenant: who can be made responsible for an invoice, by any name.

A unit exists where an active person belongs to its group, or where the tenant's setting
``routing`` names it. The Poststelle passes invoices on; it certifies none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from laufzettel.records.settings import CENTRAL_POST, TenantSettings
from laufzettel.records.tables import membership, person

# Built once: building a statement costs more than running it.
_ACTIVE: Final = sa.and_(person.c.tenant == membership.c.tenant, person.c.id == membership.c.person)
_GROUPS: Final = (
    sa.select(membership.c.group_)
    .distinct()
    .join(person, _ACTIVE)
    .where(membership.c.tenant == sa.bindparam("of_tenant"), person.c.is_active)
)
_MEMBERS: Final = (
    sa.select(person.c.id, person.c.name)
    .join(membership, _ACTIVE)
    .where(
        membership.c.tenant == sa.bindparam("of_tenant"),
        membership.c.group_ == sa.bindparam("of_group"),
        person.c.is_active,
    )
)


def units(connection: sa.Connection, tenant: str, rules: TenantSettings) -> dict[str, str]:
    """Return every unit that an invoice can go to, with the name that people call it by."""
    groups = {*connection.execute(_GROUPS, {"of_tenant": tenant}).scalars()}
    found = (groups | set(rules.routing.values())) - {CENTRAL_POST}
    return {unit: rules.group_names.get(unit, unit) for unit in sorted(found)}


def members(connection: sa.Connection, tenant: str, group: str) -> dict[str, str]:
    """Return the active persons of a group with their names."""
    rows = connection.execute(_MEMBERS, {"of_tenant": tenant, "of_group": group})
    return {row.id: row.name for row in rows}


def named(known: Mapping[str, str], text: str) -> str | None:
    """Return the id that a person or a table means by ``text``; None where it is not the only one.

    >>> named({"bauamt": "Bauamt", "kita": "Kita Nord"}, " kita nord ")
    'kita'
    >>> named({"mueller1": "A. Müller", "mueller2": "A. Müller"}, "A. Müller") is None
    True
    """
    wanted = text.strip()
    if wanted in known:
        return wanted
    folded = wanted.casefold()
    found = [one for one, name in known.items() if folded in (one.casefold(), name.casefold())]
    return found[0] if len(found) == 1 else None
