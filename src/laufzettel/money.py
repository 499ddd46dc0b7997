"""Money: a Decimal with two places and a currency; never a float, never a guess.

>>> str(Money.parse("18432.60"))
'18432.60 EUR'
>>> Money.parse("18432.60").german()
'18.432,60 €'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
# Decimal() also takes 1e5, NaN, fullwidth digits and underscores (security.md 3.2): never hand
# it foreign text unchecked.
_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency.

    ``amount`` always has two decimal places, ``currency`` is an ISO 4217 code.
    Adding or comparing two currencies raises ValueError.
    """

    amount: Decimal
    currency: str = "EUR"

    def __post_init__(self) -> None:
        """Refuse anything that is not exactly two places and a three letter currency."""
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise ValueError(f"not an amount: {self.amount!r}")
        exact = self.amount.quantize(CENT)
        if exact != self.amount:
            raise ValueError(f"more than two decimal places: {self.amount}")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"not a currency: {self.currency!r}")
        object.__setattr__(self, "amount", exact)

    @classmethod
    def parse(cls, text: str, currency: str = "EUR") -> Money:
        """Return the amount that ``text`` writes in plain digits with a dot.

        >>> Money.parse("100")
        Money(amount=Decimal('100.00'), currency='EUR')
        >>> Money.parse("1e5")
        Traceback (most recent call last):
        ...
        ValueError: not an amount: '1e5'
        """
        if not _AMOUNT.fullmatch(text):
            raise ValueError(f"not an amount: {text!r}")
        return cls(Decimal(text), currency)

    @classmethod
    def from_cents(cls, cents: int, currency: str = "EUR") -> Money:
        """Return the amount of that many cents.

        >>> Money.from_cents(-5)
        Money(amount=Decimal('-0.05'), currency='EUR')
        """
        return cls(Decimal(cents).scaleb(-2), currency)

    @property
    def cents(self) -> int:
        """The amount in whole cents, as it is stored."""
        return int(self.amount.scaleb(2))

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount <= other.amount

    def percent(self, rate: Decimal) -> Money:
        """Return ``rate`` per cent of the amount, rounded half up to the cent.

        >>> Money.parse("24871.00").percent(Decimal(3))
        Money(amount=Decimal('746.13'), currency='EUR')
        """
        share = (self.amount * rate / 100).quantize(CENT, rounding=ROUND_HALF_UP)
        return Money(share, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def german(self) -> str:
        """Return the amount as a German reader writes it.

        >>> Money.parse("-1234567.8").german()
        '-1.234.567,80 €'
        """
        text = f"{self.amount:,.2f}".translate(str.maketrans(",.", ".,"))
        return f"{text} {'€' if self.currency == 'EUR' else self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} is not {other.currency}")
