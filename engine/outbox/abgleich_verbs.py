"""The verbs about the Abgleich for people of a tenant; a part of ``engine.api.Engine``.

The Abgleich belongs to the installation. Who operates one tenant sees it and asks the channels
of that tenant; releasing it lets every tenant send again, so that only the people of the one
tenant of an installation may; elsewhere the operator of the machine does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.operations.acts import reason_of
from laufzettel.engine.outbox import gate
from laufzettel.engine.outbox.reconciliation import ChannelState, Reconciliation
from laufzettel.engine.tables import reconciled_channel
from laufzettel.engine.tasks.verbs import need
from laufzettel.errors import ForbiddenError
from laufzettel.identity import Actor, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Abgleich:
    """An open Abgleich: nothing goes out until it is released."""

    begun_at: datetime
    cause: str
    channels: Sequence[ChannelState]  # of the tenant, as they answered last
    asked_at: datetime | None  # none: no channel of the tenant was asked yet


class AbgleichVerbs:
    """Looking at the Abgleich, asking the channels, releasing it."""

    _db: Database
    reconciliation: Reconciliation

    def abgleich(self, actor: Actor) -> Abgleich | None:
        """Return the open Abgleich with what the tenant's channels have said; None without one."""
        need(actor, Right.OPERATE, Right.READ)
        with self._db.read() as connection:
            current = gate.open_reconciliation(connection)
            if current is None:
                return None
            rows = connection.execute(
                sa.select(reconciled_channel)
                .where(
                    reconciled_channel.c.reconciliation_id == current.id,
                    reconciled_channel.c.tenant == actor.tenant,
                )
                .order_by(reconciled_channel.c.channel)
            ).all()
        names = ChannelState.__dataclass_fields__
        return Abgleich(
            begun_at=current.begun_at,
            cause=current.cause,
            channels=[ChannelState(**{name: getattr(row, name) for name in names}) for row in rows],
            asked_at=max((row.asked_at for row in rows), default=None),
        )

    def ask_channels(self, actor: Actor) -> list[ChannelState]:
        """Ask every channel of the tenant and take over what its peer has; may be repeated.

        Raises ConflictError where no Abgleich is open.
        """
        need(actor, Right.OPERATE)
        return self.reconciliation.ask([actor.tenant])

    def release_abgleich(
        self, actor: Actor, tenants: Collection[str], reason: str, *, despite: bool = False
    ) -> None:
        """Let everything go out again. ``tenants``: all that the installation has.

        Raises ForbiddenError where there are others, ConflictError while a channel was not
        asked, unless ``despite``.
        """
        need(actor, Right.OPERATE)
        if actor.person is None or set(tenants) != {actor.tenant}:
            raise ForbiddenError(
                "Der Abgleich gilt für alle Mandanten; freigeben kann ihn nur der Betrieb der "
                "Installation (laufzettel abgleich --release)."
            )
        self.reconciliation.release(
            list(tenants), by=actor.person, reason=reason_of(reason), despite=despite
        )
