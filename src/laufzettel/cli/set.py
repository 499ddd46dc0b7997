"""``laufzettel set NAME=WERT ID…``: mend a variable of cases, with reason."""

from __future__ import annotations

import argparse

from laufzettel.cli import show
from laufzettel.cli.selecting import act, add_selection, check_reason
from laufzettel.engine.api import BatchKind, Engine
from laufzettel.errors import InputError
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("set", help="berichtigt eine Angabe (Variable) von Vorgängen")
    parser.add_argument(
        "assignment",
        metavar="NAME=WERT",
        help="Wert in FEEL oder JSON: Zahlen mit Punkt, Texte in Anführungszeichen",
    )
    add_selection(parser)
    parser.add_argument("--at", metavar="SCHRITT", default="", help="Variable des Teilprozesses")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Set the variable of the case named, or of all that fit."""
    check_reason(args)
    name, sign, value = args.assignment.partition("=")
    if not sign or not name.strip():
        raise InputError("Bitte NAME=WERT angeben, zum Beispiel betrag=746.13.")
    params = {"name": name.strip(), "value": value, "at": args.at}

    def one(engine: Engine, actor: Actor, case_id: str) -> bool:
        if args.dry_run:
            old, new = engine.plan_edit(actor, case_id, params["name"], params["value"], at=args.at)
            show.lines([f"Bisher {old}, dann {new}; geschehen ist nichts."])
            return True
        engine.edit_variable(
            actor, case_id, params["name"], params["value"], args.reason, at=args.at
        )
        show.lines([f"„{params['name']}“ ist berichtigt."])
        return True

    return act(args, BatchKind.EDIT, one, params)
