"""The Kassenanordnung as a paper: one page A4 with who ordered what, and who stands for it.

Fields after the union of the Länder's rules (domain.md 1.3), as far as the records hold them;
the wording of the Feststellungsvermerk after § 31 KomHVO NRW (domain.md 1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Final

import jinja2
from markupsafe import Markup

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice.view.texts import grouped, harmless
from laufzettel.money import Money

_SUBSTANCE: Final = "sachlich"
_ARITHMETIC: Final = "rechnerisch"
#: What a duty is called where it is signed, in the order of the paper.
_TITLES: Final = {
    _SUBSTANCE: "Sachlich richtig",
    _ARITHMETIC: "Rechnerisch richtig",
    "fachtechnisch": "Fachtechnisch richtig",
    "anordnung": "Angeordnet",
    "mitzeichnung": "Mitgezeichnet",
}
_BOTH: Final = "Sachlich und rechnerisch richtig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One duty that a person signed electronically."""

    duty: str  # sachlich, rechnerisch, fachtechnisch, anordnung, mitzeichnung
    name: str
    office: str  # function, e.g. Amtsleitung
    at: datetime
    deputy_for: str = ""  # name of who is represented


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """A file that lies in the PDF."""

    name: str
    what: str  # in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What the Finanzamt gets of the amount (§ 48 EStG)."""

    amount: Money
    discount: Money | None  # less of it when the Skonto is taken
    name: str
    iban: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one payee of the order gets."""

    name: str
    iban: str
    purpose: str
    amount: Money
    amount_in_time: Money | None  # with Skonto
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaper:
    """All that stands on a disbursement order."""

    tenant: str  # the Kommune's name
    number: str
    revision: int
    ordered_on: date
    amount: Money
    fiscal_year_expense: int
    fiscal_year_payment: int
    payee_name: str
    payee_iban: str
    purpose: str
    due_on: date | None
    discount_until: date | None
    discount: Money | None  # Skonto: what is deducted when paid until then
    cost_center: str
    gl_account: str
    supplier: str
    invoice_number: str
    invoice_date: date | None
    receipt_no: str
    received_at: datetime
    signatures: tuple[Signed, ...]
    original_sha256: str
    enclosed: tuple[Enclosed, ...] = ()
    withheld: Withheld | None = None
    tax: tuple[tuple[str, str], ...] = ()  # what was decided: question and answer

    @property
    def positions(self) -> tuple[Position, ...]:
        """Who gets what; their amounts are together the amount of the order."""
        held = self.withheld
        if held is None:
            return ()
        when = f"am {self.due_on:%d.%m.%Y}" if self.due_on else "sofort"
        in_time = None if self.discount is None else self.amount - self.discount
        tax_in_time = held.amount - held.discount if held.discount else held.amount
        return (
            Position(
                name=self.payee_name,
                iban=self.payee_iban,
                purpose=self.purpose,
                amount=self.amount - held.amount,
                amount_in_time=None if in_time is None else in_time - tax_in_time,
                when=when,
            ),
            Position(
                name=held.name,
                iban=held.iban,
                purpose=held.purpose,
                amount=held.amount,
                amount_in_time=None if in_time is None else tax_in_time,
                when="am 10. des Monats nach der Zahlung",
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One act of signing as it is printed: one or several duties of one person."""

    title: str
    signed: Signed


def certificates(signatures: Sequence[Signed]) -> tuple[Certificate, ...]:
    """Return the acts in the order of the paper.

    Sachlich and rechnerisch become one where one person signed both at once.

    >>> at = datetime.fromisoformat("2026-11-23T08:00:00+00:00")
    >>> both = [Signed(duty=d, name="M. Yılmaz", office="", at=at)
    ...     for d in ("rechnerisch", "sachlich")]
    >>> [one.title for one in certificates(both)]
    ['Sachlich und rechnerisch richtig']
    """
    by_duty = {one.duty: one for one in signatures}
    titles = dict(_TITLES)
    facts, figures = by_duty.get(_SUBSTANCE), by_duty.get(_ARITHMETIC)
    if facts and figures and _is_one_act(facts, figures):
        titles[_SUBSTANCE] = _BOTH
        del by_duty[_ARITHMETIC]
    return tuple(
        Certificate(title=title, signed=by_duty[duty])
        for duty, title in titles.items()
        if duty in by_duty
    )


def _is_one_act(one: Signed, other: Signed) -> bool:
    return (one.name, one.deputy_for, one.at) == (other.name, other.deputy_for, other.at)


def order_html(facts: OrderPaper) -> str:
    """Return the order as a whole HTML document, to be drawn with ``order_css``.

    Every text is escaped and without hidden characters; the same facts give the same text.
    """
    return _template().render(paper=facts, certificates=certificates(facts.signatures))


@cache
def order_css() -> str:
    """Return the style sheet of the order, for print."""
    return _text("order.css")


def _text(name: str) -> str:
    return files("laufzettel.records.papers").joinpath(name).read_text("utf-8")


@cache  # compiling costs fifty times what rendering does
def _template() -> jinja2.Template:
    return _environment().from_string(_text("order.html"))


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"day": _day, "moment": _moment, "grouped": grouped}
    return environment


def _shown(value: object) -> object:
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _day(value: date) -> str:
    return value.strftime("%d.%m.%Y")


def _moment(value: datetime) -> str:
    return value.astimezone(OFFICE_ZONE).strftime("%d.%m.%Y, %H:%M Uhr")
