"""``laufzettel models``: versions of processes, and which one a tenant's new cases run."""

from __future__ import annotations

import argparse
import sys

from laufzettel import settings
from laufzettel.cli import second, show
from laufzettel.cli.deployments import how_to_release
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.api import Engine, VersionView
from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("models", help="zeigt die Fassungen der Modelle und legt sie fest")
    parser.add_argument("process", nargs="?", metavar="PROZESS")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--pin", metavar="NUMMER", help="neue Vorgänge laufen nach dieser Fassung (auch versionTag)"
    )
    choice.add_argument("--follow", action="store_true", help="wieder der neuesten folgen")
    parser.add_argument("--shared", action="store_true", help="die gemeinsame Fassung ist gemeint")
    second.add_by(parser)
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Pin or follow, or list the versions."""
    with compose(settings.load()) as app:
        known(app, args.tenant)
        actor = second.acting(app, args)
        if args.pin or args.follow:
            waits = _choose(app.engine, actor, args)
            if waits:
                sys.stderr.write(f"Noch nicht festgelegt. {waits}\n")
        found = app.engine.models(actor, args.process)
    if args.json:
        show.objects(found)
        return 0
    show.lines(map(line, found) if found else ["Kein Modell."])
    return 0


def bundle_of(engine: Engine, actor: Actor, process: str, name: str, *, is_shared: bool) -> str:
    """Return the version of that number or version tag; the tenant's own before the shared one.

    Raises NotFoundError naming those there are.
    """
    found = engine.models(actor, process)
    fitting = [one for one in found if name in (str(one.number), one.version_tag)]
    fitting = [one for one in fitting if one.is_shared] if is_shared else fitting
    if not fitting:
        there = ", ".join(sorted({str(one.number) for one in found})) or "keine"
        raise NotFoundError(f"„{process}“ hat keine Fassung „{name}“. Es gibt: {there}.")
    return fitting[0].bundle_id


def line(one: VersionView) -> str:
    """Return a version as one line."""
    marks = "festgelegt" if one.is_pinned else "gilt für neue" if one.is_current else ""
    owner = "gemeinsam" if one.is_shared else "eigene"
    tag = f"„{one.version_tag}“" if one.version_tag else ""
    return (
        f"{one.process_id:<24} {owner:<9} Nr. {one.number:<4} {tag:<10} "
        f"{office_time(one.deployed_at)}  {one.sha256[:12]}  {one.open_cases} offen  {marks}"
    ).rstrip()


def _choose(engine: Engine, actor: Actor, args: argparse.Namespace) -> str:
    """Choose the version; return what is to be done where that waits for a second person."""
    if not args.process:
        raise InputError("Bitte den Prozess angeben: laufzettel models PROZESS --pin NUMMER.")
    bundle_id = None
    if args.pin:
        bundle_id = bundle_of(engine, actor, args.process, args.pin, is_shared=args.shared)
    if engine.pin(actor, args.process, bundle_id, args.reason):
        return ""
    waiting = (one for one in engine.model_changes(actor) if not one.is_shared)
    return how_to_release(next(one.id for one in waiting if one.process_id == args.process))
