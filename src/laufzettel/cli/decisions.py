"""``laufzettel decisions CASE``: which decisions were made in a case, by which rules."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.api import DecisionStep, DecisionView


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "decisions", help="zeigt die Entscheidungen eines Vorgangs mit Eingaben und Regeln"
    )
    parser.add_argument("case", help="Nummer des Vorgangs")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was decided, from what, by which rules of which file."""
    with compose(settings.load()) as app:
        found = app.engine.decisions(operator(app, args), args.case)
    if args.json:
        show.objects(found)
    else:
        show.lines(
            [line for each in found for line in _told(each)]
            or ["In diesem Vorgang wurde noch nichts entschieden."]
        )
    return 0


def _told(made: DecisionView) -> Iterator[str]:
    value = "(Werte zu groß zum Aufbewahren)" if made.shortened else made.value
    yield f"{office_time(made.at)}  {made.name} ({made.element}): {value}"
    yield f"  Datei {made.sha256}"
    for step in made.steps:
        yield from told_step(step)


def told_step(step: DecisionStep) -> Iterator[str]:
    """Yield the lines that tell how one decision came about."""
    given = ", ".join(f"{name} = {value}" for name, value in step.inputs.items())
    yield f"  {step.name}: {step.output}" + (f"  aus {given}" if given else "")
    for table in step.tables:
        seen = ", ".join(f"{name} = {value}" for name, value in table.inputs.items())
        rules = ", ".join(map(str, table.rules)) or "keine"
        yield f"    Tabelle (Zeile {table.line}): {seen or '–'}; zutreffende Regeln: {rules}"
