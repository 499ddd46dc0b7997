"""Tell the supplier that an invoice goes back, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from laufzettel.engine.handler import Inline, effect
from laufzettel.handlers.invoice.listing import purpose_of
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.handlers.supplier.addresses import mail_address, speaks_of_bank_data
from laufzettel.handlers.supplier.letters import LetterEffect
from laufzettel.handlers.texts import visible_line, visible_text
from laufzettel.records import settings
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import invoice


@effect
class NotifySupplier(LetterEffect):
    """Puts one letter into the outgoing post, or sends it by mail where the tenant wants it."""

    name: ClassVar[str] = "supplier.notify"
    label: ClassVar[str] = "Lieferanten anschreiben"

    def prepare(  # type: ignore[override]
        self, step: Inline, *, invoice_id: str, rejection_text: str
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the key of this rejection and the letter."""
        require_own(step, invoice_id)
        row = step.records.row(invoice, invoice_id)
        number = visible_line(row["number"] or "", length_max=100) or "ohne lesbare Nummer"
        reasons = visible_text(rejection_text, length_max=20_000)
        body = (
            "Sehr geehrte Damen und Herren,\n\n"
            f"Ihre Rechnung {number} (unser Eingang {row['receipt_no']}) können wir nicht "
            f"annehmen:\n\n{reasons}\n\n"
            "Bitte senden Sie uns eine berichtigte Rechnung. Bis dahin wird der Betrag nicht "
            "fällig gestellt.\n\nMit freundlichen Grüßen"
        )
        rules = settings.load(step.connection, step.tenant)
        matter = purpose_of(row, rules, f"Ihre Rechnung {number}")
        return f"{step.tenant}:{invoice_id}:zurueckweisung:1", {
            **addressed(row),
            "subject": f"{matter}: Zurückweisung",
            "body_de": body,
            **_by_mail(step, rules, row, reasons),
        }


def addressed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return name and postal address of the invoice's supplier as a letter has them."""
    name = visible_line(row["supplier_name"] or row["sender"], length_max=140)
    lines = (visible_line(one, length_max=140) for one in row["supplier_address"] or ())
    address = [line for line in lines if line][:6]
    return {
        "to_name": name or "Absender der Rechnung",
        "to_address": address or ["Anschrift nicht angegeben"],
    }


def _by_mail(
    step: Inline, rules: TenantSettings, row: Mapping[str, Any], reasons: str
) -> dict[str, str]:
    """Return where the mail goes; nothing where it is a letter on paper."""
    if rules.answers["rejected"] != "mail":
        return {}
    bank_data = speaks_of_bank_data(reasons)
    found = mail_address(step.connection, step.tenant, row, bank_data=bank_data)
    return {"to_mail": found.mail, "in_reply_to": found.in_reply_to} if found else {}
