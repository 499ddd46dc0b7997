"""The official check of one invoice: schema, EN 16931, XRechnung, in KoSIT's order.

Fails closed: what could not be checked is UNCHECKED or a TECHNICAL_ERROR, never ACCEPTED.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar

from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice import attachments, cii, ubl
from laufzettel.einvoice.explain import explain
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict, stopped
from laufzettel.einvoice.rule_set import RulesAlteredError, RuleSet, RulesMissingError
from laufzettel.einvoice.saxon import Saxon, SaxonError
from laufzettel.einvoice.scenarios import Scenario, Stylesheet, find_scenario, refusal
from laufzettel.einvoice.schema import check_schema
from laufzettel.einvoice.svrl import BrokenRule, broken_rules

_T = TypeVar("_T")
_WEIGHT: Final = {severity: position for position, severity in enumerate(Severity)}
_RESEND: Final = "Der Lieferant muss die Rechnung in einem angenommenen Standard neu senden."


class Validator:
    """Checks invoices against the rules below one folder; keeps what it compiled.

    May be used from several threads, one check at a time. For checks that must not outlive a
    time limit use ValidationPool.
    """

    def __init__(self, rules_dir: Path) -> None:
        self._rules_dir = rules_dir
        self._lock = threading.Lock()
        self._saxon: Saxon | None = None
        self._compiled: dict[Stylesheet, Any] = {}

    def validate(self, xml: bytes) -> Report:
        """Return the verdict on a UBL or CII file, whatever the file is. Never raises."""
        timings: dict[str, float] = {}
        try:
            root = _timed(timings, "parse", lambda: safe_xml.parse(xml))
        except safe_xml.UnsafeXmlError as error:
            return stopped(Verdict.REJECTED, Own.UNSAFE, str(error))
        except safe_xml.NotXmlError as error:
            return stopped(Verdict.REJECTED, Own.UNREADABLE, str(error))
        return self.validate_tree(root, timings)

    def validate_tree(self, root: etree._Element, timings: dict[str, float]) -> Report:
        """Return the verdict on a tree of ``safe_xml.parse``; its attachments are cut out."""
        specification = _specification(root)
        if specification is None:
            reason = _no_invoice(etree.QName(root).localname)
            return stopped(Verdict.REJECTED, Own.NO_INVOICE, reason, remedy_de=_RESEND)
        scenario = find_scenario(str(root.tag), specification)
        if scenario is None:
            reason = refusal(specification)
            return stopped(Verdict.REJECTED, Own.UNKNOWN_VERSION, reason, remedy_de=_RESEND)
        attachments.strip(root)
        findings = _timed(timings, "xsd", lambda: check_schema(root, scenario.schema))
        if findings:
            return Report(
                verdict=Verdict.REJECTED,
                findings=findings,
                scenario=scenario.name,
                timings=timings,
            )
        with self._lock:
            return self._apply_rules(root, scenario, timings)

    def _apply_rules(
        self, root: etree._Element, scenario: Scenario, timings: dict[str, float]
    ) -> Report:
        try:
            rule_set = RuleSet.find(self._rules_dir)
            sheets = _timed(
                timings, "compile", lambda: self._sheets(rule_set, scenario.stylesheets)
            )
            found = self._run(root, sheets, timings)
        except RulesMissingError as error:
            return stopped(Verdict.UNCHECKED, Own.NO_RULES, str(error))
        except RulesAlteredError as error:
            return stopped(Verdict.TECHNICAL_ERROR, Own.ALTERED_RULES, str(error))
        except SaxonError as error:
            return stopped(
                Verdict.TECHNICAL_ERROR,
                Own.CHECKER,
                "Die amtlichen Prüfregeln konnten auf diese Rechnung nicht angewendet werden.",
                remedy_de="Bitte die Rechnung von Hand prüfen und die Störung melden.",
                original=str(error),
            )
        findings = tuple(sorted((_weigh(f, scenario) for f in found), key=_by_weight))
        rejects = any(finding.severity.rejects for finding in findings)
        return Report(
            verdict=Verdict.REJECTED if rejects else Verdict.ACCEPTED,
            findings=findings,
            scenario=scenario.name,
            rule_set=rule_set.id,
            timings=timings,
        )

    def _sheets(self, rule_set: RuleSet, names: tuple[Stylesheet, ...]) -> list[Any]:
        """Return the compiled stylesheets, having read and hashed each the first time."""
        if self._saxon is None:
            self._saxon = Saxon()
        for name in names:
            if name not in self._compiled:
                self._compiled[name] = self._saxon.compile(rule_set.text(name))
        return [self._compiled[name] for name in names]

    def _run(
        self, root: etree._Element, sheets: list[Any], timings: dict[str, float]
    ) -> list[BrokenRule]:
        saxon = self._saxon
        assert saxon is not None  # noqa: S101 - _sheets made it
        text = etree.tostring(root, encoding="unicode")
        document = _timed(timings, "saxon-parse", lambda: saxon.parse(text))
        outputs = _timed(timings, "rules", lambda: [saxon.run(s, document) for s in sheets])
        return [broken for output in outputs for broken in broken_rules(output)]


def _timed(timings: dict[str, float], stage: str, work: Callable[[], _T]) -> _T:
    start = perf_counter()
    try:
        return work()
    finally:
        timings[stage] = round((perf_counter() - start) * 1000, 3)


def _specification(root: etree._Element) -> str | None:
    """Return BT-24, ``""`` where it is missing, None where the root is of no invoice."""
    if root.tag in {ubl.INVOICE, ubl.CREDIT_NOTE}:
        text = root.findtext("cbc:CustomizationID", "", ubl.NAMESPACES)
    elif root.tag == cii.INVOICE:
        text = root.findtext(cii.SPECIFICATION, "", cii.NAMESPACES)
    else:
        return None
    return (text or "").strip()


def _no_invoice(name: str) -> str:
    if name == "CrossIndustryDocument":
        return "Die Datei ist eine Rechnung nach ZUGFeRD 1.0; das ist keine nach EN 16931."
    if name in {"Invoice", "CreditNote", "CrossIndustryInvoice"}:
        return (
            f"Die Datei heißt zwar „{name}“, gehört aber zu keinem Rechnungsstandard (Namensraum)."
        )
    return f"Die Datei ist keine E-Rechnung, sondern „{name[:60]}“."


def _weigh(broken: BrokenRule, scenario: Scenario) -> Finding:
    weight = scenario.levels.get(broken.id, broken.severity)
    return explain(broken.id, weight, location=broken.location, original=broken.text)


def _by_weight(finding: Finding) -> int:
    return _WEIGHT[finding.severity]
