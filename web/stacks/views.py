"""The page on which a person says which pages of a scan are an invoice of their own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.einvoice.pdf import page_picture
from laufzettel.engine.api import FormError, TaskSheet
from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records.stack_parts import Part, stack_of
from laufzettel.records.stacks import Span, begin_at, write_cuts
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.case.views import Sheet, load
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts

blueprint = Blueprint("stacks", __name__)

#: The step at whose task it is done; its form knows the answer „aufteilen“.
CAPTURE: Final = "capture"
#: Width of a small picture, in pixels: large enough to see where a letter begins.
WIDTH: Final = 420


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A task with the pages around it."""

    sheet: TaskSheet
    around: Sheet
    sha256: str  # of the PDF whose pages these are
    parts: Sequence[Part]
    invoice_id: str

    @property
    def free(self) -> list[Part]:
        """The parts that may still be divided."""
        return [one for one in self.parts if one.is_free]


@blueprint.get("/aufgaben/<task_id>/seiten")
@needs(Right.WORK)
def show(task_id: str) -> str:
    """Show every page that may be divided anew, and where an invoice begins."""
    return _page(_open(task_id))


@blueprint.get("/aufgaben/<task_id>/seiten/<int:number>.png")
@needs(Right.WORK)
def picture(task_id: str, number: int) -> Response:
    """Draw a page of a part that may still be divided; what others captured is not shown here."""
    opened = _open(task_id)
    if not any(number in one.span for one in opened.free):
        raise NotFoundError(_("Diese Seite gehört nicht zu dieser Aufgabe."))
    data = parts().store.get(opened.sha256, tenant=actor().tenant)
    return Response(page_picture(data, number, width=WIDTH).png, content_type="image/png")


@blueprint.post("/aufgaben/<task_id>/seiten")
@needs(Right.WORK)
def divide(task_id: str) -> AnyResponse | tuple[str, int]:
    """Complete the task with the pages of each invoice; the case does the rest."""
    opened = _open(task_id)
    begins = {int(value) for value in request.form.getlist("beginnt") if value.isdecimal()}
    free = [one.span for one in opened.free]
    fixed = [one.span for one in opened.parts if not one.is_free]
    wanted = [one for one in begin_at(begins, free=free, fixed=fixed) if one not in free]
    if not wanted:
        problem = _("Es ändert sich nichts. Bitte ankreuzen, wo eine Rechnung beginnt.")
        return _page(opened, begins=begins, problem=problem), 422
    answers = {"decision": "aufteilen", "cuts": write_cuts(wanted)}
    try:
        parts().engine.complete(actor(), task_id, answers, once=request.form.get("once") or None)
    except (FormError, InputError) as error:
        return _page(opened, begins=begins, problem=str(error)), 422
    return redirect(url_for("inbox.show", erledigt=task_id))


def _open(task_id: str) -> Opened:
    sheet = parts().engine.task(actor(), task_id)
    if sheet.task.element != CAPTURE:
        raise NotFoundError(_("Zu dieser Aufgabe gibt es keine Seiten aufzuteilen."))
    if sheet.task.status != "open":
        raise ConflictError(_("Diese Aufgabe ist schon vorbei."))
    around = load(sheet.task.case_id)
    if around.invoice is None:
        raise NotFoundError(_("Zu dieser Aufgabe gibt es keine Seiten aufzuteilen."))
    with parts().db.read() as connection:
        stack = stack_of(connection, actor().tenant, around.invoice.id)
    return Opened(
        sheet=sheet,
        around=around,
        sha256=stack.sha256,
        parts=stack.parts or [_whole(around.invoice.id, around.invoice.receipt_no, stack.sha256)],
        invoice_id=around.invoice.id,
    )


def _whole(invoice_id: str, receipt_no: str, sha256: str) -> Part:
    """Return what nobody has divided yet as one part of all its pages."""
    pages = page_picture(parts().store.get(sha256, tenant=actor().tenant), 1).pages
    span = Span(1, pages)
    return Part(id="", span=span, invoice_id=invoice_id, receipt_no=receipt_no, is_free=True)


def _page(opened: Opened, *, begins: set[int] | None = None, problem: str = "") -> str:
    firsts = {one.span.first for one in opened.free} if begins is None else begins
    return render_template(
        "stacks/show.html",
        task=opened.sheet.task,
        parts=opened.parts,
        own=opened.invoice_id,
        begins=firsts,
        problem=problem,
        once=secrets.token_urlsafe(18),
    )
