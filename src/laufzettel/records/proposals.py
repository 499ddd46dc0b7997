"""Proposals for the table „Zuständigkeit“: „das gehört immer zu …“.

A person who finds out where an invoice belongs may say that it is always so. That is kept
here and changes nothing by itself. A designer wants it in the table or declines it; a second
person releases what the first has chosen (DESIGN decision 16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.records.tables import routing_proposal

#: The decision that „Eingangsrechnung“ asks who is responsible.
DECISION: Final = "rechnung_zustaendigkeit"
#: Where the audit keeps what became of proposals.
STREAM: Final = "routing"
#: Longest reason that is kept.
REASON_MAX: Final = 1000
#: Settled proposals that a list shows beside the open ones.
SETTLED_MAX: Final = 50


class Status(StrEnum):
    """How far a proposal is; one that waits is settled, once."""

    OPEN = "open"  # nobody has looked at it
    CHOSEN = "chosen"  # somebody wants it in the table; waits for a second person
    TAKEN = "taken"  # it stands in the version ``bundle_id`` of the table
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One row that somebody wants in the table."""

    id: str
    field: str  # the input of the table: supplier_vat_id, supplier_name, leitweg_fine, leitweg_id
    value: str
    unit: str
    clerk: str | None
    case_id: str
    invoice_id: str
    proposed_by: str  # person
    proposed_at: datetime
    status: Status
    chosen_by: str | None  # wants it in the table
    chosen_at: datetime | None
    chosen_reason: str | None
    settled_by: str | None
    settled_at: datetime | None
    reason: str | None

    @property
    def rule(self) -> dict[str, Any]:
        """The rule that it would be, as ``engine.api.NewRule`` takes it."""
        return {
            "id": f"rule_{self.id}",
            "note": f"Vorschlag von {self.proposed_by} vom {self.proposed_at:%d.%m.%Y}",
            "inputs": {self.field: self.value},
            "outputs": {"unit": self.unit, "clerk": self.clerk},
        }

    @property
    def label_de(self) -> str:
        """What the field is called on screen."""
        return LABELS[self.field]


#: Input of the table -> how people call it.
LABELS: Final = {
    "supplier_vat_id": "USt-IdNr. des Lieferanten",
    "supplier_name": "Lieferant",
    "leitweg_fine": "Feinadresse der Leitweg-ID",
    "leitweg_id": "Leitweg-ID",
}

_COLUMNS: Final = [routing_proposal.c[name] for name in Proposal.__dataclass_fields__]
_OF: Final = routing_proposal.c.tenant == sa.bindparam("of_tenant")
_WAITS: Final = routing_proposal.c.status.in_([Status.OPEN, Status.CHOSEN])
# Built once: building a statement costs more than running it.
_OPEN: Final = sa.select(*_COLUMNS).where(_OF, _WAITS).order_by(routing_proposal.c.id)
_SETTLED: Final = (
    sa.select(*_COLUMNS)
    .where(_OF, ~_WAITS)
    .order_by(routing_proposal.c.id.desc())
    .limit(SETTLED_MAX)
)
_ONE: Final = sa.select(*_COLUMNS).where(_OF, routing_proposal.c.id == sa.bindparam("of_id"))
_SAME: Final = sa.select(routing_proposal.c.id).where(
    _OF,
    _WAITS,
    *(
        routing_proposal.c[name] == sa.bindparam(f"of_{name}")
        for name in ("field", "value", "unit")
    ),
    sa.func.coalesce(routing_proposal.c.clerk, "") == sa.bindparam("of_clerk"),
)
_INSERT: Final = sa.insert(routing_proposal)
_CHOOSE: Final = (
    sa.update(routing_proposal)
    .where(
        _OF,
        routing_proposal.c.id == sa.bindparam("of_id"),
        routing_proposal.c.status == Status.OPEN,
    )
    .returning(routing_proposal.c.id)
)
_SETTLE: Final = (
    sa.update(routing_proposal)
    .where(_OF, _WAITS, routing_proposal.c.id == sa.bindparam("of_id"))
    .returning(routing_proposal.c.id)
)


