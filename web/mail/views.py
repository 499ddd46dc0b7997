"""Taking a file of a mail over as an invoice, with one click."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records.delivery import Receipt
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.case.views import load, reader
from laufzettel.web.i18n import gettext as _
from laufzettel.web.mail.queries import cases_of
from laufzettel.web.parts import parts

blueprint = Blueprint("mail", __name__)


@blueprint.post("/vorgaenge/<case_id>/dateien/<sha256>/annehmen")
@needs(Right.START)
def take(case_id: str, sha256: str) -> Response:
    """Take the file over, and say which number it has; pressed twice it stays one invoice."""
    sheet = load(case_id)
    file = next((one for one in sheet.files if one.sha256 == sha256), None)
    if sheet.letter is None or file is None:
        raise NotFoundError(_("Diese Datei gibt es in der Mail nicht."))
    receipts: list[Receipt] = []
    problem = ""
    try:
        receipts = list(parts().take_enclosure(actor(), sheet.letter.id, sha256))
    except InputError as error:
        problem = str(error)
    with parts().db.read() as connection:
        cases = cases_of(connection, reader(), [one.receipt_no for one in receipts])
    html = render_template(
        "mail/taken.html", sheet=sheet, file=file, receipts=receipts, problem=problem, cases=cases
    )
    return make_response(html, 422 if problem else 200)
