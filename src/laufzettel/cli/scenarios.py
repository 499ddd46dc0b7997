"""``laufzettel test FOLDER… [--format text|json|junit] [--samples FOLDER] [--strict]``.

Runs the scenarios of processes. Prints a line a scenario, at a failure the step with what was
expected and found, and what of the model, and which ways through it, no scenario takes. Ends
with 1 when one failed and 2 when a file cannot be read; with ``--strict`` also with 1 when one
was left out or something of the model is not taken.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from laufzettel import settings
from laufzettel.einvoice.examine import Checker
from laufzettel.einvoice.rule_set import RuleSet, RulesMissingError
from laufzettel.einvoice.validator import Validator
from laufzettel.engine.api import NotDeployableError
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.sources import MAIN
from laufzettel.errors import InputError
from laufzettel.scenarios.formats import Played, as_data, junit
from laufzettel.scenarios.ground import SqliteDatabases, scratch_folder
from laufzettel.scenarios.read import read_file
from laufzettel.scenarios.report import coverage, coverage_lines, result_lines, summary
from laufzettel.scenarios.run import Bench, Course, Result
from laufzettel.scenarios.scenario import Scenario
from laufzettel.scenarios.together import play, processes_here


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("test", help="spielt die Szenarien von Prozessen durch")
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--samples", type=Path, help="Ordner mit Beispielrechnungen")
    parser.add_argument(
        "--strict", action="store_true", help="auch Ausgelassenes und Lücken sind Fehler"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit"),
        default="text",
        help="json: je Prozess ein Objekt; junit: JUnit-XML für eine CI",
    )
    parser.add_argument(
        "--once", action="store_true", help="nur am Stück, ohne Neustarts: beim Entwerfen schneller"
    )
    parser.add_argument("--quiet", action="store_true", help="nur, was nicht in Ordnung ist")
    parser.add_argument(
        "--processes", type=int, default=processes_here(), help="so viele laufen zugleich"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run every scenario below the folders; return 0, 1 or 2."""
    log = logging.getLogger("laufzettel")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what fails on purpose is expected, not news
    try:
        with scratch_folder() as folder:
            bench = _bench(folder, args.samples)
            bench.is_once = args.once
            processes = [process for path in args.paths for process in _processes(path)]
            every = [_play(process, bench, args) for process in processes]
            if args.format == "junit":
                _print(junit(every))
            return max(_code(played, args.strict) for played in every)
    finally:
        log.setLevel(level)


def _bench(folder: Path, samples: Path | None) -> Bench:
    (folder / "datenbanken").mkdir()
    files = sorted(samples.iterdir()) if samples is not None and samples.is_dir() else []
    return Bench(
        databases=SqliteDatabases(folder / "datenbanken"),
        folder=folder,
        checker=_checker(settings.load().rules),
        samples={file.name: file for file in files},
    )


def _checker(rules: Path) -> Checker | None:
    """Return the real validator where the official rules are installed."""
    try:
        RuleSet.find(rules)
    except RulesMissingError:
        return None
    return Validator(rules)


def _processes(path: Path) -> Iterator[Path]:
    if (path / MAIN).is_file():
        yield path
        return
    inner = sorted(each.parent for each in path.glob(f"*/{MAIN}"))
    yield from inner or [path]


def _play(folder: Path, bench: Bench, args: argparse.Namespace) -> Played:
    """Run the scenarios of one process and print how they went."""
    told = _Told(args)
    try:
        course = Course(folder, bench)
        scenarios = read_scenarios(folder)
    except InputError as error:
        played = Played(folder=folder, error=str(error))
        told.whole(played, f"{folder}: {error}")
        return played
    told.line(f"{folder}: {len(scenarios)} Szenarien")
    results: list[Result] = []
    for result in play(course, scenarios, args.processes):
        results.append(result)
        if result.failures or not args.quiet:
            told.line(*result_lines(result))
    definition = _definition(course, results)
    found = None if definition is None else coverage(definition, results)
    played = Played(folder=folder, results=tuple(results), coverage=found)
    lines = coverage_lines(definition, found) if definition and found else ()
    told.whole(played, *lines, summary(results))
    return played


class _Told:
    """What is printed: lines as they come, or one JSON object a process."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._format = args.format

    def line(self, *lines: str) -> None:
        """Print lines for people."""
        if self._format == "text":
            _print(*lines)

    def whole(self, played: Played, *lines: str) -> None:
        """Print how the process came off."""
        self.line(*lines)
        if self._format == "json":
            _print(json.dumps(as_data(played), ensure_ascii=False))


def _code(played: Played, strict: bool) -> int:
    if played.error:
        return 2
    failed = any(result.failures for result in played.results)
    is_whole = played.coverage is not None and played.coverage.is_whole
    lacking = not is_whole or any(result.left_out for result in played.results)
    return int(failed or (strict and lacking))


def read_scenarios(folder: Path) -> list[Scenario]:
    """Return the scenarios that lie beside a model, by file name."""
    files = sorted((folder / "tests").glob("*.yaml"))
    return [scenario for file in files for scenario in read_file(file)]


def _definition(course: Course, results: list[Result]) -> Definition | None:
    """Return the compiled model, None where it cannot be deployed or nothing ran."""
    try:
        return course.definition(results[0].scenario) if results else None
    except NotDeployableError:
        return None


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
