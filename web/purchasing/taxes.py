"""The tax of an invoice on its pages: what is proposed, and the fields by which a person decides.

The fields stand in the form of whoever certifies „sachlich“. Nothing is filled in beforehand: what
is proposed stands beside each field and holds only when somebody says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice.invoice import Invoice
from laufzettel.engine.api import TaskSheet
from laufzettel.errors import ForbiddenError
from laufzettel.identity import Actor, Right
from laufzettel.records import settings
from laufzettel.records.tax import decisions, rules
from laufzettel.records.tax.decisions import Decision
from laufzettel.records.tax.proposal import OPEN, Around, Part, propose, seller_of
from laufzettel.web.auth.guard import actor, now
from laufzettel.web.case import invoice_records
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts
from laufzettel.web.task.form import Widget, hide_rule

#: The duty whose holder decides.
DUTY: Final = "sachlich"
PREFIX: Final = "tax_"
CHOICE: Final = "tax_choice"
NOTE: Final = "tax_note"
_AS_PROPOSED, _OTHERWISE, _LATER = "vorschlag", "anders", "offen"
_VALUE_MAX: Final = 60
_NOTE_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """What is proposed for an invoice, and what was decided."""

    read: Invoice
    invoice_id: str
    pay_on: date
    parts: list[Part]
    decision: Decision | None
    is_required: bool

    @property
    def shown(self) -> list[str]:
        """What the page shows of it, for the digest of what was displayed."""
        return [part.shown for part in self.parts]

    @property
    def is_complete(self) -> bool:
        """Whether there is a proposal for every part."""
        return all(part.value != OPEN for part in self.parts)

    def labels(self) -> dict[str, str]:
        """Return how each part is called."""
        return {part.kind: part.label for part in self.parts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person decided: part → what holds."""

    values: dict[str, str]
    note: str


def tax_of(
    connection: sa.Connection, invoice: invoice_records.Invoice, read: Invoice | None
) -> Tax | None:
    """Return the proposals; None where the invoice has no structured data."""
    if read is None:
        return None
    tenant = actor().tenant
    today = now().astimezone(OFFICE_ZONE).date()
    pay_on = max(invoice.due_on or today, today)
    own = settings.load(connection, tenant)
    seller = seller_of(read)
    others = decisions.of_year(connection, tenant, seller, pay_on.year, invoice.id)
    mine = own.is_confidential(read.buyer_reference, invoice.unit)
    order_key, order_gross = decisions.order_of(connection, tenant, invoice.id)
    around = Around(
        unit=invoice.unit or own.unit_for(read.buyer_reference),
        pay_on=pay_on,
        certificates=decisions.certificates(connection, tenant, *seller),
        year_sum=sum((gross for gross, _address, _unit in others), Decimal(0)),
        hides_sum=not mine and any(own.is_confidential(*whose) for _gross, *whose in others),
        order_key=order_key,
        order_gross=order_gross,
    )
    return Tax(
        read=read,
        invoice_id=invoice.id,
        pay_on=pay_on,
        parts=propose(read, around, rules.of_tenant(connection, tenant)),
        decision=decisions.latest(connection, tenant, invoice.id),
        is_required=own.tax_required,
    )


def is_asked(tax: Tax | None, sheet: TaskSheet) -> bool:
    """Say whether the form of this task has the fields."""
    is_open = sheet.task.status == "open"
    return tax is not None and bool(tax.parts) and is_open and DUTY in sheet.task.duties


