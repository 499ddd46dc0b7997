"""A sample as ZUGFeRD: a PDF/A-3 for people with the CII invoice for programs in it."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import Final

import facturx
import weasyprint

from laufzettel.money import Money
from sample_invoices.cii_writer import as_cii
from sample_invoices.model import Sample

_PAGE: Final = """<!doctype html><html lang="de"><head><meta charset="utf-8">
<title>Rechnung {number}</title><style>
@page {{ size: A4; margin: 2.5cm 2cm }} body {{ font: 10pt sans-serif }}
table {{ width: 100%; border-collapse: collapse; margin: 1.5em 0 }}
th, td {{ border-bottom: 1px solid #999; padding: .3em; text-align: left }}
.amount {{ text-align: right }}</style></head><body>
<p>{seller}<br>{street}<br>{city}</p>
<h1>Rechnung {number}</h1><p>vom {issued}, Leitweg-ID {reference}</p><p>{note}</p>
<table><tr><th>Leistung</th><th class="amount">Menge</th><th class="amount">Betrag</th></tr>
{rows}
<tr><td colspan="2">Umsatzsteuer</td><td class="amount">{vat}</td></tr>
<tr><th colspan="2">Zu zahlen</th><th class="amount">{payable}</th></tr></table>
<p>{terms}</p><p>IBAN {iban}<br>USt-IdNr. {vat_id} · {contact}, {phone}, {email}</p></body></html>"""
_ROW: Final = '<tr><td>{}</td><td class="amount">{}</td><td class="amount">{}</td></tr>'


def as_page(sample: Sample) -> bytes:
    """Return a PDF for people only, as many suppliers still send it."""
    page: bytes = weasyprint.HTML(string=_html(sample)).write_pdf(pdf_variant="pdf/a-3b")
    return page


def as_zugferd(sample: Sample) -> bytes:
    """Return a PDF/A-3b that carries the sample as ``factur-x.xml``, profile EN 16931."""
    # The Schematron check of factur-x would post the invoice to a server: never used here.
    with_xml: bytes = facturx.generate_from_binary(
        as_page(sample),
        as_cii(sample),
        flavor="factur-x",
        level="en16931",
        check_schematron=False,
        lang="de-DE",
    )
    return with_xml


def _html(sample: Sample) -> str:
    def money(amount: Decimal) -> str:
        return Money(amount, sample.currency).german()

    rows = (
        _ROW.format(escape(item.name), f"{item.quantity} {item.unit}", money(item.net))
        for item in sample.items
    )
    seller = sample.seller
    terms = [line for line in sample.terms.splitlines() if not line.startswith("#")]
    discounts = [
        f"{rate.replace('.', ',')} % Skonto in {days} Tagen." for days, rate in sample.skonto
    ]
    return _PAGE.format(
        number=escape(sample.number),
        seller=escape(seller.name),
        street=escape(seller.street),
        city=escape(f"{seller.post_code} {seller.city}"),
        issued=f"{sample.issued:%d.%m.%Y}",
        reference=escape(sample.buyer_reference),
        note=escape(sample.note),
        rows="\n".join(rows),
        vat=money(sample.vat),
        payable=money(sample.payable),
        terms=escape(" ".join([*discounts, *terms])),
        iban=escape(sample.iban),
        vat_id=escape(seller.vat_id),
        contact=escape(seller.contact),
        phone=escape(seller.phone),
        email=escape(seller.email),
    )
