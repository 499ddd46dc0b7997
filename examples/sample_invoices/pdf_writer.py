"""A sample as ZUGFeRD: a PDF/A-3 for people with the CII invoice for programs in it."""

from __future__ import annotations

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
<h1>Rechnung {number}</h1><p>vom {issued}, fällig am {due}, Leitweg-ID {reference}</p>
<table><tr><th>Leistung</th><th class="amount">Menge</th><th class="amount">Betrag</th></tr>
{rows}
<tr><td colspan="2">Umsatzsteuer</td><td class="amount">{vat}</td></tr>
<tr><th colspan="2">Zu zahlen</th><th class="amount">{gross}</th></tr></table>
<p>IBAN {iban}</p></body></html>"""
_ROW: Final = '<tr><td>{}</td><td class="amount">{}</td><td class="amount">{}</td></tr>'


def as_zugferd(sample: Sample) -> bytes:
    """Return a PDF/A-3b that carries the sample as ``factur-x.xml``, profile EN 16931."""
    page = weasyprint.HTML(string=_html(sample)).write_pdf(pdf_variant="pdf/a-3b")
    # The Schematron check of factur-x would post the invoice to a server: never used here.
    with_xml: bytes = facturx.generate_from_binary(
        page,
        as_cii(sample),
        flavor="factur-x",
        level="en16931",
        check_schematron=False,
        lang="de-DE",
    )
    return with_xml


def _html(sample: Sample) -> str:
    rows = (
        _ROW.format(escape(item.name), f"{item.quantity} {item.unit}", Money(item.net).german())
        for item in sample.items
    )
    seller = sample.seller
    return _PAGE.format(
        number=escape(sample.number),
        seller=escape(seller.name),
        street=escape(seller.street),
        city=escape(f"{seller.post_code} {seller.city}"),
        issued=f"{sample.issued:%d.%m.%Y}",
        due=f"{sample.due:%d.%m.%Y}",
        reference=escape(sample.buyer_reference),
        rows="\n".join(rows),
        vat=Money(sample.vat).german(),
        gross=Money(sample.gross).german(),
        iban=escape(seller.iban),
    )
