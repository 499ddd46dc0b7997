"""From XML to Invoice, the same for twins in UBL and CII."""

from __future__ import annotations

from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice import cii, ubl
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.node import InvoiceReadError

_READERS: Final = {ubl.INVOICE: ubl.read, ubl.CREDIT_NOTE: ubl.read, cii.INVOICE: cii.read}
# Only these may be in another currency than the invoice: the VAT in the tax currency (BT-111).
_TAX_TOTALS: Final = {
    f"{{{ubl.NAMESPACES['cbc']}}}TaxAmount",
    f"{{{cii.NAMESPACES['ram']}}}TaxTotalAmount",
}


def read_invoice(xml: bytes) -> Invoice:
    """Return the invoice that a UBL Invoice, UBL CreditNote or CII file describes.

    Raises InvoiceReadError, safe_xml.UnsafeXmlError or safe_xml.NotXmlError, all with a
    German sentence saying what is wrong and where. Whether the invoice follows the rules
    is the validator's business.

    >>> read_invoice(b"<Order/>")
    Traceback (most recent call last):
    ...
    laufzettel.einvoice.node.InvoiceReadError: Die Datei ist keine E-Rechnung: Sie beginnt mit \
„Order“ statt mit Invoice, CreditNote (UBL) oder CrossIndustryInvoice (CII).
    """
    return read_tree(safe_xml.parse(xml))


def is_invoice(root: etree._Element) -> bool:
    """Return whether the root is that of an invoice that can be read."""
    return root.tag in _READERS


def read_tree(root: etree._Element) -> Invoice:
    """Return the invoice of a tree that ``safe_xml.parse`` has checked."""
    reader = _READERS.get(str(root.tag))
    if reader is None:
        raise InvoiceReadError(
            f"Die Datei ist keine E-Rechnung: Sie beginnt mit „{_name(root)}“ statt mit "
            "Invoice, CreditNote (UBL) oder CrossIndustryInvoice (CII)."
        )
    invoice = reader(root)
    _refuse_other_currencies(root, invoice)
    return invoice


def _name(root: etree._Element) -> str:
    return etree.QName(root).localname[:60]


def _refuse_other_currencies(root: etree._Element, invoice: Invoice) -> None:
    # No official rule compares them (BR-CL-03 only wants some ISO code): 100.00 marked USD in
    # an invoice in EUR would be read as 100.00 EUR.
    for element in root.iterfind(".//*[@currencyID]"):
        currency = element.get("currencyID")
        is_tax = element.tag in _TAX_TOTALS and currency == invoice.tax_currency
        if currency != invoice.currency and not is_tax:
            raise InvoiceReadError(
                f"Der Betrag in {etree.QName(element).localname} (Zeile {element.sourceline}) ist "
                f"in „{currency}“ angegeben, die Rechnung lautet aber auf „{invoice.currency}“."
            )
