"""``laufzettel decide FILE DECISION [NAME=VALUE …]``: evaluate a decision without a case.

Values are FEEL (``betrag=12.50``, ``tag=date("2026-11-23")``); what is no FEEL is a text.
Nothing is stored. Ends with 1 when the decision has no trustworthy value.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from laufzettel.cli import show
from laufzettel.cli.decisions import told_step
from laufzettel.cli.payload import payload
from laufzettel.clock import SystemClock
from laufzettel.engine import dmn, feel
from laufzettel.engine.execution.deciding import record
from laufzettel.engine.execution.decision_traces import as_step
from laufzettel.engine.feel import handbook
from laufzettel.errors import InputError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("decide", help="wertet eine Entscheidung (DMN) aus")
    parser.add_argument(
        "file", type=Path, nargs="?", help="DMN-Datei; Importe liegen im selben Ordner"
    )
    parser.add_argument("decision", nargs="?", help="Id oder Name der Entscheidung")
    parser.add_argument("values", nargs="*", metavar="NAME=WERT", help="Eingaben als FEEL")
    parser.add_argument(
        "--payload", default="{}", metavar="JSON", help="weitere Eingaben als JSON-Objekt"
    )
    parser.add_argument(
        "--functions", action="store_true", help="zeigt alle Funktionen von FEEL, und endet"
    )
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the value, the rules that matched, and what was noticed."""
    if args.functions:
        sys.stdout.write(handbook.page())
        return 0
    if args.decision is None:
        raise InputError(
            "Nennen Sie Datei und Entscheidung, etwa: laufzettel decide limits.dmn level betrag=12"
        )
    library = _library(args.file)
    variables = {**payload(args.payload), **dict(map(_value, args.values))}
    result = dmn.evaluate(library, args.decision, variables, now=SystemClock().now())
    if args.json:
        warnings = [
            {"code": each.code, "text": each.text_de, "line": each.position.line}
            for each in result.warnings
        ]
        found = {"sha256": result.sha256, **record(result), "warnings": warnings}
        show.lines([orjson.dumps(found).decode()])
    else:
        show.lines(_told(result))
    for each in result.errors:
        sys.stderr.write(f"{args.file}:{each.position.line}: {each.text_de}\n")
    return 1 if result.errors else 0


def _library(file: Path) -> dmn.Library:
    """Return the file with those that it could import; InputError for a flawed one."""
    try:
        files = {each.name: each.read_bytes() for each in file.parent.glob("*.dmn")}
        files[file.name] = file.read_bytes()
    except OSError as error:
        raise InputError(f"„{file}“ ist nicht lesbar: {show.reason(error)}.") from error
    library = dmn.read_library(dmn.with_imports(file.name, files))
    for name, flaw in dmn.flaws_of(library):
        told = ", ".join(flaw.values.values())
        raise InputError(
            f"{file.parent / name}:{flaw.line}: {flaw.code} {told}. „laufzettel lint“ sagt mehr."
        )
    return library


def _value(text: str) -> tuple[str, Any]:
    name, equals, written = text.partition("=")
    if not equals:
        raise InputError(f"„{text}“ ist keine Eingabe. Richtig ist etwa: betrag=12.50")
    try:
        outcome = feel.evaluate(written, {})
    except feel.FeelSyntaxError:
        return name.strip(), written
    return name.strip(), written if outcome.errors else outcome.value


def _told(result: dmn.Result) -> Iterator[str]:
    yield feel.literal_text(result.value)
    for step in record(result)["steps"]:
        yield from told_step(as_step(step))
