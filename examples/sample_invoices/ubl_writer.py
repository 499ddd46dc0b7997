"""A sample as UBL 2.1 Invoice or CreditNote."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any, Final

from laufzettel.einvoice import ubl
from sample_invoices.model import LEITWEG_ID, PROCESS, Group, Item, Sample
from sample_invoices.xml_writer import XmlWriter

_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_VAT: Final = ("cac:TaxScheme", [("cbc:ID", "VAT")])


def as_ubl(sample: Sample) -> bytes:
    """Return the sample as UBL Invoice, or CreditNote where its type is 381."""
    kind = "CreditNote" if sample.type_code == "381" else "Invoice"
    writer = XmlWriter(f"{{{_UBL}{kind}-2}}{kind}", {None: f"{_UBL}{kind}-2", **ubl.NAMESPACES})
    due = [("cbc:DueDate", sample.due)] if sample.due and kind == "Invoice" else []
    return writer.write(
        [
            ("cbc:CustomizationID", sample.specification),
            ("cbc:ProfileID", PROCESS),
            ("cbc:ID", sample.number),
            ("cbc:IssueDate", sample.issued),
            *due,
            (f"cbc:{kind}TypeCode", sample.type_code),
            ("cbc:Note", sample.note),
            ("cbc:DocumentCurrencyCode", sample.currency),
            ("cbc:BuyerReference", sample.buyer_reference),
            ("cac:InvoicePeriod", _ubl_period(sample)),
            ("cac:OrderReference", [("cbc:ID", sample.order)] if sample.order else []),
            ("cac:BillingReference", _ubl_corrected(sample)),
            (
                "cac:ContractDocumentReference",
                [("cbc:ID", sample.contract)] if sample.contract else [],
            ),
            *[("cac:AdditionalDocumentReference", one) for one in _ubl_attachments(sample)],
            ("cac:AccountingSupplierParty", [("cac:Party", _ubl_seller(sample))]),
            ("cac:AccountingCustomerParty", [("cac:Party", _ubl_buyer(sample))]),
            ("cac:PayeeParty", _ubl_payee(sample)),
            ("cac:Delivery", _ubl_delivery(sample)),
            ("cac:PaymentMeans", _ubl_means(sample, kind)),
            ("cac:PaymentTerms", [("cbc:Note", sample.terms)]),
            *[("cac:AllowanceCharge", one) for one in _ubl_adjustments(sample)],
            ("cac:TaxTotal", _ubl_taxes(sample)),
            ("cac:LegalMonetaryTotal", _ubl_totals(sample)),
            *[
                (f"cac:{kind}Line", _ubl_line(n, item, kind, sample.currency))
                for n, item in enumerate(sample.items, start=1)
            ],
        ]
    )


def _amount(value: Decimal, sample: Sample) -> tuple[Decimal, dict[str, str]]:
    return value, {"currencyID": sample.currency}


def _ubl_period(sample: Sample) -> list[Any]:
    if sample.period is None:
        return []
    return [("cbc:StartDate", sample.period[0]), ("cbc:EndDate", sample.period[1])]


def _ubl_corrected(sample: Sample) -> list[Any]:
    if not sample.corrects:
        return []
    return [("cac:InvoiceDocumentReference", [("cbc:ID", sample.corrects)])]


def _ubl_attachments(sample: Sample) -> list[Any]:
    return [
        [
            ("cbc:ID", one.name),
            ("cbc:DocumentDescription", one.description),
            (
                "cac:Attachment",
                [
                    (
                        "cbc:EmbeddedDocumentBinaryObject",
                        base64.b64encode(one.data).decode(),
                        {"mimeCode": one.mime, "filename": one.name},
                    )
                ],
            ),
        ]
        for one in sample.attachments
    ]


def _ubl_seller(sample: Sample) -> list[Any]:
    seller = sample.seller
    creditor = [("cbc:ID", sample.debit.creditor_id, {"schemeID": "SEPA"})] if sample.debit else []
    address = _ubl_address(seller.street, seller.city, seller.post_code, seller.country)
    return [
        ("cbc:EndpointID", seller.email, {"schemeID": "EM"}),
        ("cac:PartyIdentification", creditor),
        ("cac:PostalAddress", address),
        ("cac:PartyTaxScheme", [("cbc:CompanyID", seller.vat_id), _VAT]),
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


def _ubl_address(street: str, city: str, post_code: str, country: str = "DE") -> list[Any]:
    return [
        ("cbc:StreetName", street),
        ("cbc:CityName", city),
        ("cbc:PostalZone", post_code),
        ("cac:Country", [("cbc:IdentificationCode", country)]),
    ]


def _ubl_buyer(sample: Sample) -> list[Any]:
    number = sample.buyer_vat_id
    return [
        ("cbc:EndpointID", LEITWEG_ID, {"schemeID": "0204"}),
        ("cac:PostalAddress", _ubl_address("Rathausplatz 1", "Musterstadt", "59999")),
        ("cac:PartyTaxScheme", [("cbc:CompanyID", number), _VAT] if number else []),
        ("cac:PartyLegalEntity", [("cbc:RegistrationName", "Stadt Musterstadt")]),
    ]


def _ubl_payee(sample: Sample) -> list[Any]:
    return [("cac:PartyName", [("cbc:Name", sample.payee.name)])] if sample.payee else []


def _ubl_delivery(sample: Sample) -> list[Any]:
    to = _ubl_address("Rathausplatz 1", "Musterstadt", "59999")
    place = [("cac:DeliveryLocation", [("cac:Address", to)])] if sample.buyer_vat_id else []
    return [("cbc:ActualDeliveryDate", sample.issued), *place]


def _ubl_means(sample: Sample, kind: str) -> list[Any]:
    paid = [("cbc:PaymentDueDate", sample.due)] if kind == "CreditNote" and sample.due else []
    name = sample.payee.name if sample.payee else sample.seller.name
    account = [("cbc:ID", sample.iban), ("cbc:Name", name)]
    debit = sample.debit
    mandate = (
        []
        if debit is None
        else [
            ("cbc:ID", debit.mandate),
            ("cac:PayerFinancialAccount", [("cbc:ID", debit.debited)]),
        ]
    )
    return [
        ("cbc:PaymentMeansCode", sample.means),
        *paid,
        ("cbc:PaymentID", sample.number),
        ("cac:PayeeFinancialAccount", account if debit is None else []),
        ("cac:PaymentMandate", mandate),
    ]


def _ubl_adjustments(sample: Sample) -> list[Any]:
    return [
        [
            ("cbc:ChargeIndicator", "true" if one.is_charge else "false"),
            ("cbc:AllowanceChargeReason", one.reason),
            ("cbc:Amount", *_amount(one.amount, sample)),
            _ubl_category("cac:TaxCategory", "S" if one.rate else "Z", one.rate),
        ]
        for one in sample.adjustments
    ]


def _ubl_totals(sample: Sample) -> list[Any]:
    allowed, charged = sample.adjusted(charges=False), sample.adjusted(charges=True)
    optional = {
        "cbc:AllowanceTotalAmount": allowed,
        "cbc:ChargeTotalAmount": charged,
        "cbc:PrepaidAmount": sample.prepaid,
    }
    return [
        ("cbc:LineExtensionAmount", *_amount(sample.lines, sample)),
        ("cbc:TaxExclusiveAmount", *_amount(sample.net, sample)),
        ("cbc:TaxInclusiveAmount", *_amount(sample.gross, sample)),
        *[(name, *_amount(value, sample)) for name, value in optional.items() if value],
        ("cbc:PayableAmount", *_amount(sample.payable, sample)),
    ]


def _ubl_category(
    name: str, code: str, rate: Decimal, exemption: tuple[str, str] = ("", "")
) -> Any:
    reason, reason_code = exemption
    return (
        name,
        [
            ("cbc:ID", code),
            ("cbc:Percent", rate),
            ("cbc:TaxExemptionReasonCode", reason_code),
            ("cbc:TaxExemptionReason", reason),
            _VAT,
        ],
    )


def _ubl_taxes(sample: Sample) -> list[Any]:
    def subtotal(group: Group) -> list[Any]:
        return [
            ("cbc:TaxableAmount", *_amount(group.net, sample)),
            ("cbc:TaxAmount", *_amount(group.tax, sample)),
            _ubl_category("cac:TaxCategory", group.category, group.rate, group.exemption),
        ]

    groups = [("cac:TaxSubtotal", subtotal(group)) for group in sample.groups]
    return [("cbc:TaxAmount", *_amount(sample.vat, sample)), *groups]


def _ubl_line(number: int, item: Item, kind: str, currency: str) -> list[Any]:
    quantity = "cbc:CreditedQuantity" if kind == "CreditNote" else "cbc:InvoicedQuantity"
    return [
        ("cbc:ID", number),
        (quantity, item.quantity, {"unitCode": item.unit}),
        ("cbc:LineExtensionAmount", item.net, {"currencyID": currency}),
        (
            "cac:Item",
            [
                ("cbc:Description", item.description),
                ("cbc:Name", item.name),
                _ubl_category("cac:ClassifiedTaxCategory", *item.vat_key),
            ],
        ),
        ("cac:Price", [("cbc:PriceAmount", item.price, {"currencyID": currency})]),
    ]
