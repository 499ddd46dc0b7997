"""The page on which the Poststelle hands in invoices, and what it answers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice.separator import sheets_css, sheets_html
from laufzettel.errors import InputError
from laufzettel.identity import Right
from laufzettel.web.auth.guard import actor, needs, now
from laufzettel.web.case.papers import download
from laufzettel.web.case.views import reader
from laufzettel.web.formats import office_day
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts
from laufzettel.web.upload import queries
from laufzettel.web.upload.taking import Taken, as_dunning, as_invoice, take

blueprint = Blueprint("upload", __name__)

#: Longest name of a sender that is kept.
SENDER_MAX = 200
MIB = 1024 * 1024
#: An older Eingangsstempel is a slip of the pen.
STAMP_DAYS_MAX: Final = 366
#: What is handed in.
INVOICE, DUNNING = "rechnung", "mahnung"


@blueprint.url_value_preprocessor
def allow_more(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let this request be as large as many files are; runs before anybody reads the form."""
    request.max_content_length = parts().upload_max


@blueprint.get("/annehmen")
@needs(Right.START)
def show() -> str:
    """Show the form."""
    return _page([])


@blueprint.post("/annehmen")
@needs(Right.START)
def receive() -> str:
    """Take every file in, or say of it why not and what to do; nothing of them is parsed here."""
    files = [one for one in request.files.getlist("dateien") if one.filename]
    sender = " ".join(request.form.get("absender", "").split())[:SENDER_MAX]
    kind = request.form.get("art", INVOICE)
    if kind not in (INVOICE, DUNNING):
        raise InputError(_("Diese Art von Post gibt es hier nicht."))
    is_dunning = kind == DUNNING
    stamp = request.form.get("eingang", "").strip()
    came = _came(stamp)
    outcomes = take(
        files,
        door=as_dunning(parts().take_paper) if is_dunning else as_invoice(parts().receive),
        by=actor(),
        sender=sender,
        came=came,
        size_max=parts().file_max,
    )
    return _page(outcomes, sender=sender, stamp=stamp, kind=kind, is_empty=not files)


def _came(stamp: str) -> datetime | None:
    """Return when the paper came by its Eingangsstempel, at noon; None for now.

    What came is there when the town can take note of it (§ 130 Abs. 1 BGB), not when somebody
    gets around to scanning it. Raises InputError.
    """
    today = office_day(now())
    try:
        day = date.fromisoformat(stamp) if stamp else today
    except ValueError:
        day = date.max
    if not today - timedelta(days=STAMP_DAYS_MAX) <= day <= today:
        raise InputError(
            _(
                "Der Tag des Eingangsstempels liegt nicht im letzten Jahr. Bitte berichtigen Sie ihn."
            )
        )
    return None if day == today else datetime.combine(day, time(12), OFFICE_ZONE)


@blueprint.get("/trennblatt.pdf")
@needs(Right.START)
def separator() -> Response:
    """Draw a separator sheet to print, for stacks of scanned paper."""
    data = parts().printer.print(sheets_html(), sheets_css())
    return download(data, name="Trennblatt.pdf", media_type="application/pdf", inline=True)


def _page(
    outcomes: list[Taken],
    *,
    sender: str = "",
    stamp: str = "",
    kind: str = INVOICE,
    is_empty: bool = False,
) -> str:
    found = [one.receipt.invoice_id for one in outcomes if one.receipt is not None]
    posted = [one.posted.mail_id for one in outcomes if one.posted is not None]
    with parts().db.read() as connection:
        cases = queries.places_of(connection, reader(), found) if found else {}
        tasks = queries.tasks_of(connection, reader(), posted) if posted else {}
    # What needs somebody's hand stands first.
    ordered = sorted(outcomes, key=lambda one: one.kind != "refused")
    return render_template(
        "upload/show.html",
        outcomes=ordered,
        counts={kind: _count(outcomes, kind) for kind in ("taken", "known", "refused")},
        cases=cases,
        tasks=tasks,
        kind=kind,
        sender=sender,
        stamp=stamp,
        is_empty=is_empty,
        file_mb=parts().file_max // MIB,
        upload_mb=parts().upload_max // MIB,
    )


def _count(outcomes: list[Taken], kind: str) -> int:
    return sum(one.kind == kind for one in outcomes)
