"""A Mahnung: which invoice it is about, and the dates that decide; a person says what follows.

It may have come as a mail or on paper. The lists of the invoice show it at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.handler import BpmnError, Inline, Values, inline
from laufzettel.handlers.mail.book import keep_mail
from laufzettel.handlers.mail.default_dates import NOT_HERE, Claim, answer, facts, missing
from laufzettel.handlers.mail.dunning_answer import answer_way
from laufzettel.handlers.mail.pressing import press
from laufzettel.handlers.texts import visible_line
from laufzettel.invoice_keys import number_of, plain
from laufzettel.records import settings
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import booking, cash_order, dunning, invoice, mail

#: Who answers where the invoice is nobody's secret.
GROUP: Final = "geschaeftsbuchhaltung"
_NEAR_MAX: Final = 20

# Built once: building a statement costs more than running it.
_columns = (
    invoice,
    cash_order.c.ordered_at,
    cash_order.c.drafted_at,
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
    number = visible_line(invoice_number, length_max=100)
    claim = Claim(
        on=dunned_on,
        supplier=visible_line(supplier_name or "", length_max=200),
        amount=dunned_amount,
        until=dunned_until,
        fee=dunning_fee,
    )
    row, near = _find(step, number, claim.supplier)
    told = _columns_of(claim) | {
        "tenant": step.tenant,
        "id": mail_id,
        "invoice_id": None if row is None else row["id"],
        "invoice_number": number,
        "noted_at": step.now,
    }
    step.write(lambda connection: _note(connection, told))
    step.set_facets(remarks="dunning")
    step.audit(
        "dunning.matched",
        {
            "receipt_no": "" if row is None else row["receipt_no"],
            "dunned_on": dunned_on.isoformat(),
            "until": "" if dunned_until is None else dunned_until.isoformat(),
            "fee": "" if dunning_fee is None else str(dunning_fee),
        },
    )
    rules = settings.load(step.connection, step.tenant)
    way = answer_way(step, rules, mail_id, row, claim.supplier)
    if row is None:
        return {
            "dunned_receipt": None,
            "dunning_facts": missing(number, near),
            "dunning_answer": NOT_HERE.format(number=number),
            "dunning_group": GROUP,
            "dunning_way": way.text_de,
        }
    return _matched(step, rules, row, claim, mail_id) | {"dunning_way": way.text_de}


def _matched(
    step: Inline, rules: TenantSettings, row: Mapping[str, Any], claim: Claim, mail_id: str
) -> dict[str, Any]:
    press(step, rules, row, claim, mail_id)
    is_secret = rules.is_confidential(row["buyer_reference"] or "")
    subject = f"Mahnung zu {row['receipt_no']}"
    step.set_facets(subject=subject, party="", confidential=is_secret)
    return {
        "dunned_receipt": row["receipt_no"],
        "dunning_facts": facts(row, claim),
        "dunning_answer": answer(row),
        "dunning_group": row["unit"] if is_secret and row["unit"] else GROUP,
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


def _find(
    step: Inline, number: str, supplier: str
) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
    """Return the one invoice of that number, of several that of the supplier; and else those
    that may be meant.
    """
    which = {"of_tenant": step.tenant, "of_receipt": number.upper()}
    by_receipt = step.connection.execute(_BY_RECEIPT, which).first()
    if by_receipt is not None:
        return by_receipt._asdict(), ()
    which = {"of_tenant": step.tenant, "of_key": number_of(number).core}
    found = [row._asdict() for row in step.connection.execute(_BY_NUMBER, which)]
    same = [one for one in found if plain(one["number"] or "") == plain(number)]
    if len({one["id"] for one in same}) > 1:  # suppliers count alike: „1“, „2026-1“
        same = [one for one in same if plain(one["supplier_name"] or "") == plain(supplier)]
    return (same[0], ()) if len({one["id"] for one in same}) == 1 else (None, found)


def _note(connection: sa.Connection, told: Mapping[str, Any]) -> None:
    which = {"of_tenant": told["tenant"], "of_mail": told["id"]}
    connection.execute(_FORGET, which)
    connection.execute(_NOTE, dict(told))
    if told["invoice_id"] is not None:
        entry = connection.execute(_MAIL, which).one()
        keep_mail(connection, entry._asdict(), holder=told["invoice_id"])
