"""One act of an operator on one case: its reason, and what else is written with it.

Every act is one transaction. ``also`` is written in it: a batch marks its item there, so that
an item is done exactly once however often the batch is interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine import access
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.step import Within
from laufzettel.errors import InputError
from laufzettel.identity import Actor

#: Longest reason, in characters.
REASON_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts on which case, and why."""

    actor: Actor
    case_id: str
    reason: str
    also: tuple[Within, ...] = ()

    def check(self, connection: sa.Connection) -> None:
        """Raise NotFoundError unless the actor may look at the case."""
        access.require(connection, self.actor, self.case_id)

    def event(
        self,
        kind: str,
        data: Mapping[str, Any] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> Event:
        """Return the event that tells of the act, with its reason beside the chain."""
        more = {"reason": self.reason, **(texts or {})}
        return Event(kind=kind, actor=self.actor.label, data=data or {}, texts=more)

    def finish(self, connection: sa.Connection) -> None:
        """Write what belongs to the act besides."""
        for call in self.also:
            call(connection)


def reason_of(text: str) -> str:
    """Return the reason, without blanks around it.

    Raises InputError where there is none: an act without a reason cannot be audited.

    >>> reason_of(" Doppelt erfasst. ")
    'Doppelt erfasst.'
    """
    reason = " ".join(text.split())
    if not reason:
        raise InputError("Bitte geben Sie den Grund an; er steht im Protokoll des Vorgangs.")
    if len(reason) > REASON_MAX:
        raise InputError(f"Der Grund ist zu lang; möglich sind {REASON_MAX} Zeichen.")
    return reason


__all__ = ["REASON_MAX", "Act", "reason_of"]
