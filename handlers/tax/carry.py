"""What the order of an invoice carries of the tax that a person decided about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.connectors.kasse.port import TaxMark, Withholding
from laufzettel.engine.handler import BpmnError, Inline
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.handlers.texts import visible_line
from laufzettel.money import Money
from laufzettel.records.settings import FORMAT_WITH_TAX, TenantSettings
from laufzettel.records.tax import decisions, offices
from laufzettel.records.tax.tables import invoice_tax
from laufzettel.records.tax.withholding import withheld

_NOTHING: Final = {
    "withheld_amount": None,
    "withheld_discount": None,
    "withheld_name": None,
    "withheld_iban": None,
    "withheld_purpose": None,
}
_AGAIN: Final = "Bitte entscheiden Sie bei der Feststellung neu über die Bauabzugsteuer."


class NoLongerRightError(ConflictError):
    """Die Entscheidung über die Bauabzugsteuer passt nicht mehr; bitte geben Sie zurück."""


def carried(
    step: Inline, invoice_id: str, order: Mapping[str, Any], rules: TenantSettings
) -> dict[str, Any]:
    """Return the columns of the order that say what was decided; all empty without a decision.

    ``order`` has amount, discount, due day and purpose. Raises a BpmnError with what to do where
    something is to be withheld and cannot be, or where the certificates say otherwise by now.
    """
    try:
        held = step.records.row(invoice_tax, invoice_id)
    except NotFoundError:
        return {**_NOTHING, "tax": None}
    if why := _no_longer(step.connection, step.tenant, held, _pay_on(step, order)):
        raise BpmnError("BAUABZUGSTEUER", why)
    columns = {"tax": held["parts"]}
    if held["withhold"] is None:
        return {**_NOTHING, **columns}
    return {**_withheld(step, held, order, rules), **columns}


def _withheld(
    step: Inline, held: Mapping[str, Any], order: Mapping[str, Any], rules: TenantSettings
) -> dict[str, Any]:
    amount = Money(order["amount"], order["currency"])
    less = order["discount_amount"]
    found = withheld(
        amount,
        None if less is None else Money(less, order["currency"]),
        held["withhold"],
        held["owed_vat"],
    )
    if found is None:
        return _NOTHING
    if rules.ledger_format < FORMAT_WITH_TAX:
        raise BpmnError(
            "BAUABZUGSTEUER",
            f"Von dieser Rechnung sind {found.amount.german()} Bauabzugsteuer einzubehalten, aber die "
            "Übergabe an das HKR trägt noch keine zweite Position (Einstellung „ledger_format“ ist "
            f"{rules.ledger_format}). Bitte wenden Sie sich an den Betrieb; bis dahin wird nichts "
            "angeordnet.",
        )
    office = offices.find(step.connection, step.tenant, held["office_key"] or "")
    if office is None or not held["tax_number"]:
        raise BpmnError(
            "BAUABZUGSTEUER",
            "Das Finanzamt für die einbehaltene Bauabzugsteuer ist nicht (mehr) in der Liste, oder "
            f"die Steuernummer fehlt. {_AGAIN}",
        )
    purpose = f"Bauabzugsteuer St.-Nr. {held['tax_number']}, {order['purpose']}"
    return {
        "withheld_amount": found.amount.amount,
        "withheld_discount": None if found.discount is None else found.discount.amount,
        "withheld_name": visible_line(office.name, length_max=140),
        "withheld_iban": office.iban,
        "withheld_purpose": visible_line(purpose, length_max=140),
    }


def require_still_right(step: Inline, order: Mapping[str, Any]) -> None:
    """Have the step refused where the certificates say otherwise than when it was decided.

    What counts is the day of the payment (§ 48 Abs. 2 Satz 1 EStG), and days pass until an order
    is signed.
    """
    pay_on = _pay_on(step, order)

    def check(connection: sa.Connection) -> None:
        which = {"of_tenant": step.tenant, "of_id": order["invoice_id"]}
        held = connection.execute(_HELD, which).mappings().one_or_none()
        if held is not None and (why := _no_longer(connection, step.tenant, dict(held), pay_on)):
            raise NoLongerRightError(f"{why} Geben Sie den Vorgang dafür zurück.")

    step.write(check)


_HELD: Final = sa.select(invoice_tax).where(
    invoice_tax.c.tenant == sa.bindparam("of_tenant"), invoice_tax.c.id == sa.bindparam("of_id")
)


def _no_longer(
    connection: sa.Connection, tenant: str, held: Mapping[str, Any], pay_on: date
) -> str:
    """Return why the decision does not hold on the day of the payment, empty where it does."""
    if held["exempt"] is None and held["withhold"] is None:
        return ""  # decided for another reason than a certificate
    seller = (held["vat_id"] or "", held["name_key"] or "")
    known = decisions.certificates(connection, tenant, *seller)
    valid = next((one for one in known if one.holds(pay_on, held["order_key"] or "")), None)
    day = f"{pay_on:%d.%m.%Y}"
    if held["withhold"] is None and valid is None:
        return (
            f"Gezahlt wird voraussichtlich am {day}; dann gilt die Freistellungsbescheinigung "
            f"{held['exempt']} nicht (§ 48 Abs. 2 Satz 1 EStG). {_AGAIN}"
        )
    if held["withhold"] is not None and valid is not None:
        return (
            f"Einbehalten werden soll Bauabzugsteuer, aber am voraussichtlichen Zahlungstag {day} gilt "
            f"die Freistellungsbescheinigung {valid.number} (§ 48 Abs. 2 Satz 1 EStG). {_AGAIN}"
        )
    return ""


def _pay_on(step: Inline, order: Mapping[str, Any]) -> date:
    today = step.now.astimezone(OFFICE_ZONE).date()
    return max(order["due_on"] or today, today)


def withholding_of(order: Mapping[str, Any]) -> Withholding | None:
    """Return the position of the Finanzamt, None where the order has none."""
    if order["withheld_amount"] is None:
        return None
    less = order["withheld_discount"]
    return Withholding(
        amount=Money(order["withheld_amount"], order["currency"]),
        discount_amount=None if less is None else Money(less, order["currency"]),
        payee_name=order["withheld_name"],
        payee_iban=order["withheld_iban"],
        purpose=order["withheld_purpose"],
    )


def marks_of(order: Mapping[str, Any]) -> tuple[TaxMark, ...]:
    """Return what was decided about the tax, as the HKR gets it."""
    return tuple(
        TaxMark(
            question=visible_line(kind, length_max=60), answer=visible_line(answer, length_max=60)
        )
        for kind, _label, answer in order["tax"] or ()
    )
