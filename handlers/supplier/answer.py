"""Tell the supplier by mail that an invoice has come, or that it is paid; if the tenant wants it.

The steps of an invoice only note that an answer is wanted, so that no mail server ever holds
one up. A periodic job begins a case of its own for each, whose one activity is the mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.db import Database
from laufzettel.engine.handler import BpmnError, Facets, Inline, Start, StartCase, effect
from laufzettel.errors import ForbiddenError, LaufzettelError
from laufzettel.handlers.invoice.listing import purpose_of
from laufzettel.handlers.supplier.addresses import MailAddress, mail_address
from laufzettel.handlers.supplier.letters import LetterEffect
from laufzettel.handlers.supplier.notify import addressed
from laufzettel.handlers.texts import visible_line
from laufzettel.identity import system
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import booking, cash_order, invoice, supplier_answer
from laufzettel.records.tax.withholding import of_payment

PROCESS: Final = "lieferantenantwort"
#: Most answers that one run begins.
PER_RUN: Final = 100

# Built once: building a statement costs more than running it.
_WANTED: Final = (
    sa.select(supplier_answer.c.invoice_id, supplier_answer.c.occasion)
    .where(
        supplier_answer.c.tenant == sa.bindparam("of_tenant"),
        supplier_answer.c.outcome.is_(None),
    )
    .order_by(supplier_answer.c.wanted_at)
    .limit(PER_RUN)
)
_DONE: Final = sa.update(supplier_answer).where(
    supplier_answer.c.tenant == sa.bindparam("of_tenant"),
    supplier_answer.c.invoice_id == sa.bindparam("of_invoice"),
    supplier_answer.c.occasion == sa.bindparam("of_occasion"),
    supplier_answer.c.outcome.is_(None),
)
_KNOWN: Final = sa.select(supplier_answer.c.occasion).where(
    supplier_answer.c.tenant == sa.bindparam("of_tenant"),
    supplier_answer.c.invoice_id == sa.bindparam("of_invoice"),
    supplier_answer.c.occasion == sa.bindparam("of_occasion"),
)
_INVOICE: Final = sa.select(invoice).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.id == sa.bindparam("of_invoice")
)
_PAYMENT: Final = (
    sa.select(booking.c.paid_on, booking.c.paid_amount, cash_order)
    .join(cash_order, cash_order.c.id == booking.c.cash_order_id)
    .where(
        booking.c.tenant == sa.bindparam("of_tenant"),
        cash_order.c.invoice_id == sa.bindparam("of_invoice"),
        booking.c.paid_on.is_not(None),
    )
    .order_by(booking.c.accepted_at.desc())
)


class NothingToTellError(LaufzettelError):
    """Zu dieser Rechnung gibt es nichts mitzuteilen."""


class BegunError(ForbiddenError):
    """Diese Antwort hat schon einen Vorgang."""


def want(step: Inline, invoice_id: str, occasion: str, rules: TenantSettings) -> None:
    """Have the supplier told once, if the tenant wants it; the step itself sends nothing."""
    if rules.answers[occasion] != "mail":
        return
    which = {"of_tenant": step.tenant, "of_invoice": invoice_id, "of_occasion": occasion}
    if step.connection.execute(_KNOWN, which).first() is None:
        step.records.insert(
            supplier_answer, invoice_id=invoice_id, occasion=occasion, wanted_at=step.now
        )


class Answers:
    """Begins the cases of the answers that are wanted."""

    def __init__(self, db: Database, start: StartCase) -> None:
        self._db = db
        self._start = start

    def begin(self, tenant: str) -> int:
        """Begin what is wanted, at most PER_RUN; return how many were looked at.

        Where no mail may go the answer is not sent, and that is recorded.
        """
        with self._db.read() as connection:
            wanted = connection.execute(_WANTED, {"of_tenant": tenant}).all()
        for row in wanted:
            with suppress(BegunError):  # another worker was faster
                self._begin(tenant, row.invoice_id, row.occasion)
        return len(wanted)

    def _begin(self, tenant: str, invoice_id: str, occasion: str) -> None:
        which = {"of_tenant": tenant, "of_invoice": invoice_id}
        with self._db.read() as connection:
            row = connection.execute(_INVOICE, which).one()._asdict()
            address = mail_address(connection, tenant, row, bank_data=False)
        done = which | {"of_occasion": occasion}

        def begun(connection: sa.Connection) -> None:
            if connection.execute(_DONE, done | {"outcome": "begun"}).rowcount != 1:
                raise BegunError

        if address is None:
            with self._db.write() as connection:
                connection.execute(_DONE, done | {"outcome": "no_address"})
            return
        case = Start(
            process_id=PROCESS,
            business_key=f"answer:{invoice_id}:{occasion}",
            variables={"invoice_id": invoice_id, "occasion": occasion},
            facets=Facets(subject=f"Antwort zu {row['receipt_no']}"),
        )
        self._start(system(tenant), case, begun)


@effect
class AnswerSupplier(LetterEffect):
    """Sends one mail about an invoice; what cannot be delivered is not printed."""

    name: ClassVar[str] = "supplier.answer"
    label: ClassVar[str] = "Lieferanten antworten"
    channel: ClassVar[str] = "mail"  # its own: where it is out, letters still go
    has_paper: ClassVar[bool] = False

    def prepare(  # type: ignore[override]
        self, step: Inline, *, invoice_id: str, occasion: str
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the key of this answer and the mail."""
        if step.business_key != f"answer:{invoice_id}:{occasion}":
            raise BpmnError("FREMDE_RECHNUNG", "Diese Antwort gehört zu einem anderen Vorgang.")
        row = step.records.row(invoice, invoice_id)
        address = mail_address(step.connection, step.tenant, row, bank_data=False)
        number = visible_line(row["number"] or "", length_max=100)
        rules = settings.load(step.connection, step.tenant)
        title, text = _told(step, row, occasion, number)
        return f"{step.tenant}:{invoice_id}:{occasion}:1", {
            **addressed(row),
            "subject": f"{purpose_of(row, rules, f'Ihre Rechnung {number}')}: {title}",
            "body_de": f"Sehr geehrte Damen und Herren,\n\n{text}\n\nMit freundlichen Grüßen",
            **_where(address),
        }


