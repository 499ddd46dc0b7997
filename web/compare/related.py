"""What belongs to an invoice: corrections, credit notes, instalments and the final invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import sqlalchemy as sa

from laufzettel.records.heads.head import Head
from laufzettel.records.heads.links import Link, Relation, links
from laufzettel.records.heads.search import heads
from laufzettel.records.invoice import Stage
from laufzettel.web.case.queries import Reader
from laufzettel.web.compare.queries import Hidden, Known, known

#: Stages of an invoice that is no claim any more.
_GONE: Final = frozenset({Stage.REJECTED.value, Stage.DUPLICATE.value, Stage.SET_ASIDE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """An invoice that this one names, or that names this one."""

    relation: Relation
    number: str  # that is named
    other: Known | Hidden | None  # None: nobody knows an invoice of that number
    is_later: bool  # the other one names this one

    @property
    def is_pressing(self) -> bool:
        """Whether paying this invoice may be wrong: another takes its place or takes it back."""
        is_gone = isinstance(self.other, Known) and self.other.stage in _GONE
        against = self.relation in (Relation.CORRECTION, Relation.CREDIT)
        return self.is_later and against and not is_gone

    @property
    def shown(self) -> str:
        """What the page shows of it, for the digest of what was displayed."""
        stage = self.other.stage if isinstance(self.other, Known) else ""
        other = self.other.id if self.other is not None else ""
        return f"related:{self.relation}:{self.is_later}:{self.number}:{other}:{stage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The instalments that a final invoice settles, against what it deducts."""

    count: int
    total: Decimal  # of the instalments that are known
    deducted: Decimal  # with VAT less what is left to pay (BT-112 less BT-115)
    currency: str

    @property
    def difference(self) -> Decimal:
        """What is deducted beyond what is known; below zero too little is deducted."""
        return self.deducted - self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """Everything that belongs to an invoice."""

    related: list[Related]
    settled: Settled | None = None


def belonging(
    connection: sa.Connection, reader: Reader, invoice_id: str, payable: Decimal | None
) -> Belonging:
    """Return what the invoice names and what names it; what is not the reader's is hidden."""
    mine = heads(connection, reader.tenant, [invoice_id]).get(invoice_id)
    found = links(connection, reader.tenant, mine) if mine else []
    if mine is None or not found:
        return Belonging(related=[])
    ids = sorted({link.other_id for link in found if link.other_id is not None})
    others = known(connection, reader, ids) if ids else {}
    all_related = [_related(link, others) for link in found]
    return Belonging(related=all_related, settled=_settled(all_related, mine, payable))


def _related(link: Link, others: Mapping[str, Known | Hidden]) -> Related:
    return Related(
        relation=link.relation,
        number=link.number,
        other=others.get(link.other_id or ""),
        is_later=link.is_later,
    )


def _settled(found: Sequence[Related], mine: Head, payable: Decimal | None) -> Settled | None:
    """Return what a final invoice deducts beside what is known; None for any other invoice."""
    own = [one.other for one in found if one.relation is Relation.FINAL and not one.is_later]
    if not own or mine.gross is None or payable is None:
        return None
    sums = {
        one.id: one.gross or Decimal(0)
        for one in own
        if isinstance(one, Known) and one.stage not in _GONE
    }
    return Settled(
        count=len(sums),
        total=sum(sums.values(), Decimal(0)),
        deducted=mine.gross - payable,
        currency=mine.currency,
    )
