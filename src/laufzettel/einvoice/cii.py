"""UN/CEFACT Cross Industry Invoice to Invoice (EN 16931-3-3, XRechnung 3.0, Factur-X)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from laufzettel.einvoice.attachments import attachment
from laufzettel.einvoice.discount_terms import due_on, terms_of
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

_UNECE: Final = "urn:un:unece:uncefact:data:standard:"
INVOICE: Final = f"{{{_UNECE}CrossIndustryInvoice:100}}CrossIndustryInvoice"
NAMESPACES: Final = {
    "rsm": f"{_UNECE}CrossIndustryInvoice:100",
    "ram": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_UNECE}QualifiedDataType:100",
    "udt": f"{_UNECE}UnqualifiedDataType:100",
}
_PATHS: Final = Paths(NAMESPACES)
#: Where BT-2 and BT-24 stand.
ISSUED: Final = "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString"
SPECIFICATION: Final = (
    "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
)
_PROCESS: Final = (
    "rsm:ExchangedDocumentContext/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"
)
_TRADE: Final = "rsm:SupplyChainTradeTransaction"
_ASSIGNED: Final = "ram:IssuerAssignedID"
_DATE: Final = "udt:DateTimeString"
# UNTDID 1001 of an additional document: supporting, tender or lot, invoiced object.
_ATTACHED, _TENDER, _OBJECT = "916", "50", "130"
# CII codes BT-8 by UNTDID 2475, UBL and EN 16931 by UNTDID 2005.
_TAX_POINT_CODES: Final = {"5": "3", "29": "35", "72": "432"}


def read(root: etree._Element) -> Invoice:
    """Return the invoice of a checked CII tree."""
    doc = Node(root, _PATHS)
    head = _part(doc, "rsm:ExchangedDocument")
    agreement = _part(doc, f"{_TRADE}/ram:ApplicableHeaderTradeAgreement")
    delivery = _part(doc, f"{_TRADE}/ram:ApplicableHeaderTradeDelivery")
    settlement = _part(doc, f"{_TRADE}/ram:ApplicableHeaderTradeSettlement")
    currency = settlement.token("ram:InvoiceCurrencyCode")
    tax_currency = settlement.token("ram:TaxCurrencyCode")
    issued = head.day_102(f"ram:IssueDateTime/{_DATE}")
    reference = settlement.text("ram:PaymentReference")
    code = settlement.token("ram:ApplicableTradeTax/ram:DueDateTypeCode")
    return Invoice(
        number=head.token("ram:ID"),
        issue_date=issued,
        type_code=head.token("ram:TypeCode"),
        currency=currency,
        tax_currency=tax_currency,
        tax_point_date=settlement.day_102("ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString"),
        tax_point_code=_TAX_POINT_CODES.get(code, code),
        due_date=due_on(settlement),
        buyer_reference=agreement.token("ram:BuyerReference"),
        project_ref=agreement.token("ram:SpecifiedProcuringProject/ram:ID"),
        contract_ref=agreement.token(f"ram:ContractReferencedDocument/{_ASSIGNED}"),
        order_ref=agreement.token(f"ram:BuyerOrderReferencedDocument/{_ASSIGNED}"),
        sales_order_ref=agreement.token(f"ram:SellerOrderReferencedDocument/{_ASSIGNED}"),
        receiving_advice_ref=delivery.token(f"ram:ReceivingAdviceReferencedDocument/{_ASSIGNED}"),
        despatch_advice_ref=delivery.token(f"ram:DespatchAdviceReferencedDocument/{_ASSIGNED}"),
        tender_ref=_tender(agreement),
        invoiced_object=_object(agreement),
        accounting_ref=settlement.token("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        payment_terms=terms_of(settlement, issued),
        notes=tuple(_note(note) for note in head.all("ram:IncludedNote")),
        process=doc.token(_PROCESS),
        specification=doc.token(SPECIFICATION),
        preceding_invoices=_preceding(settlement),
        seller=_party(agreement.first("ram:SellerTradeParty")) or Party(),
        buyer=_party(agreement.first("ram:BuyerTradeParty")) or Party(),
        payee=_party(settlement.first("ram:PayeeTradeParty")),
        tax_representative=_party(agreement.first("ram:SellerTaxRepresentativeTradeParty")),
        delivery=_delivery(delivery),
        period=_period(settlement),
        remittance_texts=(reference,) if reference else (),
        payment_means=_payment_means(settlement),
        direct_debit=_direct_debit(settlement),
        allowances_charges=_allowances(settlement),
        totals=_totals(settlement, currency, tax_currency),
        vat_breakdown=tuple(_vat(node) for node in settlement.all("ram:ApplicableTradeTax")),
        attachments=_attachments(agreement),
        lines=tuple(_line(n) for n in doc.all(f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem")),
    )


def _part(doc: Node, path: str) -> Node:
    """Return the part of the document, an empty one where the file lacks it."""
    return doc.first(path) or Node(etree.Element("missing"), _PATHS)


def _tender(agreement: Node) -> str:
    for ref in agreement.all("ram:AdditionalReferencedDocument"):
        if ref.text("ram:TypeCode") == _TENDER:
            return ref.token(_ASSIGNED)
    return ""


def _object(node: Node) -> Identifier | None:
    for ref in node.all("ram:AdditionalReferencedDocument"):
        if ref.text("ram:TypeCode") == _OBJECT and (value := ref.token(_ASSIGNED)):
            return Identifier(value=value, scheme=ref.token("ram:ReferenceTypeCode"))
    return None


def _note(node: Node) -> Note:
    return Note(text=node.text("ram:Content"), subject=node.token("ram:SubjectCode"))


def _preceding(settlement: Node) -> tuple[PrecedingInvoice, ...]:
    return tuple(
        PrecedingInvoice(
            number=ref.token(_ASSIGNED),
            issue_date=ref.day_102("ram:FormattedIssueDateTime/qdt:DateTimeString"),
        )
        for ref in settlement.all("ram:InvoiceReferencedDocument")
    )


def _party(node: Node | None) -> Party | None:
    if node is None:
        return None
    contact, address = node.first("ram:DefinedTradeContact"), node.first("ram:PostalTradeAddress")
    taxes = {
        number.scheme: number.value
        for tax in reversed(node.all("ram:SpecifiedTaxRegistration"))
        if (number := tax.identifier("ram:ID"))
    }
    return Party(
        name=node.text("ram:Name"),
        trading_name=node.text("ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        ids=_party_ids(node),
        legal_id=node.identifier("ram:SpecifiedLegalOrganization/ram:ID"),
        vat_id=taxes.get("VA", ""),
        tax_number=taxes.get("FC", ""),
        legal_note=node.text("ram:Description"),
        electronic_address=node.identifier("ram:URIUniversalCommunication/ram:URIID"),
        address=_address(address) if address else None,
        contact=_contact(contact) if contact else None,
    )


def _party_ids(node: Node) -> tuple[Identifier, ...]:
    plain = [Identifier(value=value) for value in node.texts("ram:ID")]
    schemed = [
        Identifier(value=part.raw.strip(" \t\r\n"), scheme=part.get("schemeID"))
        for part in node.all("ram:GlobalID")
    ]
    return tuple(sorted(plain + schemed, key=lambda party_id: (party_id.scheme, party_id.value)))


def _address(node: Node) -> Address:
    return Address(
        line_1=node.text("ram:LineOne"),
        line_2=node.text("ram:LineTwo"),
        line_3=node.text("ram:LineThree"),
        city=node.text("ram:CityName"),
        post_code=node.text("ram:PostcodeCode"),
        subdivision=node.text("ram:CountrySubDivisionName"),
        country=node.token("ram:CountryID"),
    )


def _contact(node: Node) -> Contact:
    return Contact(
        name=node.text("ram:PersonName") or node.text("ram:DepartmentName"),
        phone=node.text("ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
        email=node.text("ram:EmailURIUniversalCommunication/ram:URIID"),
    )


def _delivery(node: Node) -> Delivery | None:
    address = node.first("ram:ShipToTradeParty/ram:PostalTradeAddress")
    delivery = Delivery(
        name=node.text("ram:ShipToTradeParty/ram:Name"),
        location=node.identifier("ram:ShipToTradeParty/ram:GlobalID")
        or node.identifier("ram:ShipToTradeParty/ram:ID"),
        date=node.day_102(f"ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/{_DATE}"),
        address=_address(address) if address else None,
    )
    return delivery if delivery != Delivery() else None


def _period(node: Node) -> Period | None:
    period = Period(
        start=node.day_102(f"ram:BillingSpecifiedPeriod/ram:StartDateTime/{_DATE}"),
        end=node.day_102(f"ram:BillingSpecifiedPeriod/ram:EndDateTime/{_DATE}"),
    )
    return period if period != Period() else None


def _payment_means(settlement: Node) -> tuple[PaymentMeans, ...]:
    """Return one way to pay for each account: an element may name several of them."""
    found: list[PaymentMeans] = []
    for node in settlement.all("ram:SpecifiedTradeSettlementPaymentMeans"):
        accounts: list[Node | None] = [*node.all("ram:PayeePartyCreditorFinancialAccount")]
        for account in accounts or [None]:
            found.append(
                PaymentMeans(
                    code=node.token("ram:TypeCode"),
                    text=" ".join(node.texts("ram:Information")),
                    account=_account(account, node) if account else None,
                    card_number=node.token("ram:ApplicableTradeSettlementFinancialCard/ram:ID"),
                    card_holder=node.text(
                        "ram:ApplicableTradeSettlementFinancialCard/ram:CardholderName"
                    ),
                )
            )
    return tuple(found)


def _account(node: Node, means: Node) -> Account:
    return Account(
        iban="".join((node.token("ram:IBANID") or node.token("ram:ProprietaryID")).split()),
        name=node.text("ram:AccountName"),
        bic=means.token("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
    )


def _direct_debit(settlement: Node) -> DirectDebit | None:
    account = (
        "ram:SpecifiedTradeSettlementPaymentMeans/ram:PayerPartyDebtorFinancialAccount/ram:IBANID"
    )
    debit = DirectDebit(
        mandate=settlement.token("ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"),
        creditor_id=settlement.token("ram:CreditorReferenceID"),
        debited_account="".join(settlement.token(account).split()),
    )
    return debit if debit != DirectDebit() else None


def _allowances(node: Node) -> tuple[AllowanceCharge, ...]:
    return tuple(
        AllowanceCharge(
            is_charge=item.flag("ram:ChargeIndicator/udt:Indicator"),
            amount=item.amount("ram:ActualAmount"),
            base=item.amount("ram:BasisAmount"),
            percent=item.number("ram:CalculationPercent"),
            vat_category=item.token("ram:CategoryTradeTax/ram:CategoryCode"),
            vat_rate=item.number("ram:CategoryTradeTax/ram:RateApplicablePercent"),
            reason=item.text("ram:Reason"),
            reason_code=item.token("ram:ReasonCode"),
        )
        for item in node.all("ram:SpecifiedTradeAllowanceCharge")
    )


def _totals(settlement: Node, currency: str, tax_currency: str) -> Totals:
    sums = settlement.first("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    if sums is None:
        return Totals()
    taxes = {
        node.get("currencyID") or currency: position
        for position, node in reversed(list(enumerate(sums.all("ram:TaxTotalAmount"), start=1)))
    }
    vat = taxes.get(currency)
    other = taxes.get(tax_currency) if tax_currency != currency else None
    return Totals(
        lines=sums.amount("ram:LineTotalAmount"),
        allowances=sums.amount("ram:AllowanceTotalAmount"),
        charges=sums.amount("ram:ChargeTotalAmount"),
        net=sums.amount("ram:TaxBasisTotalAmount"),
        vat=sums.amount(f"ram:TaxTotalAmount[{vat}]") if vat else None,
        vat_in_tax_currency=sums.amount(f"ram:TaxTotalAmount[{other}]") if other else None,
        gross=sums.amount("ram:GrandTotalAmount"),
        prepaid=sums.amount("ram:TotalPrepaidAmount"),
        rounding=sums.amount("ram:RoundingAmount"),
        payable=sums.amount("ram:DuePayableAmount"),
    )


def _vat(node: Node) -> Vat:
    return Vat(
        taxable=node.amount("ram:BasisAmount"),
        tax=node.amount("ram:CalculatedAmount"),
        category=node.token("ram:CategoryCode"),
        rate=node.number("ram:RateApplicablePercent"),
        exemption_reason=node.text("ram:ExemptionReason"),
        exemption_code=node.token("ram:ExemptionReasonCode"),
    )


def _attachments(agreement: Node) -> tuple[Attachment, ...]:
    references = agreement.all("ram:AdditionalReferencedDocument")
    return tuple(
        attachment(
            reference=ref.token(_ASSIGNED),
            description=ref.text("ram:Name"),
            url=ref.text("ram:URIID"),
            content=ref.first("ram:AttachmentBinaryObject"),
        )
        for ref in references
        if ref.text("ram:TypeCode") not in {_TENDER, _OBJECT}
    )


def _line(node: Node) -> Line:
    document = _part(node, "ram:AssociatedDocumentLineDocument")
    product = _part(node, "ram:SpecifiedTradeProduct")
    agreement = _part(node, "ram:SpecifiedLineTradeAgreement")
    settlement = _part(node, "ram:SpecifiedLineTradeSettlement")
    gross, net = "ram:GrossPriceProductTradePrice", "ram:NetPriceProductTradePrice"
    quantity = node.first("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    base_path = f"{net if agreement.first(f'{net}/ram:BasisQuantity') else gross}/ram:BasisQuantity"
    base = agreement.first(base_path)
    total = "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
    return Line(
        id=document.token("ram:LineID"),
        parent_id=document.token("ram:ParentLineID"),
        note="\n".join(document.texts("ram:IncludedNote/ram:Content")),
        object_id=_object(settlement),
        quantity=node.number("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"),
        unit=quantity.get("unitCode") if quantity else "",
        net=settlement.amount(total),
        order_line=agreement.token("ram:BuyerOrderReferencedDocument/ram:LineID"),
        accounting_ref=settlement.token("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        period=_period(settlement),
        allowances_charges=_allowances(settlement),
        net_price=agreement.number(f"{net}/ram:ChargeAmount"),
        price_discount=agreement.number(
            f"{gross}/ram:AppliedTradeAllowanceCharge/ram:ActualAmount"
        ),
        gross_price=agreement.number(f"{gross}/ram:ChargeAmount"),
        base_quantity=agreement.number(base_path),
        base_unit=base.get("unitCode") if base else "",
        vat_category=settlement.token("ram:ApplicableTradeTax/ram:CategoryCode"),
        vat_rate=settlement.number("ram:ApplicableTradeTax/ram:RateApplicablePercent"),
        name=product.text("ram:Name"),
        description=product.text("ram:Description"),
        seller_item_id=product.token("ram:SellerAssignedID"),
        buyer_item_id=product.token("ram:BuyerAssignedID"),
        standard_item_id=product.identifier("ram:GlobalID"),
        classifications=_classifications(product),
        origin_country=product.token("ram:OriginTradeCountry/ram:ID"),
        attributes=tuple(
            (item.text("ram:Description"), item.text("ram:Value"))
            for item in product.all("ram:ApplicableProductCharacteristic")
        ),
    )


def _classifications(product: Node) -> tuple[Identifier, ...]:
    found = (
        item.identifier("ram:ClassCode", scheme="listID")
        for item in product.all("ram:DesignatedProductClassification")
    )
    return tuple(code for code in found if code)
