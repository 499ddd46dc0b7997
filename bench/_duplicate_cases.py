"""Two years of invoice heads of a made-up town, with repetitions planted among look-alikes.

Everything is drawn from one seed. Each arrival says what it is: ``repeats`` names the head
whose claim comes once more; look-alikes are claims of their own that a careless rule would take
for a repetition.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from laufzettel.invoice_keys import name_key, plain
from laufzettel.records.heads.head import Head, Reference

BEGIN: Final = date(2025, 1, 2)
DAYS: Final = 700
#: Share of arrivals that repeat an earlier one; far more than in practice, so that all kinds occur.
PLANTED: Final = 0.10
_WORDS: Final = [
    "Tiefbau",
    "Hochbau",
    "Elektro",
    "Dachbau",
    "Garten",
    "Reinigung",
    "Sanitär",
    "Maler",
    "Stahlbau",
    "Brandschutz",
    "Schul",
    "Büro",
    "Druck",
    "Labor",
    "Software",
    "Spedition",
    "Gerüst",
    "Metall",
    "Holz",
    "Verkehr",
    "Energie",
    "Wasser",
    "Medien",
    "Sport",
]
_NAMES: Final = [
    "Bergmann",
    "Kölling",
    "Yıldız",
    "Strößner",
    "Behrendt",
    "Öztürk",
    "Lindhorst",
    "Wäger",
    "Nowak",
    "Blankenstein",
    "Hüser",
    "Petersen",
    "Achtermann",
    "Rüdiger",
    "Fuhrmann",
    "Klaas",
    "Deppe",
    "Görlitz",
    "Sauer",
    "Tönnies",
    "Albers",
    "Voß",
]
_FORMS: Final = ("GmbH", "GmbH & Co. KG", "e.K.", "AG", "OHG", "UG (haftungsbeschränkt)", "")
_PREFIXES: Final = ("RE-", "RG ", "R", "", "Rechnung ", "AR-", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A head as it arrives, and what it really is."""

    head: Head
    kind: str
    repeats: str = ""  # id of the head whose claim it repeats; "": a claim of its own


@dataclass(slots=True, kw_only=True)
class Seller:
    """A firm with its way of numbering, and prices that come again."""

    name: str
    vat_id: str
    iban: str
    prefix: str
    has_year: bool
    width: int
    prices: list[Decimal]
    last: int

    def number(self, on: date) -> str:
        """Return the next number of its book."""
        self.last += 1
        year = f"{on.year}-" if self.has_year else ""
        return f"{self.prefix}{year}{self.last:0{self.width}d}"


