"""A Mahnung: which invoice it is about, and the dates that decide; a person says what follows.

It may have come as a mail or on paper. The lists of the invoice show it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import BpmnError, Inline, Values, inline
from laufzettel.handlers.mail.book import keep_mail
from laufzettel.handlers.mail.default_dates import (
    NOT_HERE,
    SEVERAL,
    Claim,
    Found,
    answer,
    facts,
    missing,
)
from laufzettel.handlers.mail.dunned import find
from laufzettel.handlers.mail.dunning_answer import answer_way
from laufzettel.handlers.mail.pressing import press
from laufzettel.handlers.texts import visible_line
from laufzettel.records import settings
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import dunning, invoice, mail

#: Who answers where the invoice is nobody's secret.
GROUP: Final = "geschaeftsbuchhaltung"

# Built once: building a statement costs more than running it.
_MAIL: Final = sa.select(mail).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.id == sa.bindparam("of_mail")
)
_FORGET: Final = sa.delete(dunning).where(
    dunning.c.tenant == sa.bindparam("of_tenant"), dunning.c.id == sa.bindparam("of_mail")
)
_NOTE: Final = sa.insert(dunning)


@inline(
    "dunning.match",
    results=(
        "dunned_receipt",
        "dunning_facts",
        "dunning_answer",
        "dunning_group",
        "dunning_way",
    ),
    label="Mahnung einer Rechnung zuordnen",
)
def match(
    step: Inline,
    *,
    mail_id: str,
    invoice_number: str,
    dunned_on: date,
    supplier_name: str | None = None,
    dunned_amount: Decimal | None = None,
    dunned_until: date | None = None,
    dunning_fee: Decimal | None = None,
) -> Values:
    """Return the invoice that is dunned, the dates that decide, a text to answer with, and
    where that would go.

    The number must be the invoice's own or its receipt's; what is only alike is named and not
    taken for it. The Mahnung lies beside the invoice from then on, whose last day to act moves
    forward where the Mahnung asks for it.
    """
    _require_own(step, mail_id)
    rules = settings.load(step.connection, step.tenant)
    number = visible_line(invoice_number, length_max=100)
    came = step.connection.execute(_MAIL, {"of_tenant": step.tenant, "of_mail": mail_id}).one()
    claim = Claim(
        on=dunned_on,
        came_on=came.received_at.astimezone(OFFICE_ZONE).date(),
        supplier=visible_line(supplier_name or "", length_max=200),
        amount=dunned_amount,
        until=dunned_until,
        fee=dunning_fee,
    )
    found = find(step.connection, step.tenant, rules, number, claim)
    _record(step, mail_id, number, claim, found.invoice)
    way = answer_way(step, rules, mail_id, found.invoice, claim.supplier)
    told = (
        _unknown(number, found, claim)
        if found.invoice is None
        else _matched(step, rules, found.invoice, claim, mail_id)
    )
    return told | {"dunning_way": way.text_de}


def _record(
    step: Inline, mail_id: str, number: str, claim: Claim, row: Mapping[str, Any] | None
) -> None:
    """Have the step note what the Mahnung says, beside its invoice and in the audit."""
    noted = _columns_of(claim) | {
        "tenant": step.tenant,
        "id": mail_id,
        "invoice_id": None if row is None else row["id"],
        "invoice_number": number,
        "noted_at": step.now,
    }
    step.write(lambda connection: _note(connection, noted))
    step.set_facets(remarks="dunning")
    step.audit(
        "dunning.matched",
        {
            "receipt_no": "" if row is None else row["receipt_no"],
            "dunned_on": claim.on.isoformat(),
            "until": "" if claim.until is None else claim.until.isoformat(),
            "fee": "" if claim.fee is None else str(claim.fee),
        },
    )


def _unknown(number: str, found: Found, claim: Claim) -> dict[str, Any]:
    return {
        "dunned_receipt": None,
        "dunning_facts": missing(number, found, claim),
        "dunning_answer": (SEVERAL if found.is_ambiguous or found.old else NOT_HERE).format(
            number=number
        ),
        "dunning_group": GROUP,
    }


def _matched(
    step: Inline, rules: TenantSettings, row: Mapping[str, Any], claim: Claim, mail_id: str
) -> dict[str, Any]:
    press(step, rules, row, claim, mail_id)
    is_secret = rules.keeps(row)
    unit = row["unit"] or row["kept_for"] or rules.unit_for(row["buyer_reference"] or "")
    subject = f"Mahnung zu {row['receipt_no']}"
    step.set_facets(subject=subject, party="", confidential=is_secret)
    return {
        "dunned_receipt": row["receipt_no"],
        "dunning_facts": facts(row, claim),
        "dunning_answer": answer(row),
        "dunning_group": unit if is_secret else GROUP,
    }


@inline("dunning.decide", results=("answer_by",), label="Entscheidung über die Mahnung festhalten")
def decide(
    step: Inline, *, mail_id: str, decision: str, answer_text: str, decided_by: str
) -> Values:
    """Record what a person decided and wrote; return whether it is to be mailed or kept."""
    _require_own(step, mail_id)
    step.records.update(
        dunning,
        mail_id,
        {"decision": decision, "text": answer_text, "decided_by": decided_by},
    )
    step.audit("dunning.decided", {"decision": decision}, text=answer_text)
    noted = step.records.row(dunning, mail_id)
    row = step.records.row(invoice, noted["invoice_id"]) if noted["invoice_id"] else None
    rules = settings.load(step.connection, step.tenant)
    way = answer_way(step, rules, mail_id, row, noted["supplier"] or "")
    return {"answer_by": "mail" if way.to_mail else "keine"}


def _require_own(step: Inline, mail_id: str) -> None:
    if step.business_key != f"mail:{mail_id}":
        raise BpmnError("FREMDE_MAIL", "Diese Mail gehört zu einem anderen Vorgang.")


def _columns_of(claim: Claim) -> dict[str, Any]:
    return {
        "dunned_on": claim.on,
        "supplier": claim.supplier or None,
        "amount": claim.amount,
        "until": claim.until,
        "fee": claim.fee,
    }


def _note(connection: sa.Connection, told: Mapping[str, Any]) -> None:
    which = {"of_tenant": told["tenant"], "of_mail": told["id"]}
    connection.execute(_FORGET, which)
    connection.execute(_NOTE, dict(told))
    if told["invoice_id"] is not None:
        entry = connection.execute(_MAIL, which).one()
        keep_mail(connection, entry._asdict(), holder=told["invoice_id"])
