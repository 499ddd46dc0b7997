"""What several commands share: the tenant on the command line, and the actor it names."""

from __future__ import annotations

import argparse

from laufzettel.identity import Actor, Right


def add_tenant(parser: argparse.ArgumentParser) -> None:
    """Let the command take ``--tenant`` and ``--json``."""
    parser.add_argument("--tenant", default="musterstadt", help="Mandant")
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt je Zeile")


def operator(args: argparse.Namespace) -> Actor:
    """Return the operator of this machine as an actor who reads and retries."""
    return Actor(
        tenant=args.tenant,
        name="Betrieb",
        rights=frozenset({Right.READ, Right.OPERATE, Right.START}),
    )
