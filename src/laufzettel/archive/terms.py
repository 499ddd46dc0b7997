"""Until when everything about an invoice is kept, and what keeps it longer.

The term begins when the last case about the invoice has ended. What became a Buchungsbeleg is
kept as an invoice; what was sent back or never led to an order is a letter that was received.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.archive.tables import annual_accounts, retention_hold, retention_rule
from laufzettel.clock import OFFICE_ZONE
from laufzettel.documents.retention import RULES, Basis, DocumentKind, RetentionRule, Term, term_of
from laufzettel.engine.api import CaseStatus, Engine
from laufzettel.identity import system
from laufzettel.records.tables import cash_order, invoice

#: No term is shorter, so nothing received later is looked at.
YEARS_MIN: Final = min(rule.years for rule in RULES if rule.years is not None)
#: Invoices read at once.
PAGE: Final = 500

OPEN_DE: Final = "der Vorgang ist noch nicht beendet"
HELD_DE: Final = "eine Löschsperre steht"
RUNNING_DE: Final = "die Frist läuft noch"
NO_CASE_DE: Final = "es gibt keinen Vorgang dazu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Why an invoice is not to be erased."""

    receipt_no: str
    why_de: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An invoice, or a mail that belongs to none, whose term is over."""

    invoice_id: str  # or that of the mail
    receipt_no: str
    closed_on: date
    retain_until: date
    rule: str  # by which law, as the protocol names it

    @property
    def is_letter(self) -> bool:
        """Whether it is a mail that belongs to no invoice: its number is of the Posteingangsbuch."""
        return is_of_mail(self.receipt_no)


def is_of_mail(number: str) -> bool:
    """Say whether a number is one of the Posteingangsbuch, not of the Eingangsbuch.

    >>> is_of_mail("P-2026-000001"), is_of_mail("E-2026-000001")
    (True, False)
    """
    return number.startswith("P-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the tenant has noted for counting."""

    adopted: Mapping[int, date]  # year → day on which the council adopted its accounts
    rules: tuple[RetentionRule, ...]
    held: frozenset[str]  # ids of invoices


# Built once: building a statement costs more than running it.
_OF: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_ADOPTED: Final = sa.select(annual_accounts.c.year, annual_accounts.c.adopted_on).where(
    annual_accounts.c.tenant == _OF
)
_RULES: Final = sa.select(retention_rule).where(retention_rule.c.tenant == _OF)
_HELD: Final = sa.select(retention_hold.c.invoice_id).where(
    retention_hold.c.tenant == _OF, retention_hold.c.lifted_at.is_(None)
)
_INVOICES: Final = (
    sa.select(
        *invoice.c["id", "receipt_no", "received_at", "issued_on"],
        *cash_order.c["number", "fiscal_year_expense", "fiscal_year_payment"],
    )
    .outerjoin(cash_order, cash_order.c.invoice_id == invoice.c.id)
    .where(invoice.c.tenant == _OF, invoice.c.erased_on.is_(None))
)
_OLD: Final = (
    _INVOICES.where(
        invoice.c.id > sa.bindparam("behind"), invoice.c.received_at < sa.bindparam("before")
    )
    .order_by(invoice.c.id)
    .limit(PAGE)
)
_ONE: Final = _INVOICES.where(invoice.c.id == sa.bindparam("of_id"))


def facts(connection: sa.Connection, tenant: str) -> Facts:
    """Return what the tenant has noted."""
    of = {"of_tenant": tenant}
    return Facts(
        adopted={row.year: row.adopted_on for row in connection.execute(_ADOPTED, of)},
        rules=RULES + tuple(_rule(row) for row in connection.execute(_RULES, of)),
        held=frozenset(connection.execute(_HELD, of).scalars()),
    )


def old(connection: sa.Connection, tenant: str, on: date) -> Iterator[Sequence[Any]]:
    """Yield the tenant's invoices that may be due on that day, a page at a time."""
    return pages(connection, _OLD, tenant, on)


