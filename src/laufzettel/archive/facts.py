"""What the tenant notes about retention: adopted accounts, terms of its own, holds.

Each note is audited with its person and its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.archive.deletion import STREAM
from laufzettel.archive.tables import annual_accounts, retention_hold, retention_rule
from laufzettel.db import Database
from laufzettel.documents.retention import DocumentKind
from laufzettel.engine.api import Engine
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor
from laufzettel.ids import new_id
from laufzettel.records.tables import invoice

YEARS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold that stands."""

    receipt_no: str
    reason: str
    placed_by: str
    placed_at: datetime


# Built once: building a statement costs more than running it.
_INVOICE: Final = sa.select(invoice.c.id, invoice.c.erased_on).where(
    invoice.c.tenant == sa.bindparam("of_tenant"),
    invoice.c.receipt_no == sa.bindparam("of_receipt"),
)
_PLACE: Final = sa.insert(retention_hold)
_LIFT: Final = sa.update(retention_hold).where(
    retention_hold.c.tenant == sa.bindparam("of_tenant"),
    retention_hold.c.invoice_id == sa.bindparam("of_invoice"),
    retention_hold.c.lifted_at.is_(None),
)
_HOLDS: Final = (
    sa.select(
        invoice.c.receipt_no,
        *retention_hold.c["reason", "placed_by", "placed_at"],
    )
    .join(invoice, invoice.c.id == retention_hold.c.invoice_id)
    .where(
        retention_hold.c.tenant == sa.bindparam("of_tenant"), retention_hold.c.lifted_at.is_(None)
    )
    .order_by(retention_hold.c.id)
)
_ADOPT: Final = {
    dialect: insert(annual_accounts).on_conflict_do_nothing().returning(annual_accounts.c.year)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_RULE: Final = {
    dialect: insert(retention_rule).on_conflict_do_nothing().returning(retention_rule.c.years)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


class RetentionFacts:
    """Notes what counting needs."""

    def __init__(self, db: Database, engine: Engine) -> None:
        self._db = db
        self._engine = engine

    def hold(self, actor: Actor, receipt_no: str, reason: str) -> None:
        """Let nothing of the invoice be erased until the hold is lifted."""
        with self._db.write() as connection:
            invoice_id = _invoice(connection, actor.tenant, receipt_no)
            row = {"id": new_id(), "tenant": actor.tenant, "invoice_id": invoice_id}
            row |= {"reason": _needed(reason), "placed_by": actor.label}
            connection.execute(_PLACE, row | {"placed_at": self._db.now(connection)})
            self._note(connection, actor, "hold.placed", {"receipt_no": receipt_no}, reason)

    def lift(self, actor: Actor, receipt_no: str, reason: str) -> None:
        """End every hold on the invoice; raises ConflictError where none stands."""
        with self._db.write() as connection:
            invoice_id = _invoice(connection, actor.tenant, receipt_no)
            lifted: dict[str, Any] = {"lifted_by": actor.label, "lifted_reason": _needed(reason)}
            lifted |= {"lifted_at": self._db.now(connection)}
            which = {"of_tenant": actor.tenant, "of_invoice": invoice_id}
            if connection.execute(_LIFT, which | lifted).rowcount == 0:
                raise ConflictError(f"Für {receipt_no} steht keine Löschsperre.")
            self._note(connection, actor, "hold.lifted", {"receipt_no": receipt_no}, reason)

    def lift_as_second(self, actor: Actor, receipt_no: str, reason: str) -> None:
        """End every hold on the invoice, as another person than those who placed them.

        Raises ForbiddenError for who placed one, ConflictError where none stands.
        """
        mine = [
            one
            for one in self.holds(actor.tenant)
            if one.receipt_no == receipt_no and one.placed_by == actor.label
        ]
        if mine:
            raise ForbiddenError(
                "Wer die Sperre gesetzt hat, hebt sie nicht selbst auf. Bitte eine zweite Person "
                "bitten."
            )
        self.lift(actor, receipt_no, reason)

    def holds(self, tenant: str) -> Sequence[Hold]:
        """Return the holds that stand, the oldest first."""
        with self._db.read() as connection:
            rows = connection.execute(_HOLDS, {"of_tenant": tenant}).mappings()
            return [Hold(**row) for row in rows]

    def adopt(self, actor: Actor, year: int, adopted_on: date, reason: str) -> None:
        """Note the day on which the council adopted the accounts of a year; it stands for ever.

        Raises InputError for a day before the year's end, ConflictError for another day than
        was noted before.
        """
        if adopted_on.year <= year:
            raise InputError(f"Der Jahresabschluss {year} wird nach dem Jahr {year} festgestellt.")
        row = {"tenant": actor.tenant, "year": year, "adopted_on": adopted_on}
        data = {"year": year, "adopted_on": adopted_on.isoformat()}
        why = f"Für {year} ist schon ein Tag der Feststellung eingetragen."
        self._set(actor, _ADOPT, row, "accounts.adopted", data, reason, why)

    def rule(
        self, actor: Actor, kind: DocumentKind, years: int, source: str, begin: date, reason: str
    ) -> None:
        """Keep a kind longer than the law asks, from a day on; the longest term always holds."""
        if not 1 <= years <= YEARS_MAX:
            raise InputError(f"Möglich sind 1 bis {YEARS_MAX} Jahre.")
        row: dict[str, Any] = {"tenant": actor.tenant, "kind": kind.value, "valid_from": begin}
        row |= {"years": years, "source": _needed(source)[:200]}
        data = {"kind": kind.value, "years": years, "valid_from": begin.isoformat()}
        why = f"Für „{kind.value}“ gibt es schon eine Regel ab diesem Tag."
        self._set(actor, _RULE, row, "retention.rule", data, reason, why)

    def _set(
        self,
        actor: Actor,
        inserts: Any,
        row: dict[str, Any],
        kind: str,
        data: dict[str, Any],
        reason: str,
        taken: str,
    ) -> None:
        _needed(reason)
        with self._db.write() as connection:
            noted = {"noted_by": actor.label, "noted_at": self._db.now(connection)}
            insert = inserts[connection.dialect.name]
            if connection.execute(insert, row | noted).scalar() is None:
                raise ConflictError(taken)
            self._note(connection, actor, kind, data, reason)

    def _note(
        self, connection: sa.Connection, actor: Actor, kind: str, data: dict[str, Any], reason: str
    ) -> None:
        self._engine.note(connection, actor, STREAM, kind, data, {"reason": reason})


def _invoice(connection: sa.Connection, tenant: str, receipt_no: str) -> str:
    which = {"of_tenant": tenant, "of_receipt": receipt_no}
    row = connection.execute(_INVOICE, which).one_or_none()
    if row is None:
        raise NotFoundError(f"Die Rechnung „{receipt_no}“ gibt es bei diesem Mandanten nicht.")
    if row.erased_on is not None:
        raise ConflictError(f"Der Inhalt von {receipt_no} ist schon gelöscht.")
    return str(row.id)


def _needed(text: str) -> str:
    found = " ".join(text.split())
    if not found:
        raise InputError("Bitte geben Sie den Grund an; er steht im Protokoll.")
    return found
