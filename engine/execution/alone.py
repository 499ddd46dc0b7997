"""One waits alone: who else awaits the same message or effect, as far as this step can see.

Two tokens that wait for one message cannot both get it, and which of them does is chance; so
the second is held with its reason, unless the model says that several may wait. What two steps
at the same moment cannot see of each other, ``messages.subscribe`` finds under its lock.

Two tokens with one key of an effect are one effect, whose outcome can move one token only;
the second is held until it is known, and takes it over when it is tried again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.execution.changes import Changes, NewEffect, NewSubscription
from laufzettel.engine.tables import case, effect, subscription
from laufzettel.errors import LaufzettelError

_WAITING: Final = (
    sa.select(subscription.c.case_id, subscription.c.activation)
    .where(
        subscription.c.tenant == sa.bindparam("of_tenant"),
        subscription.c.name == sa.bindparam("of_name"),
        subscription.c.key == sa.bindparam("of_key"),
        subscription.c.kind == "message",
    )
    .order_by(subscription.c.id)
    .limit(sa.bindparam("at_most"))
)


#: The open case that waits for an effect whose outcome is not known yet.
_UNDER_WAY: Final = (
    sa.select(effect.c.case_id, effect.c.activation)
    .join(case, case.c.id == effect.c.case_id)
    .where(
        effect.c.tenant == sa.bindparam("of_tenant"),
        effect.c.key == sa.bindparam("of_key"),
        effect.c.status.in_(("pending", "sending", "unknown")),
        case.c.state.is_not(None),
    )
)


class AlreadyAwaitedError(LaufzettelError):
    """Auf diese Nachricht oder Sendung wartet schon ein anderer Schritt."""


def check_effect(
    connection: sa.Connection | None,
    tenant: str,
    case_id: str,
    changes: Changes,
    waiting: Collection[str],
    new: NewEffect,
) -> None:
    """Raise AlreadyAwaitedError where another token waits for the effect of the same key.

    ``waiting`` are the activations of this case that wait now.
    """
    is_begun = any(one.key == new.key for one in changes.effects)
    values = {"of_tenant": tenant, "of_key": new.key}
    row = None if connection is None else connection.execute(_UNDER_WAY, values).one_or_none()
    is_waited_for = row is not None and (row.case_id != case_id or row.activation in waiting)
    if is_begun or is_waited_for:
        raise AlreadyAwaitedError(
            f"„{new.key}“ wird schon übergeben (Vorgang {row.case_id if row else case_id}), und "
            "dasselbe geht nicht zweimal hinaus. Wenn der Ausgang bekannt ist, versuchen Sie es "
            "erneut; er gilt dann auch hier."
        )


def check(
    connection: sa.Connection | None,
    tenant: str,
    case_id: str,
    changes: Changes,
    new: NewSubscription,
) -> None:
    """Raise AlreadyAwaitedError where somebody else waits for the same message.

    ``changes`` are those of the step so far: what it has begun to await or awaits no more.
    """
    if new.is_shared or new.is_signal:
        return
    same = (new.name, new.key)
    if any((one.name, one.key) == same and not one.is_signal for one in changes.subscriptions):
        raise _error(new, case_id)
    if connection is None:
        return
    gone = {(case_id, activation) for activation, _ in changes.gone}
    values = {"of_tenant": tenant, "of_name": new.name, "of_key": new.key}
    for row in connection.execute(_WAITING, values | {"at_most": len(gone) + 1}):
        if (row.case_id, row.activation) not in gone:
            raise _error(new, row.case_id)


def _error(new: NewSubscription, case_id: str) -> AlreadyAwaitedError:
    return AlreadyAwaitedError(
        f"Auf die Nachricht „{new.name}“ mit dem Schlüssel „{new.key}“ wartet schon der Vorgang "
        f"{case_id}; sie könnte nur zu einem von beiden kommen."
    )
