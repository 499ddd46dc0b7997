"""The rules of the tax table: shipped ones and a tenant's own, each with its source and its days."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import csv_table
from laufzettel.csv_table import BadCellError, Column, Table
from laufzettel.invoice_keys import name_key, plain
from laufzettel.records.kept_list import KeptList
from laufzettel.records.tax.tables import exemption_certificate, tax_rule

STREAM: Final = "taxes"
#: Art as people write it → its code.
KINDS: Final[Mapping[str, str]] = {
    "steuerschluessel": "code",
    "regelsatz": "standard_rate",
    "recht": "regime",
    "vorsteuer": "input_tax",
    "steuerschuldner": "debtor",
    "bauleistung": "construction",
    "vermietung": "letting",
    "bauabzug": "withholding",
    "bauabzug grenze": "limit",
    "bauabzug grenze vermietung": "letting_limit",
}
_STATES: Final = {"bestaetigt": True, "zu bestaetigen": False}


def _rate(cell: str) -> Decimal:
    found = csv_table.quantity(cell)
    if found > 100:
        raise BadCellError("ist größer als 100")
    return found


_RULES: Final = (
    Column("Art", "kind", csv_table.one_of(KINDS), required=True),
    Column("Kategorie", "category", csv_table.text, longest=5),
    Column("Satz", "rate", _rate),
    Column("Stelle", "unit", csv_table.text, longest=100),
    Column("Rechnungsart", "type_code", csv_table.text, longest=10),
    Column("Lieferant", "supplier", csv_table.text, longest=40),
    Column("Produkt", "product", csv_table.text, longest=100),
    Column("Recht", "regime", csv_table.one_of({"bga": "BgA", "2b": "2b"})),
    Column("Ergebnis", "result", csv_table.text, required=True, longest=40),
    Column("Gilt ab", "valid_from", csv_table.day, required=True),
    Column("Gilt bis", "valid_until", csv_table.day),
    Column("Quelle", "source", csv_table.text, required=True),
    Column("Stand", "is_confirmed", csv_table.one_of(_STATES), required=True),
)
_CERTIFICATES: Final = (
    Column("Nummer", "number", csv_table.text, required=True, longest=100),
    Column("Lieferant", "supplier_name", csv_table.text, required=True),
    Column("USt-IdNr", "vat_id", csv_table.text, longest=40),
    Column("Gilt ab", "valid_from", csv_table.day, required=True),
    Column("Gilt bis", "valid_until", csv_table.day, required=True),
    Column("Auftrag", "order", csv_table.text, longest=100),
    Column("Widerrufen am", "revoked_on", csv_table.day),
    Column("Abgefragt am", "checked_on", csv_table.day),
)
#: Kinds whose result is a number.
_NUMBERS: Final = frozenset({"standard_rate", "input_tax", "withholding", "limit", "letting_limit"})
LISTS: Final = {
    "rules": KeptList(tax_rule, ("key",)),
    "certificates": KeptList(exemption_certificate, ("key",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table; an empty condition is met by everything."""

    kind: str
    category: str = ""
    rate: Decimal | None = None
    unit: str = ""
    type_code: str = ""
    supplier: str = ""  # VAT id as a key
    product: str = ""  # begins BT-19 or BT-133
    regime: str = ""
    result: str
    valid_from: date
    valid_until: date | None = None
    source: str
    is_confirmed: bool
    is_own: bool = False  # the tenant's

    @property
    def weight(self) -> tuple[bool, int, date]:
        """What decides between two that fit: the tenant's, the more special, the newer."""
        conditions = (
            self.category,
            self.unit,
            self.type_code,
            self.supplier,
            self.product,
            self.regime,
        )
        special = sum(map(bool, conditions)) + (self.rate is not None)
        return self.is_own, special, self.valid_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a rule is asked for."""

    on: date
    category: str = ""
    rate: Decimal | None = None
    unit: str = ""
    type_code: str = ""
    supplier: str = ""
    products: tuple[str, ...] = field(default=())
    regime: str = ""


def choose(rules: Sequence[Rule], kind: str, asked: Occasion) -> Rule | None:
    """Return the rule that holds, None where no rule does."""
    fitting = [rule for rule in rules if rule.kind == kind and _fits(rule, asked)]
    return max(fitting, key=lambda rule: rule.weight, default=None)


def _fits(rule: Rule, asked: Occasion) -> bool:
    if asked.on < rule.valid_from or (rule.valid_until and asked.on > rule.valid_until):
        return False
    if rule.rate is not None and rule.rate != asked.rate:
        return False
    if rule.product and not any(one.startswith(rule.product) for one in asked.products):
        return False
    return all(
        not wanted or wanted == found
        for wanted, found in (
            (rule.category, asked.category),
            (rule.unit, asked.unit),
            (rule.type_code, asked.type_code),
            (rule.supplier, asked.supplier),
            (rule.regime, asked.regime),
        )
    )


@cache
def shipped() -> tuple[Rule, ...]:
    """Return the rules that come with the program (``rules.csv``).

    >>> {rule.kind for rule in shipped()} >= {"code", "regime", "input_tax", "limit"}
    True
    """
    data = files(__package__).joinpath("rules.csv").read_bytes()
    found = read_rules(data)
    if found.faults:
        raise ValueError(str(found.faults[0]))
    return tuple(_rule(row.values, is_own=False) for row in found.rows)


_OWN: Final = sa.select(tax_rule).where(tax_rule.c.tenant == sa.bindparam("of_tenant"))


def of_tenant(connection: sa.Connection, tenant: str) -> list[Rule]:
    """Return the rules of the tenant and those that come with the program."""
    rows = connection.execute(_OWN, {"of_tenant": tenant}).mappings()
    return [*(_rule(row, is_own=True) for row in rows), *shipped()]


def _rule(row: Any, *, is_own: bool) -> Rule:
    names = [name for name in Rule.__dataclass_fields__ if name != "is_own"]
    return Rule(**{name: row[name] for name in names}, is_own=is_own)


# --- files -------------------------------------------------------------------------------------


def read_rules(data: bytes, *, encoding: str = "utf-8") -> Table:
    """Return the columns of ``tax_rule`` for each line, and everything that is wrong."""
    return csv_table.keyed(
        csv_table.read(data, _RULES, encoding=encoding), _rule_row, _rule_objection
    )


def read_certificates(data: bytes, *, encoding: str = "utf-8") -> Table:
    """Return the columns of ``exemption_certificate`` for each line, and everything wrong."""
    found = csv_table.read(data, _CERTIFICATES, encoding=encoding)
    return csv_table.keyed(found, _certificate_row, _certificate_objection)


def _rule_row(values: Mapping[str, Any]) -> dict[str, Any]:
    conditions = {
        name: values.get(name, "") for name in ("category", "unit", "type_code", "regime")
    }
    conditions |= {name: plain(values.get(name, "")) for name in ("supplier", "product")}
    rate = values.get("rate")
    parts = [values["kind"], *map(str, conditions.values()), str(rate), str(values["valid_from"])]
    return {
        **conditions,
        "key": hashlib.sha256("\0".join(parts).encode()).hexdigest(),
        "kind": values["kind"],
        "rate": rate,
        "result": values["result"],
        "valid_from": values["valid_from"],
        "valid_until": values.get("valid_until"),
        "source": values["source"],
        "is_confirmed": values["is_confirmed"],
    }


def _rule_objection(values: Mapping[str, Any]) -> str:
    if values.get("valid_until") and values["valid_until"] < values["valid_from"]:
        return "„Gilt bis“ liegt vor „Gilt ab“."
    kind, result = values["kind"], values["result"]
    if kind in _NUMBERS:
        try:
            number = csv_table.quantity(result)
        except BadCellError:
            return "„Ergebnis“ ist keine Zahl; erwartet wird etwa 19 oder 5000."
        if kind not in ("limit", "letting_limit") and number > 100:
            return "„Ergebnis“ ist ein Satz in Prozent und höchstens 100."
    if kind in ("construction", "letting") and result not in ("ja", "nein"):
        return "„Ergebnis“ ist hier „ja“ oder „nein“."
    if kind == "regime" and result not in ("BgA", "2b"):
        return "„Ergebnis“ ist hier „BgA“ oder „2b“."
    return ""


def _certificate_row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": plain(values["number"])[:100],
        "number": values["number"],
        "supplier_name": values["supplier_name"],
        "name_key": name_key(values["supplier_name"]),
        "vat_id": plain(values.get("vat_id", "")) or None,
        "valid_from": values["valid_from"],
        "valid_until": values["valid_until"],
        "order_key": plain(values.get("order", "")) or None,
        "revoked_on": values.get("revoked_on"),
        "checked_on": values.get("checked_on"),
    }


def _certificate_objection(values: Mapping[str, Any]) -> str:
    if values["valid_until"] < values["valid_from"]:
        return "„Gilt bis“ liegt vor „Gilt ab“."
    return "" if plain(values["number"]) else "„Nummer“ hat weder Buchstaben noch Ziffern."
