"""Reading single values out of a checked XML tree, strictly.

Leaves are taken exactly as a person sees them: a value with elements inside it, an amount
that is not plain digits, a date that does not exist are refused, never repaired.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from laufzettel.einvoice.invoice import Identifier
from laufzettel.errors import InputError

# Decimal() also takes 1e5, NaN, fullwidth digits and underscores (security.md 3.2).
_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?", re.ASCII)
# Prices, quantities and rates carry more places: the official samples go up to 18.
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,18})?", re.ASCII)
_PREFIX: Final = re.compile(r"(\w+):")
_ISO_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_DATE_102: Final = re.compile(r"[0-9]{8}", re.ASCII)
#: What XML takes for blank; a no-break space is a character and stays visible.
_BLANKS: Final = " \t\r\n"
#: Longest text of one field; XRechnung sets no limit, people and columns do.
TEXT_MAX: Final = 100_000
#: Longest number, code or name of a scheme.
TOKEN_MAX: Final = 200


class InvoiceReadError(InputError):
    """Ein Wert der Rechnung ist nicht lesbar."""


class Paths(dict[str, str]):
    """Paths with prefixes, spelled out once: lxml would sort all prefixes at every look-up.

    >>> Paths({"cbc": "urn:x"})["cbc:ID"]
    '{urn:x}ID'
    """

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        super().__init__()
        self._namespaces = namespaces

    def __missing__(self, path: str) -> str:
        """Return the path with every prefix replaced by its namespace, and remember it."""
        full = _PREFIX.sub(lambda match: f"{{{self._namespaces[match[1]]}}}", path)
        self[path] = full
        return full


class Node:
    """An element whose values are asked for by path."""

    __slots__ = ("_paths", "element")

    def __init__(self, element: etree._Element, paths: Paths) -> None:
        self.element = element
        self._paths = paths

    def all(self, path: str) -> list[Node]:
        """Return every element at ``path``, in the order of the file."""
        return [Node(found, self._paths) for found in self.element.findall(self._paths[path])]

    def first(self, path: str) -> Node | None:
        """Return the first element at ``path``."""
        found = self.element.find(self._paths[path])
        return None if found is None else Node(found, self._paths)

    def get(self, name: str) -> str:
        """Return the attribute, ``""`` where there is none."""
        return self.element.get(name, "").strip(_BLANKS)

    @property
    def raw(self) -> str:
        """The text exactly as it stands, blanks included."""
        if len(self.element):
            raise self.error("enthält weitere Elemente, wo ein einfacher Wert stehen muss")
        text = self.element.text or ""
        if len(text) > TEXT_MAX:
            raise self.error(f"ist länger als {TEXT_MAX:,} Zeichen".replace(",", "."))
        return text

    def text(self, path: str) -> str:
        """Return the text at ``path`` without blanks around it, ``""`` where there is none."""
        node = self.first(path)
        return "" if node is None else node.raw.strip(_BLANKS)

    def token(self, path: str) -> str:
        """Return a short text at ``path``: a number, a code, a reference."""
        node = self.first(path)
        text = "" if node is None else node.raw.strip(_BLANKS)
        if node is not None and len(text) > TOKEN_MAX:
            raise node.error(f"ist länger als {TOKEN_MAX} Zeichen")
        return text

    def texts(self, path: str) -> list[str]:
        """Return all texts at ``path`` that are not empty."""
        return [text for node in self.all(path) if (text := node.raw.strip(_BLANKS))]

    def identifier(self, path: str, scheme: str = "schemeID") -> Identifier | None:
        """Return the number at ``path`` with its scheme."""
        node, value = self.first(path), self.token(path)
        return Identifier(value=value, scheme=node.get(scheme)) if node and value else None

    def amount(self, path: str) -> Decimal | None:
        """Return the amount of money at ``path``, at most two places."""
        return self._decimal(path, _AMOUNT, "1234.56")

    def number(self, path: str) -> Decimal | None:
        """Return the price, quantity or rate at ``path``."""
        return self._decimal(path, _NUMBER, "1234.5678")

    def flag(self, path: str) -> bool:
        """Return whether the element at ``path`` says true."""
        text = self.text(path)
        if text not in {"true", "false", "1", "0"}:
            raise self.error(f"sagt weder „true“ noch „false“, sondern „{text[:40]}“")
        return text in {"true", "1"}

    def day(self, path: str) -> date | None:
        """Return the date at ``path`` that UBL writes as 2026-11-23."""
        node = self.first(path)
        if node is None or not (text := node.raw.strip(_BLANKS)):
            return None
        match = _ISO_DATE.fullmatch(text)
        return node._date(match[1] if match else "", text)

    def day_102(self, path: str) -> date | None:
        """Return the date at ``path`` that CII writes as 20261123 with format 102."""
        node = self.first(path)
        if node is None or not (text := node.raw.strip(_BLANKS)):
            return None
        plain = node.get("format") in {"", "102"} and _DATE_102.fullmatch(text)
        return node._date(text if plain else "", text)

    def _decimal(self, path: str, form: re.Pattern[str], example: str) -> Decimal | None:
        node = self.first(path)
        if node is None:
            return None
        if not form.fullmatch(text := node.raw):
            raise node.error(
                f"enthält „{text[:40]}“; erwartet wird eine Zahl in der Form {example}"
            )
        return Decimal(text)

    def _date(self, iso: str, text: str) -> date:
        try:
            return date.fromisoformat(iso)
        except ValueError:
            raise self.error(f"enthält „{text[:40]}“, das ist kein Datum") from None

    def error(self, what: str) -> InvoiceReadError:
        """Return the error that names this element, its line and what is wrong."""
        name = etree.QName(self.element).localname
        line = self.element.sourceline
        return InvoiceReadError(f"Das Feld {name} (Zeile {line}) {what}.")
