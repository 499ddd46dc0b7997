"""Check an invoice against the official rules and read its facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice.checks import Occasion
from laufzettel.einvoice.detect import Kind
from laufzettel.einvoice.examine import (
    Checker,
    Examination,
    Opened,
    check,
    examine_oversized,
    open_received,
)
from laufzettel.einvoice.invoice import Invoice, Party
from laufzettel.einvoice.policy import judge
from laufzettel.einvoice.report import Own, Report, Verdict
from laufzettel.einvoice.supplier_text import supplier_text
from laufzettel.engine.handler import Decided, Decisions, UndecidedError, Values, Work, work
from laufzettel.errors import LaufzettelError
from laufzettel.handlers.invoice import own_rules
from laufzettel.handlers.invoice.heads import keep_head
from laufzettel.handlers.invoice.orders import keep_claim
from laufzettel.handlers.invoice.paper import sort_paper
from laufzettel.handlers.invoice.responsible import routing_facts
from laufzettel.handlers.invoice.searchable import keep_texts
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records import remarks, settings, skonto
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import document as document_table
from laufzettel.records.tables import invoice
from laufzettel.spool import OversizeError


class NotCheckedError(LaufzettelError):
    """Die Rechnung konnte nicht geprüft werden; ungeprüft geht sie nicht weiter."""


class SettledError(LaufzettelError):
    """Die Angaben dieser Rechnung stehen fest; sie wird nicht noch einmal eingelesen."""


class CheckFailedError(NotCheckedError):
    """Der Prüfer hat versagt; die Prüfung wird wiederholt."""

    retryable = True


# Built once: building a statement costs more than running it.
_STAGE = sa.select(invoice.c.receipt_no, invoice.c.stage, invoice.c.sha256).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.id == sa.bindparam("of_id")
)
_RECEIVED = sa.select(invoice.c.received_at).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.id == sa.bindparam("of_id")
)


@work(
    "invoice.validate",
    results=(
        "verdict",
        "supplier_name",
        "invoice_number",
        "gross_amount",
        "currency",
        "due_date",
        "buyer_reference",
        "rejection_text",
        "findings_text",
        "routing_facts",
        "issued_on",
        "supplier_vat_id",
        "payee_iban",
        "vat_kind",
        "vat_rates",
        "supplier_country",
        "proposal_text",
    ),
    label="Rechnung formal prüfen",
)
def validate(step: Work, *, invoice_id: str, document: str) -> Values:
    """Return the verdict and the facts; what could not be checked raises and never passes."""
    require_own(step, invoice_id)
    step.write(lambda connection: _require_fresh(connection, step.tenant, invoice_id, document))
    store = step.service(DocumentStore)  # type: ignore[type-abstract]
    original = _original(store, step.tenant, document)
    opened = open_received(original) if original is not None else None
    if opened is not None and original is not None:
        keep_texts(step, invoice_id, opened, original)
    found, report, decided = _judged(step, invoice_id, document, opened)
    if report.verdict is Verdict.TECHNICAL_ERROR:
        raise CheckFailedError(f"Technischer Fehler bei der Prüfung: {report.summary}")
    if _has_no_data(report):
        return sort_paper(step, original or b"", document)
    if report.verdict is Verdict.UNCHECKED:
        raise NotCheckedError(f"Nicht geprüft: {report.summary}")
    _keep_report(step, store, invoice_id, report)
    if found.kind is Kind.PDF_WITH_XML and found.xml is not None:
        # Taken out once, in a process of its own: every page that shows it reads it from here.
        _keep(step, store, invoice_id, found.xml, "xml", "application/xml", "rechnungsdaten.xml")
    _note(step, invoice_id, found.invoice, report)
    step.audit(
        "invoice.validated",
        {
            "verdict": report.verdict.value,
            "outcome": report.outcome,
            "rule_set": report.rule_set,
            "findings": sorted({finding.id for finding in report.findings}),
            "decided": _decided(report),
            "document": document,
            **({"own_rules": decided.sha256} if decided else {}),
        },
        **({"why": why} if (why := reasons_text(report)) else {}),
    )
    return _facts(found, report)


def _original(store: DocumentStore, tenant: str, document: str) -> bytes | None:
    """Return the bytes as they were received, None where nobody opens a file of that size."""
    try:
        return store.get(document, tenant=tenant)
    except OversizeError:
        return None


def _judged(
    step: Work, invoice_id: str, document: str, opened: Opened | None
) -> tuple[Examination, Report, Decided | None]:
    """Return what was found, what follows from it, and what the tenant's own rules said."""
    store = step.service(DocumentStore)  # type: ignore[type-abstract]
    with step.read() as connection:
        rules = settings.load(connection, step.tenant)
        of_invoice = {"of_tenant": step.tenant, "of_id": invoice_id}
        received = connection.execute(_RECEIVED, of_invoice).scalar_one_or_none()
    received_on = (received or step.now).astimezone(OFFICE_ZONE).date()
    occasion = Occasion(
        received_on=received_on, recipients=rules.recipients, tells_orders=rules.matching.told
    )
    if opened is None:  # never read whole
        beginning = next(iter(store.portions(document, tenant=step.tenant)), b"")
        found = examine_oversized(beginning, document)
    else:
        found = check(opened, step.service(Checker), occasion)  # type: ignore[type-abstract]
    payable = found.invoice.totals.payable if found.invoice else None
    checked, decided = _with_own_rules(step, found)
    return found, judge(checked, rules.findings, amount=payable, on=received_on), decided


