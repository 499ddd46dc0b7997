"""How much of the official DMN compatibility kit is answered as it expects.

    ./run bench dmn-tck [--json] [--kit FOLDER]

Counted by folders, because two folders hold four fifths of the cases: level 2 is to be
complete, level 3 is the mean over its folders. A case whose file is refused has failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

from lxml import etree

from laufzettel.engine import dmn
from laufzettel.engine.feel import FeelBudgetError, temporal
from laufzettel.errors import NotFoundError

KIT = Path(__file__).resolve().parents[2] / "shared" / "data" / "dmn-tck" / "TestCases"
LEVELS = ("compliance-level-2", "compliance-level-3")
GOAL_LEVEL_2, GOAL_LEVEL_3, GOAL_FOLDER = 1.0, 0.85, 0.9
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
#: Folder -> why it does not reach 90 %.
REASONS = {
    "0076-feel-external-java": "calls Java functions; code outside of the model is never run",
}


@dataclass(frozen=True)
class Outcome:
    """One expected result: where it stands, and what was found instead if it differs."""

    level: str
    folder: str
    case: str
    passed: bool
    note: str = ""


def local(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


READERS: dict[str, Any] = {
    "boolean": lambda text: text.strip() in ("true", "1"),
    "date": temporal.parse_date,
    "time": temporal.parse_time,
    "dateTime": temporal.parse_date_time,
    "duration": temporal.parse_duration,
    "dayTimeDuration": temporal.parse_duration,
    "yearMonthDuration": temporal.parse_duration,
    **dict.fromkeys(("decimal", "double", "integer", "int", "float", "long"), Decimal),
}


def read(element: Any) -> Any:
    """Return the value that a node of a test case writes."""
    parts: dict[str, Any] = {}
    for child in element:
        tag = local(child)
        if child.get(f"{XSI}nil") == "true":
            return None
        if tag == "value":
            kind = (child.get(f"{XSI}type") or "").rpartition(":")[2]
            return READERS.get(kind, str)(child.text or "")
        if tag == "list":
            return [read(item) for item in child if local(item) == "item"]
        if tag == "component":
            parts[child.get("name")] = read(child)
    return parts or None


def same(found: Any, expected: Any) -> bool:
    """Return whether both are the same; the kit writes numbers with 8 to 13 digits."""
    if isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= max(abs(expected), Decimal(1)) * Decimal("1e-8")
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(found[key], expected[key]) for key in found
        )
    return type(found) is type(expected) and bool(found == expected)


def _inputs(case: Any) -> dict[str, Any]:
    return {
        f"{{{node.get('namespace')}}}{node.get('name')}"
        if node.get("namespace")
        else node.get("name"): read(node)
        for node in case.findall("{*}inputNode")
    }


def _found(library: dmn.Library, namespace: str, case: Any, result: Any) -> Any:
    kind, inputs = case.get("type", "decision"), _inputs(case)
    if kind in ("decisionService", "bkm"):
        value = dmn.invoke(library, case.get("invocableName"), inputs, now=NOW).value
        name = result.get("name")
        return value[name] if isinstance(value, dict) and name in value else value
    return dmn.evaluate(library, result.get("name"), inputs, now=NOW, namespace=namespace).value


def _refused(library: dmn.Library) -> str:
    flaws = [
        f"{file}:{flaw.line} {flaw.code} {flaw.values}" for file, flaw in dmn.flaws_of(library)
    ]
    return "; ".join(flaws[:3])


def run_folder(level: str, folder: Path) -> Iterator[Outcome]:
    """Yield the outcome of every expected result of a folder."""
    for path in sorted(folder.glob("*test*.xml")):
        tests: Any = etree.parse(path).getroot()
        main = tests.findtext("{*}modelName")
        files = {each.name: each.read_bytes() for each in sorted(folder.glob("*.dmn"))}
        library = dmn.read_library(dmn.with_imports(main, files))
        namespace = next(model.namespace for model in library.models if model.file == main)
        refused = {flaw.element for _, flaw in dmn.flaws_of(library)}
        for case in tests.iter("{*}testCase"):
            for result in case.findall("{*}resultNode"):
                name = f"{path.stem}/{case.get('id')}/{result.get('name')}"
                yield _judged(
                    Outcome, level, folder, name, library, namespace, case, result, refused
                )


def _judged(
    make: type[Outcome],
    level: str,
    folder: Path,
    name: str,
    library: dmn.Library,
    namespace: str,
    case: Any,
    result: Any,
    refused: set[str],
) -> Outcome:
    expected_node = result.find("{*}expected")
    expected = None if expected_node is None else read(expected_node)
    decision = library.decision(result.get("name"), namespace)
    below = library.below(decision.key) if decision else set()
    bad = sorted(key[1] for key in below if key[1] in refused)
    if bad or "" in refused:
        return make(level, folder.name, name, False, f"refused: {_refused(library)}")
    try:
        found = _found(library, namespace, case, result)
    except (FeelBudgetError, NotFoundError) as error:
        return make(level, folder.name, name, False, str(error))
    passed = same(found, expected)
    note = "" if passed else f"found {found!r}, expected {expected!r}"
    return make(level, folder.name, name, passed, note)


def run_kit(kit: Path) -> list[Outcome]:
    """Return the outcome of the whole kit."""
    return [
        outcome
        for level in LEVELS
        for folder in sorted((kit / level).iterdir())
        if folder.is_dir()
        for outcome in run_folder(level, folder)
    ]


def rates(outcomes: list[Outcome], level: str) -> dict[str, tuple[int, int]]:
    """Return folder -> (passed, cases) of a level."""
    found: dict[str, tuple[int, int]] = {}
    for each in outcomes:
        if each.level == level:
            passed, cases = found.get(each.folder, (0, 0))
            found[each.folder] = (passed + each.passed, cases + 1)
    return found


def mean(folders: dict[str, tuple[int, int]]) -> float:
    """Return the mean of the folders' rates."""
    return sum(passed / cases for passed, cases in folders.values()) / max(len(folders), 1)


