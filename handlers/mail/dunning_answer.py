"""The answer to a Mahnung: by mail, to the address of the master data and no other.

Whoever sends a false Mahnung must learn nothing by it. So neither the address it came from
nor one that stands in it is written to, unless the town itself has it among its suppliers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from laufzettel.connectors.post.port import is_message_id
from laufzettel.engine.handler import BpmnError, Inline, effect
from laufzettel.handlers.invoice.listing import purpose_of
from laufzettel.handlers.supplier.addresses import master_address
from laufzettel.handlers.supplier.answer import NothingToTellError
from laufzettel.handlers.supplier.letters import LetterEffect
from laufzettel.handlers.supplier.notify import addressed
from laufzettel.handlers.texts import visible_line, visible_text
from laufzettel.records import settings
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import dunning, invoice, mail

# Built once: building a statement costs more than running it.
_MAIL: Final = sa.select(mail.c.sender, mail.c.message_id, mail.c.is_automatic).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.id == sa.bindparam("of_mail")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where the answer goes."""

    to_mail: str  # empty: it is kept and not sent
    text_de: str  # what the person who writes it is told
    in_reply_to: str = ""


def answer_way(
    step: Inline,
    rules: TenantSettings,
    mail_id: str,
    row: Mapping[str, Any] | None,
    supplier: str,
) -> Way:
    """Return where the answer goes: by mail where the tenant wants it and knows the supplier."""
    if rules.answers["dunned"] != "mail":
        return Way(to_mail="", text_de="Die Antwort wird festgehalten und nicht gesendet.")
    which = {"of_tenant": step.tenant, "of_mail": mail_id}
    came = step.connection.execute(_MAIL, which).one_or_none()
    found = master_address(
        step.connection,
        step.tenant,
        vat_id=(row["supplier_vat_id"] or "") if row else "",
        name=((row["supplier_name"] or "") if row else "") or supplier,
        sender=(came.sender or "") if came else "",
    )
    if not found:
        return Way(
            to_mail="",
            text_de="Zu diesem Lieferanten steht keine Adresse in den Stammdaten. Die Antwort wird "
            "festgehalten und nicht gesendet; bitte antworten Sie selbst.",
        )
    is_answer = came is not None and not came.is_automatic and is_message_id(came.message_id or "")
    return Way(
        to_mail=found,
        text_de=f"Die Antwort geht nach dem Absenden als Mail an {found} (Stammdaten).",
        in_reply_to=str(came.message_id) if is_answer and came else "",
    )


@effect
class AnswerDunning(LetterEffect):
    """Sends the answer to a Mahnung once, as a person wrote it."""

    name: ClassVar[str] = "dunning.answer"
    label: ClassVar[str] = "Mahnung beantworten (Mail)"
    channel: ClassVar[str] = "mail"
    has_paper: ClassVar[bool] = False
    must_arrive: ClassVar[bool] = True  # a person wrote it, and believes that it went out

    def prepare(  # type: ignore[override]
        self, step: Inline, *, mail_id: str, answer_text: str
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the key of this answer and the mail."""
        if step.business_key != f"mail:{mail_id}":
            raise BpmnError("FREMDE_MAIL", "Diese Mail gehört zu einem anderen Vorgang.")
        noted = step.records.row(dunning, mail_id)
        row = step.records.row(invoice, noted["invoice_id"]) if noted["invoice_id"] else None
        rules = settings.load(step.connection, step.tenant)
        way = answer_way(step, rules, mail_id, row, noted["supplier"] or "")
        if not way.to_mail:
            raise NothingToTellError("Zu diesem Lieferanten gibt es keine Adresse mehr.")
        number = visible_line(noted["invoice_number"], length_max=100)
        matter = f"Ihre Rechnung {number}"
        matter = purpose_of(row, rules, matter) if row else matter
        text = visible_text(answer_text, length_max=2_000)
        return f"{step.tenant}:{mail_id}:mahnung:1", {
            **_to(row, noted["supplier"] or ""),
            "subject": f"{matter}: Ihre Mahnung vom {noted['dunned_on']:%d.%m.%Y}",
            "body_de": f"Sehr geehrte Damen und Herren,\n\n{text}\n\nMit freundlichen Grüßen",
            "to_mail": way.to_mail,
            "in_reply_to": way.in_reply_to,
        }


def _to(row: Mapping[str, Any] | None, supplier: str) -> dict[str, Any]:
    if row is not None:
        return addressed(row)
    return addressed({"supplier_name": supplier, "sender": "", "supplier_address": None})
