"""``laufzettel tasks``: the tenant's open tasks."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("tasks", help="zeigt die offenen Aufgaben")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every open task with the groups it is offered to."""
    with compose(settings.load()) as app:
        found = app.engine.tasks(operator(app, args))
    if args.json:
        show.objects(found)
        return 0
    if not found:
        show.lines(["Keine offene Aufgabe."])
    show.lines(
        f"{task.id}  {task.name:<40} {', '.join(task.groups):<20} {task.subject} · {task.party}"
        for task in found
    )
    return 0