def _note(step: Work, invoice_id: str, read: Invoice | None, report: Report) -> None:
    """Write the verdict, and what was read, to the invoice's rows."""
    noted: dict[str, Any] = {"verdict": report.verdict.value}
    if read is not None:
        noted |= facts_of(read) | {"remarks": remarks.of_file(read, report)}
        keep_head(step, invoice_id, read)
        keep_claim(step, invoice_id, read)
    step.records.update(invoice, invoice_id, noted)


def _has_no_data(report: Report) -> bool:
    """Say whether this is a PDF without an E-invoice: there is nothing to check, but to read."""
    return {finding.id for finding in report.findings} == {Own.PDF_ONLY}


def _require_fresh(connection: sa.Connection, tenant: str, invoice_id: str, document: str) -> None:
    """Raise SettledError unless this is the invoice's own document and nobody relies on it yet.

    From the Eingangsbuch on, account, payee and amount are what people sign.
    """
    row = connection.execute(_STAGE, {"of_tenant": tenant, "of_id": invoice_id}).one_or_none()
    if row is None or row.stage != Stage.RECEIVED or row.sha256 != document:
        number = row.receipt_no if row is not None else invoice_id
        raise SettledError(
            f"Die Angaben der Rechnung {number} stehen fest; sie wird nicht noch einmal "
            "eingelesen. Bitte den früheren Vorgang weiterführen und diesen abbrechen."
        )


def _with_own_rules(step: Work, found: Examination) -> tuple[Report, Decided | None]:
    """Return the report with what the tenant's own rules found, and which text they were.

    A table that does not come to an end is no pass: it raises NotCheckedError.
    """
    if found.invoice is None:
        return found.report, None
    try:
        with step.read() as connection:
            decided = step.service(Decisions).decide(  # type: ignore[type-abstract]
                connection,
                step.tenant,
                own_rules.DECISION,
                own_rules.facts_for_rules(found.invoice, found.report),
                now=step.now,
            )
        own = own_rules.findings_of(decided) if decided else ()
    except UndecidedError as error:
        raise NotCheckedError(f"Nicht geprüft: {error}") from error
    return replace(found.report, findings=(*found.report.findings, *own)), decided


def _decided(report: Report) -> dict[str, list[str]]:
    """Return the rules behind the outcome by what was done about them; notes are left out."""
    decided: dict[str, set[str]] = {}
    for finding in report.findings:
        if finding.rejects or finding.is_to_look_at:
            decided.setdefault(finding.treatment, set()).add(finding.id)
    return {treatment: sorted(rules) for treatment, rules in decided.items()}


