"""UBL 2.1 Invoice and CreditNote to Invoice (EN 16931-3-2, XRechnung 3.0)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lxml import etree

from laufzettel.einvoice.attachments import attachment
from laufzettel.einvoice.invoice import (
    Account,
    Address,
    AllowanceCharge,
    Attachment,
    Contact,
    Delivery,
    DirectDebit,
    Identifier,
    Invoice,
    Line,
    Note,
    Party,
    PaymentMeans,
    Period,
    PrecedingInvoice,
    Totals,
    Vat,
)
from laufzettel.einvoice.node import Node, Paths
from laufzettel.einvoice.payment_terms import parse_terms

_OASIS: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
INVOICE: Final = f"{{{_OASIS}Invoice-2}}Invoice"
CREDIT_NOTE: Final = f"{{{_OASIS}CreditNote-2}}CreditNote"
NAMESPACES: Final = {
    "cac": f"{_OASIS}CommonAggregateComponents-2",
    "cbc": f"{_OASIS}CommonBasicComponents-2",
}
_PATHS: Final = Paths(NAMESPACES)
# XRechnung puts BT-21 in front of BT-22: #ADU#text.
_SUBJECT: Final = re.compile(r"#([A-Z]{3})#(.*)", re.DOTALL)
_OBJECT: Final = "130"  # UNTDID 1001 of an invoiced object (BT-18, BT-128)
_PROJECT: Final = "50"  # how a CreditNote, which has no ProjectReference, marks BT-11


def read(root: etree._Element) -> Invoice:
    """Return the invoice of a checked UBL tree."""
    doc = Node(root, _PATHS)
    kind = "CreditNote" if root.tag == CREDIT_NOTE else "Invoice"
    currency, tax_currency = doc.token("cbc:DocumentCurrencyCode"), doc.token("cbc:TaxCurrencyCode")
    payee = doc.first("cac:PayeeParty")
    agent = doc.first("cac:TaxRepresentativeParty")
    return Invoice(
        number=doc.token("cbc:ID"),
        issue_date=doc.day("cbc:IssueDate"),
        type_code=doc.token(f"cbc:{kind}TypeCode"),
        currency=currency,
        tax_currency=tax_currency,
        tax_point_date=doc.day("cbc:TaxPointDate"),
        tax_point_code=doc.token("cac:InvoicePeriod/cbc:DescriptionCode"),
        due_date=doc.day("cbc:DueDate") or doc.day("cac:PaymentMeans/cbc:PaymentDueDate"),
        buyer_reference=doc.token("cbc:BuyerReference"),
        project_ref=doc.token("cac:ProjectReference/cbc:ID") or _typed_ref(doc, _PROJECT),
        contract_ref=doc.token("cac:ContractDocumentReference/cbc:ID"),
        order_ref=doc.token("cac:OrderReference/cbc:ID"),
        sales_order_ref=doc.token("cac:OrderReference/cbc:SalesOrderID"),
        receiving_advice_ref=doc.token("cac:ReceiptDocumentReference/cbc:ID"),
        despatch_advice_ref=doc.token("cac:DespatchDocumentReference/cbc:ID"),
        tender_ref=doc.token("cac:OriginatorDocumentReference/cbc:ID"),
        invoiced_object=_object(doc.all("cac:AdditionalDocumentReference")),
        accounting_ref=doc.token("cbc:AccountingCost"),
        payment_terms=parse_terms("\n".join(doc.texts("cac:PaymentTerms/cbc:Note"))),
        notes=tuple(_note(text) for text in doc.texts("cbc:Note")),
        process=doc.token("cbc:ProfileID"),
        specification=doc.token("cbc:CustomizationID"),
        preceding_invoices=_preceding(doc),
        seller=_party(doc.first("cac:AccountingSupplierParty/cac:Party")),
        buyer=_party(doc.first("cac:AccountingCustomerParty/cac:Party")),
        payee=_small_party(payee) if payee else None,
        tax_representative=_small_party(agent) if agent else None,
        delivery=_delivery(doc.first("cac:Delivery")),
        period=_period(doc),
        remittance_texts=tuple(dict.fromkeys(doc.texts("cac:PaymentMeans/cbc:PaymentID"))),
        payment_means=tuple(_means(node) for node in doc.all("cac:PaymentMeans")),
        direct_debit=_direct_debit(doc),
        allowances_charges=_allowances(doc),
        totals=_totals(doc, currency, tax_currency),
        vat_breakdown=tuple(_vat(node) for node in doc.all("cac:TaxTotal/cac:TaxSubtotal")),
        attachments=_attachments(doc),
        lines=tuple(_lines(doc.all(f"cac:{kind}Line"), kind)),
    )


def _typed_ref(doc: Node, code: str) -> str:
    for ref in doc.all("cac:AdditionalDocumentReference"):
        if ref.text("cbc:DocumentTypeCode") == code:
            return ref.token("cbc:ID")
    return ""


def _object(references: Iterable[Node]) -> Identifier | None:
    for ref in references:
        if ref.text("cbc:DocumentTypeCode") == _OBJECT:
            return ref.identifier("cbc:ID")
    return None


def _note(text: str) -> Note:
    match = _SUBJECT.fullmatch(text)
    return Note(text=match[2].strip(), subject=match[1]) if match else Note(text=text)


def _preceding(doc: Node) -> tuple[PrecedingInvoice, ...]:
    references = doc.all("cac:BillingReference/cac:InvoiceDocumentReference")
    return tuple(
        PrecedingInvoice(number=ref.token("cbc:ID"), issue_date=ref.day("cbc:IssueDate"))
        for ref in references
    )


def _party(node: Node | None) -> Party:
    if node is None:
        return Party()
    contact, address = node.first("cac:Contact"), node.first("cac:PostalAddress")
    vat_id, tax_number = _tax_ids(node)
    return Party(
        name=node.text("cac:PartyLegalEntity/cbc:RegistrationName"),
        trading_name=node.text("cac:PartyName/cbc:Name"),
        ids=_party_ids(node),
        legal_id=node.identifier("cac:PartyLegalEntity/cbc:CompanyID"),
        vat_id=vat_id,
        tax_number=tax_number,
        legal_note=node.text("cac:PartyLegalEntity/cbc:CompanyLegalForm"),
        electronic_address=node.identifier("cbc:EndpointID"),
        address=_address(address) if address else None,
        contact=_contact(contact) if contact else None,
    )


def _small_party(node: Node) -> Party:
    """Return a payee or tax representative, whose name stands in PartyName."""
    address = node.first("cac:PostalAddress")
    return Party(
        name=node.text("cac:PartyName/cbc:Name"),
        ids=_party_ids(node),
        legal_id=node.identifier("cac:PartyLegalEntity/cbc:CompanyID"),
        vat_id=_tax_ids(node)[0],
        address=_address(address) if address else None,
    )


def _party_ids(node: Node) -> tuple[Identifier, ...]:
    found = (part.identifier("cbc:ID") for part in node.all("cac:PartyIdentification"))
    # The scheme SEPA marks the creditor identifier (BT-90), which belongs to the direct debit.
    ids = (party_id for party_id in found if party_id and party_id.scheme != "SEPA")
    return tuple(sorted(ids, key=lambda party_id: (party_id.scheme, party_id.value)))


def _tax_ids(node: Node) -> tuple[str, str]:
    vat_id = tax_number = ""
    for scheme in node.all("cac:PartyTaxScheme"):
        number = scheme.token("cbc:CompanyID")
        if scheme.text("cac:TaxScheme/cbc:ID").upper() == "VAT":
            vat_id = vat_id or number
        else:
            tax_number = tax_number or number
    return vat_id, tax_number


def _address(node: Node) -> Address:
    return Address(
        line_1=node.text("cbc:StreetName"),
        line_2=node.text("cbc:AdditionalStreetName"),
        line_3=node.text("cac:AddressLine/cbc:Line"),
        city=node.text("cbc:CityName"),
        post_code=node.text("cbc:PostalZone"),
        subdivision=node.text("cbc:CountrySubentity"),
        country=node.token("cac:Country/cbc:IdentificationCode"),
    )


def _contact(node: Node) -> Contact:
    return Contact(
        name=node.text("cbc:Name"),
        phone=node.text("cbc:Telephone"),
        email=node.text("cbc:ElectronicMail"),
    )


def _delivery(node: Node | None) -> Delivery | None:
    if node is None:
        return None
    address = node.first("cac:DeliveryLocation/cac:Address")
    delivery = Delivery(
        name=node.text("cac:DeliveryParty/cac:PartyName/cbc:Name"),
        location=node.identifier("cac:DeliveryLocation/cbc:ID"),
        date=node.day("cbc:ActualDeliveryDate"),
        address=_address(address) if address else None,
    )
    return delivery if delivery != Delivery() else None


def _period(node: Node) -> Period | None:
    period = Period(
        start=node.day("cac:InvoicePeriod/cbc:StartDate"),
        end=node.day("cac:InvoicePeriod/cbc:EndDate"),
    )
    return period if period != Period() else None


def _means(node: Node) -> PaymentMeans:
    code, account = node.first("cbc:PaymentMeansCode"), node.first("cac:PayeeFinancialAccount")
    return PaymentMeans(
        code=node.token("cbc:PaymentMeansCode"),
        text=code.get("name") if code else "",
        account=_account(account) if account else None,
        card_number=node.token("cac:CardAccount/cbc:PrimaryAccountNumberID"),
        card_holder=node.text("cac:CardAccount/cbc:HolderName"),
    )


def _account(node: Node) -> Account:
    return Account(
        iban="".join(node.token("cbc:ID").split()),
        name=node.text("cbc:Name"),
        bic=node.token("cac:FinancialInstitutionBranch/cbc:ID"),
    )


def _direct_debit(doc: Node) -> DirectDebit | None:
    mandate = "cac:PaymentMeans/cac:PaymentMandate"
    debit = DirectDebit(
        mandate=doc.token(f"{mandate}/cbc:ID"),
        creditor_id=_creditor_id(doc),
        debited_account="".join(doc.token(f"{mandate}/cac:PayerFinancialAccount/cbc:ID").split()),
    )
    return debit if debit != DirectDebit() else None


def _creditor_id(doc: Node) -> str:
    for party in ("cac:PayeeParty", "cac:AccountingSupplierParty/cac:Party"):
        for part in doc.all(f"{party}/cac:PartyIdentification"):
            number = part.identifier("cbc:ID")
            if number and number.scheme == "SEPA":
                return number.value
    return ""


def _allowances(node: Node) -> tuple[AllowanceCharge, ...]:
    return tuple(
        AllowanceCharge(
            is_charge=item.flag("cbc:ChargeIndicator"),
            amount=item.amount("cbc:Amount"),
            base=item.amount("cbc:BaseAmount"),
            percent=item.number("cbc:MultiplierFactorNumeric"),
            vat_category=item.token("cac:TaxCategory/cbc:ID"),
            vat_rate=item.number("cac:TaxCategory/cbc:Percent"),
            reason=item.text("cbc:AllowanceChargeReason"),
            reason_code=item.token("cbc:AllowanceChargeReasonCode"),
        )
        for item in node.all("cac:AllowanceCharge")
    )


def _totals(doc: Node, currency: str, tax_currency: str) -> Totals:
    sums = doc.first("cac:LegalMonetaryTotal")
    taxes = {
        (amount.get("currencyID") if (amount := tax.first("cbc:TaxAmount")) else ""): tax
        for tax in reversed(doc.all("cac:TaxTotal"))
    }
    vat = taxes.get(currency)
    other = taxes.get(tax_currency) if tax_currency != currency else None
    if sums is None:
        return Totals()
    return Totals(
        lines=sums.amount("cbc:LineExtensionAmount"),
        allowances=sums.amount("cbc:AllowanceTotalAmount"),
        charges=sums.amount("cbc:ChargeTotalAmount"),
        net=sums.amount("cbc:TaxExclusiveAmount"),
        vat=vat.amount("cbc:TaxAmount") if vat else None,
        vat_in_tax_currency=other.amount("cbc:TaxAmount") if other else None,
        gross=sums.amount("cbc:TaxInclusiveAmount"),
        prepaid=sums.amount("cbc:PrepaidAmount"),
        rounding=sums.amount("cbc:PayableRoundingAmount"),
        payable=sums.amount("cbc:PayableAmount"),
    )


def _vat(node: Node) -> Vat:
    return Vat(
        taxable=node.amount("cbc:TaxableAmount"),
        tax=node.amount("cbc:TaxAmount"),
        category=node.token("cac:TaxCategory/cbc:ID"),
        rate=node.number("cac:TaxCategory/cbc:Percent"),
        exemption_reason=node.text("cac:TaxCategory/cbc:TaxExemptionReason"),
        exemption_code=node.token("cac:TaxCategory/cbc:TaxExemptionReasonCode"),
    )


def _attachments(doc: Node) -> tuple[Attachment, ...]:
    references = doc.all("cac:AdditionalDocumentReference")
    return tuple(
        attachment(
            reference=ref.token("cbc:ID"),
            description=ref.text("cbc:DocumentDescription"),
            url=ref.text("cac:Attachment/cac:ExternalReference/cbc:URI"),
            content=ref.first("cac:Attachment/cbc:EmbeddedDocumentBinaryObject"),
        )
        for ref in references
        if ref.text("cbc:DocumentTypeCode") not in {_OBJECT, _PROJECT}
    )


def _lines(nodes: Iterable[Node], kind: str, parent: str = "") -> Iterable[Line]:
    for node in nodes:
        line = _line(node, kind, parent)
        yield line
        yield from _lines(node.all(f"cac:Sub{kind}Line"), kind, line.id)


def _line(node: Node, kind: str, parent: str) -> Line:
    counted = "cbc:CreditedQuantity" if kind == "CreditNote" else "cbc:InvoicedQuantity"
    quantity, base = node.first(counted), node.first("cac:Price/cbc:BaseQuantity")
    return Line(
        id=node.token("cbc:ID"),
        parent_id=parent,
        note="\n".join(node.texts("cbc:Note")),
        object_id=_object(node.all("cac:DocumentReference")),
        quantity=node.number(counted),
        unit=quantity.get("unitCode") if quantity else "",
        net=node.amount("cbc:LineExtensionAmount"),
        order_line=node.token("cac:OrderLineReference/cbc:LineID"),
        accounting_ref=node.token("cbc:AccountingCost"),
        period=_period(node),
        allowances_charges=_allowances(node),
        net_price=node.number("cac:Price/cbc:PriceAmount"),
        price_discount=node.number("cac:Price/cac:AllowanceCharge/cbc:Amount"),
        gross_price=node.number("cac:Price/cac:AllowanceCharge/cbc:BaseAmount"),
        base_quantity=node.number("cac:Price/cbc:BaseQuantity"),
        base_unit=base.get("unitCode") if base else "",
        vat_category=node.token("cac:Item/cac:ClassifiedTaxCategory/cbc:ID"),
        vat_rate=node.number("cac:Item/cac:ClassifiedTaxCategory/cbc:Percent"),
        name=node.text("cac:Item/cbc:Name"),
        description=node.text("cac:Item/cbc:Description"),
        seller_item_id=node.token("cac:Item/cac:SellersItemIdentification/cbc:ID"),
        buyer_item_id=node.token("cac:Item/cac:BuyersItemIdentification/cbc:ID"),
        standard_item_id=node.identifier("cac:Item/cac:StandardItemIdentification/cbc:ID"),
        classifications=_classifications(node),
        origin_country=node.token("cac:Item/cac:OriginCountry/cbc:IdentificationCode"),
        attributes=tuple(
            (item.text("cbc:Name"), item.text("cbc:Value"))
            for item in node.all("cac:Item/cac:AdditionalItemProperty")
        ),
    )


def _classifications(node: Node) -> tuple[Identifier, ...]:
    found = (
        item.identifier("cbc:ItemClassificationCode", scheme="listID")
        for item in node.all("cac:Item/cac:CommodityClassification")
    )
    return tuple(code for code in found if code)