def summary(outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    """Return the figures as they are printed."""
    level_2, level_3 = (rates(outcomes, level) for level in LEVELS)
    low = {
        name: round(passed / cases, 4)
        for name, (passed, cases) in {**level_2, **level_3}.items()
        if passed / cases < GOAL_FOLDER
    }
    return {
        "bench": "dmn-tck",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "level_2_folders": len(level_2),
        "level_2_cases": sum(cases for _, cases in level_2.values()),
        "level_2_passed": sum(passed for passed, _ in level_2.values()),
        "level_2_mean": round(mean(level_2), 4),
        "level_3_folders": len(level_3),
        "level_3_cases": sum(cases for _, cases in level_3.values()),
        "level_3_passed": sum(passed for passed, _ in level_3.values()),
        "level_3_mean": round(mean(level_3), 4),
        "below_90": {
            name: [rate, REASONS.get(name, "no reason known")] for name, rate in low.items()
        },
        "failed": [f"{each.folder}: {each.case}" for each in outcomes if not each.passed],
        "seconds": round(seconds, 2),
    }


def show(outcomes: list[Outcome], figures: dict[str, Any]) -> None:
    """Print the figures for people."""
    print(f"DMN compatibility kit on {figures['machine']}, {figures['seconds']} s")
    for level, goal in (("2", GOAL_LEVEL_2), ("3", GOAL_LEVEL_3)):
        rate = figures[f"level_{level}_mean"]
        print(
            f"level {level}: {figures[f'level_{level}_passed']} of {figures[f'level_{level}_cases']} "
            f"results in {figures[f'level_{level}_folders']} folders; mean over folders "
            f"{rate:.2%}, goal {goal:.0%}, ratio {rate / goal:.2f}"
        )
    for name, (rate, reason) in figures["below_90"].items():
        print(f"below 90 %: {name} ({rate:.1%}): {reason}")
    for each in outcomes:
        if not each.passed:
            print(f"failed: {each.folder}/{each.case}: {each.note[:200]}")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--kit", type=Path, default=KIT, help="the kit's folder TestCases")
    args = parser.parse_args(argv)
    if not args.kit.is_dir():
        print(f"The kit is not here: {args.kit}. See --kit.", file=sys.stderr)
        return 2
    started = perf_counter()
    outcomes = run_kit(args.kit)
    figures = summary(outcomes, perf_counter() - started)
    show(outcomes, figures)
    if args.json:
        print(json.dumps(figures))
    complete = figures["level_2_mean"] == GOAL_LEVEL_2
    return 0 if complete and figures["level_3_mean"] >= GOAL_LEVEL_3 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
