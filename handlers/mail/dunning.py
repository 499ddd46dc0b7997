"""A Mahnung: which invoice it is about, and the dates that decide; a person says what follows.

Whether the town is in default is not for a machine to say: it shows receipt, the supplier's own
date, the end of thirty days, and the day of the Mahnung, side by side (§ 286 BGB).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import BpmnError, Inline, Values, inline
from laufzettel.handlers.mail.book import keep_mail
from laufzettel.handlers.texts import visible_line
from laufzettel.invoice_keys import number_of, plain
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import booking, cash_order, dunning, invoice, mail
from laufzettel.workdays import add_working_days

#: Who answers where the invoice is nobody's secret.
GROUP: Final = "geschaeftsbuchhaltung"
#: After so many days from receipt default begins at the latest (§ 286 Abs. 3 BGB).
_DAYS: Final = timedelta(days=30)
_NEAR_MAX: Final = 20

# Built once: building a statement costs more than running it.
_columns = (
    invoice,
    cash_order.c.ordered_at,
    booking.c.paid_on,
    booking.c.paid_amount,
)
_ALL: Final = (
    sa.select(*_columns)
    .outerjoin(
        cash_order,
        sa.and_(cash_order.c.tenant == invoice.c.tenant, cash_order.c.invoice_id == invoice.c.id),
    )
    .outerjoin(
        booking,
        sa.and_(booking.c.tenant == invoice.c.tenant, booking.c.cash_order_id == cash_order.c.id),
    )
    .where(invoice.c.tenant == sa.bindparam("of_tenant"))
)
_BY_RECEIPT: Final = _ALL.where(invoice.c.receipt_no == sa.bindparam("of_receipt"))
_BY_NUMBER: Final = (
    _ALL.join(invoice_head, invoice_head.c.id == invoice.c.id)
    .where(
        invoice_head.c.tenant == invoice.c.tenant,
        invoice_head.c.number_key == sa.bindparam("of_key"),
    )
    .order_by(invoice.c.receipt_no.desc())
    .limit(_NEAR_MAX)
)
_MAIL: Final = sa.select(mail).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.id == sa.bindparam("of_mail")
)
_FORGET: Final = sa.delete(dunning).where(
    dunning.c.tenant == sa.bindparam("of_tenant"), dunning.c.id == sa.bindparam("of_mail")
)
_NOTE: Final = sa.insert(dunning)


@inline(
    "dunning.match",
    results=("dunned_receipt", "dunning_facts", "dunning_answer", "dunning_group"),
    label="Mahnung einer Rechnung zuordnen",
)
def match(
    step: Inline,
    *,
    mail_id: str,
    invoice_number: str,
    dunned_on: date,
    dunning_fee: Decimal | None = None,
) -> Values:
    """Return the invoice that is dunned, the dates that decide, and a text to answer with.

    The number must be the invoice's own or its receipt's; what is only alike is named and not
    taken for it. The mail lies beside the invoice from then on.
    """
    if step.business_key != f"mail:{mail_id}":
        raise BpmnError("FREMDE_MAIL", "Diese Mail gehört zu einem anderen Vorgang.")
    number = visible_line(invoice_number, length_max=100)
    row, near = _find(step, number)
    told = {
        "tenant": step.tenant,
        "id": mail_id,
        "invoice_id": None if row is None else row["id"],
        "invoice_number": number,
        "dunned_on": dunned_on,
        "fee": dunning_fee,
        "noted_at": step.now,
    }
    step.write(lambda connection: _note(connection, told))
    step.set_facets(remarks="dunning")
    step.audit(
        "dunning.matched",
        {
            "receipt_no": "" if row is None else row["receipt_no"],
            "dunned_on": dunned_on.isoformat(),
            "fee": "" if dunning_fee is None else str(dunning_fee),
        },
    )
    if row is None:
        return {
            "dunned_receipt": None,
            "dunning_facts": missing(number, near),
            "dunning_answer": _NOT_HERE.format(number=number),
            "dunning_group": GROUP,
        }
    rules = settings.load(step.connection, step.tenant)
    is_secret = rules.is_confidential(row["buyer_reference"] or "")
    subject = f"Mahnung zu {row['receipt_no']}"
    step.set_facets(subject=subject, party="", confidential=is_secret)
    return {
        "dunned_receipt": row["receipt_no"],
        "dunning_facts": facts(row, dunned_on, dunning_fee),
        "dunning_answer": answer(row),
        "dunning_group": row["unit"] if is_secret and row["unit"] else GROUP,
    }


@inline("dunning.decide", label="Entscheidung über die Mahnung festhalten")
def decide(
    step: Inline, *, mail_id: str, decision: str, answer_text: str, decided_by: str
) -> Values:
    """Record what a person decided and told the supplier."""
    step.records.update(
        dunning,
        mail_id,
        {"decision": decision, "text": answer_text, "decided_by": decided_by},
    )
    step.audit("dunning.decided", {"decision": decision}, text=answer_text)
    return {}


def facts(row: Mapping[str, Any], dunned_on: date, fee: Decimal | None) -> str:
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
    lines += [_thirty_days(received), f"Mahnung vom {_day(dunned_on)}."]
    if fee is not None:
        lines.append(f"Verlangte Mahnkosten: {_money(fee, 'EUR')}.")
    return "\n".join([*lines, _standing(row)])


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


_NOT_HERE: Final = (
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


def _find(
    step: Inline, number: str
) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
    """Return the one invoice of that number, and else those that may be meant."""
    which = {"of_tenant": step.tenant, "of_receipt": number.upper()}
    by_receipt = step.connection.execute(_BY_RECEIPT, which).first()
    if by_receipt is not None:
        return by_receipt._asdict(), ()
    which = {"of_tenant": step.tenant, "of_key": number_of(number).core}
    found = [row._asdict() for row in step.connection.execute(_BY_NUMBER, which)]
    same = [one for one in found if plain(one["number"] or "") == plain(number)]
    return (same[0], ()) if len({one["id"] for one in same}) == 1 else (None, found)


def _note(connection: sa.Connection, told: Mapping[str, Any]) -> None:
    which = {"of_tenant": told["tenant"], "of_mail": told["id"]}
    connection.execute(_FORGET, which)
    connection.execute(_NOTE, dict(told))
    if told["invoice_id"] is not None:
        entry = connection.execute(_MAIL, which).one()
        keep_mail(connection, entry._asdict(), holder=told["invoice_id"])


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _money(amount: Decimal | None, currency: str | None) -> str:
    return "unbekannten Betrag" if amount is None else Money(amount, currency or "EUR").german()
