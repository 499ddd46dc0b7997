"""A sample as UN/CEFACT Cross Industry Invoice."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal
from typing import Any, Final

from laufzettel.einvoice import cii
from sample_invoices.model import LEITWEG_ID, PROCESS, Attached, Group, Item, Sample, Seller
from sample_invoices.xml_writer import XmlWriter

_TRADE_TAX: Final = "ram:ApplicableTradeTax"


def as_cii(sample: Sample) -> bytes:
    """Return the sample as Cross Industry Invoice, the twin of ``as_ubl``."""
    writer = XmlWriter(cii.INVOICE, dict(cii.NAMESPACES))
    process = "ram:BusinessProcessSpecifiedDocumentContextParameter"
    guideline = "ram:GuidelineSpecifiedDocumentContextParameter"
    return writer.write(
        [
            (
                "rsm:ExchangedDocumentContext",
                [
                    (process, [("ram:ID", PROCESS)]),
                    (guideline, [("ram:ID", sample.specification)]),
                ],
            ),
            (
                "rsm:ExchangedDocument",
                [
                    ("ram:ID", sample.number),
                    ("ram:TypeCode", sample.type_code),
                    ("ram:IssueDateTime", [_cii_date(sample.issued)]),
                    ("ram:IncludedNote", [("ram:Content", sample.note)] if sample.note else []),
                ],
            ),
            (
                "rsm:SupplyChainTradeTransaction",
                [
                    *[
                        ("ram:IncludedSupplyChainTradeLineItem", _cii_line(n, item))
                        for n, item in enumerate(sample.items, start=1)
                    ],
                    ("ram:ApplicableHeaderTradeAgreement", _cii_agreement(sample)),
                    ("ram:ApplicableHeaderTradeDelivery", _cii_delivery(sample)),
                    ("ram:ApplicableHeaderTradeSettlement", _cii_settlement(sample)),
                ],
            ),
        ]
    )


def _cii_date(day: date) -> Any:
    return ("udt:DateTimeString", f"{day:%Y%m%d}", {"format": "102"})


def _cii_line(number: int, item: Item) -> list[Any]:
    total = "ram:SpecifiedTradeSettlementLineMonetarySummation"
    price = [("ram:ChargeAmount", item.price)]
    return [
        ("ram:AssociatedDocumentLineDocument", [("ram:LineID", number)]),
        (
            "ram:SpecifiedTradeProduct",
            [("ram:Name", item.name), ("ram:Description", item.description)],
        ),
        ("ram:SpecifiedLineTradeAgreement", [("ram:NetPriceProductTradePrice", price)]),
        (
            "ram:SpecifiedLineTradeDelivery",
            [("ram:BilledQuantity", item.quantity, {"unitCode": item.unit})],
        ),
        (
            "ram:SpecifiedLineTradeSettlement",
            [
                (_TRADE_TAX, _cii_category(*item.vat_key)),
                (total, [("ram:LineTotalAmount", item.net)]),
            ],
        ),
    ]


def _cii_category(code: str, rate: Decimal) -> list[Any]:
    return [
        ("ram:TypeCode", "VAT"),
        ("ram:CategoryCode", code),
        ("ram:RateApplicablePercent", rate),
    ]


def _cii_agreement(sample: Sample) -> list[Any]:
    order, contract = "ram:BuyerOrderReferencedDocument", "ram:ContractReferencedDocument"
    return [
        ("ram:BuyerReference", sample.buyer_reference),
        ("ram:SellerTradeParty", _cii_seller(sample.seller)),
        ("ram:BuyerTradeParty", _cii_buyer(sample)),
        (order, [("ram:IssuerAssignedID", sample.order)] if sample.order else []),
        (contract, [("ram:IssuerAssignedID", sample.contract)] if sample.contract else []),
        *[("ram:AdditionalReferencedDocument", _cii_attached(one)) for one in sample.attachments],
    ]


def _cii_seller(seller: Seller) -> list[Any]:
    phone = [("ram:CompleteNumber", seller.phone)]
    return [
        ("ram:Name", seller.name),
        (
            "ram:DefinedTradeContact",
            [
                ("ram:PersonName", seller.contact),
                ("ram:TelephoneUniversalCommunication", phone),
                ("ram:EmailURIUniversalCommunication", [("ram:URIID", seller.email)]),
            ],
        ),
        (
            "ram:PostalTradeAddress",
            _cii_address(seller.street, seller.city, seller.post_code, seller.country),
        ),
        ("ram:URIUniversalCommunication", [("ram:URIID", seller.email, {"schemeID": "EM"})]),
        ("ram:SpecifiedTaxRegistration", [("ram:ID", seller.vat_id, {"schemeID": "VA"})]),
    ]


def _cii_address(street: str, city: str, post_code: str, country: str = "DE") -> list[Any]:
    return [
        ("ram:PostcodeCode", post_code),
        ("ram:LineOne", street),
        ("ram:CityName", city),
        ("ram:CountryID", country),
    ]


_TOWN_HALL: Final = (
    "ram:PostalTradeAddress",
    _cii_address("Rathausplatz 1", "Musterstadt", "59999"),
)


def _cii_buyer(sample: Sample) -> list[Any]:
    number = sample.buyer_vat_id
    return [
        ("ram:Name", "Stadt Musterstadt"),
        _TOWN_HALL,
        ("ram:URIUniversalCommunication", [("ram:URIID", LEITWEG_ID, {"schemeID": "0204"})]),
        (
            "ram:SpecifiedTaxRegistration",
            [("ram:ID", number, {"schemeID": "VA"})] if number else [],
        ),
    ]


def _cii_attached(one: Attached) -> list[Any]:
    data = base64.b64encode(one.data).decode()
    return [
        ("ram:IssuerAssignedID", one.name),
        ("ram:TypeCode", "916"),
        ("ram:Name", one.description),
        ("ram:AttachmentBinaryObject", data, {"mimeCode": one.mime, "filename": one.name}),
    ]


def _cii_delivery(sample: Sample) -> list[Any]:
    occurred = ("ram:OccurrenceDateTime", [_cii_date(sample.issued)])
    return [
        ("ram:ShipToTradeParty", [_TOWN_HALL] if sample.buyer_vat_id else []),
        ("ram:ActualDeliverySupplyChainEvent", [occurred]),
    ]


def _cii_settlement(sample: Sample) -> list[Any]:
    corrected = [("ram:IssuerAssignedID", sample.corrects)] if sample.corrects else []
    return [
        ("ram:CreditorReferenceID", sample.debit.creditor_id if sample.debit else ""),
        ("ram:PaymentReference", sample.number),
        ("ram:InvoiceCurrencyCode", sample.currency),
        ("ram:PayeeTradeParty", [("ram:Name", sample.payee.name)] if sample.payee else []),
        ("ram:SpecifiedTradeSettlementPaymentMeans", _cii_means(sample)),
        *[(_TRADE_TAX, _cii_group(group)) for group in sample.groups],
        ("ram:BillingSpecifiedPeriod", _cii_period(sample)),
        *[("ram:SpecifiedTradeAllowanceCharge", one) for one in _cii_adjustments(sample)],
        ("ram:SpecifiedTradePaymentTerms", _cii_terms(sample)),
        ("ram:SpecifiedTradeSettlementHeaderMonetarySummation", _cii_totals(sample)),
        ("ram:InvoiceReferencedDocument", corrected),
    ]


def _cii_means(sample: Sample) -> list[Any]:
    debit = sample.debit
    if debit is not None:
        payer = ("ram:PayerPartyDebtorFinancialAccount", [("ram:IBANID", debit.debited)])
        return [("ram:TypeCode", sample.means), payer]
    name = sample.payee.name if sample.payee else sample.seller.name
    account = [("ram:IBANID", sample.iban), ("ram:AccountName", name)]
    return [
        ("ram:TypeCode", sample.means),
        ("ram:PayeePartyCreditorFinancialAccount", account),
    ]


def _cii_group(group: Group) -> list[Any]:
    reason, reason_code = group.exemption
    return [
        ("ram:CalculatedAmount", group.tax),
        ("ram:TypeCode", "VAT"),
        ("ram:ExemptionReason", reason),
        ("ram:BasisAmount", group.net),
        ("ram:CategoryCode", group.category),
        ("ram:ExemptionReasonCode", reason_code),
        ("ram:RateApplicablePercent", group.rate),
    ]


def _cii_period(sample: Sample) -> list[Any]:
    if sample.period is None:
        return []
    start, end = sample.period
    return [("ram:StartDateTime", [_cii_date(start)]), ("ram:EndDateTime", [_cii_date(end)])]


def _cii_adjustments(sample: Sample) -> list[Any]:
    return [
        [
            ("ram:ChargeIndicator", [("udt:Indicator", "true" if one.is_charge else "false")]),
            ("ram:ActualAmount", one.amount),
            ("ram:Reason", one.reason),
            ("ram:CategoryTradeTax", _cii_category("S" if one.rate else "Z", one.rate)),
        ]
        for one in sample.adjustments
    ]


def _cii_terms(sample: Sample) -> list[Any]:
    due = [_cii_date(sample.due)] if sample.due else []
    return [
        ("ram:Description", sample.terms),
        ("ram:DueDateDateTime", due),
        ("ram:DirectDebitMandateID", sample.debit.mandate if sample.debit else ""),
    ]


def _cii_totals(sample: Sample) -> list[Any]:
    charged, allowed = sample.adjusted(charges=True), sample.adjusted(charges=False)
    return [
        ("ram:LineTotalAmount", sample.lines),
        ("ram:ChargeTotalAmount", charged or ""),
        ("ram:AllowanceTotalAmount", allowed or ""),
        ("ram:TaxBasisTotalAmount", sample.net),
        ("ram:TaxTotalAmount", sample.vat, {"currencyID": sample.currency}),
        ("ram:GrandTotalAmount", sample.gross),
        ("ram:TotalPrepaidAmount", sample.prepaid or ""),
        ("ram:DuePayableAmount", sample.payable),
    ]
