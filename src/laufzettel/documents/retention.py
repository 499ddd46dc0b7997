"""Until when a document must be kept: dated rules as data, the latest date wins.

Municipal law counts from the year after the council adopted the annual accounts, tax law
from the end of the year of the document. Both may bind one document, so every basis is
counted and the latest day holds. The rules carry the day from which they are in force,
because they change: receipts were kept ten years for tax until 2024, eight since.

A hold (grant, warranty, running dispute, file of an award) is not a rule but a fact of one
case; it is the caller's to respect on top of the date found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class DocumentKind(StrEnum):
    """What a document is in the eyes of the retention rules."""

    INVOICE = "invoice"  # Eingangsrechnung with its attachments, also a Buchungsbeleg
    VOUCHER = "voucher"  # Buchungsbeleg: Anordnung, hand-over, acknowledgement, bank statement
    BOOK = "book"  # Bücher: journal, ledger, register of received invoices, audit chain
    CORRESPONDENCE = "correspondence"  # letters received and sent, queries, rejections
    PROCEDURE = "procedure"  # Verfahrensdokumentation, released models, powers, rule tables
    ANNUAL_ACCOUNTS = "annual_accounts"  # Jahresabschluss, Eröffnungsbilanz: for ever


class Basis(StrEnum):
    """The law that asks for the keeping, and from when it counts."""

    KOMHVO = "KomHVO NRW"  # from 1 January after the council's resolution on the accounts
    AO = "AO"  # from the end of the calendar year in which the document was closed
    USTG = "UStG"  # from the end of the calendar year of the invoice
    TENANT = "Mandant"  # what the tenant decided itself; counts as tax law does, only lengthens


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """One term of one law for one kind, from ``valid_from`` until a newer one replaces it."""

    kind: DocumentKind
    basis: Basis
    years: int | None  # None: for ever
    source: str  # where it is written
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long something is kept, and by which rule."""

    until: date  # last day on which it must be kept
    rule: RetentionRule  # the one that asks for the longest keeping

    @property
    def text_de(self) -> str:
        """The rule as the deletion protocol names it."""
        return f"{self.rule.years} Jahre nach {self.rule.source}"


_KOMHVO_SOURCE: Final = "§ 59 Abs. 2 KomHVO NRW (Stand 16.03.2024)"
_AO_SOURCE: Final = "§ 147 Abs. 1, 3 und 4 AO"
_BEG_IV: Final = "BEG IV, BGBl. 2024 I Nr. 323, auch für noch laufende Fristen"
_KOMHVO_FROM: Final = date(2019, 1, 1)
_AO_FROM: Final = date(1998, 12, 24)
_BEG_IV_FROM: Final = date(2025, 1, 1)


def _komhvo(kind: DocumentKind, years: int | None) -> RetentionRule:
    return RetentionRule(
        kind=kind,
        basis=Basis.KOMHVO,
        years=years,
        source=_KOMHVO_SOURCE,
        valid_from=_KOMHVO_FROM,
    )


def _ao(kind: DocumentKind, years: int) -> RetentionRule:
    return RetentionRule(
        kind=kind, basis=Basis.AO, years=years, source=_AO_SOURCE, valid_from=_AO_FROM
    )


def _beg_iv(kind: DocumentKind, basis: Basis, paragraph: str) -> RetentionRule:
    return RetentionRule(
        kind=kind,
        basis=basis,
        years=8,
        source=f"{paragraph} i. d. F. {_BEG_IV}",
        valid_from=_BEG_IV_FROM,
    )


