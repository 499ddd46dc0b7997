"""What an invoice refers to, and what refers to it (BG-3): found anew each time it is asked.

Nothing is stored: a correction may arrive before the invoice that it corrects, and a number may
have been typed otherwise. Both belong to one seller, else a number means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.invoice_keys import Likeness, compare_numbers
from laufzettel.records.heads.head import (
    CORRECTED,
    CREDIT,
    FINAL,
    INTERIM,
    Head,
    Reference,
    head_of_row,
)
from laufzettel.records.heads.search import HEAD_COLUMNS, WITH_INVOICE, heads
from laufzettel.records.heads.tables import invoice_head, invoice_reference

#: Most invoices that are shown for one number; a seller who repeats it more often is no help.
FOUND_MAX: Final = 20


class Relation(StrEnum):
    """What the later invoice is to the one that it names."""

    CORRECTION = "korrektur"  # it takes its place
    CREDIT = "gutschrift"  # the seller owes it back
    FINAL = "schlussrechnung"  # it settles an order of which the other was an instalment
    REFERENCE = "bezug"  # it names it and says not why


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two invoices of which the later one names the earlier one."""

    relation: Relation
    number: str  # that is named
    other_id: str | None  # None: no invoice of that number is known
    is_later: bool  # the other one is the later: it names this one


_of_tenant: Final = invoice_head.c.tenant == sa.bindparam("of_tenant")
_of_seller: Final = sa.or_(
    invoice_head.c.vat_id == sa.bindparam("vat_id"),
    invoice_head.c.iban == sa.bindparam("iban"),
    invoice_head.c.name_key == sa.bindparam("name_key"),
)
_NAMED: Final = (
    sa.select(*HEAD_COLUMNS)
    .select_from(WITH_INVOICE)
    .where(
        _of_tenant,
        invoice_head.c.number_key.in_(sa.bindparam("keys", expanding=True)),
        invoice_head.c.id != sa.bindparam("of_id"),
        _of_seller,
    )
    .order_by(invoice_head.c.id)
    .limit(FOUND_MAX)
)
_NAMING: Final = (
    sa.select(invoice_reference.c.invoice_id)
    .where(
        invoice_reference.c.tenant == sa.bindparam("of_tenant"),
        invoice_reference.c.number_key == sa.bindparam("key"),
        invoice_reference.c.invoice_id != sa.bindparam("of_id"),
    )
    .order_by(invoice_reference.c.invoice_id)
    .limit(FOUND_MAX)
)


def relation_of(later: Head, earlier: Head | None = None) -> Relation:
    """Return what an invoice that names another is to it, by its kind (BT-3).

    >>> relation_of(Head(id="", name="", number="", type_code="384"))
    <Relation.CORRECTION: 'korrektur'>
    """
    if later.type_code in CORRECTED:
        return Relation.CORRECTION
    if later.type_code in CREDIT:
        return Relation.CREDIT
    if later.type_code in FINAL or (earlier is not None and earlier.type_code in INTERIM):
        return Relation.FINAL
    return Relation.REFERENCE


def links(connection: sa.Connection, tenant: str, mine: Head) -> list[Link]:
    """Return what the invoice names, known or not, then what names it."""
    return [*earlier(connection, tenant, mine), *_later(connection, tenant, mine)]


def earlier(connection: sa.Connection, tenant: str, mine: Head) -> list[Link]:
    """Return what the invoice names; a number that nobody knows is a link without another."""
    if not mine.refers_to:
        return []
    wanted = {**_seller(tenant, mine), "keys": sorted({one.key for one in mine.refers_to})}
    found = [head_of_row(dict(row)) for row in connection.execute(_NAMED, wanted).mappings()]
    return list(_matched(mine, found))


def _matched(mine: Head, found: Sequence[Head]) -> Iterator[Link]:
    for reference in mine.refers_to:
        fitting = [one for one in found if _fits(reference, one)]
        for one in fitting:
            relation = relation_of(mine, one)
            yield Link(relation=relation, number=reference.number, other_id=one.id, is_later=False)
        if not fitting:
            relation = relation_of(mine)
            yield Link(relation=relation, number=reference.number, other_id=None, is_later=False)


def _later(connection: sa.Connection, tenant: str, mine: Head) -> Iterable[Link]:
    wanted = {"of_tenant": tenant, "of_id": mine.id, "key": mine.number_key}
    ids = connection.execute(_NAMING, wanted).scalars().all()
    found: Mapping[str, Head] = heads(connection, tenant, ids) if ids else {}
    return [
        Link(
            relation=relation_of(one, mine), number=reference.number, other_id=one.id, is_later=True
        )
        for one in found.values()
        if _is_one_seller(one, mine)
        for reference in one.refers_to
        if _fits(reference, mine)
    ]


def _fits(reference: Reference, named: Head) -> bool:
    """Say whether it is the invoice that is named: the number, and the date where it is given."""
    likeness = compare_numbers(reference.number, named.number, reference.issued_on, named.issued_on)
    if likeness not in (Likeness.SAME, Likeness.RETYPED):
        return False
    return reference.issued_on in (None, named.issued_on) or named.issued_on is None


def _is_one_seller(one: Head, other: Head) -> bool:
    pairs = ((one.vat_id, other.vat_id), (one.iban, other.iban), (one.name_key, other.name_key))
    return any(a and a == b for a, b in pairs)


def _seller(tenant: str, mine: Head) -> dict[str, Any]:
    return {
        "of_tenant": tenant,
        "of_id": mine.id,
        "vat_id": mine.vat_id or None,
        "iban": mine.iban or None,
        "name_key": mine.name_key or None,
    }
