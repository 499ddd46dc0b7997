"""``laufzettel lint FILE…|FOLDER… [--format text|json|sarif] [--language de|en]``.

Checks models before deploying: file:line, severity, rule, element, what is wrong and what to
do. Ends with 1 when a model cannot be deployed. Nothing is executed, fetched or stored.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from laufzettel.cli import sarif
from laufzettel.engine.handler import Handlers, Services
from laufzettel.engine.model import support
from laufzettel.engine.model.check import check
from laufzettel.engine.model.contract import HandlerContract
from laufzettel.engine.model.finding import Finding, Severity
from laufzettel.engine.model.sources import DECISIONS, MAIN, Sources, load_file, load_folder
from laufzettel.errors import InputError
from laufzettel.handlers import modules

_WORDS: Final = {
    "de": {Severity.ERROR: "Fehler", Severity.WARNING: "Warnung", Severity.INFO: "Hinweis"},
    "en": {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"},
}
_FINE: Final = {"de": "keine Beanstandung", "en": "nothing found"}
#: What is said of a bundle without a model.
_NO_PROCESS: Final = "laufzettel/no-process"
_REMEDY: Final = {"de": "Abhilfe", "en": "Remedy"}


class NothingToCheckError(InputError):
    """Nennen Sie eine BPMN- oder DMN-Datei oder einen Prozessordner, zum Beispiel laufzettel lint bpmn."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("lint", help="prüft Modelle, Formulare und Verweise")
    parser.add_argument("paths", nargs="*", type=Path, metavar="FILE|FOLDER")
    parser.add_argument(
        "--support", action="store_true", help="zeigt, was von BPMN ausgeführt wird, und endet"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif"),
        default="text",
        help="json: je Modell ein Objekt; sarif: ein SARIF-2.1.0-Protokoll für alle",
    )
    parser.add_argument("--json", action="store_const", dest="format", const="json")
    parser.add_argument("--language", "--lang", choices=("de", "en"), default="de")
    parser.set_defaults(run=run_installed)


def run_installed(args: argparse.Namespace) -> int:
    """Check against the handlers that are installed here."""
    if args.support:
        sys.stdout.write(support.page())
        return 0
    if not args.paths:
        raise NothingToCheckError
    return run(args, Handlers(modules(), Services()).contracts)


def run(args: argparse.Namespace, handlers: Mapping[str, HandlerContract] | None = None) -> int:
    """Print the findings of every path; return 1 when one cannot be deployed."""
    deployable = True
    every: list[tuple[Path, Finding]] = []
    for path in args.paths:
        for shown, folder, sources in _bundles(path):
            findings, ok = _checked(shown, sources, handlers)
            deployable &= ok
            every += [(folder, finding) for finding in findings]
            if args.format == "json":
                _print(_json(shown, findings, ok))
            elif args.format == "text":
                _print(_text(folder, findings, args.language))
    code = 0 if deployable else 1
    if args.format == "sarif":
        log = sarif.log(every, language=args.language, exit_code=code)
        _print([json.dumps(log, ensure_ascii=False, indent=2)])
    return code


def _print(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _bundles(path: Path) -> Iterator[tuple[Path, Path, Sources | InputError]]:
    """Yield what lies at a path: a file, a process folder, or a folder of these."""
    for each in _models(path):
        folder = each if each.is_dir() else each.parent
        try:
            yield each, folder, load_folder(each) if each.is_dir() else load_file(each)
        except InputError as error:
            yield each, folder, error


def _models(path: Path) -> list[Path]:
    if not path.is_dir() or (path / MAIN).is_file():
        return [path]
    inner = [each.parent for each in path.glob(f"*/{MAIN}")]
    return sorted([*inner, *path.glob("*.bpmn")]) or [path]


def _checked(
    path: Path, sources: Sources | InputError, handlers: Mapping[str, HandlerContract] | None
) -> tuple[tuple[Finding, ...], bool]:
    if isinstance(sources, InputError):
        return (_unreadable(path, sources),), False
    checked = check(sources, handlers=handlers)
    if path.suffix == DECISIONS:  # deployed beside a model, never alone
        findings = tuple(each for each in checked.findings if each.rule != _NO_PROCESS)
        return findings, not any(each.severity is Severity.ERROR for each in findings)
    return checked.findings, checked.deployable


def _unreadable(path: Path, error: InputError) -> Finding:
    return Finding(
        rule="laufzettel/unreadable-path",
        severity=Severity.ERROR,
        file=str(path),
        line=0,
        element="",
        element_name="",
        text_de=str(error),
        text_en=f"{path} cannot be read as a model.",
        remedy_de="Geben Sie eine BPMN-Datei oder einen Prozessordner mit model.bpmn an.",
        remedy_en="Name a BPMN file or a process folder with model.bpmn.",
    )


def _json(path: Path, findings: tuple[Finding, ...], deployable: bool) -> list[str]:
    shown = [
        {
            "rule": each.rule,
            "severity": each.severity.value,
            "file": each.file,
            "line": each.line,
            "element": each.element,
            "element_name": each.element_name,
            "text_de": each.text_de,
            "text_en": each.text_en,
            "remedy_de": each.remedy_de,
            "remedy_en": each.remedy_en,
        }
        for each in findings
    ]
    whole = {"file": str(path), "deployable": deployable, "findings": shown}
    return [json.dumps(whole, ensure_ascii=False)]


def _text(folder: Path, findings: tuple[Finding, ...], language: str) -> list[str]:
    if not findings:
        return [f"{folder}: {_FINE[language]}"]
    return [line for each in findings for line in _lines(folder, each, language)]


def _lines(folder: Path, finding: Finding, language: str) -> list[str]:
    german = language == "de"
    path = folder / finding.file if finding.line else finding.file
    word = _WORDS[language][finding.severity]
    element = f" {finding.element}" if finding.element else ""
    return [
        f"{path}:{finding.line}: {word} {finding.rule}{element}",
        f"  {finding.text_de if german else finding.text_en}",
        f"  {_REMEDY[language]}: {finding.remedy_de if german else finding.remedy_en}",
    ]