def _facts(found: Examination, report: Report) -> dict[str, Any]:
    read = found.invoice
    return {
        "verdict": report.verdict.value,
        "supplier_name": read.seller.name if read else None,
        "invoice_number": read.number if read else None,
        "gross_amount": read.totals.payable if read else None,
        "currency": read.currency if read else None,
        "due_date": read.due_date if read else None,
        "buyer_reference": read.buyer_reference if read else None,
        "rejection_text": supplier_text(report),
        "findings_text": findings_text(report),
        "routing_facts": routing_facts(read) if read else None,
        "issued_on": read.issue_date if read else None,
        "supplier_vat_id": (read.seller.vat_id or None) if read else None,
        "payee_iban": None,  # who pays by it reads it in the record
        **dict.fromkeys(("vat_kind", "vat_rates", "supplier_country", "proposal_text")),
    }


def findings_text(report: Report) -> str | None:
    """Return what a person must look at before anybody certifies, None when there is nothing.

    >>> findings_text(Report(verdict=Verdict.ACCEPTED)) is None
    True
    """
    if report.verdict is not Verdict.ACCEPTED:
        return None
    wanted = [finding for finding in report.findings if finding.is_to_look_at]
    lines = [f"- {finding.text_de} {finding.remedy_de}".rstrip() for finding in wanted[:20]]
    more = [f"- und {len(wanted) - 20} weitere Auffälligkeiten"] * (len(wanted) > 20)
    return "\n".join(lines + more) or None


def reasons_text(report: Report) -> str:
    """Return why the outcome is what it is: for each reason the rules it was given for.

    >>> reasons_text(Report(verdict=Verdict.ACCEPTED))
    ''
    """
    reasons: dict[str, list[str]] = {}
    for finding in report.findings:
        if finding.treatment and (finding.rejects or finding.is_to_look_at):
            rules = reasons.setdefault(finding.because, [])
            rules += [finding.id] if finding.id not in rules else []
    return " ".join(f"{', '.join(rules[:10])}: {why}" for why, rules in reasons.items())[:2000]


def _keep_report(step: Work, store: DocumentStore, invoice_id: str, report: Report) -> None:
    # Timings differ from run to run; without them the same check gives the same document.
    data = orjson.dumps({**report.to_dict(), "timings": {}}, option=orjson.OPT_SORT_KEYS)
    _keep(step, store, invoice_id, data, "report", "application/json", "pruefbericht.json")


def _keep(
    step: Work,
    store: DocumentStore,
    invoice_id: str,
    data: bytes,
    kind: str,
    media_type: str,
    file_name: str,
) -> None:
    stored = store.put(data, tenant=step.tenant)
    step.records.insert(
        document_table,
        sha256=stored.sha256,
        invoice_id=invoice_id,
        kind=kind,
        media_type=media_type,
        file_name=file_name,
        size=stored.size,
        stored_at=step.now,
    )


def facts_of(read: Invoice) -> dict[str, Any]:
    """Return the columns of the invoice's record; an account only where there is exactly one."""
    payee = read.payee or read.seller
    accounts = [means.account for means in read.payment_means if means.account is not None]
    delivered = (read.delivery and read.delivery.date) or (read.period and read.period.end)
    return {
        "supplier_name": read.seller.name[:200],
        "supplier_vat_id": read.seller.vat_id[:40],
        "supplier_address": address_lines(read.seller),
        "supplier_mail": (read.seller.contact.email if read.seller.contact else "")[:254],
        "number": read.number[:200],
        "issued_on": read.issue_date,
        "due_on": read.due_date,
        "gross": read.totals.gross,
        "payable": read.totals.payable,
        "currency": read.currency[:3],
        "skonto": skonto.to_json(skonto.discounts(read)),
        "type_code": read.type_code[:10],
        "payee_name": payee.name[:200],
        "payee_iban": accounts[0].iban[:40] if len(accounts) == 1 else None,
        "delivery_year": (delivered or read.issue_date or date.min).year,
        "buyer_reference": read.buyer_reference[:100],
    }


def address_lines(party: Party) -> list[str]:
    """Return the address as lines of a letter.

    >>> address_lines(Party(name="A"))
    ['Anschrift nicht angegeben']
    """
    address = party.address
    if address is None:
        return ["Anschrift nicht angegeben"]
    town = f"{address.post_code} {address.city}".strip()
    lines = [line for line in (address.line_1, address.line_2, town) if line]
    return lines or ["Anschrift nicht angegeben"]