def propose(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Keep a proposal; the same again while it is open is a no-op."""
    same = {f"of_{name}": row[name] for name in ("tenant", "field", "value", "unit")}
    if connection.execute(_SAME, same | {"of_clerk": row["clerk"] or ""}).first() is None:
        connection.execute(_INSERT, {**row, "status": Status.OPEN})


def proposals(
    connection: sa.Connection, tenant: str, *, is_open: bool = True
) -> Sequence[Proposal]:
    """Return the proposals that wait, the oldest first, or the latest settled ones."""
    rows = connection.execute(_OPEN if is_open else _SETTLED, {"of_tenant": tenant})
    return [_of(row) for row in rows]


def one(connection: sa.Connection, tenant: str, proposal_id: str) -> Proposal:
    """Return a proposal; raises NotFoundError."""
    row = connection.execute(_ONE, {"of_tenant": tenant, "of_id": proposal_id}).one_or_none()
    if row is None:
        raise NotFoundError("Diesen Vorschlag gibt es bei diesem Mandanten nicht.")
    return _of(row)


def choose(
    connection: sa.Connection, actor: Actor, proposal_id: str, *, at: datetime, reason: str
) -> Proposal:
    """Note who wants an open proposal in the table; another person releases it.

    Needs DEPLOY and a natural person. Raises ConflictError unless it is open.
    """
    person = _person(actor)
    values = {
        "status": Status.CHOSEN,
        "chosen_by": person,
        "chosen_at": at,
        "chosen_reason": reason_of(reason),
    }
    found = one(connection, actor.tenant, proposal_id)
    which = {"of_tenant": actor.tenant, "of_id": proposal_id}
    if connection.execute(_CHOOSE.values(**values), which).first() is None:
        raise ConflictError("Über diesen Vorschlag ist schon entschieden.")
    return found


def check_second(connection: sa.Connection, actor: Actor, proposal_id: str) -> Proposal:
    """Return a chosen proposal that the actor may release: as another person than chose it.

    Raises ForbiddenError for the same person, ConflictError for one that nobody has chosen.
    """
    person, found = _person(actor), one(connection, actor.tenant, proposal_id)
    if found.status is not Status.CHOSEN:
        raise ConflictError("Dieser Vorschlag wartet nicht auf eine zweite Person.")
    if found.chosen_by == person:
        raise ForbiddenError(
            "Wer einen Vorschlag aufnimmt, gibt ihn nicht selbst frei. Bitte eine zweite Person "
            "mit dem Recht, Modelle einzuspielen."
        )
    return found


def settle(
    connection: sa.Connection,
    tenant: str,
    proposal_id: str,
    *,
    status: Status,
    by: str,
    at: datetime,
    reason: str,
    bundle_id: str | None = None,
) -> Proposal:
    """Settle a proposal that waits and return it; raises ConflictError where somebody already has."""
    found = one(connection, tenant, proposal_id)
    values = {
        "status": status,
        "settled_by": by,
        "settled_at": at,
        "reason": reason,
        "bundle_id": bundle_id,
    }
    which = {"of_tenant": tenant, "of_id": proposal_id}
    if connection.execute(_SETTLE.values(**values), which).first() is None:
        raise ConflictError("Über diesen Vorschlag ist schon entschieden.")
    return found


def reason_of(text: str) -> str:
    """Return the reason; raises InputError where there is none."""
    reason = text.strip()[:REASON_MAX]
    if not reason:
        raise InputError("Bitte nennen Sie den Grund; er steht im Protokoll.")
    return reason


def _person(actor: Actor) -> str:
    if Right.DEPLOY not in actor.rights:
        raise ForbiddenError("Dafür fehlt Ihnen das Recht, Modelle einzuspielen.")
    if actor.person is None:
        raise ForbiddenError("Vorschläge nehmen nur Personen auf.")
    return actor.person


def _of(row: Any) -> Proposal:
    return Proposal(**{**row._mapping, "status": Status(row.status)})
