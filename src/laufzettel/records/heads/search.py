"""Finding what an invoice may repeat: few candidates by indexes, then the comparison.

Two walks over indexes find them: the same number key, and the same amount in a span of days.
A seller is a condition on both and no walk of its own: one seller has thousands of invoices, and
where neither number nor amount agrees, nothing is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.records.heads.compare import NEAR_DAYS, NOTHING, Comparison, compare
from laufzettel.records.heads.head import Head, head_of_row
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import invoice

#: Most rows of a walk; an amount or a number that is more common tells nothing.
WALK_MAX: Final = 100
#: A stranger with the same amount is looked at only this near.
STRANGER_DAYS: Final = 31
#: Most that a person is shown beside an invoice.
SUSPECTS_MAX: Final = 5

_head = invoice_head.c
_of_tenant: Final = _head.tenant == sa.bindparam("of_tenant")
_of_seller: Final = sa.or_(
    _head.vat_id == sa.bindparam("vat_id"),
    _head.iban == sa.bindparam("iban"),
    _head.name_key == sa.bindparam("name_key"),
)
_of_gross: Final = _head.gross == sa.bindparam("gross")


def _walk(*conditions: sa.ColumnElement[bool], newest_by: sa.Column[Any]) -> Any:
    found = sa.select(_head.id).where(_of_tenant, *conditions).order_by(newest_by.desc())
    return sa.select(found.limit(WALK_MAX).subquery().c.id)


def _days(begin: str, end: str) -> sa.ColumnElement[bool]:
    return _head.issued_on.between(sa.bindparam(begin), sa.bindparam(end))


_IDS: Final = sa.union(
    _walk(
        _head.number_key == sa.bindparam("number_key"),
        sa.or_(_of_gross, _of_seller),
        newest_by=_head.id,
    ),
    _walk(_of_gross, _days("since", "until"), _of_seller, newest_by=_head.issued_on),
    _walk(_of_gross, _days("near_since", "near_until"), newest_by=_head.issued_on),
).subquery()

#: The columns of a head, with what the Eingangsbuch adds for our own.
HEAD_COLUMNS: Final = (
    *invoice_head.c,
    invoice.c.supplier_name,
    invoice.c.number.label("own_number"),
    invoice.c.stage,
)
WITH_INVOICE: Final = invoice_head.outerjoin(
    invoice, sa.and_(invoice.c.id == _head.id, invoice.c.tenant == _head.tenant)
)

# A claim that was sent back or found to be a repetition is none. Of two that arrive together
# the later one is compared with the earlier, which may not be entered yet.
_is_claim: Final = sa.or_(
    _head.import_id.is_not(None),
    invoice.c.stage.not_in([Stage.RECEIVED, Stage.REJECTED, Stage.DUPLICATE, Stage.SET_ASIDE]),
    sa.and_(invoice.c.stage == Stage.RECEIVED, _head.id < sa.bindparam("of_id")),
)
_CANDIDATES: Final = (
    sa.select(*HEAD_COLUMNS)
    .select_from(WITH_INVOICE)
    .where(
        # Each walk names the tenant. Named here once more, SQLite would begin with the tenant.
        _head.id.in_(sa.select(_IDS.c.id)),
        _head.id != sa.bindparam("of_id"),
        _is_claim,
    )
    .order_by(_head.id)
)
_BY_ID: Final = (
    sa.select(*HEAD_COLUMNS)
    .select_from(WITH_INVOICE)
    .where(_of_tenant, _head.id.in_(sa.bindparam("ids", expanding=True)))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An earlier invoice that this one may repeat, and why."""

    other_id: str
    comparison: Comparison


def suspects(
    connection: sa.Connection,
    tenant: str,
    mine: Head,
    *,
    ask_from: int,
    days: int,
    exact: str | None = None,
) -> list[Suspect]:
    """Return what the invoice may repeat, the most likely first, at most ``SUSPECTS_MAX``.

    ``exact`` is the invoice that holds the same seller, number and amount: it always counts.
    """
    found = {one.id: one for one in candidates(connection, tenant, mine, days=days)}
    if exact is not None and exact not in found:
        found |= heads(connection, tenant, [exact])
    compared = {key: compare(mine, other) for key, other in found.items()}
    if exact is not None:  # also where nothing else is known of it
        compared.setdefault(exact, NOTHING)
    asked = [
        Suspect(other_id=key, comparison=made)
        for key, made in compared.items()
        if made.points >= ask_from or key == exact
    ]
    asked.sort(key=lambda one: (-one.comparison.points, one.other_id != exact, one.other_id))
    return asked[:SUSPECTS_MAX]


def candidates(connection: sa.Connection, tenant: str, mine: Head, *, days: int) -> list[Head]:
    """Return the invoices worth comparing: claims of the tenant that share number or amount."""
    rows = connection.execute(_CANDIDATES, _wanted(tenant, mine, days)).mappings().all()
    return [head_of_row(dict(row)) for row in rows]


def heads(connection: sa.Connection, tenant: str, ids: Sequence[str]) -> dict[str, Head]:
    """Return the heads of these ids by their id."""
    rows = connection.execute(_BY_ID, {"of_tenant": tenant, "ids": list(ids)}).mappings().all()
    return {row["id"]: head_of_row(dict(row)) for row in rows}


def _wanted(tenant: str, mine: Head, days: int) -> dict[str, Any]:
    """Return the values of the search; without a date no span of days is walked."""
    near, wide = timedelta(days=STRANGER_DAYS), timedelta(days=max(days, NEAR_DAYS))
    at = mine.issued_on
    return {
        "of_tenant": tenant,
        "of_id": mine.id,
        "number_key": mine.number_key,
        "gross": mine.gross,
        "vat_id": mine.vat_id or None,
        "iban": mine.iban or None,
        "name_key": mine.name_key or None,
        "since": at and shifted(at, -wide),
        "until": at and shifted(at, wide),
        "near_since": at and shifted(at, -near),
        "near_until": at and shifted(at, near),
    }


def shifted(day: date, by: timedelta) -> date:
    """Return the day so much later; the first or last of all days where there is none.

    >>> shifted(date(9999, 12, 31), timedelta(days=3)), shifted(date(1, 1, 1), -timedelta(days=3))
    (datetime.date(9999, 12, 31), datetime.date(1, 1, 1))
    """
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta(0) else date.min
