"""What follows from a finding: the tenant's table, dated, by rule or layer and by amount.

The first row that fits decides; where none does, the rows of ``DEFAULT`` do, and behind them
the weight of the rule itself. What no table may change stands in ``_settled``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from laufzettel.einvoice.layers import DEMANDED, Layer, layer_of
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict


class Treatment(StrEnum):
    """What is done about a finding, the strongest first."""

    REJECT = "zurueckweisen"  # the invoice goes back to its supplier
    LOOK = "ansehen"  # a person looks at it before anybody certifies
    NOTE = "vermerken"  # it stands beside the invoice
    IGNORE = "uebergehen"  # it is not even shown; own layers alone

    @property
    def german(self) -> str:
        """The treatment as a report says it."""
        return _GERMAN[self]


_GERMAN: Final = {
    Treatment.REJECT: "führt zur Zurückweisung",
    Treatment.LOOK: "ist anzusehen",
    Treatment.NOTE: "ist vermerkt",
    Treatment.IGNORE: "wird übergangen",
}
_STRENGTH: Final = {treatment: -position for position, treatment in enumerate(Treatment)}
#: Layers without which there is no invoice to look at.
FIXED: Final = frozenset({Layer.FILE, Layer.SCHEMA})


def is_weaker(one: Treatment, other: Treatment) -> bool:
    """Return whether less is done by ``one`` than by ``other``.

    >>> is_weaker(Treatment.NOTE, Treatment.LOOK)
    True
    """
    return _STRENGTH[one] < _STRENGTH[other]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table.

    ``subject``: a layer (``bank``), a rule (``LZ-IBAN``) or the beginning of rules
    (``LZ-RECHNEN-*``). ``above``: only where more is to be paid. ``why``: the decision or
    document behind the row, which stands in every report.
    """

    subject: str
    treatment: Treatment
    why: str
    above: Decimal | None = None
    valid_from: date | None = None
    valid_until: date | None = None  # the last day

    def fits(self, rule: str, amount: Decimal | None, on: date) -> bool:
        """Return whether the row is about this rule, this amount and this day.

        An invoice whose amount cannot be read is above every limit.
        """
        if (self.valid_from and on < self.valid_from) or (
            self.valid_until and on > self.valid_until
        ):
            return False
        if self.above is not None and amount is not None and abs(amount) <= self.above:
            return False
        if self.subject.endswith("*"):
            return rule.startswith(self.subject[:-1])
        return self.subject in {rule, layer_of(rule).value}


def _row(subject: str, treatment: Treatment, why: str) -> Row:
    return Row(subject=subject, treatment=treatment, why=why)


