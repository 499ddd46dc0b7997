"""What clerks ask of the inbox in a morning: mostly first pages, some far ones, some searches."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench._inbox_rows import NOW, people
from laufzettel.web.inbox.baskets import Basket, Due, Filters, Reader
from laufzettel.web.inbox.cursor import Cursor

#: Kind of ask -> how often, in a hundred.
MIX: Final = {
    "mine": 30,
    "group": 30,
    "group, far on": 10,
    "group, far back": 5,
    "follow-up": 5,
    "group, Skonto": 10,
    "group, search": 10,
}
_NO_FILTERS: Final = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One opening of the inbox."""

    kind: str
    reader: Reader
    basket: Basket
    filters: Filters = _NO_FILTERS
    after: Cursor | None = None


def asks(number: int) -> list[Ask]:
    """Return so many asks, the same each time."""
    chance = random.Random(number)
    kinds = chance.choices(list(MIX), weights=list(MIX.values()), k=number)
    readers = [
        Reader(tenant=one.tenant, person=one.person, groups=one.groups, now=NOW)
        for one in people(number)
    ]
    return [
        _ask(kind, reader, chance.randrange(10, 50))
        for kind, reader in zip(kinds, readers, strict=True)
    ]


def _ask(kind: str, reader: Reader, day: int) -> Ask:
    place = NOW + timedelta(days=day)
    if kind in ("mine", "follow-up"):
        basket = Basket.MINE if kind == "mine" else Basket.FOLLOW_UP
        return Ask(kind=kind, reader=reader, basket=basket)
    after = {
        "group, far on": Cursor(sort_at=place, id="0"),
        "group, far back": Cursor(sort_at=place, id="0", is_backward=True),
    }
    filters = {"group, Skonto": Filters(due=Due.SKONTO), "group, search": Filters(text="müller")}
    return Ask(
        kind=kind,
        reader=reader,
        basket=Basket.GROUP,
        filters=filters.get(kind, Filters()),
        after=after.get(kind),
    )
