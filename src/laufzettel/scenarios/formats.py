"""The results of scenarios for machines: one JSON object a process, and JUnit XML for a CI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from laufzettel.scenarios.report import Coverage
from laufzettel.scenarios.run import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of the scenarios of one process."""

    folder: Path
    results: tuple[Result, ...] = ()
    coverage: Coverage | None = None  # None where the model cannot be deployed
    error: str = ""  # why nothing could be run


def as_data(played: Played) -> dict[str, Any]:
    """Return the results of a process as plain data."""
    found = played.coverage
    return {
        "process": str(played.folder),
        "error": played.error,
        "scenarios": [_scenario(result) for result in played.results],
        "coverage": None
        if found is None
        else {
            "elements": {"all": found.elements, "missed": list(found.missed_elements)},
            "flows": {"all": found.flows, "missed": list(found.missed_flows)},
            "routes": {
                "all": found.routes,
                "is_complete": found.is_complete,
                "missed": list(found.untaken),
            },
        },
    }


def _scenario(result: Result) -> dict[str, Any]:
    status = "ok" if result.is_ok else "left_out" if result.left_out else "failed"
    return {
        "title": result.scenario.title,
        "file": str(result.scenario.place.file),
        "line": result.scenario.place.line,
        "status": status,
        "left_out": result.left_out,
        "milliseconds": result.milliseconds,
        "failures": [
            {
                "file": str(failure.place.file),
                "line": failure.place.line,
                "mode": failure.mode.value,
                "what": failure.difference.what,
                "expected": failure.difference.expected,
                "found": failure.difference.found,
            }
            for failure in result.failures
        ],
    }


def junit(every: Sequence[Played]) -> str:
    """Return the results as JUnit XML: a suite a process, a case a scenario."""
    root = ET.Element("testsuites")
    for played in every:
        _suite(root, played)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _suite(root: ET.Element, played: Played) -> None:
    failed = sum(bool(result.failures) for result in played.results)
    left_out = sum(bool(result.left_out) for result in played.results)
    seconds = sum(result.milliseconds for result in played.results) / 1000
    counts = {
        "tests": str(len(played.results) + bool(played.error)),
        "failures": str(failed),
        "errors": str(int(bool(played.error))),
        "skipped": str(left_out),
        "time": f"{seconds:.3f}",
    }
    suite = ET.SubElement(root, "testsuite", {"name": str(played.folder), **counts})
    if played.error:
        case = ET.SubElement(
            suite, "testcase", {"classname": str(played.folder), "name": "Szenarien lesen"}
        )
        ET.SubElement(case, "error", {"message": played.error})
    for result in played.results:
        _case(suite, played, result)


def _case(suite: ET.Element, played: Played, result: Result) -> None:
    place = result.scenario.place
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": str(played.folder),
            "name": result.scenario.title,
            "file": str(place.file),
            "line": str(place.line),
            "time": f"{result.milliseconds / 1000:.3f}",
        },
    )
    if result.left_out:
        ET.SubElement(case, "skipped", {"message": result.left_out})
    for failure in result.failures:
        found = failure.difference
        told = ET.SubElement(
            case, "failure", {"message": f"{found.what}: erwartet {found.expected}"}
        )
        told.text = (
            f"{failure.place.file}:{failure.place.line} ({failure.mode.value})\n"
            f"{found.what}\nerwartet: {found.expected}\ngefunden: {found.found}"
        )
