"""What stands on the Kassenanordnung, gathered from the records and the signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import Signed
from laufzettel.errors import LaufzettelError, NotFoundError
from laufzettel.handlers.order.orders import discount_of
from laufzettel.handlers.tax.carry import withholding_of
from laufzettel.money import Money
from laufzettel.records.papers import order as papers
from laufzettel.records.tables import cash_order, invoice, person, tenant
from laufzettel.records.tax.proposal import WITHHOLDING

# Built once: building a statement costs more than running it.
_ROW = {
    table.name: sa.select(table).where(
        table.c.tenant == sa.bindparam("of_tenant"), table.c.id == sa.bindparam("of_id")
    )
    for table in (cash_order, invoice)
}
_PEOPLE = sa.select(person.c.id, person.c.name, person.c.office).where(
    person.c.tenant == sa.bindparam("of_tenant"),
    person.c.id.in_(sa.bindparam("of_ids", expanding=True)),
)
_NAME = sa.select(tenant.c.name).where(tenant.c.id == sa.bindparam("of_id"))


class NotIssuedError(LaufzettelError):
    """Diese Anordnung ist nicht ausgestellt; gedruckt wird nur, was angeordnet ist."""


class NotSignedError(LaufzettelError):
    """Der Anordnung fehlt eine Unterschrift; sie wird nicht gedruckt."""


def gather(
    connection: sa.Connection, tenant_id: str, order_id: str, signatures: Sequence[Signed]
) -> tuple[Mapping[str, Any], papers.OrderPaper]:
    """Return the invoice's row and the paper of the order as it was signed, nothing enclosed yet.

    Raises NotIssuedError for a draft, NotSignedError where the signatures are not those that
    the order names.
    """
    order = _row(connection, cash_order, tenant_id, order_id)
    bill = _row(connection, invoice, tenant_id, order["invoice_id"])
    if order["number"] is None or order["ordered_at"] is None:
        raise NotIssuedError
    names = _people(connection, tenant_id, signatures)
    return bill, papers.OrderPaper(
        tenant=_name(connection, tenant_id),
        number=order["number"],
        revision=order["revision"],
        ordered_on=order["ordered_at"].astimezone(OFFICE_ZONE).date(),
        amount=Money(order["amount"], order["currency"]),
        fiscal_year_expense=order["fiscal_year_expense"],
        fiscal_year_payment=order["fiscal_year_payment"],
        payee_name=order["payee_name"],
        payee_iban=order["payee_iban"],
        purpose=order["purpose"],
        due_on=order["due_on"],
        discount_until=order["discount_until"],
        discount=discount_of(order),
        withheld=_withheld(order),
        tax=tuple(
            (label, answer) for kind, label, answer in order["tax"] or () if kind != WITHHOLDING
        ),
        cost_center=order["cost_center"],
        gl_account=order["gl_account"],
        supplier=bill["supplier_name"] or bill["sender"],
        invoice_number=bill["number"] or "",
        invoice_date=bill["issued_on"],
        receipt_no=bill["receipt_no"],
        received_at=bill["received_at"],
        signatures=tuple(_printed(one, names) for one in valid(order, signatures)),
        original_sha256=bill["sha256"],
    )


def _withheld(order: Mapping[str, Any]) -> papers.Withheld | None:
    held = withholding_of(order)
    if held is None:
        return None
    return papers.Withheld(
        amount=held.amount,
        discount=held.discount_amount,
        name=held.payee_name,
        iban=held.payee_iban,
        purpose=held.purpose,
    )


def valid(order: Mapping[str, Any], signatures: Sequence[Signed]) -> list[Signed]:
    """Return the signature of each duty that this revision rests on: the latest one.

    Raises NotSignedError where one is missing, or is another person's than the order says.
    """
    latest = {one.duty: one for one in signatures}
    named = {
        "sachlich": order["certified_by"],
        "rechnerisch": None,  # the order does not name who signed it
        "anordnung": order["ordered_by"],
        "mitzeichnung": order["countersigned_by"],
    }
    if order["countersigned_by"] is None:  # one of an earlier revision signs nothing here
        latest.pop("mitzeichnung", None)
        named.pop("mitzeichnung")
    for duty, who in named.items():
        if duty not in latest or who not in {None, latest[duty].person}:
            raise NotSignedError(
                f"Der Anordnung {order['number']} fehlt die Unterschrift „{duty.capitalize()}“ "
                "der Person, die in ihr steht; sie wird nicht gedruckt."
            )
    return list(latest.values())


def _printed(signed: Signed, people: Mapping[str, tuple[str, str]]) -> papers.Signed:
    name, office = people.get(signed.person, (signed.person, ""))
    represented = signed.deputy_for
    return papers.Signed(
        duty=signed.duty,
        name=name,
        office=office,
        at=signed.at,
        deputy_for=people.get(represented, (represented, ""))[0] if represented else "",
    )


def _row(
    connection: sa.Connection, table: sa.Table, tenant_id: str, row_id: str
) -> Mapping[str, Any]:
    which = {"of_tenant": tenant_id, "of_id": row_id}
    found = connection.execute(_ROW[table.name], which).mappings().one_or_none()
    if found is None:
        raise NotFoundError
    return dict(found)


def _people(
    connection: sa.Connection, tenant_id: str, signed: Sequence[Signed]
) -> dict[str, tuple[str, str]]:
    """Return name and office of everybody who signed or was represented."""
    ids = {one.person for one in signed} | {one.deputy_for for one in signed if one.deputy_for}
    which = {"of_tenant": tenant_id, "of_ids": sorted(ids)}
    return {row.id: (row.name, row.office) for row in connection.execute(_PEOPLE, which)}


def _name(connection: sa.Connection, tenant_id: str) -> str:
    return str(connection.execute(_NAME, {"of_id": tenant_id}).scalar_one())
