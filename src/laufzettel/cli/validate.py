"""``laufzettel validate FILE… [--json] [--rules-dir DIR]``: check invoices by the official rules.

Prints verdict, key facts and what is wrong, where, and who must do what. Ends with 0 when all
are formally in order, 1 when one is to be rejected, 2 when one could not be checked.
Nothing is stored, booked or sent.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Final

from laufzettel.clock import OFFICE_ZONE, SystemClock
from laufzettel.einvoice.checks import Occasion
from laufzettel.einvoice.detect import Kind
from laufzettel.einvoice.examine import Checker, Examination, examine
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Finding, Own, Severity, Verdict, stopped
from laufzettel.einvoice.rule_set import default_rules_dir
from laufzettel.einvoice.validator import Validator

_EXIT: Final = {
    Verdict.ACCEPTED: 0,
    Verdict.REJECTED: 1,
    Verdict.TECHNICAL_ERROR: 2,
    Verdict.UNCHECKED: 2,
}
_HEADINGS: Final = {
    Severity.FATAL: "Führt zur Zurückweisung",
    Severity.ERROR: "Führt zur Zurückweisung",
    Severity.WARNING: "Bitte ansehen",
    Severity.INFORMATION: "Hinweise",
}
_REASONS: Final[dict[type[OSError], str]] = {
    FileNotFoundError: "Es gibt sie nicht.",
    IsADirectoryError: "Das ist ein Ordner.",
    PermissionError: "Die Berechtigung fehlt.",
}
#: So many places of one broken rule are named; the rest is counted.
_PLACES_MAX: Final = 3
#: Largest file that is read at all: larger ones are refused by name, not by memory.
_FILE_MAX: Final = 60 * 1024 * 1024


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("validate", help="prüft E-Rechnungen nach den amtlichen Regeln")
    parser.add_argument("files", nargs="+", type=Path, metavar="DATEI")
    parser.add_argument("--json", action="store_true", help="je Datei ein JSON-Objekt")
    parser.add_argument("--rules-dir", type=Path, default=None, help="Ordner der Prüfregeln")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the report of every file and return what the worst of them means."""
    checker = Validator(args.rules_dir or default_rules_dir())
    worst = 0
    for path in args.files:
        examination = _examine(path, checker)
        lines = [_json(path, examination)] if args.json else [*_text(path, examination), ""]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        worst = max(worst, _EXIT[examination.report.verdict])
    return worst


def _examine(path: Path, checker: Checker) -> Examination:
    try:
        if path.stat().st_size > _FILE_MAX:
            text = f"Die Datei ist größer als {_FILE_MAX // 1048576} MB."
            return _not_read(stopped_verdict=Verdict.REJECTED, rule=Own.UNSAFE, text=text)
        data = path.read_bytes()
    except OSError as error:
        reason = _REASONS.get(type(error), "Sie lässt sich nicht lesen.")
        text = f"Die Datei lässt sich nicht öffnen: {reason}"
        return _not_read(stopped_verdict=Verdict.TECHNICAL_ERROR, rule=Own.UNREADABLE, text=text)
    today = SystemClock().now().astimezone(OFFICE_ZONE).date()
    return examine(data, checker, Occasion(received_on=today))


def _not_read(*, stopped_verdict: Verdict, rule: Own, text: str) -> Examination:
    return Examination(report=stopped(stopped_verdict, rule, text), kind=Kind.UNKNOWN)


def _json(path: Path, examination: Examination) -> str:
    report = examination.report
    findings = [
        {
            "id": finding.id,
            "severity": finding.severity,
            "location": finding.location,
            "text_de": finding.text_de,
        }
        for finding in report.findings
    ]
    whole = {
        "file": str(path),
        "verdict": report.verdict,
        "rule_set": report.rule_set,
        "findings": findings,
    }
    return json.dumps(whole, ensure_ascii=False)


def _text(path: Path, examination: Examination) -> Iterator[str]:
    report, invoice = examination.report, examination.invoice
    yield f"{path}: {report.verdict.german}"
    if invoice is not None:
        yield from (f"  {_printable(line)}" for line in _facts(invoice))
    source = " aus einer PDF-Datei" if examination.kind is Kind.PDF_WITH_XML else ""
    if report.rule_set:
        yield f"  Geprüft als {report.scenario}{source}, Regeln {report.rule_set}"
    else:
        yield f"  Nicht bis zu den amtlichen Regeln geprüft{source}"
    ordered = sorted(report.findings, key=lambda finding: list(Severity).index(finding.severity))
    for heading, group in groupby(ordered, key=lambda finding: _HEADINGS[finding.severity]):
        findings = list(group)
        yield f"  {heading} ({len(findings)}):"
        for same in _by_text(findings):
            yield from (f"    {_printable(line)}" for line in _explained(same))


def _facts(invoice: Invoice) -> Iterator[str]:
    kind = "Gutschrift" if invoice.is_credit_note else "Rechnung"
    amount = invoice.payable.german() if invoice.totals.payable is not None else "ohne Betrag"
    yield f"{kind} {invoice.number or 'ohne Nummer'} vom {_day(invoice.issue_date)} über {amount}"
    seller = invoice.seller.name or invoice.seller.trading_name or "ohne Namen"
    yield f"Lieferant {seller}, Konto {', '.join(invoice.ibans) or 'nicht angegeben'}"
    yield f"Leitweg-ID {invoice.buyer_reference or 'fehlt'}, fällig am {_day(invoice.due_date)}"
    for skonto in invoice.payment_terms.skonto:
        last = skonto.last_day(invoice.issue_date) if invoice.issue_date else None
        percent = f"{skonto.percent}".replace(".", ",")
        yield f"Skonto {percent} % bis {_day(last)}"


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else "(nicht angegeben)"


def _by_text(findings: list[Finding]) -> list[list[Finding]]:
    """Return findings that differ in their place alone together, in their first order."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.id, finding.text_de), []).append(finding)
    return list(groups.values())


def _explained(same: list[Finding]) -> Iterator[str]:
    first = same[0]
    term = f", Feld {first.term}" if first.term else ""
    yield f"- {first.text_de} [{first.id}{term}]"
    places = [finding.location for finding in same if finding.location]
    if places:
        more = len(places) - _PLACES_MAX
        yield f"  Stelle: {'; '.join(places[:_PLACES_MAX])}{f' und {more} weitere' * (more > 0)}"
    if first.remedy_de:
        yield f"  Zu tun: {first.remedy_de}"


def _printable(line: str) -> str:
    """Return the line without characters that move a cursor or hide text in a terminal."""
    return "".join("�" if unicodedata.category(c) in {"Cc", "Cf"} else c for c in line)
