"""Tell the supplier that an invoice goes back, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson

from laufzettel.connectors.post.port import Letter, PostPort, PostUnreachableError
from laufzettel.engine.handler import (
    Contents,
    Effect,
    Inline,
    NotSentError,
    Parcel,
    Values,
    effect,
)
from laufzettel.handlers.invoice.listing import purpose_of
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.handlers.texts import visible_line, visible_text
from laufzettel.records import settings
from laufzettel.records.tables import invoice


@effect
class NotifySupplier(Effect):
    """Puts one letter into the outgoing post."""

    name: ClassVar[str] = "supplier.notify"
    label: ClassVar[str] = "Lieferanten anschreiben"
    channel: ClassVar[str] = "post"

    def prepare(  # type: ignore[override]
        self, step: Inline, *, invoice_id: str, rejection_text: str
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the key of this rejection and the letter."""
        require_own(step, invoice_id)
        row = step.records.row(invoice, invoice_id)
        number = visible_line(row["number"] or "", length_max=100) or "ohne lesbare Nummer"
        reasons = visible_text(rejection_text, length_max=20_000)
        name = visible_line(row["supplier_name"] or row["sender"], length_max=140)
        lines = (visible_line(one, length_max=140) for one in row["supplier_address"] or ())
        address = [line for line in lines if line][:6]
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
            "to_name": name or "Absender der Rechnung",
            "to_address": address or ["Anschrift nicht angegeben"],
            "subject": f"{matter}: Zurückweisung",
            "body_de": body,
        }

    def pack(self, parcel: Parcel) -> Contents:
        """Return the letter as JSON; InputError for what is no letter."""
        payload = parcel.consignments[0].payload
        _letter(payload)
        return Contents(data=orjson.dumps(dict(payload)))

    def send(self, parcel: Parcel) -> Values:
        """Put the letter into the outgoing post."""
        goods = parcel.consignments[0]
        try:
            self._post().send(goods.key, _letter(goods.payload))
        except PostUnreachableError as error:
            raise NotSentError(str(error)) from error
        return {}

    def query(self, parcel: Parcel) -> Values | None:
        """Ask whether the letter is in the outgoing post."""
        return {} if self._post().sent(parcel.consignments[0].key) else None

    def _post(self) -> PostPort:
        return self.services.get(PostPort)  # type: ignore[type-abstract]


def _letter(payload: Mapping[str, Any]) -> Letter:
    return Letter(
        to_name=payload["to_name"],
        to_address=tuple(payload["to_address"]),
        subject=payload["subject"],
        body_de=payload["body_de"],
    )
