"""An invoice as the town receives it: a file of a name, whole or damaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from lxml import etree

from laufzettel.einvoice import cii, ubl
from sample_invoices.cii_writer import as_cii
from sample_invoices.model import Item, Sample
from sample_invoices.ubl_writer import as_ubl

ONE_DAY: Final = timedelta(days=1)


class Form(StrEnum):
    """What kind of file it is."""

    UBL = "ubl"
    CII = "cii"
    ZUGFERD = "zugferd"  # PDF with the invoice inside
    PAGE = "page"  # PDF for people only: nothing in it can be checked


@dataclass(frozen=True, slots=True, kw_only=True)
class TownInvoice:
    """One file that arrives in Musterstadt."""

    file_name: str
    sample: Sample
    form: Form = Form.UBL
    channel: str = "portal"
    breaks: str = ""  # the rule that it breaks, "" for a valid one
    damage: tuple[str, str | None] | None = None  # path of an element, its new text or None: gone


def content(invoice: TownInvoice) -> bytes:
    """Return the file; the same bytes every time unless it is a PDF."""
    if invoice.form in (Form.ZUGFERD, Form.PAGE):
        # Here and not above: everything but PDF works without WeasyPrint's libraries.
        from sample_invoices.pdf_writer import as_page, as_zugferd

        return (as_zugferd if invoice.form is Form.ZUGFERD else as_page)(invoice.sample)
    data = (as_cii if invoice.form is Form.CII else as_ubl)(invoice.sample)
    return damaged(data, *invoice.damage) if invoice.damage else data


def damaged(data: bytes, path: str, text: str | None) -> bytes:
    """Return the invoice with the first element at ``path`` changed, or without it."""
    root = etree.fromstring(data)
    known = {**ubl.NAMESPACES, **cii.NAMESPACES}
    element = root.find(path, namespaces=known)
    parent = None if element is None else element.getparent()
    if element is None or parent is None:
        raise ValueError(f"no element at {path}")
    if text is None:
        parent.remove(element)
    else:
        element.text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def item(
    name: str,
    price: str,
    *,
    quantity: str = "1",
    unit: str = "C62",
    rate: int = 19,
    description: str = "",
    category: str = "",
) -> Item:
    """Return a position, written briefly."""
    return Item(
        name=name,
        quantity=Decimal(quantity),
        unit=unit,
        price=Decimal(price),
        rate=Decimal(rate),
        description=description,
        category=category,
    )
