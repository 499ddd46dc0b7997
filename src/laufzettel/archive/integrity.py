"""Is every document still there, and is it what was stored? Hashed again in turn, in portions.

A portion is bounded by number and time and ends where it stands; the next one goes on there.
What was found missing or changed is looked at again in every portion, so that a document
brought back from the backup is sound a minute later. A store that cannot be read says nothing
about its documents: the portion ends with the store's error and nothing is noted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.archive.tables import document_fault, document_round
from laufzettel.db import Database
from laufzettel.documents.store import DamagedError, DocumentStore, exhaust
from laufzettel.errors import NotFoundError
from laufzettel.records.tables import document, invoice

#: Most documents, and seconds, of one portion.
PORTION: Final = 500
PORTION_S: Final = 10.0
#: Faults looked at again in a portion, and told one by one.
AGAIN_MAX: Final = 50
TOLD_MAX: Final = 20


class FaultKind(StrEnum):
    """What is wrong with a document."""

    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A document that is not as it was stored."""

    sha256: str
    kind: FaultKind
    text_de: str  # which document of which invoice, and what to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far the checking of a tenant's documents is."""

    begun_at: datetime
    documents: int  # hashed again in this round
    bytes: int
    last_ended_at: datetime | None  # None: no round has ended yet
    last_documents: int | None
    last_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What one portion saw."""

    documents: int
    bytes: int
    is_end: bool  # the round is whole


# Built once: building a statement costs more than running it.
_OF: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_NEXT: Final = (
    sa.select(document.c.sha256)
    .where(document.c.tenant == _OF, document.c.sha256 > sa.bindparam("behind"))
    .distinct()
    .order_by(document.c.sha256)
    .limit(sa.bindparam("most"))
)
_ROUND: Final = sa.select(document_round).where(document_round.c.tenant == _OF)
_FAULTS: Final = (
    sa.select(document_fault.c.sha256, document_fault.c.kind)
    .where(document_fault.c.tenant == _OF)
    .order_by(document_fault.c.found_at, document_fault.c.sha256)
)
_STANDS: Final = sa.select(sa.func.count()).where(
    document.c.tenant == _OF, document.c.sha256 == sa.bindparam("of_sha256")
)
_OWNER: Final = (
    sa.select(document.c.kind, document.c.file_name, invoice.c.receipt_no)
    .outerjoin(invoice, invoice.c.id == document.c.invoice_id)
    .where(document.c.tenant == _OF, document.c.sha256 == sa.bindparam("of_sha256"))
    .order_by(document.c.invoice_id)
    .limit(1)
)
_SOUND: Final = sa.delete(document_fault).where(
    document_fault.c.tenant == _OF, document_fault.c.sha256 == sa.bindparam("of_sha256")
)
_FAULT: Final = sa.insert(document_fault)
_FIRST: Final = sa.insert(document_round)
_GO_ON: Final = sa.update(document_round).where(document_round.c.tenant == _OF)


class Integrity:
    """Hashes the documents of tenants again."""

    def __init__(
        self, db: Database, store: DocumentStore, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._db = db
        self._store = store
        self._clock = clock

    def portion(self, tenant: str, *, most: int = PORTION, seconds: float = PORTION_S) -> Portion:
        """Hash what was at fault and then the next documents; note what is at fault.

        Raises StorageError where the store cannot be read; then nothing is noted.
        """
        with self._db.read() as connection:
            cursor = self._cursor(connection, tenant)
            again = list(connection.execute(_FAULTS, {"of_tenant": tenant}).scalars())[:AGAIN_MAX]
            which = {"of_tenant": tenant, "behind": cursor, "most": most + 1}
            ahead = list(connection.execute(_NEXT, which).scalars())
        seen, until = self._look(tenant, again, {}, None), self._clock() + seconds
        fresh = self._look(tenant, ahead[:most], seen, until)
        done = list(fresh)
        is_end = len(done) == len(ahead)
        with self._db.write() as connection:
            self._note(connection, tenant, {**seen, **fresh})
            total = sum(size or 0 for size, _ in fresh.values())
            self._move_on(connection, tenant, done, total, is_end)
        return Portion(documents=len(done), bytes=total, is_end=is_end)

    def begin(self, tenant: str) -> None:
        """Let the next portion begin with the first document."""
        afresh = {"cursor": "", "documents": 0, "bytes": 0}
        with self._db.write() as connection:
            now = self._db.now(connection)
            connection.execute(_GO_ON, {"of_tenant": tenant, "begun_at": now, **afresh})

    def round(self, tenant: str) -> Round | None:
        """Return how far the checking is, None before it began."""
        with self._db.read() as connection:
            row = connection.execute(_ROUND, {"of_tenant": tenant}).mappings().one_or_none()
        if row is None:
            return None
        return Round(**{name: row[name] for name in Round.__dataclass_fields__})

    def faults(self, tenant: str) -> Sequence[Fault]:
        """Return what was found missing or changed and is not mended yet, the oldest first."""
        with self._db.read() as connection:
            rows = connection.execute(_FAULTS, {"of_tenant": tenant}).all()
            return [
                Fault(
                    sha256=row.sha256,
                    kind=FaultKind(row.kind),
                    text_de=_told(connection, tenant, row.sha256, FaultKind(row.kind)),
                )
                for row in rows
            ]

    def unlisted(self, tenant: str) -> Sequence[str]:
        """Return what the store holds and no table names: what a receipt left that was not ended."""
        held = [one.sha256 for one in self._store.sizes(tenant=tenant)]
        with self._db.read() as connection:
            which: dict[str, Any] = {"of_tenant": tenant}
            return [
                sha256
                for sha256 in held
                if not connection.execute(_STANDS, which | {"of_sha256": sha256}).scalar_one()
            ]

    def _cursor(self, connection: sa.Connection, tenant: str) -> str:
        row = connection.execute(_ROUND, {"of_tenant": tenant}).one_or_none()
        return row.cursor if row is not None else ""

    def _look(
        self,
        tenant: str,
        hashes: Iterable[str],
        known: Mapping[str, tuple[int | None, FaultKind | None]],
        until: float | None,
    ) -> dict[str, tuple[int | None, FaultKind | None]]:
        """Return size and fault of each, at least one, and no more once the time is over."""
        found: dict[str, tuple[int | None, FaultKind | None]] = {}
        for sha256 in hashes:
            if found and until is not None and self._clock() >= until:
                break
            found[sha256] = known[sha256] if sha256 in known else self._hash(tenant, sha256)
        return found

    def _hash(self, tenant: str, sha256: str) -> tuple[int | None, FaultKind | None]:
        try:
            return exhaust(self._store.portions(sha256, tenant=tenant)), None
        except NotFoundError:
            return None, FaultKind.MISSING
        except DamagedError:
            return None, FaultKind.CHANGED

    def _note(
        self,
        connection: sa.Connection,
        tenant: str,
        seen: Mapping[str, tuple[int | None, FaultKind | None]],
    ) -> None:
        standing = {
            row.sha256: row.kind for row in connection.execute(_FAULTS, {"of_tenant": tenant})
        }
        for sha256, (_, kind) in seen.items():
            which = {"of_tenant": tenant, "of_sha256": sha256}
            if kind is not None and not connection.execute(_STANDS, which).scalar_one():
                kind = None  # erased after its term while it was looked at
            if standing.get(sha256) == kind:
                continue
            connection.execute(_SOUND, which)
            if kind is not None:
                row = {"tenant": tenant, "sha256": sha256, "kind": kind}
                connection.execute(_FAULT, row | {"found_at": self._db.now(connection)})

    def _move_on(
        self, connection: sa.Connection, tenant: str, done: Sequence[str], total: int, is_end: bool
    ) -> None:
        now = self._db.now(connection)
        row = connection.execute(_ROUND, {"of_tenant": tenant}).mappings().one_or_none()
        begun: Mapping[Any, Any] = row or {"begun_at": now, "documents": 0, "bytes": 0}
        values: dict[str, Any] = {
            "begun_at": begun["begun_at"],
            "cursor": done[-1] if done else "",
            "documents": begun["documents"] + len(done),
            "bytes": begun["bytes"] + total,
        }
        if is_end:
            values |= {
                "last_ended_at": now,
                "last_documents": values["documents"],
                "last_bytes": values["bytes"],
            }
            values |= {"begun_at": now, "cursor": "", "documents": 0, "bytes": 0}
        if row is None:
            connection.execute(_FIRST, {"tenant": tenant, **values})
        else:
            connection.execute(_GO_ON, {"of_tenant": tenant, **values})


def alarms(faults: Sequence[Fault]) -> dict[str, str]:
    """Return the cause of an incident by its subject; many faults end in one that counts the rest.

    >>> one = Fault(sha256="ab", kind=FaultKind.MISSING, text_de="fehlt")
    >>> alarms([one])
    {'ab': 'fehlt'}
    >>> many = [Fault(sha256=str(n), kind=FaultKind.MISSING, text_de="fehlt") for n in range(25)]
    >>> len(alarms(many)), alarms(many)["weitere"]
    (21, 'Weitere Dokumente fehlen oder sind verändert; „laufzettel documents verify“ nennt alle.')
    """
    told = {one.sha256: one.text_de for one in faults[:TOLD_MAX]}
    if len(faults) > TOLD_MAX:  # without the number: it would be another incident each time
        told["weitere"] = (
            "Weitere Dokumente fehlen oder sind verändert; „laufzettel documents verify“ nennt alle."
        )
    return told


def _told(connection: sa.Connection, tenant: str, sha256: str, kind: FaultKind) -> str:
    row = connection.execute(_OWNER, {"of_tenant": tenant, "of_sha256": sha256}).one_or_none()
    receipt = row.receipt_no if row is not None and row.receipt_no else "?"
    what = "fehlt" if kind is FaultKind.MISSING else "ist verändert"
    name = row.kind if row is not None else "?"
    return (
        f"Das Dokument {sha256[:12]}… ({name}) der Rechnung {receipt} {what}. "
        "Bitte aus der Sicherung zurückholen; es wird nicht verwendet."
    )
