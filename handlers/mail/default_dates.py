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
    came_on: date | None = None  # the day on which it was received
    supplier: str = ""
    amount: Decimal | None = None  # demanded, in euros
    until: date | None = None  # the day that the supplier sets
    fee: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a Mahnung may be about."""

    invoice: Mapping[str, Any] | None = None  # the one that it is about
    is_ambiguous: bool = False  # several have the very number, and the name does not decide
    near: Sequence[Mapping[str, Any]] = ()  # those, or else ours with a number like it
    old: Sequence[Mapping[str, Any]] = ()  # heads that were taken over from the old system


def facts(row: Mapping[str, Any], claim: Claim) -> str:
    """Return the dates that decide about default, one a line, and what each of them is.

    The thirty days begin on the day after receipt (§ 187 Abs. 1 BGB); an end on a Saturday,
    Sunday or holiday moves to the next working day (§ 193 BGB).
    """
    received = row["received_at"].astimezone(OFFICE_ZONE).date()
    amount = _money(row["payable"], row["currency"])
    head = (
        f"Rechnung {row['number']} ({row['receipt_no']}) von {row['supplier_name']} über {amount}."
    )
    if not row["number"]:
        head = f"Eingang {row['receipt_no']}; was darin steht, ist noch nicht erfasst."
    lines = [head, f"Eingegangen am {_day(received)}.", *_terms(row["due_on"], received)]
    return "\n".join([*lines, *_demanded(row, claim), _standing(row)])


def _terms(due_on: date | None, received: date) -> Iterator[str]:
    """Yield when the money is due, and the end of the thirty days."""
    if due_on is None:
        yield (
            "Kein Tag der Fälligkeit auf der Rechnung. Ist keiner vereinbart, ist sofort zu zahlen "
            "(§ 271 Abs. 1 BGB); ob, sagt der Auftrag."
        )
    else:
        yield (
            f"Zahlungsziel auf der Rechnung: {_day(due_on)}; vom Lieferanten genannt. Ob es "
            "vereinbart ist, sagt der Auftrag."
        )
    yield f"30 Tage nach Zugang: {_thirty_days(received)} (§ 286 Abs. 3, § 193 BGB)."
    if due_on is not None and due_on > received:
        yield (
            f"30 Tage nach dem Zahlungsziel, wenn es vereinbart ist: {_thirty_days(due_on)}; die Frist "
            "beginnt nicht vor der Fälligkeit (§ 286 Abs. 3 BGB)."
        )


def _demanded(row: Mapping[str, Any] | None, claim: Claim) -> Iterator[str]:
    """Yield what the Mahnung says, and where that is not what the invoice says, if there is one."""
    read = row or {}
    due_on, payable, payee = (read.get(one) for one in ("due_on", "payable", "supplier_name"))
    came = f", eingegangen am {_day(claim.came_on)}" if claim.came_on else ""
    yield f"Mahnung vom {_day(claim.on)}{came}."
    if due_on and claim.on <= due_on:
        yield (
            "Sie ist nicht nach dem Zahlungsziel geschrieben; vor der Fälligkeit begründet eine "
            "Mahnung keinen Verzug (§ 286 Abs. 1 BGB)."
        )
    if claim.supplier and not payee:
        yield f"Gemahnt hat {claim.supplier}."
    elif claim.supplier and plain(claim.supplier) != plain(payee):
        yield f"Gemahnt hat {claim.supplier}; die Rechnung ist von {payee}."
    if claim.amount is not None:
        is_other = claim.amount != payable or (read["currency"] or "EUR") != "EUR"
        differs = payable is not None and is_other
        yield (
            f"Gefordert: {_money(claim.amount, 'EUR')}"
            f"{'; das ist nicht der Betrag der Rechnung' if differs else ''}."
        )
    if claim.until is not None:
        yield f"Frist des Lieferanten: {_day(claim.until)}."
    if claim.fee is not None:
        yield (
            f"Verlangte Mahnkosten: {_money(claim.fee, 'EUR')}. Kosten einer Mahnung sind nur zu "
            "ersetzen, wenn der Verzug vor ihr begann (§ 280 Abs. 2, § 286 BGB); eine Pauschale von "
            "40 € setzt Verzug voraus (§ 288 Abs. 5 BGB)."
        )


def _thirty_days(start: date) -> str:
    thirtieth = start + _DAYS
    end = add_working_days(thirtieth, 0)
    if end == thirtieth:
        return _day(thirtieth)
    weekday = _WEEKDAYS[thirtieth.weekday()]
    return f"{_day(thirtieth)}, ein {weekday} oder Feiertag, also {_day(end)}"


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
        Stage.SPLIT: "Ein Stapel, in seine Rechnungen aufgeteilt; gemeint ist eine von ihnen.",
        Stage.DUPLICATE: "Als Doppelrechnung abgelegt; es ist nichts zu zahlen.",
    }
    return words.get(Stage(row["stage"]), "Noch nicht angeordnet.")


def answer(row: Mapping[str, Any]) -> str:
    """Return a text to answer with, by where the invoice stands; about default it says nothing."""
    number = (
        f"Ihre Rechnung {row['number'] or ''}".strip() + f" (unser Eingang {row['receipt_no']})"
    )
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
    if row["stage"] == Stage.DUPLICATE:
        return (
            f"{number} ist bei uns das Doppel einer Rechnung, die schon vorlag; gezahlt wird sie nur "
            "einmal."
        )
    if row["stage"] in (Stage.SET_ASIDE, Stage.SPLIT):
        return SEVERAL.format(number=row["receipt_no"])
    return f"{number} liegt uns seit dem {received} vor und wird geprüft."


NOT_HERE: Final = (
    "Eine Rechnung mit der Nummer {number} liegt uns nicht vor. Bitte senden Sie uns eine Kopie als "
    "E-Rechnung."
)
SEVERAL: Final = (
    "Unter der Nummer {number} können wir Ihre Mahnung keiner Rechnung eindeutig zuordnen. Bitte "
    "nennen Sie uns Nummer, Datum und Betrag der Rechnung."
)


def missing(number: str, found: Found, claim: Claim) -> str:
    """Return that the invoice has never come, or which may be meant, and what is demanded."""
    if found.is_ambiguous:
        head = (
            f"Die Nummer {number} haben mehrere Rechnungen; welche gemeint ist, sagt der Name des "
            "Lieferanten nicht. Bitte in der Auskunft nachsehen."
        )
    elif found.old:
        head = f"Eine Rechnung mit der Nummer {number} steht nicht im Eingangsbuch."
    else:
        head = f"Eine Rechnung mit der Nummer {number} ist nie eingegangen."
    lines = [head]
    if found.near:
        lines[0] += "" if found.is_ambiguous else " Ähnliche Nummern:"
        lines += (
            f"- {one['receipt_no']}: {one['number']} von {one['supplier_name']}, "
            f"{_money(one['payable'], one['currency'])}"
            for one in found.near
        )
    if found.old:
        lines.append("Aus dem alten Verfahren übernommen sind mit einer solchen Nummer:")
        lines += map(_of_old, found.old)
    return "\n".join([*lines, *_demanded(None, claim)])


def _of_old(one: Mapping[str, Any]) -> str:
    paid = f"bezahlt am {_day(one['paid_on'])}" if one["paid_on"] else "ohne Tag der Zahlung"
    amount = _money(one["gross"], one["currency"])
    return f"- {one['number']} von {one['seller_name']}, {amount}, {paid}"


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _money(amount: Decimal | None, currency: str | None) -> str:
    return "unbekannten Betrag" if amount is None else Money(amount, currency or "EUR").german()
