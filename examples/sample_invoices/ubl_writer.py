"""A sample as UBL 2.1 Invoice or CreditNote."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any, Final

from laufzettel.einvoice import ubl
from sample_invoices.model import LEITWEG_ID, PROCESS, Item, Sample, Seller
from sample_invoices.xml_writer import XmlWriter

_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_EUR: Final = {"currencyID": "EUR"}


def as_ubl(sample: Sample) -> bytes:
    """Return the sample as UBL Invoice, or CreditNote where its type is 381."""
    kind = "CreditNote" if sample.type_code == "381" else "Invoice"
    writer = XmlWriter(f"{{{_UBL}{kind}-2}}{kind}", {None: f"{_UBL}{kind}-2", **ubl.NAMESPACES})
    due = [] if kind == "CreditNote" else [("cbc:DueDate", sample.due)]
    paid = [("cbc:PaymentDueDate", sample.due)] if kind == "CreditNote" else []
    return writer.write(
        [
            ("cbc:CustomizationID", sample.specification),
            ("cbc:ProfileID", PROCESS),
            ("cbc:ID", sample.number),
            ("cbc:IssueDate", sample.issued),
            *due,
            (f"cbc:{kind}TypeCode", sample.type_code),
            ("cbc:Note", sample.note),
            ("cbc:DocumentCurrencyCode", "EUR"),
            ("cbc:BuyerReference", sample.buyer_reference),
            ("cac:OrderReference", [("cbc:ID", sample.order)] if sample.order else []),
            ("cac:BillingReference", _ubl_corrected(sample)),
            (
                "cac:ContractDocumentReference",
                [("cbc:ID", sample.contract)] if sample.contract else [],
            ),
            ("cac:AdditionalDocumentReference", _ubl_attachment(sample)),
            ("cac:AccountingSupplierParty", [("cac:Party", _ubl_seller(sample.seller))]),
            ("cac:AccountingCustomerParty", [("cac:Party", _UBL_BUYER)]),
            ("cac:Delivery", [("cbc:ActualDeliveryDate", sample.issued)]),
            (
                "cac:PaymentMeans",
                [
                    ("cbc:PaymentMeansCode", "58"),
                    *paid,
                    ("cbc:PaymentID", sample.number),
                    (
                        "cac:PayeeFinancialAccount",
                        [("cbc:ID", sample.seller.iban), ("cbc:Name", sample.seller.name)],
                    ),
                ],
            ),
            ("cac:PaymentTerms", [("cbc:Note", sample.terms)]),
            ("cac:TaxTotal", _ubl_taxes(sample)),
            (
                "cac:LegalMonetaryTotal",
                [
                    ("cbc:LineExtensionAmount", sample.net, _EUR),
                    ("cbc:TaxExclusiveAmount", sample.net, _EUR),
                    ("cbc:TaxInclusiveAmount", sample.gross, _EUR),
                    ("cbc:PayableAmount", sample.gross, _EUR),
                ],
            ),
            *[
                (f"cac:{kind}Line", _ubl_line(n, item, kind))
                for n, item in enumerate(sample.items, start=1)
            ],
        ]
    )


def _ubl_corrected(sample: Sample) -> list[Any]:
    if not sample.corrects:
        return []
    return [("cac:InvoiceDocumentReference", [("cbc:ID", sample.corrects)])]


def _ubl_attachment(sample: Sample) -> list[Any]:
    if sample.attachment is None:
        return []
    name, content = sample.attachment
    data = base64.b64encode(content.encode()).decode()
    attributes = {"mimeCode": "text/csv", "filename": name}
    binary = ("cbc:EmbeddedDocumentBinaryObject", data, attributes)
    return [
        ("cbc:ID", name),
        ("cbc:DocumentDescription", "Aufmaß"),
        ("cac:Attachment", [binary]),
    ]


def _ubl_seller(seller: Seller) -> list[Any]:
    vat = [("cac:TaxScheme", [("cbc:ID", "VAT")])]
    return [
        ("cbc:EndpointID", seller.email, {"schemeID": "EM"}),
        ("cac:PostalAddress", _ubl_address(seller.street, seller.city, seller.post_code)),
        ("cac:PartyTaxScheme", [("cbc:CompanyID", seller.vat_id), *vat]),
        ("cac:PartyLegalEntity", [("cbc:RegistrationName", seller.name)]),
        (
            "cac:Contact",
            [
                ("cbc:Name", seller.contact),
                ("cbc:Telephone", seller.phone),
                ("cbc:ElectronicMail", seller.email),
            ],
        ),
    ]


def _ubl_address(street: str, city: str, post_code: str) -> list[Any]:
    return [
        ("cbc:StreetName", street),
        ("cbc:CityName", city),
        ("cbc:PostalZone", post_code),
        ("cac:Country", [("cbc:IdentificationCode", "DE")]),
    ]


_UBL_BUYER: Final = [
    ("cbc:EndpointID", LEITWEG_ID, {"schemeID": "0204"}),
    ("cac:PostalAddress", _ubl_address("Rathausplatz 1", "Musterstadt", "59999")),
    ("cac:PartyLegalEntity", [("cbc:RegistrationName", "Stadt Musterstadt")]),
]


def _ubl_category(name: str, rate: Decimal) -> Any:
    code = "S" if rate else "Z"
    return (
        name,
        [("cbc:ID", code), ("cbc:Percent", rate), ("cac:TaxScheme", [("cbc:ID", "VAT")])],
    )


def _ubl_taxes(sample: Sample) -> list[Any]:
    groups = [
        (
            "cac:TaxSubtotal",
            [
                ("cbc:TaxableAmount", net, _EUR),
                ("cbc:TaxAmount", tax, _EUR),
                _ubl_category("cac:TaxCategory", rate),
            ],
        )
        for rate, (net, tax) in sample.groups.items()
    ]
    return [("cbc:TaxAmount", sample.vat, _EUR), *groups]


def _ubl_line(number: int, item: Item, kind: str) -> list[Any]:
    quantity = "cbc:CreditedQuantity" if kind == "CreditNote" else "cbc:InvoicedQuantity"
    return [
        ("cbc:ID", number),
        (quantity, item.quantity, {"unitCode": item.unit}),
        ("cbc:LineExtensionAmount", item.net, _EUR),
        (
            "cac:Item",
            [
                ("cbc:Description", item.description),
                ("cbc:Name", item.name),
                _ubl_category("cac:ClassifiedTaxCategory", item.rate),
            ],
        ),
        ("cac:Price", [("cbc:PriceAmount", item.price, _EUR)]),
    ]