def _where(address: MailAddress | None) -> dict[str, str]:
    if address is None:
        raise NothingToTellError("Zu dieser Rechnung gibt es keine Adresse für eine Mail mehr.")
    return {"to_mail": address.mail, "in_reply_to": address.in_reply_to}


def _told(step: Inline, row: Mapping[str, Any], occasion: str, number: str) -> tuple[str, str]:
    """Return title and text; neither ever names an account."""
    if occasion == "received":
        day = row["received_at"].astimezone(OFFICE_ZONE).date()
        return "Eingang", (
            f"Ihre Rechnung {number} über {_euros(row['payable'], row['currency'])} ist am "
            f"{_day(day)} bei uns eingegangen und formal in Ordnung. Sie hat die Nummer "
            f"{row['receipt_no']}; bitte nennen Sie diese bei Rückfragen. Ob die Leistung und "
            "der Betrag richtig sind, wird noch geprüft."
        )
    which = {"of_tenant": step.tenant, "of_invoice": row["id"]}
    paid = step.connection.execute(_PAYMENT, which).first()
    if occasion != "paid" or paid is None:
        raise NothingToTellError
    return "Zahlung", (
        f"Ihre Rechnung {number} (unser Eingang {row['receipt_no']}) wurde am "
        f"{_day(paid.paid_on)} mit {_euros(paid.paid_amount, row['currency'])} bezahlt."
        + _withheld(row, paid)
    )


def _withheld(row: Mapping[str, Any], paid: sa.Row[Any]) -> str:
    """Return the account about the withheld tax (§ 48a Abs. 2 EStG), empty where there is none."""
    if paid.withheld_amount is None:
        return ""
    whole, tax = of_payment(dict(paid._mapping), paid.paid_on)
    issued = f" vom {_day(row['issued_on'])}" if row["issued_on"] else ""
    return (
        f"\n\nAbrechnung über den Steuerabzug bei Bauleistungen (§ 48a Abs. 2 EStG): Von "
        f"{whole.german()} aus dieser Rechnung{issued}, gezahlt am {_day(paid.paid_on)}, wurden "
        f"{tax.german()} einbehalten (§ 48 EStG). Sie werden beim {paid.withheld_name} angemeldet und "
        "dorthin abgeführt."
    )


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _euros(amount: Decimal, currency: str | None) -> str:
    return Money(amount, currency or "EUR").german()
