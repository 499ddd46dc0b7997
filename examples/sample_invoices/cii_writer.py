"""A sample as UN/CEFACT Cross Industry Invoice."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal
from typing import Any, Final

from laufzettel.einvoice import cii
from sample_invoices.model import LEITWEG_ID, PROCESS, Item, Sample, Seller
from sample_invoices.xml_writer import XmlWriter

_EUR: Final = {"currencyID": "EUR"}


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
                ("ram:ApplicableTradeTax", _cii_category(item.rate)),
                (total, [("ram:LineTotalAmount", item.net)]),
            ],
        ),
    ]


def _cii_category(rate: Decimal) -> list[Any]:
    return [
        ("ram:TypeCode", "VAT"),
        ("ram:CategoryCode", "S" if rate else "Z"),
        ("ram:RateApplicablePercent", rate),
    ]


def _cii_agreement(sample: Sample) -> list[Any]:
    order, contract = "ram:BuyerOrderReferencedDocument", "ram:ContractReferencedDocument"
    return [
        ("ram:BuyerReference", sample.buyer_reference),
        ("ram:SellerTradeParty", _cii_seller(sample.seller)),
        ("ram:BuyerTradeParty", _CII_BUYER),
        (order, [("ram:IssuerAssignedID", sample.order)] if sample.order else []),
        (contract, [("ram:IssuerAssignedID", sample.contract)] if sample.contract else []),
        ("ram:AdditionalReferencedDocument", _cii_attachment(sample)),
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
        ("ram:PostalTradeAddress", _cii_address(seller.street, seller.city, seller.post_code)),
        ("ram:URIUniversalCommunication", [("ram:URIID", seller.email, {"schemeID": "EM"})]),
        ("ram:SpecifiedTaxRegistration", [("ram:ID", seller.vat_id, {"schemeID": "VA"})]),
    ]


def _cii_address(street: str, city: str, post_code: str) -> list[Any]:
    return [
        ("ram:PostcodeCode", post_code),
        ("ram:LineOne", street),
        ("ram:CityName", city),
        ("ram:CountryID", "DE"),
    ]


_CII_BUYER: Final = [
    ("ram:Name", "Stadt Musterstadt"),
    ("ram:PostalTradeAddress", _cii_address("Rathausplatz 1", "Musterstadt", "59999")),
    ("ram:URIUniversalCommunication", [("ram:URIID", LEITWEG_ID, {"schemeID": "0204"})]),
]


def _cii_attachment(sample: Sample) -> list[Any]:
    if sample.attachment is None:
        return []
    name, content = sample.attachment
    data = base64.b64encode(content.encode()).decode()
    return [
        ("ram:IssuerAssignedID", name),
        ("ram:TypeCode", "916"),
        ("ram:Name", "Aufmaß"),
        ("ram:AttachmentBinaryObject", data, {"mimeCode": "text/csv", "filename": name}),
    ]


def _cii_delivery(sample: Sample) -> list[Any]:
    occurred = ("ram:OccurrenceDateTime", [_cii_date(sample.issued)])
    return [("ram:ActualDeliverySupplyChainEvent", [occurred])]


def _cii_settlement(sample: Sample) -> list[Any]:
    account = [("ram:IBANID", sample.seller.iban), ("ram:AccountName", sample.seller.name)]
    groups = [
        (
            "ram:ApplicableTradeTax",
            [
                ("ram:CalculatedAmount", tax),
                ("ram:TypeCode", "VAT"),
                ("ram:BasisAmount", net),
                *_cii_category(rate)[1:],
            ],
        )
        for rate, (net, tax) in sample.groups.items()
    ]
    corrected = [("ram:IssuerAssignedID", sample.corrects)] if sample.corrects else []
    return [
        ("ram:PaymentReference", sample.number),
        ("ram:InvoiceCurrencyCode", "EUR"),
        (
            "ram:SpecifiedTradeSettlementPaymentMeans",
            [("ram:TypeCode", "58"), ("ram:PayeePartyCreditorFinancialAccount", account)],
        ),
        *groups,
        (
            "ram:SpecifiedTradePaymentTerms",
            [("ram:Description", sample.terms), ("ram:DueDateDateTime", [_cii_date(sample.due)])],
        ),
        (
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            [
                ("ram:LineTotalAmount", sample.net),
                ("ram:TaxBasisTotalAmount", sample.net),
                ("ram:TaxTotalAmount", sample.vat, _EUR),
                ("ram:GrandTotalAmount", sample.gross),
                ("ram:DuePayableAmount", sample.gross),
            ],
        ),
        ("ram:InvoiceReferencedDocument", corrected),
    ]