#: What holds where a tenant has decided nothing else.
DEFAULT: Final = (
    _row("LZ-IBAN", Treatment.LOOK, "Auf ein falsches Konto kann niemand zahlen."),
    _row("BR-DE-19", Treatment.LOOK, "Auf ein falsches Konto kann niemand zahlen."),
    _row("BR-DE-20", Treatment.LOOK, "Auf ein falsches Konto kann niemand zahlen."),
    _row("LZ-PDF-ABWEICHUNG", Treatment.LOOK, "Bild und Daten sagen nicht dasselbe."),
    _row("LZ-RECHNEN-*", Treatment.LOOK, "Die Zahlen der Rechnung gehen nicht auf."),
    _row("LZ-DATUM-ZUKUNFT", Treatment.LOOK, "Das Rechnungsdatum liegt nach dem Eingang."),
    _row("LZ-LEITWEG-FREMD", Treatment.LOOK, "Die Rechnung ist wohl nicht für uns."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from one finding, and why."""

    treatment: Treatment
    why: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The rows of a tenant; without any the default holds."""

    rows: tuple[Row, ...] = ()

    def decide(self, finding: Finding, amount: Decimal | None, on: date) -> Decision:
        """Return what follows from the finding for an invoice over ``amount`` on this day.

        >>> from laufzettel.einvoice.report import Severity
        >>> iban = Finding(id="LZ-IBAN", severity=Severity.WARNING, text_de="Falsch.")
        >>> Policy().decide(iban, None, date(2026, 11, 2)).treatment.value
        'ansehen'
        """
        own, default = (
            next((row for row in rows if row.fits(finding.id, amount, on)), None)
            for rows in (self.rows, DEFAULT)
        )
        wanted = _by_weight(finding)
        # Only a tenant makes less of a finding than its rule does.
        if own or (default and _STRENGTH[default.treatment] > _STRENGTH[wanted.treatment]):
            row = own or default
            assert row is not None  # noqa: S101 - one of them
            wanted = Decision(treatment=row.treatment, why=row.why)
        return _settled(finding, wanted)


def _by_weight(finding: Finding) -> Decision:
    if finding.severity.rejects:
        return Decision(treatment=Treatment.REJECT, why="So schreibt es die Regel vor.")
    if layer_of(finding.id) is Layer.TENANT and finding.severity == "warning":
        return Decision(treatment=Treatment.LOOK, why="Eine eigene Regel hat gewarnt.")
    return Decision(treatment=Treatment.NOTE, why="Die Regel weist nur darauf hin.")


#: A rule of each layer whose rules are bound all alike.
_MEMBER: Final = {
    Layer.FILE: Own.UNSAFE,
    Layer.SCHEMA: Own.XSD,
    Layer.EN16931: "BR-01",
    Layer.XRECHNUNG: "BR-DE-1",
    Layer.ROUTING: Own.ROUTING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What no table changes about a finding: how far it may go either way, and why no further."""

    strongest: Treatment = Treatment.REJECT
    weakest: Treatment = Treatment.IGNORE
    why_not_stronger: str = ""
    why_not_weaker: str = ""

    @property
    def choices(self) -> tuple[Treatment, ...]:
        """What a table may say, the strongest first."""
        reach = range(_STRENGTH[self.weakest], _STRENGTH[self.strongest] + 1)
        return tuple(one for one in Treatment if _STRENGTH[one] in reach)


def bounds_of(rule: str, severity: Severity) -> Bounds:
    """Return how far a tenant's table reaches for a finding of this rule and weight.

    >>> [one.value for one in bounds_of("LZ-LEISTUNGSZEIT", Severity.WARNING).choices]
    ['zurueckweisen', 'ansehen', 'vermerken']
    """
    layer = layer_of(rule)
    if severity.rejects and layer in FIXED:
        why = "Was nicht sicher lesbar ist, wird nie angenommen."
        return Bounds(weakest=Treatment.REJECT, why_not_weaker=why)
    if layer.is_official:
        least = Treatment.LOOK if severity.rejects else Treatment.NOTE
        return Bounds(weakest=least, why_not_weaker="Eine amtliche Regel wird nie übergangen.")
    strongest, never = Treatment.REJECT, ""
    if layer is Layer.ROUTING or rule == Own.ORDER:  # what the supplier cannot know or help
        strongest, never = Treatment.LOOK, "Dafür allein wird keine Rechnung zurückgewiesen."
    law = DEMANDED.get(rule)
    return Bounds(
        strongest=strongest,
        why_not_stronger=never,
        weakest=Treatment.NOTE if law else Treatment.IGNORE,
        why_not_weaker=f"Die Angabe verlangt {law}; sie wird nie übergangen." if law else "",
    )


def bounds_of_subject(subject: str) -> Bounds:
    """Return how far a row about this rule, layer or beginning of rules may go.

    Of an official rule it is what holds for its warnings: where it rejects, a table makes it
    "ansehen" at the least. What a beginning of rules must not do is prevented when it is applied.

    >>> [one.value for one in bounds_of_subject("leitweg").choices]
    ['ansehen', 'vermerken', 'uebergehen']
    >>> [one.value for one in bounds_of_subject("datei").choices]
    ['zurueckweisen']
    """
    if subject.endswith("*"):
        return Bounds()
    if subject not in set(Layer):
        fixed = layer_of(subject) in FIXED
        return bounds_of(subject, Severity.ERROR if fixed else Severity.WARNING)
    if Layer(subject) is Layer.LAW:
        why = "Diese Angaben verlangt das Gesetz; was fehlt, wird nie übergangen."
        return Bounds(weakest=Treatment.NOTE, why_not_weaker=why)
    member = _MEMBER.get(Layer(subject))
    return bounds_of_subject(str(member)) if member else Bounds()


def _settled(finding: Finding, wanted: Decision) -> Decision:
    """Return what no table can change, else what is wanted."""
    bounds = bounds_of(finding.id, finding.severity)
    if bounds.weakest is Treatment.REJECT:
        return Decision(treatment=Treatment.REJECT, why=bounds.why_not_weaker)
    if _STRENGTH[wanted.treatment] < _STRENGTH[bounds.weakest]:
        return Decision(treatment=bounds.weakest, why=f"{wanted.why} {bounds.why_not_weaker}")
    if _STRENGTH[wanted.treatment] > _STRENGTH[bounds.strongest]:
        return Decision(treatment=bounds.strongest, why=f"{wanted.why} {bounds.why_not_stronger}")
    return wanted


def judge(report: Report, policy: Policy, *, amount: Decimal | None, on: date) -> Report:
    """Return the report with what follows from each finding, and from all of them.

    What is to be ignored is set apart. The verdict becomes that of the policy: REJECTED where
    one finding rejects, else ACCEPTED; what was not checked stays unchecked.
    """
    if report.verdict not in {Verdict.ACCEPTED, Verdict.REJECTED}:
        return report
    decided = [(finding, policy.decide(finding, amount, on)) for finding in report.findings]
    every = [
        replace(finding, treatment=decision.treatment.value, because=decision.why)
        for finding, decision in decided
    ]
    kept = [one for one in every if one.treatment != Treatment.IGNORE]
    kept.sort(key=lambda finding: -_STRENGTH[Treatment(finding.treatment)])
    outcome = Treatment(kept[0].treatment) if kept else Treatment.NOTE
    rejects = outcome is Treatment.REJECT
    return replace(
        report,
        findings=tuple(kept),
        ignored=tuple(one for one in every if one.treatment == Treatment.IGNORE),
        verdict=Verdict.REJECTED if rejects else Verdict.ACCEPTED,
        outcome=outcome.value,
    )


#: Of a tenant that has decided nothing itself.
NO_ROWS: Final = Policy()
