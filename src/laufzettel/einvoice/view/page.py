"""One rendering of the view: which fields stand where, and which findings are about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.layers import layer_of
from laufzettel.einvoice.policy import Treatment
from laufzettel.einvoice.report import Finding, Report, Verdict
from laufzettel.einvoice.view.words import Words

#: The element that a line, a rate or a way to pay is in both syntaxes; with its position, if
#: it is not the first.
_REPEATED: Final = re.compile(
    r"/(?P<line>InvoiceLine|CreditNoteLine|IncludedSupplyChainTradeLineItem"
    r"|TaxSubtotal|ApplicableHeaderTradeSettlement/ApplicableTradeTax"
    r"|PaymentMeans|SpecifiedTradeSettlementPaymentMeans)(?:\[(?P<n>\d+)\])?(?:/|$)"
)
_UBL_LINES: Final = frozenset({"InvoiceLine", "CreditNoteLine"})
#: Where a repeated field stands: in which line, or in which line and which of its parts.
Place = int | tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A finding with the number under which the view shows it."""

    number: int
    finding: Finding
    place: int | None  # which of several equal fields; None: all of them

    @property
    def kind(self) -> str:
        """``defect`` for what rejects, ``note`` for everything else."""
        return "defect" if self.finding.rejects else "note"

    @property
    def sign(self) -> str:
        """A sign that can be told apart without colour."""
        return "✖" if self.finding.rejects else "⚠"

    @property
    def follows(self) -> str:
        """What follows from the finding by the tenant's policy, as a sentence."""
        text = Treatment(self.finding.treatment).german
        return f"Der Befund {text}."

    @property
    def layer(self) -> str:
        """Whose rule it is."""
        return layer_of(self.finding.id).german


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A field that can be jumped to."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The verdict as the view says it."""

    kind: str  # accepted, rejected, unchecked
    text: str
    sign: str
    rule_set: str


class Page:
    """Remembers every field that is written, so that no finding links to nothing."""

    def __init__(self, invoice: Invoice, report: Report | None) -> None:
        findings = report.findings if report else ()
        self.noted = tuple(
            Noted(number=number, finding=finding, place=place_of(finding, invoice))
            for number, finding in enumerate(findings, 1)
        )
        self._targets: dict[tuple[str, int], Target] = {}

    def anchor(self, codes: Sequence[str], label: str, place: Place = 1) -> str:
        """Return the id of a field that stands for all ``codes``; each id once a page."""
        line, *part = place if isinstance(place, tuple) else (place,)
        numbers = [] if place == 1 else [line, *part]
        name = "-".join([codes[0].lower(), *map(str, numbers)])
        for code in codes:
            self._targets.setdefault((code, line), Target(id=name, label=label))
        return name

    def is_noted(self, codes: Iterable[str], place: Place = 1) -> bool:
        """Return whether a finding is about one of the fields, there or anywhere."""
        return bool(self.marks(codes, place))

    def marks(self, codes: Iterable[str], place: Place = 1) -> list[Noted]:
        """Return the findings about one of the fields, in their order."""
        terms = set(codes)
        line = place[0] if isinstance(place, tuple) else place
        return [
            noted
            for noted in self.noted
            if noted.finding.term in terms and noted.place in {None, line}
        ]

    def target(self, noted: Noted) -> Target | None:
        """Return the field that a finding is about, None where the page does not show it."""
        term = noted.finding.term
        places = [noted.place or 1, *(line for code, line in self._targets if code == term)]
        return next(
            (found for line in places if (found := self._targets.get((term, line)))),
            None,
        )


def verdict_of(report: Report | None, words: Words) -> Shown:
    """Return the verdict in one of four wordings; nothing unchecked has passed.

    >>> verdict_of(None, Words("de")).text
    'nicht geprüft'
    >>> verdict_of(Report(verdict=Verdict.ACCEPTED), Words("de")).text
    'formal in Ordnung'
    """
    rules = report.rule_set if report else ""
    match report.verdict if report else Verdict.UNCHECKED:
        case Verdict.ACCEPTED:
            text = _accepted(len(report.findings) if report else 0, words)
            return Shown(kind="accepted", text=text, sign="✔", rule_set=rules)
        case Verdict.REJECTED:
            return Shown(kind="rejected", text=words("rejected"), sign="✖", rule_set=rules)
    return Shown(kind="unchecked", text=words("unchecked"), sign="?", rule_set=rules)


def _accepted(notes: int, words: Words) -> str:
    if notes == 0:
        return words("accepted")
    return words("accepted_note") if notes == 1 else words("accepted_notes", n=notes)


def place_of(finding: Finding, invoice: Invoice) -> int | None:
    """Return in which line (rate, way to pay) a finding is, None where it does not say."""
    match = _REPEATED.search(finding.location)
    if match is None:
        return None
    number = int(match["n"] or 1)
    if match["line"] not in _UBL_LINES:
        return number
    # UBL nests the lines of a line, the view has them one after the other.
    tops = [n for n, line in enumerate(invoice.lines, 1) if not line.parent_id]
    return tops[number - 1] if number <= len(tops) else None
