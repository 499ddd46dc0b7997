"""Deploying by two persons, for tests that are about something else."""

from __future__ import annotations

from laufzettel.engine.api import Deployed, Engine, Sources
from laufzettel.identity import SHARED, Actor, Right


def deployed(
    engine: Engine, actor: Actor, sources: Sources, *, tenant: str | None = None
) -> Deployed:
    """Deploy the model; what weighs is released by a person whom nobody else is."""
    made = engine.deploy(actor, sources, tenant=tenant)
    if not made.waits:
        return made
    owner = tenant or actor.tenant
    second = Actor(
        tenant=actor.tenant if owner == SHARED else owner,
        person="zweite_person",
        rights=frozenset({Right.DEPLOY}),
    )
    change = engine.model_change(second, made.change_id)
    done = engine.release_change(
        second, change.id, "gesehen", seen=change.seen, every=[second.tenant]
    )
    versions = engine.models(second, done.process_id)
    found = next(one for one in versions if one.bundle_id == done.bundle_id)
    return Deployed(
        bundle_id=found.bundle_id, process_id=found.process_id, number=found.number, is_new=True
    )


def pinned(
    engine: Engine, actor: Actor, process_id: str, bundle_id: str | None, reason: str
) -> None:
    """Choose the version; what weighs is released by a person whom nobody else is."""
    if engine.pin(actor, process_id, bundle_id, reason):
        return
    second = Actor(tenant=actor.tenant, person="zweite_person", rights=frozenset({Right.DEPLOY}))
    (change,) = (one for one in engine.model_changes(second) if one.process_id == process_id)
    engine.release_change(second, change.id, reason, seen=change.seen)
