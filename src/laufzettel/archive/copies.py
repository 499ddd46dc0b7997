"""Copies of an invoice outside of the store: erased where they are ours, named where they are not.

A deletion that says nothing of the copies is a half one (Art. 17, 30 DSGVO). A ``Place`` is
somewhere that copies may lie; what it says goes into the deletion protocol and names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

import sqlalchemy as sa

from laufzettel.archive.tables import handed_out
from laufzettel.clock import OFFICE_ZONE


class CopyState(StrEnum):
    """What became of copies."""

    ERASED = "erased"  # they were ours and are gone
    LEFT = "left"  # somebody else has them, who is named
    EXPIRES = "expires"  # they are overwritten by themselves until a day that is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Copies at one place, as the protocol names them."""

    state: CopyState
    text_de: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as the protocol keeps it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Copy:
        """Return what the protocol kept."""
        return cls(state=CopyState(given["state"]), text_de=given["text_de"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What was erased from the store."""

    tenant: str
    invoice_id: str
    receipt_no: str
    hashes: Sequence[str]
    on: date


class Place(Protocol):
    """Somewhere that copies may lie."""

    def clear(self, gone: Gone) -> Iterable[Copy]:
        """Yield what became of the copies there; once more after a crash is harmless.

        Raises StorageError where the place cannot be looked into: the deletion goes on later.
        """
        ...


# Built once: building a statement costs more than running it.
_HANDED_OUT: Final = (
    sa.select(handed_out)
    .where(
        handed_out.c.tenant == sa.bindparam("of_tenant"),
        handed_out.c.business_key.in_(sa.bindparam("of_keys", expanding=True)),
    )
    .order_by(handed_out.c.at, handed_out.c.sha256)
)
_NOTE: Final = sa.insert(handed_out)


def handed_out_of(
    connection: sa.Connection, tenant: str, business_keys: Sequence[str]
) -> Sequence[Copy]:
    """Return the folders of these cases that were handed out: who has them is asked to erase them.

    Read in the transaction that erases: afterwards nobody knows which cases there were.
    """
    which = {"of_tenant": tenant, "of_keys": list(business_keys)}
    return [
        Copy(
            state=CopyState.LEFT,
            text_de=f"Akte ausgegeben am {row.at.astimezone(OFFICE_ZONE):%d.%m.%Y} durch "
            f"{row.by_person} (SHA256SUMS {row.sha256[:12]}…): dort löschen lassen",
        )
        for row in connection.execute(_HANDED_OUT, which)
    ]


def note_handed_out(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Write down that the folder of a case was handed out, without a name of what is in it."""
    connection.execute(_NOTE, dict(row))


@dataclass(frozen=True, slots=True)
class Named:
    """Backups and mirrors that the operator has named: name → days until they are overwritten."""

    days_by_name: Mapping[str, int]

    def clear(self, gone: Gone) -> Iterator[Copy]:
        """Name each of them with the day on which it holds nothing of the invoice any more.

        >>> gone = Gone(tenant="t", invoice_id="i", receipt_no="E", hashes=(), on=date(2035, 1, 2))
        >>> [one.text_de for one in Named({"Sicherung auf Band": 35}).clear(gone)]
        ['Sicherung auf Band: überschrieben bis 06.02.2035']
        """
        for name, days in self.days_by_name.items():
            until = gone.on + timedelta(days=days)
            yield Copy(
                state=CopyState.EXPIRES, text_de=f"{name}: überschrieben bis {until:%d.%m.%Y}"
            )