def pages(
    connection: sa.Connection, statement: sa.Select[Any], tenant: str, on: date
) -> Iterator[Sequence[Any]]:
    """Yield what the statement finds of before that day, each time behind the last id."""
    behind = ""
    while True:
        which = {"of_tenant": tenant, "before": beginning(on), "behind": behind}
        rows = connection.execute(statement, which).all()
        if not rows:
            return
        yield rows
        behind = rows[-1].id


def one(connection: sa.Connection, tenant: str, invoice_id: str) -> Any:
    """Return the row of one invoice that is not erased, None where there is none."""
    return connection.execute(_ONE, {"of_tenant": tenant, "of_id": invoice_id}).one_or_none()


def judge(engine: Engine, tenant: str, row: Any, noted: Facts, on: date) -> Due | Kept:
    """Say whether the term of an invoice is over on that day, and why not."""

    def kept(why_de: str) -> Kept:
        return Kept(receipt_no=row.receipt_no, why_de=why_de)

    if row.id in noted.held:
        return kept(HELD_DE)
    closed_on = ended_on(engine, tenant, f"invoice:{row.id}")
    if closed_on is None or isinstance(closed_on, str):
        return kept(closed_on or NO_CASE_DE)
    closed_on = _not_before(row.issued_on, closed_on)
    year = max(closed_on.year, row.fiscal_year_expense or 0, row.fiscal_year_payment or 0)
    kind = DocumentKind.INVOICE if row.number else DocumentKind.CORRESPONDENCE
    return within_term(row.id, row.receipt_no, kind, closed_on, year, noted=noted, on=on)


def _not_before(issued_on: date | None, closed_on: date) -> date:
    """Return the day from which is counted: of an invoice that was paid before its date, that date.

    § 14b (1) UStG counts from the end of the year in which the invoice was issued. A date beyond
    the next year is a slip of the pen.
    """
    if issued_on is None or issued_on.year != closed_on.year + 1:
        return closed_on
    return issued_on


def ended_on(engine: Engine, tenant: str, business_key: str) -> date | str | None:
    """Return the day on which the last case about the object ended, why not, or None: no case."""
    found = engine.cases(system(tenant), business_key)
    if not found:
        return None
    ends = [case.ended_at for case in found if case.ended_at is not None]
    is_over = all(case.status in (CaseStatus.ENDED, CaseStatus.CANCELLED) for case in found)
    if not is_over or len(ends) < len(found):
        return OPEN_DE
    return max(ends).astimezone(OFFICE_ZONE).date()


def within_term(
    object_id: str,
    number: str,
    kind: DocumentKind,
    closed_on: date,
    year: int,
    *,
    noted: Facts,
    on: date,
) -> Due | Kept:
    """Count the term of what was closed on a day; ``year`` is that of the accounts it belongs to."""
    adopted_on = noted.adopted.get(year)
    term = term_of(kind, closed_on, adopted_on, on=on, rules=noted.rules)
    if term is None:
        why_de = f"der Jahresabschluss {year} ist nicht als festgestellt eingetragen"
        return Kept(receipt_no=number, why_de=why_de)
    if term.until >= on:
        return Kept(receipt_no=number, why_de=RUNNING_DE)
    return _due(object_id, number, closed_on, term)


def _due(object_id: str, number: str, closed_on: date, term: Term) -> Due:
    return Due(
        invoice_id=object_id,
        receipt_no=number,
        closed_on=closed_on,
        retain_until=term.until,
        rule=term.text_de,
    )


def _rule(row: Any) -> RetentionRule:
    return RetentionRule(
        kind=DocumentKind(row.kind),
        basis=Basis.TENANT,
        years=row.years,
        source=row.source,
        valid_from=row.valid_from,
    )


def beginning(on: date) -> datetime:
    """Return the moment before which something must have come to be due on a day."""
    return datetime(on.year - YEARS_MIN, 1, 1, tzinfo=OFFICE_ZONE)
