"""``laufzettel test FOLDER… [--samples FOLDER] [--strict]``: run the scenarios of processes.

Prints a line a scenario, at a failure the step with what was expected and found, and what of
the model no scenario takes. Ends with 1 when one failed and 2 when a file cannot be read;
with ``--strict`` also with 1 when one was left out or something of the model is not taken.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from laufzettel import settings
from laufzettel.einvoice.examine import Checker
from laufzettel.einvoice.rule_set import RuleSet, RulesMissingError
from laufzettel.einvoice.validator import Validator
from laufzettel.engine.api import NotDeployableError
from laufzettel.engine.model.sources import MAIN
from laufzettel.errors import InputError
from laufzettel.scenarios.ground import SqliteDatabases, scratch_folder
from laufzettel.scenarios.read import read_file
from laufzettel.scenarios.report import coverage, coverage_lines, result_lines, summary
from laufzettel.scenarios.run import Bench, Course, Result
from laufzettel.scenarios.scenario import Scenario


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("test", help="spielt die Szenarien von Prozessen durch")
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--samples", type=Path, help="Ordner mit Beispielrechnungen")
    parser.add_argument(
        "--strict", action="store_true", help="auch Ausgelassenes und Lücken sind Fehler"
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
            processes = [process for path in args.paths for process in _processes(path)]
            return max(_run_process(process, bench, args.strict) for process in processes)
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


def _run_process(folder: Path, bench: Bench, strict: bool) -> int:
    """Run the scenarios of one process and print how they went."""
    try:
        course = Course(folder, bench)
        scenarios = read_scenarios(folder)
    except InputError as error:
        _print(f"{folder}: {error}")
        return 2
    _print(f"{folder}: {len(scenarios)} Szenarien")
    results: list[Result] = []
    for scenario in scenarios:
        results.append(course.run(scenario))
        _print(*result_lines(results[-1]))
    is_whole = _print_coverage(course, results)
    _print(summary(results))
    failed = any(result.failures for result in results)
    lacking = not is_whole or any(result.left_out for result in results)
    return int(failed or (strict and lacking))


def read_scenarios(folder: Path) -> list[Scenario]:
    """Return the scenarios that lie beside a model, by file name."""
    files = sorted((folder / "tests").glob("*.yaml"))
    return [scenario for file in files for scenario in read_file(file)]


def _print_coverage(course: Course, results: list[Result]) -> bool:
    if not results:
        return False
    try:
        definition = course.definition(results[0].scenario)
    except NotDeployableError:
        return False
    found = coverage(definition, results)
    _print(*coverage_lines(definition, found))
    return found.is_whole


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
