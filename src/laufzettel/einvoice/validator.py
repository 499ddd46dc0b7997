"""The official check of one invoice: schema, EN 16931, XRechnung, in KoSIT's order.

Fails closed: what could not be checked is UNCHECKED or a TECHNICAL_ERROR, never ACCEPTED.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar

from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice import attachments, cii, ubl
from laufzettel.einvoice.explain import explain
from laufzettel.einvoice.kosit import (
    Configuration,
    ConfigurationError,
    KositScenario,
    configurations,
    rules_signature_of,
    signature_of,
)
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict, stopped
from laufzettel.einvoice.rule_set import RulesAlteredError, RuleSet, RulesMissingError
from laufzettel.einvoice.saxon import Saxon, SaxonError
from laufzettel.einvoice.scenarios import Scenario, Stylesheet, find_scenario, refusal
from laufzettel.einvoice.schema import check_compiled, check_schema, load_schema_file
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
        self._compiled: dict[str, Any] = {}
        self._brought: tuple[object, list[Configuration]] = ((), [])

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
        try:
            brought = [one for one in self._configurations() if one.holds(issued_on(root))]
            if brought and (report := self._by_configuration(root, brought, timings)) is not None:
                return report
        except (ConfigurationError, SaxonError, etree.LxmlError, OSError) as error:
            return stopped(
                Verdict.TECHNICAL_ERROR,
                Own.CHECKER,
                f"Die Prüfkonfiguration ist nicht zu gebrauchen: {error}",
                remedy_de="Bitte dem Betrieb melden; die Rechnung ist nicht geprüft.",
            )
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

    def _configurations(self) -> list[Configuration]:
        """Return the configurations in the folder, read anew where one of their files changed."""
        signature, found = self._brought
        now = signature_of(self._rules_dir)
        if (now, rules_signature_of(found)) != signature:
            found = configurations(self._rules_dir)
            self._brought = (now, rules_signature_of(found)), found
        return found

    def _by_configuration(
        self, root: etree._Element, brought: list[Configuration], timings: dict[str, float]
    ) -> Report | None:
        """Return the verdict of the first configuration with a scenario for this document.

        None where none has one and ours may know it; where the folder itself is a
        configuration, only that counts.
        """
        attachments.strip(root)
        with self._lock:
            saxon = self._saxon = self._saxon or Saxon()
            text = etree.tostring(root, encoding="unicode")
            document = _timed(timings, "saxon-parse", lambda: saxon.parse(text))
            for configuration in brought:
                for scenario in configuration.scenarios:
                    if saxon.matches(scenario.match, scenario.namespaces, document):
                        return self._by_scenario(root, document, configuration, scenario, timings)
        if brought[0].folder == self._rules_dir:
            text_de = f"Kein Szenario der Prüfkonfiguration „{brought[0].title}“ passt."
            return stopped(Verdict.REJECTED, Own.UNKNOWN_VERSION, text_de, remedy_de=_RESEND)
        return None

    def _by_scenario(
        self,
        root: etree._Element,
        document: Any,
        configuration: Configuration,
        scenario: KositScenario,
        timings: dict[str, float],
    ) -> Report:
        broken: tuple[Finding, ...] = ()
        if scenario.schema is not None:
            schema = load_schema_file(scenario.schema)
            broken = _timed(timings, "xsd", lambda: check_compiled(root, schema))
        if broken:
            return Report(
                verdict=Verdict.REJECTED,
                findings=broken,
                scenario=scenario.name,
                timings=timings,
            )
        sheets = [self._brought_sheet(path) for path in scenario.stylesheets]
        saxon = self._saxon
        assert saxon is not None  # noqa: S101 - the caller made it
        outputs = _timed(timings, "rules", lambda: [saxon.run(s, document) for s in sheets])
        found = [broken for output in outputs for broken in broken_rules(output)]
        return _concluded(found, scenario, configuration.id, timings)

    def _brought_sheet(self, path: Path) -> Any:
        """Return the stylesheet of a configuration, compiled anew where its bytes changed."""
        assert self._saxon is not None  # noqa: S101 - the caller made it
        data = path.read_bytes()
        key = hashlib.sha256(data).hexdigest()
        if key not in self._compiled:
            self._compiled[key] = self._saxon.compile(data.decode("utf-8"))
        return self._compiled[key]

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
        return _concluded(found, scenario, rule_set.id, timings)

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


def _concluded(
    found: list[BrokenRule],
    scenario: Scenario | KositScenario,
    rule_set: str,
    timings: dict[str, float],
) -> Report:
    findings = tuple(sorted((_weigh(f, scenario) for f in found), key=_by_weight))
    rejects = any(finding.severity.rejects for finding in findings)
    return Report(
        verdict=Verdict.REJECTED if rejects else Verdict.ACCEPTED,
        findings=findings,
        scenario=scenario.name,
        rule_set=rule_set,
        timings=timings,
    )


def issued_on(root: etree._Element) -> date | None:
    """Return BT-2 of an invoice that may break every rule, None where it cannot be read."""
    if root.tag == cii.INVOICE:
        text = root.findtext(cii.ISSUED, "", cii.NAMESPACES)
    else:
        text = root.findtext("cbc:IssueDate", "", ubl.NAMESPACES)
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        return None


def _weigh(broken: BrokenRule, scenario: Scenario | KositScenario) -> Finding:
    weight = scenario.levels.get(broken.id, broken.severity)
    return explain(broken.id, weight, location=broken.location, original=broken.text)


def _by_weight(finding: Finding) -> int:
    return _WEIGHT[finding.severity]
