"""Read model of the page of proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.identity import Actor, Right
from laufzettel.records import people, proposals, settings
from laufzettel.records.proposals import Proposal

_CONFIDENTIAL: Final = sa.select(case.c.id).where(
    case.c.id.in_(sa.bindparam("of_ids", expanding=True)), case.c.confidential
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Proposals with the names that people know."""

    tenant: str
    open: Sequence[Proposal]
    settled: Sequence[Proposal]
    names: dict[str, str]  # person, unit or group -> how it is called
    hidden: frozenset[str]  # cases that the person may not look at


def page(connection: sa.Connection, actor: Actor) -> Page:
    """Return what the page shows to the actor."""
    tenant = actor.tenant
    rules = settings.load(connection, tenant)
    waiting = proposals.proposals(connection, tenant)
    settled = proposals.proposals(connection, tenant, is_open=False)
    every = [*waiting, *settled]
    known = {each for one in every for each in (one.proposed_by, one.clerk, one.settled_by) if each}
    names = {each: people.name_of(connection, tenant, each) for each in sorted(known)}
    return Page(
        tenant=tenant,
        open=waiting,
        settled=settled,
        names={**names, **rules.group_names},
        hidden=_hidden(connection, actor, {one.case_id for one in every}),
    )


def _hidden(connection: sa.Connection, actor: Actor, cases: set[str]) -> frozenset[str]:
    """Return the confidential ones, for everybody but who may read everything."""
    if Right.READ in actor.rights or not cases:
        return frozenset()
    return frozenset(connection.execute(_CONFIDENTIAL, {"of_ids": sorted(cases)}).scalars())
