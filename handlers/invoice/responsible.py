"""Who is responsible for an invoice: what the decision sees, and what its answer comes to.

A table or a person names a unit and perhaps a clerk. What does not exist is a finding in
German for the Poststelle and never stops the invoice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from laufzettel.einvoice.invoice import Invoice
from laufzettel.engine.handler import Inline, Values
from laufzettel.handlers.invoice.listing import (
    list_deadline,
    list_invoice,
    signatures_after_certifying,
)
from laufzettel.handlers.invoice.proposal import proposal_of
from laufzettel.records.people import STRICT
from laufzettel.records.settings import CENTRAL_POST, TenantSettings
from laufzettel.records.tables import invoice
from laufzettel.records.units import members, named, units

#: Most characters of the invoice's text that a decision sees; the trace keeps them.
TEXT_MAX: Final = 2000
_FIELD_MAX: Final = 200
_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Who has to judge an invoice; without a unit the Poststelle finds out, told by ``text``."""

    unit: str | None = None
    offered_to: str = CENTRAL_POST  # the group that sees the task: the unit, or one inside it
    clerk: str | None = None  # the person who has the task
    text: str | None = None

    def values(self) -> Values:
        """Return it as what a handler gives back."""
        return {
            "unit": self.unit,
            "offered_to": self.offered_to,
            "clerk": self.clerk,
            "responsibility_text": self.text,
        }


#: The names of what ``hand_over`` gives.
RESULTS: Final = (
    "unit",
    "offered_to",
    "clerk",
    "responsibility_text",
    "separate_certification",
    "proposal",
    "proposed_cost_center",
    "proposed_gl_account",
)


def routing_facts(read: Invoice) -> dict[str, Any]:
    """Return what the decision about the unit may look at; what is missing is an empty text.

    >>> read = Invoice(number="1", issue_date=None, type_code="380", currency="EUR",
    ...     buyer_reference="053820072072-BAU-73", order_ref="4500012")
    >>> facts = routing_facts(read)
    >>> facts["leitweg_coarse"], facts["leitweg_fine"], facts["order_number"], facts["text"]
    ('053820072072', 'BAU', '4500012', '')
    """
    coarse, fine = parts(read.buyer_reference)
    return {
        "leitweg_id": read.buyer_reference[:_FIELD_MAX],
        "leitweg_coarse": coarse,
        "leitweg_fine": fine,
        "order_number": read.order_ref[:_FIELD_MAX],
        "contract_number": read.contract_ref[:_FIELD_MAX],
        "supplier_name": read.seller.name[:_FIELD_MAX],
        "supplier_vat_id": read.seller.vat_id.replace(" ", "")[:_FIELD_MAX],
        "text": "\n".join(filter(None, _texts(read)))[:TEXT_MAX],
        "gross_amount": read.totals.gross,
    }


def parts(leitweg_id: str) -> tuple[str, str]:
    """Return coarse and fine address of a Leitweg-ID, empty texts for what it has not.

    >>> parts("04011000-1234512345-06"), parts("04011000-06"), parts("Frau Meier")
    (('04011000', '1234512345'), ('04011000', ''), ('', ''))
    """
    found = leitweg_id.strip().split("-")
    if len(found) not in (2, 3) or not found[0].isdecimal():
        return "", ""
    return found[0][:_FIELD_MAX], found[1][:_FIELD_MAX] if len(found) == 3 else ""


def _texts(read: Invoice) -> Iterator[str]:
    yield from (note.text for note in read.notes)
    for line in read.lines:
        yield from (line.name, line.description, line.note)


def judged(
    step: Inline, rules: TenantSettings, unit: str, clerk: str | None, *, said_by: str
) -> Responsible:
    """Return who is meant by a unit and a clerk; ``said_by`` names the source in a finding."""
    known = units(step.connection, step.tenant, rules)
    found = named(known, unit)
    if found is None:
        return Responsible(
            text=f"{said_by} die Stelle „{unit[:60]}“; diese gibt es nicht. {_listed(rules)}"
        )
    if not clerk or not clerk.strip():
        return Responsible(unit=found, offered_to=found)
    person = named(members(step.connection, step.tenant, found), clerk)
    if person is not None:
        return Responsible(unit=found, offered_to=found, clerk=person)
    group = named(known, clerk)
    if group is not None:
        return Responsible(unit=found, offered_to=group)
    return Responsible(
        text=f"{said_by} für „{known[found]}“ die Sachbearbeitung „{clerk[:60]}“; dort gibt es "
        "niemanden, der so heißt."
    )


def nobody_knows(rules: TenantSettings) -> Responsible:
    """Return that no rule of the tenant names a unit."""
    return Responsible(text=f"Keine Regel nennt für diese Rechnung eine Stelle. {_listed(rules)}")


def _listed(rules: TenantSettings) -> str:
    ids = sorted(set(rules.routing.values()) - {CENTRAL_POST})
    names = [rules.group_names.get(unit, unit) for unit in ids[:_SHOWN_MAX]]
    more = ["…"] if len(ids) > _SHOWN_MAX else []
    return f"Stellen sind etwa: {', '.join(names + more)}." if names else ""


def hand_over(
    step: Inline, invoice_id: str, rules: TenantSettings, found: Responsible
) -> dict[str, Any]:
    """Have the step write who is responsible, and lists show the invoice there.

    Returns ``RESULTS``: who it is, whether two persons certify, and what is proposed to them.
    ``proposal`` says how the invoice is probably to be assigned and why; without a unit, or
    where neither table nor habit says anything, it and what it proposes are None.
    """
    unit = found.unit or CENTRAL_POST
    before = step.records.row(invoice, invoice_id)
    # What was a confidential unit's does not come out because it was sent on.
    kept_for = before["unit"] if before["unit"] in rules.confidential_units else before["kept_for"]
    moved = {"unit": unit, "kept_for": kept_for}
    row = {**before, **moved}
    step.set_facets(unit=unit)
    step.records.update(invoice, invoice_id, moved)
    list_invoice(step, row, rules)
    after = signatures_after_certifying(row, rules)
    list_deadline(step, row, rules, signatures_after=after)
    proposed = proposal_of(step, row, rules, unit=found.unit) if found.unit else None
    return {
        **found.values(),
        "separate_certification": rules.duty_preset == STRICT.name,
        "proposal": proposed and proposed.reason,
        "proposed_cost_center": proposed and proposed.cost_center,
        "proposed_gl_account": proposed and proposed.gl_account,
    }
