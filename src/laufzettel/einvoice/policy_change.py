"""A change of the tenant's table: of one rule or layer, from a day on; and what it comes to.

What a change makes lighter is found by asking the table before and after it for every rule,
weight, amount and day at which the two may differ, not by comparing their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from laufzettel.einvoice import catalogue
from laufzettel.einvoice.layers import TENANT_PREFIX, Layer, layer_of
from laufzettel.einvoice.policy import Policy, Row, Treatment, is_weaker, judge
from laufzettel.einvoice.report import Finding, Report, Severity, Verdict

_CENT: Final = Decimal("0.01")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to follow from a rule or layer from a day on; without a treatment what is preset."""

    subject: str  # of a ``Row``
    treatment: Treatment | None
    why: str
    holds_from: date
    above: Decimal | None = None


def applied(policy: Policy, change: Change) -> Policy:
    """Return the table with the change in it.

    What held for the same subject and amount ends the day before; the new row stands above
    all that are not more specific.

    >>> from laufzettel.einvoice.policy import Policy
    >>> day = date(2027, 1, 1)
    >>> bank = Change(subject="bank", treatment=Treatment.REJECT, why="DA", holds_from=day)
    >>> iban = replace(bank, subject="LZ-IBAN", treatment=Treatment.LOOK)
    >>> found = applied(applied(Policy(), bank), iban)
    >>> [row.subject for row in found.rows]
    ['LZ-IBAN', 'bank']
    >>> [str(row.valid_until) for row in applied(found, replace(bank, treatment=None)).rows]
    ['None']
    """
    rows = [kept for row in policy.rows if (kept := _ended(row, change)) is not None]
    if change.treatment is None:
        return Policy(tuple(rows))
    new = Row(
        subject=change.subject,
        treatment=change.treatment,
        why=change.why,
        above=change.above,
        valid_from=change.holds_from,
    )
    at = next((n for n, row in enumerate(rows) if _breadth(row) >= _breadth(new)), len(rows))
    return Policy((*rows[:at], new, *rows[at:]))


def _ended(row: Row, change: Change) -> Row | None:
    """Return the row as it is once the change holds; None for one that never would any more."""
    if (row.subject, row.above) != (change.subject, change.above):
        return row
    last = change.holds_from - _DAY
    if row.valid_until is not None and row.valid_until <= last:
        return row
    return None if row.valid_from and row.valid_from > last else replace(row, valid_until=last)


def _breadth(row: Row) -> tuple[int, int, Decimal]:
    """Return how much a row is about: a rule less than a layer, large amounts less than all."""
    is_layer, is_start = row.subject in set(Layer), row.subject.endswith("*")
    kind = 2 if is_layer else 1 if is_start else 0
    return kind, -len(row.subject) if is_start else 0, -(row.above or Decimal(0))


def lightened(before: Policy, after: Policy, *, today: date) -> tuple[str, ...]:
    """Return the rules of which ``after`` makes less than ``before`` for some invoice to come.

    >>> look = applied(Policy(), Change(subject="LZ-IBAN", treatment=Treatment.NOTE, why="x",
    ...     holds_from=date(2027, 1, 1)))
    >>> lightened(Policy(), look, today=date(2026, 11, 2)), lightened(look, Policy(),
    ...     today=date(2026, 11, 2))
    (('LZ-IBAN',), ())
    """
    rows = {*before.rows} ^ {*after.rows}
    # A row that stays may be over one day, or begin, and with it what the others come to.
    days, amounts = _days({*before.rows, *after.rows}, today), _amounts(before, after)
    return tuple(rule for rule in _touched(rows) if _is_lighter(before, after, rule, days, amounts))


def _touched(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the rules that one of the rows may be about."""
    subjects = {row.subject for row in rows}
    exact = {one for one in subjects if one not in set(Layer) and not one.endswith("*")}
    starts = tuple(one[:-1] for one in subjects if one.endswith("*"))
    known = {rule.id for rule in catalogue.rules()} | {*exact} | {f"{one}X" for one in starts}
    for rule in sorted(known | {f"{TENANT_PREFIX}X"}):
        if rule in exact or layer_of(rule).value in subjects or rule.startswith(starts):
            yield rule


def _days(rows: Iterable[Row], today: date) -> list[date]:
    """Return today and every later day on which a row begins or has ended."""
    edges = {row.valid_from for row in rows}
    edges |= {row.valid_until + _DAY for row in rows if row.valid_until}
    return sorted({today} | {one for one in edges if one is not None and one > today})


def _amounts(*policies: Policy) -> list[Decimal | None]:
    """Return an amount on each side of every limit, and that of an invoice without one."""
    limits = {row.above for policy in policies for row in policy.rows if row.above is not None}
    return [None, Decimal(0), *sorted({one for each in limits for one in (each, each + _CENT)})]


def _weights(rule: str) -> tuple[Severity, ...]:
    """Return the weights that a finding of the rule may have; our own never reject by weight."""
    layer = layer_of(rule)
    may_reject = layer.is_official or layer in {Layer.TENANT, Layer.FILE}
    every = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION)
    return every if may_reject else every[1:]


def _is_lighter(
    before: Policy,
    after: Policy,
    rule: str,
    days: Iterable[date],
    amounts: Iterable[Decimal | None],
) -> bool:
    findings = [Finding(id=rule, severity=weight, text_de="") for weight in _weights(rule)]
    return any(
        is_weaker(
            after.decide(finding, amount, day).treatment,
            before.decide(finding, amount, day).treatment,
        )
        for day in days
        for amount in amounts
        for finding in findings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of a stored report before a change and would become of it after."""

    before: Treatment
    after: Treatment
    rules: tuple[str, ...]  # those that are decided otherwise


def judged(
    report: Report, before: Policy, after: Policy, *, amount: Decimal | None, on: date
) -> Judged | None:
    """Return how both tables decide a stored report; None for one that was not checked."""
    if report.verdict not in {Verdict.ACCEPTED, Verdict.REJECTED}:
        return None
    whole = replace(report, findings=(*report.findings, *report.ignored), ignored=())
    old, new = (judge(whole, table, amount=amount, on=on) for table in (before, after))
    ways = {
        finding.id
        for finding in whole.findings
        if before.decide(finding, amount, on).treatment
        is not after.decide(finding, amount, on).treatment
    }
    return Judged(
        before=Treatment(old.outcome), after=Treatment(new.outcome), rules=tuple(sorted(ways))
    )
