"""Take over what a person read from an invoice without data; it then goes the ordinary way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from stdnum import iban as ibans
from stdnum.eu import vat as vat_ids
from stdnum.exceptions import ValidationError

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice import fulltext
from laufzettel.einvoice.invoice import Account, Delivery, Invoice, Party, PaymentMeans, Totals
from laufzettel.einvoice.report import Verdict
from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.heads import keep_head
from laufzettel.handlers.invoice.responsible import routing_facts
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.handlers.invoice.validate import SettledError, facts_of
from laufzettel.records import captured, remarks, search
from laufzettel.records.invoice import Stage
from laufzettel.records.remarks import Remark
from laufzettel.records.tables import invoice
from laufzettel.records.tax.tables import captured_invoice

#: Commercial invoice (UNTDID 1001), SEPA credit transfer (UNTDID 4461).
_INVOICE: Final = "380"
_SEPA: Final = "58"
#: Later a date of issue is a slip of the pen.
_AHEAD: Final = timedelta(days=31)
#: What is older no claim can be (§ 199 BGB); what is due later nobody agrees.
_YEARS_BACK: Final = 30
_YEARS_AHEAD: Final = 10
_CENT: Final = Decimal("0.01")


@inline(
    "invoice.capture",
    results=("capture_problem", "routing_facts"),
    label="Erfasste Rechnung übernehmen",
)
def capture(
    step: Inline,
    *,
    invoice_id: str,
    supplier_name: str,
    supplier_vat_id: str | None = None,
    invoice_number: str,
    issued_on: date,
    due_date: date | None = None,
    gross_amount: Decimal,
    currency: str,
    payee_iban: str | None = None,
    buyer_reference: str | None = None,
    vat_kind: str | None = None,
    vat_rates: str | None = None,
    supplier_country: str | None = None,
    performed_on: date | None = None,
    captured_by: str,
) -> Values:
    """Return what is wrong with what was typed, None where it now stands in the record."""
    require_own(step, invoice_id)
    row = step.records.row(invoice, invoice_id)
    if row["stage"] != Stage.RECEIVED:
        raise SettledError
    typed: dict[str, Any] = {
        "vat_id": _plain(supplier_vat_id),
        "issued_on": issued_on,
        "due_on": due_date,
        "gross": gross_amount,
        "currency": currency.strip().upper(),
        "iban": _plain(payee_iban),
        "vat_kind": vat_kind or "",
        "vat_rates": vat_rates or "",
        "country": _plain(supplier_country),
        "performed_on": performed_on,
    }
    today = step.now.astimezone(OFFICE_ZONE).date()
    problems = list(_problems(typed, today))
    if problems:
        told = "\n".join(f"- {text}" for text in problems)
        return {"capture_problem": told, "routing_facts": None}
    read = _as_invoice(typed, supplier_name, invoice_number, buyer_reference)
    known = remarks.split(row["remarks"])  # a Mahnung may have come before anybody captured it
    noted = {
        "verdict": Verdict.UNCHECKED.value,
        "remarks": remarks.join([*known, Remark.UNCHECKED.value]),
    }
    step.records.update(invoice, invoice_id, facts_of(read) | noted)
    keep_head(step, invoice_id, read)
    _keep_for_the_tax(step, invoice_id, typed)
    step.write(
        lambda connection: search.put_part(
            connection, step.tenant, invoice_id, "", fulltext.text_of(read)
        )
    )
    step.audit("invoice.captured", {"by": captured_by, "document": row["sha256"]})
    return {"capture_problem": None, "routing_facts": routing_facts(read)}


def _problems(typed: dict[str, Any], today: date) -> Iterator[str]:
    """Yield what cannot be right, in words that say what to look at."""
    if typed["gross"] <= 0 or typed["gross"] != typed["gross"].quantize(_CENT):
        yield "Der Zahlbetrag muss größer als 0 sein und höchstens zwei Nachkommastellen haben."
    if typed["issued_on"] > today + _AHEAD:
        yield "Das Rechnungsdatum liegt in der Zukunft."
    if today.year - typed["issued_on"].year > _YEARS_BACK:
        yield "Das Rechnungsdatum liegt mehr als dreißig Jahre zurück."
    if typed["due_on"] is not None and typed["due_on"] < typed["issued_on"]:
        yield "„Fällig am“ liegt vor dem Rechnungsdatum."
    elif typed["due_on"] is not None and typed["due_on"].year - today.year > _YEARS_AHEAD:
        yield "„Fällig am“ liegt mehr als zehn Jahre in der Zukunft."
    if not re.fullmatch(r"[A-Z]{3}", typed["currency"], re.ASCII):
        yield "Die Währung besteht aus drei Buchstaben, zum Beispiel EUR."
    if typed["iban"] and not _is_valid(ibans, typed["iban"]):
        yield "Die Prüfziffern der IBAN stimmen nicht. Bitte Zeichen für Zeichen vergleichen."
    if typed["vat_id"] and not _is_valid(vat_ids, typed["vat_id"]):
        yield "Die USt-IdNr. ist nicht gültig. Bitte vergleichen oder das Feld leeren."
    yield from _tax_problems(typed, today)


def _tax_problems(typed: dict[str, Any], today: date) -> Iterator[str]:
    """Yield what cannot be right of what the tax asks for."""
    if typed["performed_on"] is not None:
        years = typed["performed_on"].year - today.year
        if not -_YEARS_BACK <= years <= _YEARS_AHEAD:
            yield "„Leistung bis“ liegt Jahrzehnte entfernt."
    if not re.fullmatch(r"(?:[A-Z]{2})?", typed["country"], re.ASCII):
        yield "Das Land besteht aus zwei Buchstaben, zum Beispiel DE oder AT."
    if not _is_readable(typed["vat_kind"], typed["vat_rates"]):
        yield (
            "Die Steuersätze sind Zahlen über 0, mehrere mit Strichpunkt, zum Beispiel 19; 7. Weist "
            "die Rechnung keine Umsatzsteuer aus, wählen Sie bei „Umsatzsteuer“ den Grund."
        )


def _is_readable(vat_kind: str, vat_rates: str) -> bool:
    try:
        captured.vat_of(vat_kind, vat_rates)
    except ValueError:
        return False
    return True


def _keep_for_the_tax(step: Inline, invoice_id: str, typed: dict[str, Any]) -> None:
    """Have the step keep what the table of taxes is asked with; what is empty was not said."""
    step.records.insert(
        captured_invoice,
        id=invoice_id,
        vat=captured.vat_of(typed["vat_kind"], typed["vat_rates"]),
        country=typed["country"],
        performed_on=typed["performed_on"],
    )


def _is_valid(checker: Any, text: str) -> bool:
    try:
        checker.validate(text)
    except ValidationError:
        return False
    return True


def _plain(text: str | None) -> str:
    return "".join((text or "").split()).upper()


def _as_invoice(
    typed: dict[str, Any], supplier: str, number: str, buyer_reference: str | None
) -> Invoice:
    account = Account(iban=typed["iban"]) if typed["iban"] else None
    return Invoice(
        number=number.strip(),
        issue_date=typed["issued_on"],
        type_code=_INVOICE,
        currency=typed["currency"],
        due_date=typed["due_on"],
        delivery=Delivery(date=typed["performed_on"]) if typed["performed_on"] else None,
        buyer_reference=(buyer_reference or "").strip(),
        seller=Party(name=" ".join(supplier.split()), vat_id=typed["vat_id"]),
        payment_means=(PaymentMeans(code=_SEPA, account=account),) if account else (),
        totals=Totals(gross=typed["gross"], payable=typed["gross"]),
    )
