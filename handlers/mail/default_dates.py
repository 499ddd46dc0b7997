"""The dates that decide about default, side by side, and a text to answer with. Pure.

Whether the town is in default is not for a machine to say (§ 286 BGB).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from laufzettel.clock import OFFICE_ZONE
from laufzettel.invoice_keys import plain
from laufzettel.money import Money
from laufzettel.records.invoice import Stage
from laufzettel.workdays import add_working_days

#: After so many days from receipt default begins at the latest (§ 286 Abs. 3 BGB).
_DAYS: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a Mahnung says."""

    on: date
    supplier: str = ""
    amount: Decimal | None = None  # demanded, in euros
    until: date | None = None  # the day that the supplier sets
    fee: Decimal | None = None


def facts(row: Mapping[str, Any], claim: Claim) -> str:
    """Return the dates that decide about default, one a line, and what each of them is.

    The thirty days begin on the day after receipt (§ 187 Abs. 1 BGB); an end on a Saturday,
    Sunday or holiday moves to the next working day (§ 193 BGB).
    """
    received = row["received_at"].astimezone(OFFICE_ZONE).date()
    amount = _money(row["payable"], row["currency"])
    lines = [
        f"Rechnung {row['number']} ({row['receipt_no']}) von {row['supplier_name']} über {amount}.",
        f"Eingegangen am {_day(received)}.",
    ]
    if row["due_on"]:
        lines.append(
            f"Zahlungsziel auf der Rechnung: {_day(row['due_on'])}; vom Lieferanten genannt. Ob es "
            "vereinbart ist, sagt der Auftrag."
        )
    lines += [_thirty_days(received), *_demanded(row, claim)]
    return "\n".join([*lines, _standing(row)])


def _demanded(row: Mapping[str, Any], claim: Claim) -> Iterator[str]:
    """Yield what the Mahnung says, and where that is not what the invoice says."""
    yield f"Mahnung vom {_day(claim.on)}."
    if claim.supplier and plain(claim.supplier) != plain(row["supplier_name"] or ""):
        yield f"Gemahnt hat {claim.supplier}; die Rechnung ist von {row['supplier_name']}."
    if claim.amount is not None:
        differs = claim.amount != row["payable"] or (row["currency"] or "EUR") != "EUR"
        yield (
            f"Gefordert: {_money(claim.amount, 'EUR')}"
            f"{'; das ist nicht der Betrag der Rechnung' if differs else ''}."
        )
    if claim.until is not None:
        yield f"Frist des Lieferanten: {_day(claim.until)}."
    if claim.fee is not None:
        yield f"Verlangte Mahnkosten: {_money(claim.fee, 'EUR')}."


def _thirty_days(received: date) -> str:
    thirtieth = received + _DAYS
    end = add_working_days(thirtieth, 0)
    moved = f", ein {_WEEKDAYS[thirtieth.weekday()]} oder Feiertag, also {_day(end)}"
    return (
        f"30 Tage nach Zugang: {_day(thirtieth)}{moved if end != thirtieth else ''} "
        "(§ 286 Abs. 3, § 193 BGB)."
    )


_WEEKDAYS: Final = (
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
)


def _standing(row: Mapping[str, Any]) -> str:
    if row["paid_on"]:
        return f"Bezahlt am {_day(row['paid_on'])}, {_money(row['paid_amount'], row['currency'])}."
    if row["stage"] in (Stage.ORDERED, Stage.ACCEPTED) and row["ordered_at"]:
        day = row["ordered_at"].astimezone(OFFICE_ZONE).date()
        return f"Angeordnet am {_day(day)}, noch nicht bezahlt."
    words = {
        Stage.REJECTED: "An den Lieferanten zurückgewiesen; es ist nichts zu zahlen.",
        Stage.SET_ASIDE: "Abgelegt, weil es keine Rechnung war.",
        Stage.DUPLICATE: "Als Doppelrechnung abgelegt; es ist nichts zu zahlen.",
    }
    return words.get(Stage(row["stage"]), "Noch nicht angeordnet.")


def answer(row: Mapping[str, Any]) -> str:
    """Return a text to answer with, by where the invoice stands; about default it says nothing."""
    number = f"Ihre Rechnung {row['number']} (unser Eingang {row['receipt_no']})"
    received = _day(row["received_at"].astimezone(OFFICE_ZONE).date())
    if row["paid_on"]:
        amount = _money(row["paid_amount"], row["currency"])
        return f"{number} wurde am {_day(row['paid_on'])} mit {amount} bezahlt."
    if row["stage"] in (Stage.ORDERED, Stage.ACCEPTED):
        return f"{number} ist zur Zahlung angeordnet und wird mit einem der nächsten Zahlläufe bezahlt."
    if row["stage"] == Stage.REJECTED:
        return (
            f"{number} haben wir mit Begründung zurückgewiesen. Bitte senden Sie eine berichtigte."
        )
    return f"{number} liegt uns seit dem {received} vor und wird geprüft."


NOT_HERE: Final = (
    "Eine Rechnung mit der Nummer {number} liegt uns nicht vor. Bitte senden Sie uns eine Kopie als "
    "E-Rechnung."
)


def missing(number: str, near: Sequence[Mapping[str, Any]]) -> str:
    """Return that the invoice has never come, and which ones have a number like it."""
    head = f"Eine Rechnung mit der Nummer {number} ist nie eingegangen."
    if not near:
        return head
    like = "\n".join(
        f"- {one['receipt_no']}: {one['number']} von {one['supplier_name']}, "
        f"{_money(one['payable'], one['currency'])}"
        for one in near
    )
    return f"{head} Ähnliche Nummern:\n{like}"


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _money(amount: Decimal | None, currency: str | None) -> str:
    return "unbekannten Betrag" if amount is None else Money(amount, currency or "EUR").german()
