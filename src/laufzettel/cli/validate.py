"""``laufzettel validate FILE… [--format FORM] [--rules-dir DIR]``: check invoices by the rules.

Prints verdict, key facts and what is wrong, where, and who must do what. Ends with 0 when all
are formally in order, 1 when one is to be rejected, 2 when one could not be checked.
Nothing is stored, booked or sent. As ``html``, ``pdf`` or ``xml`` the report is written to a
folder, a file for each invoice; ``lieferant`` is the text for the supplier.
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

from laufzettel.cli.validate_forms import FORMS, WRITTEN, write
from laufzettel.clock import OFFICE_ZONE, SystemClock
from laufzettel.einvoice.checks import Occasion
from laufzettel.einvoice.detect import Kind
from laufzettel.einvoice.examine import Checker, Examination, examine
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Finding, Own, Severity, Verdict, stopped
from laufzettel.einvoice.reports import Subject, report_json
from laufzettel.einvoice.rule_set import default_rules_dir
from laufzettel.einvoice.supplier_text import supplier_text
from laufzettel.einvoice.validator import Validator
from laufzettel.errors import InputError

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
    parser.add_argument(
        "--format", choices=FORMS, default="text", help="Form des Berichts (vorgegeben: text)"
    )
    parser.add_argument(
        "--json", dest="format", action="store_const", const="json", help="wie --format json"
    )
    parser.add_argument(
        "--output", type=Path, metavar="ORDNER", help="wohin html, pdf und xml geschrieben werden"
    )
    parser.add_argument("--rules-dir", type=Path, default=None, help="Ordner der Prüfregeln")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the report of every file and return what the worst of them means."""
    if args.format in WRITTEN and args.output is None:
        raise InputError(f"Für {args.format} bitte mit --output einen Ordner nennen.")
    checker = Validator(args.rules_dir or default_rules_dir())
    worst = 0
    for path in args.files:
        examination = _examine(path, checker)
        sys.stdout.write("\n".join(_lines(args, path, examination)) + "\n")
        sys.stdout.flush()
        worst = max(worst, _EXIT[examination.report.verdict])
    return worst


def _lines(args: argparse.Namespace, path: Path, examination: Examination) -> Iterator[str]:
    """Return what is printed of a file, having written its report where one was asked for."""
    if args.format == "text":
        yield from _text(path, examination)
        yield ""
        return
    subject = _subject(path, examination)
    if args.format == "json":
        yield json.dumps(report_json(subject), ensure_ascii=False)
    elif args.format == "lieferant":
        yield supplier_text(examination.report) or f"{path}: kein Grund zur Zurückweisung"
    else:
        yield str(write(subject, args.format, args.output))


def _subject(path: Path, examination: Examination) -> Subject:
    return Subject(
        report=examination.report,
        file=str(path),
        sha256=examination.sha256,
        checked_at=SystemClock().now(),
        invoice=examination.invoice,
    )


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
    yield from (f"  {value}" for value in first.values)
    if first.remedy_de:
        yield f"  Zu tun: {first.remedy_de}"


def _printable(line: str) -> str:
    """Return the line without characters that move a cursor or hide text in a terminal."""
    return "".join("�" if unicodedata.category(c) in {"Cc", "Cf"} else c for c in line)
