"""What follows from a finding: the tenant's table, dated, by rule or layer and by amount.

The first row that fits decides; where none does, the rows of ``DEFAULT`` do, and behind them
the weight of the rule itself. What no table may change stands in ``_settled``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from laufzettel.einvoice.layers import Layer, layer_of
from laufzettel.einvoice.report import Finding, Own, Report, Verdict
from laufzettel.errors import InputError
from laufzettel.money import Money


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


def _settled(finding: Finding, wanted: Decision) -> Decision:
    """Return what no table can change, else what is wanted."""
    layer = layer_of(finding.id)
    if finding.severity.rejects and layer in _FIXED:
        return Decision(
            treatment=Treatment.REJECT, why="Was nicht sicher lesbar ist, wird nie angenommen."
        )
    least = Treatment.LOOK if finding.severity.rejects else Treatment.NOTE
    if layer.is_official and _STRENGTH[wanted.treatment] < _STRENGTH[least]:
        return Decision(
            treatment=least, why=f"{wanted.why} Eine amtliche Regel wird nie übergangen."
        )
    if _never_rejects(finding.id) and wanted.treatment is Treatment.REJECT:
        return Decision(treatment=Treatment.LOOK, why=f"{wanted.why} {_NEVER}")
    return wanted


#: Layers without which there is no invoice to look at.
_FIXED: Final = frozenset({Layer.FILE, Layer.SCHEMA})
_NEVER: Final = "Dafür allein wird keine Rechnung zurückgewiesen."


def _never_rejects(rule: str) -> bool:
    """Return whether a rule is about what the supplier need not know or cannot help."""
    return layer_of(rule) is Layer.ROUTING or rule == Own.ORDER


def judge(report: Report, policy: Policy, *, amount: Decimal | None, on: date) -> Report:
    """Return the report with what follows from each finding, and from all of them.

    What is to be ignored is left out. The verdict becomes that of the policy: REJECTED where
    one finding rejects, else ACCEPTED; what was not checked stays unchecked.
    """
    if report.verdict not in {Verdict.ACCEPTED, Verdict.REJECTED}:
        return report
    decided = [(finding, policy.decide(finding, amount, on)) for finding in report.findings]
    kept = [
        replace(finding, treatment=decision.treatment.value, because=decision.why)
        for finding, decision in decided
        if decision.treatment is not Treatment.IGNORE
    ]
    kept.sort(key=lambda finding: -_STRENGTH[Treatment(finding.treatment)])
    outcome = Treatment(kept[0].treatment) if kept else Treatment.NOTE
    rejects = outcome is Treatment.REJECT
    return replace(
        report,
        findings=tuple(kept),
        verdict=Verdict.REJECTED if rejects else Verdict.ACCEPTED,
        outcome=outcome.value,
    )


#: Of a tenant that has decided nothing itself.
NO_ROWS: Final = Policy()

# --- the table as data -------------------------------------------------------------------------

_SUBJECT: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Za-z0-9]+)*(-?\*)?", re.ASCII)
_KEYS: Final = frozenset({"rule", "treatment", "why", "above", "from", "until"})


def policy_of(given: Any) -> Policy:
    """Return the policy that a tenant's setting ``findings`` describes.

    Raises InputError with the number of the row and what to write instead.

    >>> policy_of([{"rule": "bank", "treatment": "ansehen", "above": "5000.00",
    ...     "from": "2026-01-01", "why": "DA Rechnungen Nr. 4"}]).rows[0].above
    Decimal('5000.00')
    >>> policy_of([{"rule": "leitweg", "treatment": "zurueckweisen", "why": "x"}])
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Einstellung „findings“, Zeile 1: Für „leitweg“ allein wird \
keine Rechnung zurückgewiesen; richtig ist ansehen oder vermerken.
    """
    if not isinstance(given, list):
        raise InputError("Einstellung „findings“: Erwartet wird eine Liste von Zeilen.")
    return Policy(tuple(_read(row, number) for number, row in enumerate(given, 1)))


def _read(given: Any, number: int) -> Row:
    if not isinstance(given, dict) or not given.keys() <= _KEYS:
        raise _wrong(number, f"Erlaubt sind nur {', '.join(sorted(_KEYS))}.")
    row = Row(
        subject=_subject(given.get("rule"), number),
        treatment=_treatment(given.get("treatment"), number),
        why=_why(given.get("why"), number),
        above=_above(given.get("above"), number),
        valid_from=_day(given.get("from"), number),
        valid_until=_day(given.get("until"), number),
    )
    layer = _layer_named(row.subject)
    if layer in _FIXED:
        raise _wrong(
            number, f"„{row.subject}“ ist nicht zu ändern: Ohne das gibt es keine Rechnung."
        )
    if row.treatment is Treatment.REJECT and (layer is Layer.ROUTING or row.subject == Own.ORDER):
        raise _wrong(
            number,
            f"Für „{row.subject}“ allein wird keine Rechnung zurückgewiesen; richtig ist ansehen "
            "oder vermerken.",
        )
    if row.treatment is Treatment.IGNORE and layer is not None and layer.is_official:
        raise _wrong(number, f"„{row.subject}“ ist amtlich und wird nie übergangen.")
    return row


def _layer_named(subject: str) -> Layer | None:
    """Return the layer that a row is about; None where it names the beginning of rules.

    What such a row must not do is prevented when it is applied.
    """
    if subject.endswith("*"):
        return None
    return Layer(subject) if subject in set(Layer) else layer_of(subject)


def _wrong(number: int, text: str) -> InputError:
    return InputError(f"Einstellung „findings“, Zeile {number}: {text}")


def _subject(given: Any, number: int) -> str:
    if isinstance(given, str) and (given in set(Layer) or _SUBJECT.fullmatch(given)):
        return str(given)
    layers = ", ".join(layer.value for layer in Layer if layer not in _FIXED)
    raise _wrong(
        number,
        f"„{str(given)[:40]}“ ist keine Regel. Richtig ist etwa „LZ-IBAN“, „LZ-RECHNEN-*“ oder "
        f"eine Schicht: {layers}.",
    )


def _treatment(given: Any, number: int) -> Treatment:
    try:
        return Treatment(given)
    except ValueError:
        raise _wrong(
            number,
            f"„{str(given)[:40]}“ geht nicht; richtig ist {', '.join(Treatment)}.",
        ) from None


def _why(given: Any, number: int) -> str:
    if not isinstance(given, str) or not given.strip():
        raise _wrong(number, "„why“ fehlt: Auf wessen Entscheidung beruht die Zeile?")
    return given.strip()[:200]


def _above(given: Any, number: int) -> Decimal | None:
    if given is None:
        return None
    try:
        return Money.parse(str(given)).amount
    except (InputError, InvalidOperation, ValueError):
        raise _wrong(
            number, f"„{str(given)[:40]}“ ist kein Betrag; richtig ist etwa 5000.00."
        ) from None


def _day(given: Any, number: int) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise _wrong(
            number, f"„{str(given)[:40]}“ ist kein Tag; richtig ist etwa 2026-01-01."
        ) from None


def as_settings(policy: Policy) -> Sequence[Mapping[str, str]]:
    """Return the table as ``policy_of`` reads it."""
    return [
        {
            "rule": row.subject,
            "treatment": row.treatment.value,
            "why": row.why,
            **({"above": str(row.above)} if row.above is not None else {}),
            **({"from": row.valid_from.isoformat()} if row.valid_from else {}),
            **({"until": row.valid_until.isoformat()} if row.valid_until else {}),
        }
        for row in policy.rows
    ]
