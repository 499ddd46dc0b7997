"""What a check found: the verdict and its reasons, as values that can be stored and shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final


class Verdict(StrEnum):
    """What follows from a check. Only ACCEPTED lets an invoice pass."""

    #: The official rules were applied and none that rejects was broken.
    ACCEPTED = "accepted"
    #: A rule that rejects was broken, or the file is no invoice; it goes back to the supplier.
    REJECTED = "rejected"
    #: The check itself failed (crash, time limit, altered rules); the operator must act.
    TECHNICAL_ERROR = "technical_error"
    #: No official rule was applied (rules missing, plain PDF); a person must look.
    UNCHECKED = "unchecked"

    @property
    def german(self) -> str:
        """The verdict as a clerk reads it."""
        return _GERMAN[self]


_GERMAN: Final = {
    Verdict.ACCEPTED: "formal in Ordnung",
    Verdict.REJECTED: "Zurückweisen",
    Verdict.TECHNICAL_ERROR: "technischer Fehler",
    Verdict.UNCHECKED: "nicht geprüft",
}


class Severity(StrEnum):
    """How much a finding weighs, in the words of the official rules."""

    FATAL = "fatal"  # rejects
    ERROR = "error"  # rejects, too; set by KoSIT's scenario instead of the rule
    WARNING = "warning"  # somebody should look
    INFORMATION = "information"  # good to know

    @property
    def rejects(self) -> bool:
        """Whether one finding of this weight is enough to reject the invoice."""
        return self in {Severity.FATAL, Severity.ERROR}


class Own(StrEnum):
    """Ids of what Laufzettel itself finds; all others are ids of official rules."""

    XSD = "XSD"  # breaks the official XML schema
    UNSAFE = "LZ-UNSICHER"  # DOCTYPE, XInclude, split value, too large
    UNREADABLE = "LZ-UNLESBAR"  # neither XML nor PDF, or damaged
    NO_INVOICE = "LZ-KEINE-RECHNUNG"  # XML of another kind
    UNKNOWN_VERSION = "LZ-FASSUNG"  # BT-24 names a standard that is not accepted
    BAD_VALUE = "LZ-WERT"  # an amount, date or number that cannot be read
    NO_RULES = "LZ-REGELN-FEHLEN"  # official rules not installed
    ALTERED_RULES = "LZ-REGELN-VERAENDERT"  # installed rules differ from the pinned ones
    CHECKER = "LZ-PRUEFER"  # the validator failed or crashed
    TIMEOUT = "LZ-ZEIT"  # the check took too long
    PDF_ONLY = "LZ-PDF-OHNE-XML"  # a PDF without an invoice inside
    PDF_AMBIGUOUS = "LZ-PDF-MEHRDEUTIG"  # a PDF with two invoices inside
    PDF_BROKEN = "LZ-PDF-UNLESBAR"  # damaged, encrypted or hostile PDF
    PDF_ACTIVE = "LZ-PDF-AKTIV"  # a PDF with scripts or actions
    IBANS = "LZ-MEHRERE-KONTEN"  # more than one account to pay to
    ROUTING = "LZ-LEITWEG"  # Leitweg-ID whose check digits are wrong
    NUMBER = "LZ-RECHNUNGSNUMMER"  # number with hidden or look-alike characters
    ATTACHMENT = "LZ-ANHANG"  # attachment that is not what it claims to be
    SKONTO = "LZ-SKONTO"  # a Skonto that no program can read
    SKONTO_BASE = "LZ-SKONTO-BASIS"  # a Skonto of more than there is to pay
    SKONTO_LATE = "LZ-SKONTO-FRIST"  # a Skonto that runs longer than the time to pay
    LINE_SUM = "LZ-RECHNEN-POSITION"  # quantity x price is another net amount
    EXTRA_SUM = "LZ-RECHNEN-NACHLASS"  # base x percentage is another deduction or surcharge
    TOTALS = "LZ-RECHNEN-SUMME"  # the sums of the invoice do not add up
    VAT_BASE = "LZ-RECHNEN-STEUERBASIS"  # the taxable amount is not that of the positions
    VAT_SUM = "LZ-RECHNEN-STEUER"  # taxable amount x rate is another VAT
    SUPPLY_DATE = "LZ-LEISTUNGSZEIT"  # § 14 (4) no. 6 UStG: when was it supplied?
    ADDRESS = "LZ-ANSCHRIFT"  # § 14 (4) no. 1 UStG: full names and addresses
    TAX_NUMBER = "LZ-STEUERNUMMER-FEHLT"  # § 14 (4) no. 2 UStG
    DESCRIPTION = "LZ-LEISTUNG"  # § 14 (4) no. 5 UStG: what was supplied
    REVERSE_CHARGE = "LZ-STEUERSCHULDNER"  # § 14a (5) UStG: the words that must be there
    ACCOUNT = "LZ-BANKVERBINDUNG-FEHLT"  # § 4 ERechVO NRW: where to pay to
    ORDER = "LZ-AUFTRAG-FEHLT"  # § 4 ERechVO NRW: only owed where we told the supplier
    RECIPIENT = "LZ-LEITWEG-FREMD"  # Leitweg-ID of somebody else
    IBAN = "LZ-IBAN"  # an IBAN whose form or check digits are wrong
    BIC = "LZ-BIC"  # a BIC that is none, or of another country than the account
    VAT_ID = "LZ-UST-ID"  # a VAT id whose form or check digits are wrong
    TAX_FORM = "LZ-STEUERNUMMER"  # a German tax number of a wrong form
    FUTURE = "LZ-DATUM-ZUKUNFT"  # issued after it was received
    SUPPLY_FUTURE = "LZ-LIEFERUNG-ZUKUNFT"  # to be supplied after it was received
    OLD = "LZ-DATUM-ALT"  # issued long before it was received
    DUE_FIRST = "LZ-FAELLIG-VOR-RECHNUNG"  # due before it was issued
    REVERSED = "LZ-ZEITRAUM"  # a period that ends before it begins
    PDF_DIFFERS = "LZ-PDF-ABWEICHUNG"  # the picture in the PDF says something else
    PDF_SILENT = "LZ-PDF-OHNE-TEXT"  # a PDF whose picture has no text to compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong or remarkable."""

    id: str  # official rule (BR-DE-15, UBL-CR-646 …) or a member of Own
    severity: Severity
    text_de: str  # what is wrong, for a clerk
    remedy_de: str = ""  # who must do what
    location: str = ""  # shortened path of the element, "" for the whole file
    term: str = ""  # business term it is about, e.g. BT-10
    original: str = ""  # the text of the official rule, unchanged
    values: tuple[str, ...] = ()  # what this invoice says there, a line each
    twins: tuple[str, ...] = ()  # official rules that say the same: theirs stands, ours is added
    treatment: str = ""  # what follows by the tenant's policy; "" where none was applied
    because: str = ""  # why that follows

    @property
    def rejects(self) -> bool:
        """Whether the invoice goes back for this: by the policy, else by the rule's weight."""
        return self.treatment == "zurueckweisen" if self.treatment else self.severity.rejects

    @property
    def is_to_look_at(self) -> bool:
        """Whether a person must look at this before anybody certifies."""
        return self.treatment == "ansehen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one check, reproducible by the rule set that it names."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    scenario: str = ""  # which kind of invoice it was taken for
    rule_set: str = ""  # id of the rules applied, "" where none were
    timings: Mapping[str, float] = field(default_factory=dict)  # milliseconds per stage
    outcome: str = ""  # the strongest treatment of all; "" where no policy was applied
    ignored: tuple[Finding, ...] = ()  # what the tenant's policy passes over; shown nowhere

    @property
    def summary(self) -> str:
        """Why the verdict is what it is, in one sentence."""
        reasons = [finding for finding in self.findings if finding.rejects]
        if not reasons:
            return self.findings[0].text_de if self.findings else self.verdict.german
        more = f" (und {len(reasons) - 1} weitere)" if len(reasons) > 1 else ""
        return f"{reasons[0].text_de}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON can carry it.

        >>> report = Report(verdict=Verdict.ACCEPTED, rule_set="x")
        >>> Report.from_dict(report.to_dict()) == report
        True
        """
        found = asdict(self) | {"timings": dict(self.timings)}
        return found if self.ignored else {k: v for k, v in found.items() if k != "ignored"}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Return the report that ``to_dict`` wrote."""
        return cls(
            verdict=Verdict(data["verdict"]),
            findings=_findings(data["findings"]),
            ignored=_findings(data.get("ignored", ())),
            scenario=data["scenario"],
            rule_set=data["rule_set"],
            timings=dict(data["timings"]),
            outcome=data.get("outcome", ""),
        )


def _findings(items: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            **{
                **item,
                "severity": Severity(item["severity"]),
                "values": tuple(item.get("values", ())),
                "twins": tuple(item.get("twins", ())),
            }
        )
        for item in items
    )


def stopped(
    verdict: Verdict, rule: Own, text_de: str, *, remedy_de: str = "", original: str = ""
) -> Report:
    """Return the report of a check that ended before the official rules were through.

    >>> stopped(Verdict.UNCHECKED, Own.NO_RULES, "Regeln fehlen.").findings[0].severity
    <Severity.WARNING: 'warning'>
    """
    finding = Finding(
        id=rule,
        severity=Severity.FATAL if verdict is Verdict.REJECTED else Severity.WARNING,
        text_de=text_de,
        remedy_de=remedy_de,
        original=original,
    )
    return Report(verdict=verdict, findings=(finding,))
