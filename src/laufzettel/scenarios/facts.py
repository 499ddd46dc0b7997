"""Invoices made of facts, and the checker that says of them what the scenario states.

A designer needs no validation rules installed: the file is as small as the reader allows,
and the verdict comes from the scenario. Real files go to the real checker.
"""

from __future__ import annotations

import hashlib
from xml.sax.saxutils import escape

from laufzettel.einvoice.examine import Checker
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict, stopped
from laufzettel.scenarios.scenario import Facts

_FILE = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>{number}</cbc:ID>
<cbc:IssueDate>{issued_on}</cbc:IssueDate>
{due_on}<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>
<cbc:BuyerReference>{leitweg}</cbc:BuyerReference>
<cac:AccountingSupplierParty><cac:Party>
<cac:PostalAddress><cbc:StreetName>Beispielweg 1</cbc:StreetName>
<cbc:CityName>Beispielhausen</cbc:CityName><cbc:PostalZone>59998</cbc:PostalZone>
<cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyTaxScheme><cbc:CompanyID>{vat_id}</cbc:CompanyID>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>{supplier}</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:Delivery><cbc:ActualDeliveryDate>{delivered_on}</cbc:ActualDeliveryDate></cac:Delivery>
{means}<cac:LegalMonetaryTotal>
<cbc:TaxInclusiveAmount currencyID="{currency}">{amount}</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="{currency}">{amount}</cbc:PayableAmount>
</cac:LegalMonetaryTotal>
</Invoice>
"""
_MEANS = """<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>
<cac:PayeeFinancialAccount><cbc:ID>{iban}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
"""


def as_file(facts: Facts) -> bytes:
    """Return an invoice file with these facts, the same bytes every time.

    >>> from laufzettel.einvoice.read import read_invoice
    >>> read = read_invoice(as_file(Facts(number="R-7")))
    >>> read.number, str(read.payable), read.ibans
    ('R-7', '100.00 EUR', ('DE89370400440532013000',))
    """
    due = f"<cbc:DueDate>{facts.due_on}</cbc:DueDate>\n" if facts.due_on else ""
    text = _FILE.format(
        number=escape(facts.number),
        issued_on=facts.issued_on,
        due_on=due,
        currency=escape(facts.currency),
        leitweg=escape(facts.leitweg),
        vat_id=escape(facts.vat_id),
        supplier=escape(facts.supplier),
        delivered_on=facts.delivered_on or facts.issued_on,
        means=_MEANS.format(iban=escape(facts.iban)) if facts.iban else "",
        amount=facts.amount,
    )
    return text.encode()


class FactsChecker:
    """A Checker that says what the scenario states; other files go to ``real``."""

    def __init__(self, real: Checker | None = None) -> None:
        self._real = real
        self._stated: dict[bytes, Facts] = {}
        self.is_down = False  # out of order: a technical error, whatever comes

    def state(self, facts: Facts) -> bytes:
        """Return the file of these facts, whose verdict is known from now on."""
        data = as_file(facts)
        self._stated[hashlib.sha256(data).digest()] = facts
        return data

    def validate(self, xml: bytes) -> Report:
        """Return the stated verdict. Never raises.

        >>> checker = FactsChecker()
        >>> checker.validate(checker.state(Facts())).verdict.value
        'accepted'
        >>> checker.validate(b"<Invoice/>").verdict.value
        'unchecked'
        """
        if self.is_down:
            return stopped(Verdict.TECHNICAL_ERROR, Own.CHECKER, "Der Prüfer ist ausgefallen.")
        facts = self._stated.get(hashlib.sha256(xml).digest())
        if facts is not None:
            return _report(facts)
        if self._real is not None:
            return self._real.validate(xml)
        return stopped(Verdict.UNCHECKED, Own.NO_RULES, "Für diese Datei ist kein Prüfer da.")


def _report(facts: Facts) -> Report:
    if facts.verdict is Verdict.ACCEPTED:
        return Report(verdict=Verdict.ACCEPTED, rule_set="szenario")
    severity = Severity.FATAL if facts.verdict is Verdict.REJECTED else Severity.WARNING
    finding = Finding(id="SZENARIO", severity=severity, text_de=facts.reason)
    return Report(verdict=facts.verdict, findings=(finding,), rule_set="szenario")