class Town:
    """Draws arrivals until there are enough."""

    def __init__(self, count: int, seed: int) -> None:
        self.draw = random.Random(seed)
        self.count = count
        self.sellers = [self._seller(n) for n in range(max(20, count // 25))]
        self.made: list[Arrival] = []
        self.originals: list[Head] = []

    def arrivals(self) -> list[Arrival]:
        """Return all of them by their dates, repetitions behind what they repeat."""
        while len(self.made) < self.count:
            if self.originals and self.draw.random() < PLANTED:
                self._plant()
            elif self.draw.random() < 0.25:
                self.draw.choice(_LOOK_ALIKES)(self)
            else:
                self.own("ordinary", self.draw.choice(self.sellers), self.day())
        return self.made[: self.count]

    def _seller(self, number: int) -> Seller:
        name = f"{self.draw.choice(_NAMES)} {self.draw.choice(_WORDS)}service {number}"
        form = self.draw.choice(_FORMS)
        return Seller(
            name=f"{name} {form}".strip(),
            vat_id=plain(f"DE{self.draw.randrange(10**8, 10**9)}"),
            iban=plain(f"DE{self.draw.randrange(10**19, 10**20)}"),
            prefix=self.draw.choice(_PREFIXES),
            has_year=self.draw.random() < 0.5,
            width=self.draw.choice((1, 3, 4, 5)),
            prices=[self.price() for _ in range(3)],
            last=self.draw.randrange(1, 4000),
        )

    def day(self) -> date:
        """Return a day of the two years."""
        return BEGIN + timedelta(days=self.draw.randrange(DAYS))

    def price(self) -> Decimal:
        """Return an amount; round ones are more frequent than others, as in practice."""
        if self.draw.random() < 0.2:
            return Decimal(self.draw.choice((50, 100, 119, 250, 500, 595, 1000, 1190)))
        return Decimal(self.draw.randrange(2_000, 900_000)) / 100

    def own(self, kind: str, seller: Seller, on: date, **more: object) -> Head:
        """Add a claim of its own."""
        price = self.draw.choice(seller.prices) if self.draw.random() < 0.3 else self.price()
        head = Head(
            id=f"{len(self.made):026d}",
            name=seller.name,
            name_key=name_key(seller.name),
            number=seller.number(on),
            vat_id=seller.vat_id,
            iban=seller.iban,
            gross=price,
            issued_on=on,
            content=f"{self.draw.getrandbits(128):032x}",
        )
        head = replace(head, **more)  # type: ignore[arg-type]
        self.made.append(Arrival(head=head, kind=kind))
        if kind == "ordinary":
            self.originals.append(head)
        return head

    def _plant(self) -> None:
        original = self.draw.choice(self.originals)
        kind = self.draw.choice(sorted(_REPETITIONS))
        changed = _REPETITIONS[kind](self, original)
        if changed is not None:
            again = replace(changed, id=f"{len(self.made):026d}")
            self.made.append(Arrival(head=again, kind=kind, repeats=original.id))

    def bare(self, head: Head) -> Head:
        """Return the head as somebody types it from paper: no line is known, no tax id."""
        return replace(head, content="", vat_id="", iban="")


def _retyped(town: Town, head: Head) -> Head:
    digits = [part for part in head.number.replace("-", " ").split() if part[-1:].isdigit()]
    forms = (
        digits[-1].lstrip("R").lstrip("0"),
        head.number.replace("-", "/"),
        head.number.lower().replace("-", " "),
        f"Nr. {head.number}",
    )
    return replace(head, content="", number=town.draw.choice(forms))


def _swapped(town: Town, head: Head) -> Head | None:
    at = [
        n
        for n, (a, b) in enumerate(zip(head.number, head.number[1:], strict=False))
        if a.isdigit() and b.isdigit() and a != b and n >= len(head.number) - 5
    ]
    if not at:
        return None
    n = town.draw.choice(at)
    text = head.number
    return replace(head, content="", number=text[:n] + text[n + 1] + text[n] + text[n + 2 :])


def _wrong_digit(town: Town, head: Head) -> Head | None:
    at = [
        n for n, char in enumerate(head.number[:-1]) if char.isdigit() and n >= len(head.number) - 4
    ]
    if not at:
        return None
    n = town.draw.choice(at)
    other = str((int(head.number[n]) + town.draw.randrange(1, 9)) % 10)
    return replace(head, content="", number=head.number[:n] + other + head.number[n + 1 :])


def _left_out(town: Town, head: Head) -> Head:
    n = len(head.number) - 1 - town.draw.randrange(2)
    return replace(head, content="", number=head.number[:n] + head.number[n + 1 :])


def _other_amount(town: Town, head: Head) -> Head:
    assert head.gross is not None
    extra = town.draw.choice((Decimal("5.00"), Decimal("2.50"), -head.gross * 2 // 100))
    return replace(head, content="", gross=head.gross + extra)


def _other_name(town: Town, head: Head) -> Head:
    words = head.name.split()
    written = town.draw.choice(
        (" ".join(words[:3]).upper(), f"Fa. {head.name}", " ".join(words[:3]))
    )
    return replace(town.bare(head), name=written, name_key=name_key(written))


def _date_of_receipt(town: Town, head: Head) -> Head:
    assert head.issued_on is not None
    later = head.issued_on + timedelta(days=town.draw.randrange(1, 20))
    return replace(town.bare(head), issued_on=later)


def _typed_on_paper(town: Town, head: Head) -> Head:
    return town.bare(_retyped(town, head))


def _much_later(town: Town, head: Head) -> Head:
    assert head.issued_on is not None
    return replace(_retyped(town, head), issued_on=head.issued_on + timedelta(days=70))


#: Ways in which a claim comes once more.
_REPETITIONS: Final[dict[str, Callable[[Town, Head], Head | None]]] = {
    "same head, another file": lambda town, head: replace(head, content=""),
    "twin in another syntax": lambda town, head: head,
    "number retyped": _retyped,
    "two digits swapped": _swapped,
    "a digit wrong": _wrong_digit,
    "a digit left out": _left_out,
    "another amount": _other_amount,
    "another spelling, no tax id": _other_name,
    "date of receipt, no tax id": _date_of_receipt,
    "typed from paper": _typed_on_paper,
    "retyped, dated ten weeks later": _much_later,
}


def _monthly(town: Town) -> None:
    seller, on, price = town.draw.choice(town.sellers), town.day(), town.price()
    for month in range(town.draw.randrange(2, 7)):
        town.own("same amount every month", seller, on + timedelta(days=30 * month), gross=price)


def _same_day(town: Town) -> None:
    seller, on, price = town.draw.choice(town.sellers), town.day(), town.price()
    for _ in range(3):
        order = str(town.draw.randrange(4_500_000, 4_600_000))
        town.own("same day, other orders", seller, on, gross=price, order_ref=order)


def _same_day_without_order(town: Town) -> None:
    seller, on, price = town.draw.choice(town.sellers), town.day(), town.price()
    for _ in range(2):
        town.own("same day, same amount, next number", seller, on, gross=price)


def _instalments(town: Town) -> None:
    seller, on = town.draw.choice(town.sellers), town.day()
    order, price = str(town.draw.randrange(4_500_000, 4_600_000)), town.price()
    parts = [
        town.own(
            "instalments and final invoice",
            seller,
            on + timedelta(days=21 * n),
            gross=price,
            order_ref=order,
            type_code="875",
        )
        for n in range(3)
    ]
    town.own(
        "instalments and final invoice",
        seller,
        on + timedelta(days=90),
        gross=price * 4,
        order_ref=order,
        type_code="877",
        refers_to=tuple(Reference(number=part.number) for part in parts),
    )


def _credited(town: Town) -> None:
    seller, on = town.draw.choice(town.sellers), town.day()
    wrong = town.own("credit note and correction", seller, on)
    back = (Reference(number=wrong.number, issued_on=on),)
    soon = on + timedelta(days=town.draw.randrange(4))
    for code in ("381", "384"):
        town.own(
            "credit note and correction",
            seller,
            soon,
            gross=wrong.gross,
            type_code=code,
            refers_to=back,
        )


def _new_book(town: Town) -> None:
    seller, on = town.draw.choice(town.sellers), BEGIN + timedelta(days=town.draw.randrange(300))
    number, price = town.draw.randrange(5000, 10_000), town.draw.choice(seller.prices)
    for years in range(2):
        day = date(on.year + years, on.month, on.day if on.month != 2 else 1)
        written = f"{day.year}/{number}"
        town.own("same number, next year's book", seller, day, number=written, gross=price)


def _contract(town: Town) -> None:
    seller, on, price = town.draw.choice(town.sellers), town.day().replace(day=1), town.price()
    number = str(town.draw.randrange(10**7, 10**8))
    for month in range(3):
        start = (on + timedelta(days=32 * month)).replace(day=1)
        town.own(
            "contract number every month, with period",
            seller,
            start,
            number=number,
            gross=price + month,
            period_start=start,
            period_end=start + timedelta(days=27),
        )


def _strangers(town: Town) -> None:
    on, price = town.day(), town.price()
    number = f"{on.year}-{town.draw.randrange(5000, 10_000)}"
    for seller in town.draw.sample(town.sellers, 2):
        town.own("two sellers, same number and amount", seller, on, number=number, gross=price)


_LOOK_ALIKES: Final = (
    _monthly,
    _same_day,
    _same_day_without_order,
    _instalments,
    _credited,
    _new_book,
    _contract,
    _strangers,
)


def arrivals(count: int, seed: int) -> Iterator[Arrival]:
    """Yield so many arrivals of a town."""
    yield from Town(count, seed).arrivals()
