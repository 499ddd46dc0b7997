"""Pages of the Vorgang: list, the case itself, its papers."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, render_template, request

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice.pages import Outline, outline
from laufzettel.einvoice.pdf import NOT_DRAWN, PdfError, page_picture
from laufzettel.einvoice.pretty import LINES_MAX, pretty_xml
from laufzettel.einvoice.reports import (
    Subject,
    report_css,
    report_html,
    report_json,
    report_paper,
    report_xml,
)
from laufzettel.engine.api import CaseView, Drawing, Happening, describe
from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records.purchasing.match import Match
from laufzettel.records.tax.sheet import Tax, tax_of
from laufzettel.web.auth.guard import actor, needs, now
from laufzettel.web.case import drawing, invoice_records, papers, queries
from laufzettel.web.case.sentences import sentence
from laufzettel.web.compare.queries import Alike, alike
from laufzettel.web.compare.related import Belonging, belonging
from laufzettel.web.i18n import gettext as _
from laufzettel.web.mail.queries import Letter, MailFile, letter_of
from laufzettel.web.parts import parts
from laufzettel.web.purchasing.queries import beside_order

blueprint = Blueprint("case", __name__)

#: Pages of an original that are drawn; the others are in the file.
PAGES_MAX = 30
#: Filter of the list → status of the engine.
STATUSES = {
    "offen": "open",
    "angehalten": "suspended",
    "beendet": "ended",
    "abgebrochen": "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A case with everything that its page shows."""

    case: CaseView
    invoice: invoice_records.Invoice | None
    order: invoice_records.Order | None
    documents: list[invoice_records.Document]
    desks: tuple[queries.Desk, ...]
    names: dict[str, str]
    relatives: queries.Relatives
    alike: list[Alike]  # what the invoice may repeat
    match: Match | None  # the invoice beside its order
    belonging: Belonging  # corrections, credit notes, instalments
    letter: Letter | None = None  # the mail that the case is about

    @property
    def files(self) -> tuple[MailFile, ...]:
        """The files of the mail."""
        return self.letter.files if self.letter else ()

    @property
    def beside(self) -> list[str]:
        """What is shown beside the invoice itself, for the digest of what was displayed."""
        related = [one.shown for one in self.belonging.related]
        order = [self.match.shown] if self.match else []
        return [*(one.shown for one in self.alike), *related, *order]


def reader() -> queries.Reader:
    """Return who looks."""
    who = actor()
    return queries.Reader(
        tenant=who.tenant,
        person=who.person,
        groups=who.groups,
        reads_all=Right.READ in who.rights,
    )


@blueprint.get("/vorgaenge")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def overview() -> str:
    """List the cases, the newest first."""
    status = request.args.get("stand", "")
    before = request.args.get("vor", "")
    if (status and status not in STATUSES) or len(before) > 26:
        raise InputError(_("Diese Liste gibt es nicht. Bitte über „Vorgänge“ neu öffnen."))
    with parts().db.read() as connection:
        rows = queries.page(
            connection, reader(), status=STATUSES.get(status), before=before or None
        )
    has_more = len(rows) > queries.PAGE_SIZE
    return render_template(
        "case/list.html",
        rows=rows[: queries.PAGE_SIZE],
        status=status,
        before=before,
        older=rows[queries.PAGE_SIZE - 1].id if has_more else None,
    )


@blueprint.get("/vorgaenge/<case_id>")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def show(case_id: str) -> str:
    """Show the case: facts, where it lies, papers, what happened, the drawing."""
    sheet = load(case_id)
    happenings = parts().engine.timeline(actor(), case_id)
    drawn = parts().engine.drawing(actor(), case_id)
    return render_template(
        "case/show.html",
        sheet=sheet,
        papers=papers.load(parts().store, actor().tenant, sheet.documents),
        happenings=[(each, sentence(each, sheet.names)) for each in reversed(happenings)],
        decisions=parts().engine.decisions(actor(), case_id),
        svg=_svg(drawn, sheet),
        tax=tax_shown(sheet),
    )


@blueprint.post("/vorgaenge/<case_id>/pruefen")
@needs(Right.READ)
def verify(case_id: str) -> str:
    """Recompute the tenant's whole audit and say what was found."""
    sheet = load(case_id)
    verified = parts().engine.verify(actor())
    lines = describe(verified)
    return render_template("case/verified.html", sheet=sheet, report=verified, lines=lines)


