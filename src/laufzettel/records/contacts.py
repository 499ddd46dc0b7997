"""Master data of suppliers: the addresses that the town itself knows, beside any invoice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from laufzettel.records.tables import supplier_contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a supplier reads mails, as the master data say."""

    vat_id: str
    name: str
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a new list changes of the one before."""

    added: Sequence[Contact]
    removed: Sequence[Contact]
    changed: Sequence[tuple[Contact, Contact]]  # before, after

    def __bool__(self) -> bool:
        """Say whether anything changes."""
        return bool(self.added or self.removed or self.changed)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
        }

    @property
    def lines(self) -> Iterator[str]:
        """The changes, one a line, as the audit keeps them."""
        yield from (f"neu: {_told(one)}" for one in self.added)
        yield from (f"geändert: {_told(old)} → {_told(new)}" for old, new in self.changed)
        yield from (f"entfällt: {_told(one)}" for one in self.removed)


def difference(connection: sa.Connection, tenant: str, rows: Sequence[Contact]) -> Difference:
    """Return what the list would change."""
    stored = connection.execute(_ALL, {"of_tenant": tenant})
    before = {
        row.vat_id: Contact(vat_id=row.vat_id, name=row.name, mail=row.mail) for row in stored
    }
    after = {one.vat_id: one for one in rows}
    both = [(before[key], after[key]) for key in sorted(before.keys() & after.keys())]
    return Difference(
        added=[after[key] for key in sorted(after.keys() - before.keys())],
        removed=[before[key] for key in sorted(before.keys() - after.keys())],
        changed=[(old, new) for old, new in both if old != new],
    )


def _told(one: Contact) -> str:
    return f"{one.vat_id} {one.name} <{one.mail}>"


# Built once: building a statement costs more than running it.
_ALL: Final = sa.select(*supplier_contact.c["vat_id", "name", "mail"]).where(
    supplier_contact.c.tenant == sa.bindparam("of_tenant")
)


def replace(
    connection: sa.Connection, tenant: str, rows: Sequence[Contact], *, now: datetime
) -> None:
    """The tenant's addresses are exactly these."""
    connection.execute(sa.delete(supplier_contact).where(supplier_contact.c.tenant == tenant))
    if rows:
        whole = [asdict(one) | {"tenant": tenant, "noted_at": now} for one in rows]
        connection.execute(sa.insert(supplier_contact), whole)
