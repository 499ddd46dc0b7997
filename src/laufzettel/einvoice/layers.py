"""Which layer of the check a finding belongs to: whose rule it is, and who may weigh it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from laufzettel.einvoice.report import Own


class Layer(StrEnum):
    """A layer of the check; a tenant's policy may name one instead of a single rule."""

    FILE = "datei"  # what makes a file unreadable or unsafe
    SCHEMA = "schema"  # the XML schemas of UBL and CII
    EN16931 = "en16931"  # the rules of CEN
    XRECHNUNG = "xrechnung"  # the rules of KoSIT
    LAW = "recht"  # § 14 UStG, § 4 ERechVO NRW
    ARITHMETIC = "rechnen"  # the same sums, computed again
    ROUTING = "leitweg"  # to whom the invoice goes
    BANK = "bank"  # accounts and tax numbers
    SKONTO = "skonto"
    DATES = "datum"
    PICTURE = "bild"  # the PDF against the data in it
    CONTENT = "inhalt"  # odd numbers, odd attachments
    TENANT = "eigene"  # the tenant's own rules, written as DMN

    @property
    def german(self) -> str:
        """The layer as a report names it."""
        return _GERMAN[self]

    @property
    def is_official(self) -> bool:
        """Whether the rules of this layer are not ours."""
        return self in {Layer.SCHEMA, Layer.EN16931, Layer.XRECHNUNG}


_GERMAN: Final = {
    Layer.FILE: "Datei",
    Layer.SCHEMA: "XML-Schema",
    Layer.EN16931: "EN 16931 (CEN)",
    Layer.XRECHNUNG: "XRechnung (KoSIT)",
    Layer.LAW: "Pflichtangaben (UStG, ERechVO NRW)",
    Layer.ARITHMETIC: "Nachgerechnet",
    Layer.ROUTING: "Leitweg-ID",
    Layer.BANK: "Bankverbindung und Steuernummern",
    Layer.SKONTO: "Skonto",
    Layer.DATES: "Daten und Fristen",
    Layer.PICTURE: "PDF-Bild gegen Daten",
    Layer.CONTENT: "Auffälliger Inhalt",
    Layer.TENANT: "Eigene Regeln",
}
_OWN: Final = {
    Layer.SCHEMA: {Own.XSD},
    Layer.LAW: {
        Own.SUPPLY_DATE,
        Own.ADDRESS,
        Own.TAX_NUMBER,
        Own.DESCRIPTION,
        Own.REVERSE_CHARGE,
        Own.ACCOUNT,
        Own.ORDER,
    },
    Layer.ARITHMETIC: {Own.LINE_SUM, Own.EXTRA_SUM, Own.TOTALS, Own.VAT_BASE, Own.VAT_SUM},
    Layer.ROUTING: {Own.ROUTING, Own.RECIPIENT},
    Layer.BANK: {Own.IBANS, Own.IBAN, Own.BIC, Own.VAT_ID, Own.TAX_FORM},
    Layer.SKONTO: {Own.SKONTO, Own.SKONTO_BASE, Own.SKONTO_LATE},
    Layer.DATES: {Own.FUTURE, Own.SUPPLY_FUTURE, Own.OLD, Own.DUE_FIRST, Own.REVERSED},
    Layer.PICTURE: {Own.PDF_DIFFERS, Own.PDF_SILENT, Own.PDF_ACTIVE},
    Layer.CONTENT: {Own.NUMBER, Own.ATTACHMENT},
}
_LAYERS: Final = {str(rule): layer for layer, rules in _OWN.items() for rule in rules}
#: What the law wants an invoice to say: rule -> where it stands. No table passes over it.
DEMANDED: Final = {
    str(Own.SUPPLY_DATE): "§ 14 Abs. 4 Nr. 6 UStG",
    str(Own.ADDRESS): "§ 14 Abs. 4 Nr. 1 UStG",
    str(Own.TAX_NUMBER): "§ 14 Abs. 4 Nr. 2 UStG",
    str(Own.DESCRIPTION): "§ 14 Abs. 4 Nr. 5 UStG",
    str(Own.REVERSE_CHARGE): "§ 14a Abs. 5 UStG",
    str(Own.ACCOUNT): "§ 4 ERechVO NRW",
}
#: How the ids of KoSIT's rules begin; the Peppol rules are those that KoSIT took over.
_KOSIT: Final = ("BR-DE-", "BR-DEX-", "BR-TMP-", "PEPPOL-")
#: How the ids of a tenant's own rules begin, whatever the tenant calls them.
TENANT_PREFIX: Final = "EIGEN-"


def own_rules_of(layer: Layer) -> tuple[str, ...]:
    """Return the rules of our own in a layer, in their order; empty for what is not ours.

    >>> own_rules_of(Layer.SKONTO)
    ('LZ-SKONTO', 'LZ-SKONTO-BASIS', 'LZ-SKONTO-FRIST')
    """
    return tuple(str(rule) for rule in Own if _LAYERS.get(str(rule)) is layer and rule != Own.XSD)


def layer_of(rule: str) -> Layer:
    """Return the layer of a rule by its id.

    >>> [layer_of(rule).value for rule in ("BR-CO-14", "BR-DE-15", "LZ-IBAN", "LZ-UNSICHER")]
    ['en16931', 'xrechnung', 'bank', 'datei']
    """
    if rule in _LAYERS:
        return _LAYERS[rule]
    if rule.startswith(TENANT_PREFIX):
        return Layer.TENANT
    if rule.startswith("LZ-"):
        return Layer.FILE
    return Layer.XRECHNUNG if rule.startswith(_KOSIT) else Layer.EN16931