#: Every rule ever in force here. A change of the law is a new line, never an edited one.
RULES: Final[tuple[RetentionRule, ...]] = (
    _komhvo(DocumentKind.INVOICE, 6),
    _komhvo(DocumentKind.VOUCHER, 6),
    _komhvo(DocumentKind.BOOK, 10),
    _komhvo(DocumentKind.CORRESPONDENCE, 6),
    _komhvo(DocumentKind.PROCEDURE, 6),
    _komhvo(DocumentKind.ANNUAL_ACCOUNTS, None),
    _ao(DocumentKind.INVOICE, 10),
    _ao(DocumentKind.VOUCHER, 10),
    _ao(DocumentKind.BOOK, 10),
    _ao(DocumentKind.CORRESPONDENCE, 6),
    _ao(DocumentKind.PROCEDURE, 10),
    _ao(DocumentKind.ANNUAL_ACCOUNTS, 10),
    _beg_iv(DocumentKind.INVOICE, Basis.AO, "§ 147 Abs. 3 AO"),
    _beg_iv(DocumentKind.VOUCHER, Basis.AO, "§ 147 Abs. 3 AO"),
    RetentionRule(
        kind=DocumentKind.INVOICE,
        basis=Basis.USTG,
        years=10,
        source="§ 14b Abs. 1 UStG",
        valid_from=date(2004, 1, 1),
    ),
    _beg_iv(DocumentKind.INVOICE, Basis.USTG, "§ 14b Abs. 1 UStG"),
)


def rules_for(
    kind: DocumentKind, on: date, *, rules: tuple[RetentionRule, ...] = RULES
) -> list[RetentionRule]:
    """Return the rules in force on that day, at most one a basis.

    >>> [(rule.basis.value, rule.years) for rule in rules_for(DocumentKind.VOUCHER, date(2026, 1, 1))]
    [('KomHVO NRW', 6), ('AO', 8)]
    """
    found: dict[Basis, RetentionRule] = {}
    for rule in sorted(rules, key=lambda rule: rule.valid_from):
        if rule.kind is kind and rule.valid_from <= on:
            found[rule.basis] = rule
    return [found[basis] for basis in Basis if basis in found]


def retain_until(
    kind: DocumentKind,
    closed_on: date,
    adopted_on: date | None,
    *,
    on: date,
    rules: tuple[RetentionRule, ...] = RULES,
) -> date | None:
    """Return the last day on which the document must be kept, or None: no end is known.

    ``closed_on`` is the day of the last act on it (for an invoice never before its own
    date), ``adopted_on`` the day on which the council adopted the annual accounts of its
    year. While that day is unknown nothing may be erased. None is also the answer for what
    is kept for ever, and for a day ``on`` on which one of its laws is not written here yet. ``on`` is the
    day of asking, since a new law also shortens or lengthens running terms.

    >>> retain_until(DocumentKind.INVOICE, date(2026, 12, 3), date(2027, 6, 24), on=date(2027, 7, 1))
    datetime.date(2034, 12, 31)
    >>> retain_until(DocumentKind.INVOICE, date(2026, 12, 3), None, on=date(2027, 7, 1)) is None
    True
    """
    term = term_of(kind, closed_on, adopted_on, on=on, rules=rules)
    return term.until if term else None


def term_of(
    kind: DocumentKind,
    closed_on: date,
    adopted_on: date | None,
    *,
    on: date,
    rules: tuple[RetentionRule, ...] = RULES,
) -> Term | None:
    """Return the term that ends last, as ``retain_until`` counts it; None: no end is known.

    >>> found = term_of(DocumentKind.CORRESPONDENCE, date(2026, 5, 1), date(2027, 6, 24),
    ...     on=date(2034, 1, 1))
    >>> found.until, found.text_de
    (datetime.date(2033, 12, 31), '6 Jahre nach § 59 Abs. 2 KomHVO NRW (Stand 16.03.2024)')
    """
    in_force = rules_for(kind, on, rules=rules)
    demanded = {
        rule.basis for rule in rules if rule.kind is kind and rule.basis is not Basis.TENANT
    }
    if not demanded <= {rule.basis for rule in in_force}:
        return None  # one of its laws is not written here for that day
    ends = [(_end(rule, closed_on, adopted_on), rule) for rule in in_force]
    known = [Term(until=end, rule=rule) for end, rule in ends if end is not None]
    if not known or len(known) < len(ends):
        return None
    return max(known, key=lambda term: term.until)


def _end(rule: RetentionRule, closed_on: date, adopted_on: date | None) -> date | None:
    counted_from = adopted_on if rule.basis is Basis.KOMHVO else closed_on
    if rule.years is None or counted_from is None:
        return None
    # Both laws begin on 1 January of the following year, so they end on a 31 December.
    return date(counted_from.year + rule.years, 12, 31)
