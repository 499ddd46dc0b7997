"""What several commands share: the tenant on the command line, and the actor it names."""

from __future__ import annotations

import argparse

from laufzettel.app import App
from laufzettel.errors import NotFoundError
from laufzettel.identity import OPERATOR, SHARED, Actor, Right


def add_tenant(parser: argparse.ArgumentParser) -> None:
    """Let the command take ``--tenant`` and ``--json``."""
    parser.add_argument("--tenant", default="musterstadt", help="Mandant")
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt je Zeile")


def known(app: App, tenant: str) -> str:
    """Return the tenant; raise NotFoundError naming those there are."""
    tenants = app.tenants()
    if tenant not in tenants:
        there = ", ".join(f"„{one}“" for one in sorted(tenants)) or "noch keinen"
        raise NotFoundError(f"Den Mandanten „{tenant}“ gibt es hier nicht. Es gibt: {there}.")
    return tenant


def operator(app: App, args: argparse.Namespace) -> Actor:
    """Return the operator of this machine as an actor who reads and retries.

    Raises NotFoundError for a tenant that does not exist: an empty list would be a lie.
    """
    return _reader(known(app, args.tenant))


def auditing(app: App, args: argparse.Namespace) -> Actor:
    """Return the operator as ``operator`` does, also for what belongs to the whole installation."""
    return _reader(args.tenant) if args.tenant == SHARED else operator(app, args)


def _reader(tenant: str) -> Actor:
    return Actor(
        tenant=tenant,
        name="Betrieb",
        machine=OPERATOR,
        rights=frozenset({Right.READ, Right.OPERATE, Right.START}),
    )