@blueprint.post("/vorgaenge/<case_id>/akte.zip")
@needs(Right.READ)
def export(case_id: str) -> Response:
    """Hand out everything about the case as one folder; the reason is noted, not in the case."""
    sheet = load(case_id)

    def tell(happening: Happening) -> str:
        return sentence(happening, sheet.names)

    reason = request.form.get("grund", "")
    made = parts().case_folder.export(actor(), case_id, reason, tell)
    response = Response(made.as_zip(), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{made.name}.zip"'
    return response


@blueprint.get("/vorgaenge/<case_id>/zeichnung")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def diagram(case_id: str) -> str:
    """Show the whole model with the token, and the same as a list."""
    sheet = load(case_id)
    drawn = parts().engine.drawing(actor(), case_id)
    return render_template(
        "case/diagram.html", sheet=sheet, svg=_svg(drawn, sheet), steps=drawing.steps(drawn)
    )


@blueprint.get("/vorgaenge/<case_id>/dokumente/<sha256>")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def document(case_id: str, sha256: str) -> Response:
    """Hand out a paper, its bytes hashed once more."""
    sheet = load(case_id)
    found = next((each for each in sheet.documents if each.sha256 == sha256), None)
    if found is None:
        raise NotFoundError(_("Dieses Dokument gehört nicht zu diesem Vorgang."))
    portions = parts().store.portions(sha256, tenant=actor().tenant)
    return papers.streamed(
        portions, name=found.file_name, media_type=found.media_type, inline=found.kind != "original"
    )


@blueprint.get("/vorgaenge/<case_id>/anlagen/<int:number>")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def attachment(case_id: str, number: int) -> Response:
    """Hand out a file that lies inside the invoice."""
    sheet = load(case_id)
    found = papers.attachments(parts().store, actor().tenant, sheet.documents)
    one = next((each for each in found if each.index == number), None)
    if one is None:
        raise NotFoundError(_("Diese Anlage gibt es in der Rechnung nicht."))
    return papers.download(one.data, name=one.name, media_type=one.media_type)


@blueprint.get("/vorgaenge/<case_id>/original")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def original(case_id: str) -> str:
    """Show the pages of a PDF original as pictures, and beside them the data of the invoice."""
    sheet = load(case_id)
    found, data = _pdf_of(sheet)
    outlined, problem = Outline(pages=0, shown=(), blank=()), ""
    try:
        outlined = outline(data, most=PAGES_MAX)
    except PdfError:
        problem = NOT_DRAWN
    return render_template(
        "case/original.html",
        sheet=sheet,
        original=found,
        papers=papers.load(parts().store, actor().tenant, sheet.documents),
        outline=outlined,
        problem=problem,
    )


@blueprint.get("/vorgaenge/<case_id>/original/<int:number>.png")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def page(case_id: str, number: int) -> Response:
    """Draw a page of a PDF original; a picture can do nothing."""
    _found, data = _pdf_of(load(case_id))
    if not 1 <= number <= PAGES_MAX:
        raise NotFoundError(_("Diese Seite gibt es im Original nicht."))
    return Response(page_picture(data, number).png, content_type="image/png")


def _pdf_of(sheet: Sheet) -> tuple[invoice_records.Document, bytes]:
    found = papers.pdf_original(sheet.documents)
    if found is None:
        raise NotFoundError(_("Zu diesem Vorgang liegt kein PDF als Original vor."))
    return found, parts().store.get(found.sha256, tenant=actor().tenant)


@blueprint.get("/vorgaenge/<case_id>/xml")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def xml(case_id: str) -> str:
    """Show the data of the invoice as they came, indented for people."""
    sheet = load(case_id)
    shown = papers.load(parts().store, actor().tenant, sheet.documents)
    if shown.xml is None:
        raise NotFoundError(shown.problem or _("Zu diesem Vorgang gibt es keine Rechnung."))
    return render_template(
        "case/xml.html", sheet=sheet, shown=pretty_xml(shown.xml), lines_max=LINES_MAX
    )


@blueprint.get("/vorgaenge/<case_id>/sichtkopie.pdf")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def copy(case_id: str) -> Response:
    """Make a copy for the eyes: the invoice as a PDF/A with the original's data in it."""
    sheet = load(case_id)
    shown = papers.load(parts().store, actor().tenant, sheet.documents)
    if sheet.invoice is None or shown.invoice is None:
        raise NotFoundError(shown.problem or _("Zu diesem Vorgang gibt es keine Rechnung."))
    data = papers.copy(parts().printer, shown, sheet.invoice)
    name = f"Sichtkopie {sheet.invoice.receipt_no}.pdf"
    return papers.download(data, name=name, media_type="application/pdf", inline=True)


@blueprint.get("/vorgaenge/<case_id>/pruefbericht")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def report(case_id: str) -> str:
    """Show what the check of the invoice found, and what follows from it."""
    sheet, subject = _checked(case_id)
    return render_template("case/report.html", sheet=sheet, report=report_html(subject))


@blueprint.get("/vorgaenge/<case_id>/pruefbericht.<form>")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def report_file(case_id: str, form: str) -> Response:
    """Hand the report out: as PDF/A for people, as JSON or XML for programs."""
    _sheet, subject = _checked(case_id)
    name = f"Prüfbericht {subject.receipt_no}.{form}"
    match form:
        case "json":
            data = orjson.dumps(report_json(subject), option=orjson.OPT_INDENT_2)
            return papers.download(data, name=name, media_type="application/json")
        case "xml":
            return papers.download(report_xml(subject), name=name, media_type="application/xml")
        case "pdf":
            data = parts().printer.print(report_paper(subject), report_css())
            return papers.download(data, name=name, media_type="application/pdf", inline=True)
    raise NotFoundError(_("Diese Form des Prüfberichts gibt es nicht."))


def _checked(case_id: str) -> tuple[Sheet, Subject]:
    """Return the case and its report; NotFoundError where there is none."""
    sheet = load(case_id)
    if sheet.invoice is None:
        raise NotFoundError(_("Zu diesem Vorgang gibt es keine Rechnung."))
    shown = papers.load(parts().store, actor().tenant, sheet.documents)
    return sheet, papers.report_of(shown, sheet.invoice, sheet.documents)


def load(case_id: str) -> Sheet:
    """Return the case with its facts; NotFoundError for what is not the reader's to see."""
    db, tenant = parts().db, actor().tenant
    case = parts().engine.case(actor(), case_id)
    with db.read() as connection:
        invoice = invoice_records.invoice_of(connection, tenant, case.business_key)
        return Sheet(
            case=case,
            invoice=invoice,
            order=invoice_records.order_of(connection, tenant, invoice.id) if invoice else None,
            documents=invoice_records.documents_of(
                connection, tenant, invoice_records.holder_of(case.business_key)
            ),
            desks=queries.desks_of(connection, tenant, [case_id]).get(case_id, ()),
            names=dict(queries.names(connection, tenant)),
            relatives=queries.relatives_of(connection, tenant, case_id),
            alike=alike(connection, reader(), invoice.id) if invoice else [],
            match=beside_order(connection, reader(), invoice.id) if invoice else None,
            belonging=belonging(connection, reader(), invoice.id, invoice.payable)
            if invoice
            else Belonging(related=[]),
            letter=letter_of(connection, reader(), case.business_key),
        )


def tax_shown(sheet: Sheet) -> Tax | None:
    """Return what is proposed and decided about the tax of the case's invoice.

    What the decision said of the Bauleistung is not asked again.
    """
    if sheet.invoice is None:
        return None
    read = papers.load(parts().store, actor().tenant, sheet.documents).invoice
    with parts().db.read() as connection:
        read = invoice_records.captured_of(connection, actor().tenant, sheet.invoice.id) or read
        if read is None:
            return None
        tax = tax_of(
            connection,
            actor().tenant,
            read,
            invoice_id=sheet.invoice.id,
            due_on=sheet.invoice.due_on,
            unit=sheet.invoice.unit,
            today=now().astimezone(OFFICE_ZONE).date(),
        )
    said = tax.decision
    return tax.answered(is_building=said.is_construction) if said is not None else tax


def _svg(drawn: Drawing, sheet: Sheet) -> str | None:
    title = _("Weg des Vorgangs „%(subject)s“") % {"subject": sheet.case.subject}
    return drawing.svg(drawn, title=title)
