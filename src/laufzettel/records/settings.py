"""Settings of a tenant: data with a default, never a constant in the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from laufzettel.errors import NotFoundError
from laufzettel.money import Money
from laufzettel.records.tables import tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """What a Kommune decided for itself.

    ``second_signature_above``: orders above this amount need a Mitzeichnung (local
    Dienstanweisung, § 32 KomHVO NRW). ``duty_preset``: "nrw" or "streng". ``routing``: Fein part
    of the Leitweg-ID -> unit; "" is the unit for everything else.
    """

    second_signature_above: Money
    duty_preset: str
    routing: Mapping[str, str]

    def unit_for(self, buyer_reference: str) -> str:
        """Return the unit that an invoice with this Leitweg-ID belongs to.

        >>> TenantSettings(second_signature_above=Money.parse("5000"), duty_preset="nrw",
        ...     routing={"BAU": "bauamt", "": "poststelle"}).unit_for("053820072072-BAU-73")
        'bauamt'
        """
        parts = buyer_reference.split("-")
        return self.routing.get(parts[1] if len(parts) > 2 else "", self.routing[""])


DEFAULTS: Mapping[str, Any] = {
    "second_signature_above": "10000.00",
    "duty_preset": "nrw",
    "routing": {"": "poststelle"},
}


def load(connection: sa.Connection, tenant_id: str) -> TenantSettings:
    """Return the settings of the tenant, defaults filled in."""
    stored = connection.execute(
        sa.select(tenant.c.settings).where(tenant.c.id == tenant_id)
    ).scalar_one_or_none()
    if stored is None:
        raise NotFoundError(f"Den Mandanten „{tenant_id}“ gibt es nicht.")
    values = {**DEFAULTS, **stored}
    return TenantSettings(
        second_signature_above=Money(Decimal(values["second_signature_above"])),
        duty_preset=values["duty_preset"],
        routing=values["routing"],
    )


def tenants(connection: sa.Connection) -> Sequence[str]:
    """Return the ids of all tenants."""
    return connection.execute(sa.select(tenant.c.id).order_by(tenant.c.id)).scalars().all()