def fields(tax: Tax, typed: Mapping[str, str], errors: Mapping[str, str]) -> Iterator[Widget]:
    """Yield the fields of the decision as the page draws them."""
    options = [(_AS_PROPOSED, "Wie vorgeschlagen")] if tax.is_complete else []
    options += [(_OTHERWISE, "Anders"), (_LATER, "Noch nicht entschieden")]
    hint = (
        "Die Vorschläge stehen bei der Rechnung unter „Steuer“. Ohne Ihre Entscheidung gilt keiner."
    )
    yield Widget(
        kind="radio",
        key=CHOICE,
        label="Steuerliche Behandlung",
        hint=hint,
        value=typed.get(CHOICE, ""),
        options=tuple(options),
        required=tax.is_required,
        error=errors.get(CHOICE, ""),
    )
    hidden = hide_rule(f'{CHOICE} != "{_OTHERWISE}"')
    for number, part in enumerate(tax.parts):
        key = f"{PREFIX}{number}"
        yield Widget(
            kind="textfield",
            key=key,
            label=part.label,
            hint=f"Vorgeschlagen: {part.value}",
            value=typed.get(key, ""),
            max_length=_VALUE_MAX,
            error=errors.get(key, ""),
            attributes=hidden,
        )
    yield Widget(
        kind="textarea",
        key=NOTE,
        label="Begründung zur Steuer",
        hint="Warum anders als vorgeschlagen?",
        value=typed.get(NOTE, ""),
        max_length=_NOTE_MAX,
        error=errors.get(NOTE, ""),
        attributes=hidden,
    )


def read_answer(
    tax: Tax, sheet: TaskSheet, given: Mapping[str, str]
) -> tuple[Answer | None, dict[str, str]]:
    """Return what was decided, and what is wrong by its field.

    Only who certifies decides: whoever sends the invoice back need not. None is no decision.
    """
    if sheet.signs is not None and given.get(sheet.signs[0], "") != sheet.signs[1]:
        return None, {}
    choice = given.get(CHOICE, "")
    if choice == _AS_PROPOSED and tax.is_complete:
        return Answer(values={part.kind: part.value for part in tax.parts}, note=""), {}
    if choice == _OTHERWISE:
        return _otherwise(tax, given)
    if choice not in ("", _LATER):
        return None, {CHOICE: _("Bitte wählen Sie eine der Möglichkeiten.")}
    if tax.is_required:
        return None, {CHOICE: _("Bitte entscheiden Sie über die Steuer, bevor Sie feststellen.")}
    return None, {}


def _otherwise(tax: Tax, given: Mapping[str, str]) -> tuple[Answer | None, dict[str, str]]:
    values, errors = {}, {}
    for number, part in enumerate(tax.parts):
        key = f"{PREFIX}{number}"
        value = " ".join(given.get(key, "").split())
        if not value or len(value) > _VALUE_MAX or not value.isprintable():
            errors[key] = _("Bitte füllen Sie „%(label)s“ aus.") % {"label": part.label}
        values[part.kind] = value
    note = given.get(NOTE, "").strip()
    if not note or len(note) > _NOTE_MAX:
        errors[NOTE] = _("Bitte begründen Sie, warum anders als vorgeschlagen.")
    return (None if errors else Answer(values=values, note=note)), errors


def keep(connection: sa.Connection, tax: Tax, answer: Answer) -> None:
    """Keep the decision, in the transaction of the signature, with its event in the audit."""
    who = actor()
    data = decisions.add(
        connection,
        who.tenant,
        tax.invoice_id,
        by=who.label,
        at=now(),
        parts=tax.parts,
        values=answer.values,
        note=answer.note,
        seller=seller_of(tax.read),
        pay_on=tax.pay_on,
        gross=tax.read.totals.gross,
    )
    # The event is the person's own; only the verb for events outside cases asks for more.
    noting = replace(who, rights=who.rights | {Right.OPERATE})
    texts = {"note": answer.note} if answer.note else {}
    parts().engine.note(connection, noting, rules.STREAM, "tax.decided", data, texts)


def refuse_undecided(who: Actor, task_id: str, values: Mapping[str, object]) -> None:
    """Raise ForbiddenError where a program certifies what needs a decision about the tax.

    The decision is made on the page, beside the proposals; no way round it leads over the API.
    """
    sheet = parts().engine.task(who, task_id)
    with parts().db.read() as connection:
        is_required = settings.load(connection, who.tenant).tax_required
    signs = sheet.signs is None or values.get(sheet.signs[0]) == sheet.signs[1]
    if is_required and signs and DUTY in sheet.task.duties:
        raise ForbiddenError(
            _("Über die Steuer ist vor der Feststellung zu entscheiden, auf der Seite der Aufgabe.")
        )
