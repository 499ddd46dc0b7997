"""The Finanzämter to which withheld tax is paid, with their accounts: a list of the tenant.

Who decides about an invoice chooses one of them and cannot type an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from stdnum import iban as ibans
from stdnum.de import stnr
from stdnum.exceptions import ValidationError

from laufzettel import csv_table
from laufzettel.csv_table import Column, Table
from laufzettel.invoice_keys import plain
from laufzettel.records.kept_list import KeptList
from laufzettel.records.tax.tables import tax_office

_COLUMNS: Final = (
    Column("Nummer", "number", csv_table.text, required=True, longest=20),
    Column("Name", "name", csv_table.text, required=True, longest=100),
    Column("IBAN", "iban", csv_table.text, required=True, longest=42),
)
LIST: Final = KeptList(tax_office, ("key",))
_LISTED: Final = (
    sa.select(tax_office)
    .where(tax_office.c.tenant == sa.bindparam("of_tenant"))
    .order_by(tax_office.c.name, tax_office.c.key)
)
_ONE: Final = sa.select(tax_office).where(
    tax_office.c.tenant == sa.bindparam("of_tenant"), tax_office.c.key == sa.bindparam("of_key")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A Finanzamt."""

    key: str
    number: str
    name: str
    iban: str  # without spaces

    @property
    def label(self) -> str:
        """What people choose it by."""
        return f"{self.name} ({self.number})"


def listed(connection: sa.Connection, tenant: str) -> tuple[Office, ...]:
    """Return the Finanzämter of the tenant by name."""
    return tuple(_office(row) for row in connection.execute(_LISTED, {"of_tenant": tenant}))


def find(connection: sa.Connection, tenant: str, key: str) -> Office | None:
    """Return the Finanzamt with that key, None where the list has it no more."""
    row = connection.execute(_ONE, {"of_tenant": tenant, "of_key": key}).one_or_none()
    return None if row is None else _office(row)


def _office(row: sa.Row[Any]) -> Office:
    return Office(key=row.key, number=row.number, name=row.name, iban=row.iban)


def tax_number_fault(text: str) -> str:
    """Return what is wrong with a Steuernummer, empty where nothing is.

    >>> tax_number_fault("2181508150"), tax_number_fault("12") != ""
    ('', True)
    """
    try:
        stnr.validate(text)
    except ValidationError:
        return "Das ist keine Steuernummer. Sie steht auf der Rechnung (BT-32) und hat 10 bis 13 Ziffern."
    return ""


def read(data: bytes, *, encoding: str = "utf-8") -> Table:
    """Return the columns of ``tax_office`` for each line, and everything that is wrong."""
    return csv_table.keyed(csv_table.read(data, _COLUMNS, encoding=encoding), _row, _objection)


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": plain(values["number"]),
        "number": values["number"],
        "name": values["name"],
        "iban": ibans.compact(values["iban"]),
    }


def _objection(values: Mapping[str, Any]) -> str:
    if not plain(values["number"]):
        return "„Nummer“ hat weder Buchstaben noch Ziffern."
    if not ibans.is_valid(values["iban"]):
        return "„IBAN“ ist keine: Die Prüfziffer stimmt nicht."
    return ""
