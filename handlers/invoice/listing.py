"""What lists show of an invoice: subject, payee, amount, the last moment to act, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import CLEAR, Clear, Inline
from laufzettel.handlers.invoice.remarks import remark_facet, remarks_of
from laufzettel.money import Money
from laufzettel.records import skonto
from laufzettel.records.cash_order import needs_second_signature
from laufzettel.records.deadline import Deadline, Ground, deadline, last_moment
from laufzettel.records.people import STRICT
from laufzettel.records.settings import TenantSettings


def neutral(receipt_no: str) -> str:
    """Return what everybody may read of a confidential invoice.

    >>> neutral("E-2026-000051")
    'Vertraulich E-2026-000051'
    """
    return f"Vertraulich {receipt_no}"


def purpose_of(row: Mapping[str, Any], rules: TenantSettings, otherwise: str) -> str:
    """Return ``otherwise``, or the neutral text where the invoice is confidential."""
    return neutral(row["receipt_no"]) if rules.keeps(row) else otherwise


def list_invoice(
    step: Inline, row: Mapping[str, Any], rules: TenantSettings, *, is_duplicate: bool = False
) -> None:
    """Have lists show the invoice, or nothing but its number where it is confidential.

    What was shown when it was received does not stay: a file name may name a child.
    """
    if rules.keeps(row):
        step.set_facets(subject=neutral(row["receipt_no"]), party="", confidential=True)
    elif row["number"]:
        step.set_facets(subject=f"Rechnung {row['number']}", party=row["supplier_name"])
    text = remarks_of(step, row, rules, is_duplicate=is_duplicate)
    step.set_facets(amount=_money(row), **remark_facet(text))


def list_deadline(
    step: Inline, row: Mapping[str, Any], rules: TenantSettings, *, signatures_after: int
) -> Deadline | None:
    """Have lists show until when the next person can act, and the euros that hang on it.

    Returns the deadline of the invoice itself; a Mahnung may ask for an earlier day to be shown,
    and takes no Skonto away.
    """
    found = deadline(
        skonto.from_json(row["skonto"], row["currency"] or "EUR"),
        due_on=row["due_on"],
        received_on=row["received_at"].astimezone(OFFICE_ZONE).date(),
        calendar=rules.calendar,
        signatures_after=signatures_after,
        now=step.now,
    )
    shown = _sooner(found, row["dunned_until"], rules, signatures_after)
    step.set_facets(
        act_by=CLEAR if shown is None else shown.act_by,
        outer_date=CLEAR if shown is None else _end_of(shown.outer),
        stake=CLEAR if shown is None else _stake(shown),
    )
    return found


def _sooner(
    found: Deadline | None, dunned_until: date | None, rules: TenantSettings, after: int
) -> Deadline | None:
    """Return the deadline, or that of a Mahnung where it comes before."""
    if dunned_until is None:
        return found
    act_by = last_moment(dunned_until, rules.calendar, signatures_after=after)
    if act_by is None or (found is not None and found.act_by <= act_by):
        return found
    return Deadline(act_by=act_by, outer=dunned_until, ground=Ground.DUNNED)


def clear_deadline(step: Inline) -> None:
    """Have lists show no deadline: nobody has to act any more."""
    step.set_facets(act_by=CLEAR, outer_date=CLEAR, stake=CLEAR)


def signatures_after_certifying(row: Mapping[str, Any], rules: TenantSettings) -> int:
    """Return how many sign after the first person of the Fachamt.

    One orders, one countersigns above the limit, one certifies rechnerisch under „streng“.
    """
    return 1 + signatures_after_ordering(row, rules) + (rules.duty_preset == STRICT.name)


def signatures_after_ordering(row: Mapping[str, Any], rules: TenantSettings) -> int:
    """Return 1 where somebody countersigns: above the limit, and in another currency."""
    payable, above = _money(row), rules.second_signature_above
    if payable is None or payable.currency != above.currency:
        return 1
    return 1 if needs_second_signature(payable, above) else 0


def _money(row: Mapping[str, Any]) -> Money | None:
    return None if row["payable"] is None else Money(row["payable"], row["currency"])


def _stake(found: Deadline) -> Money | Clear:
    """Return the euros; lists have no column for another currency."""
    return found.stake if found.stake and found.stake.currency == "EUR" else CLEAR


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), OFFICE_ZONE)
