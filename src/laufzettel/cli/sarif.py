"""Findings as SARIF 2.1.0, the form that code hosting and editors show beside the lines.

OASIS Static Analysis Results Interchange Format 2.1.0 plus Errata 01: § 3.14 run, § 3.27
result, § 3.49 reportingDescriptor. The log names every rule, also those that found nothing,
so that a viewer can tell a clean model from one that was not checked.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from laufzettel import __version__
from laufzettel.engine.model.finding import Finding, Severity
from laufzettel.engine.model.rules import RULES

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def log(findings: Sequence[tuple[Path, Finding]], *, language: str, exit_code: int) -> Any:
    """Return the log of one run; each finding comes with the folder that its file lies in."""
    rules = {rule.id: _rule(rule.id) for rule in RULES.values()}
    for _, finding in findings:
        rules.setdefault(finding.rule, {"id": finding.rule})
    index = {rule: number for number, rule in enumerate(rules)}
    driver = {"name": "laufzettel", "version": __version__, "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "language": language,
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "exitCode": exit_code}],
        "results": [_result(folder, one, index, language) for folder, one in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    described = (rule.check.__doc__ or name).strip().splitlines()[0]
    return {
        "id": name,
        "shortDescription": {"text": described},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(folder: Path, finding: Finding, index: dict[str, int], language: str) -> dict[str, Any]:
    german = language == "de"
    text = finding.text_de if german else finding.text_en
    remedy = finding.remedy_de if german else finding.remedy_en
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(folder, finding)}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.element:
        logical = {"name": finding.element_name or finding.element, "kind": "element"}
        location["logicalLocations"] = [{**logical, "fullyQualifiedName": finding.element}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{text} {remedy}"},
        "locations": [location],
        "partialFingerprints": {"place/v1": f"{finding.rule}:{finding.file}:{finding.element}"},
        "properties": {"remedy": remedy},
    }


def _uri(folder: Path, finding: Finding) -> str:
    """Return the file relative to where the command runs, or whole where it lies elsewhere."""
    path = Path(os.path.abspath(folder / finding.file))
    here = Path.cwd()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()
