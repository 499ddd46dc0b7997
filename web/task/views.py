"""The task page: read the invoice, decide, sign; nothing typed is lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from laufzettel.engine.api import FormError, TaskSheet
from laufzettel.errors import ConflictError, ForbiddenError, InputError
from laufzettel.identity import Right
from laufzettel.web.auth.guard import CSRF_FIELD, actor, needs, now
from laufzettel.web.case import drawing, papers
from laufzettel.web.case.sentences import sentence
from laufzettel.web.case.views import Sheet, load, tax_shown
from laufzettel.web.formats import clock
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts
from laufzettel.web.task import displayed
from laufzettel.web.task.form import Widget, answers, widgets

blueprint = Blueprint("task", __name__)

#: Fields that the page adds to every form of a task.
OURS = frozenset({CSRF_FIELD, "once", "displayed", "then"})


class ChangedError(ConflictError):
    """Die Angaben haben sich geändert, seit Sie diese Seite geöffnet haben. Bitte sehen Sie sie \
noch einmal an und zeichnen Sie dann."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A task with the case around it, as its page shows it."""

    sheet: TaskSheet
    around: Sheet
    digest: str


@blueprint.get("/aufgaben/<task_id>")
@needs(Right.WORK)
def show(task_id: str) -> Response:
    """Show the task; one that is over says who was faster."""
    return _page(_shown(task_id))


@blueprint.post("/aufgaben/<task_id>")
@needs(Right.WORK)
def complete(task_id: str) -> Response:
    """Sign or answer; what cannot be taken comes back with everything that was typed."""
    shown = _shown(task_id)
    typed = {key: value for key, value in request.form.items() if key not in OURS}
    once = request.form.get("once") or None
    try:
        if once and parts().engine.is_submitted(actor(), task_id, once):
            return _afterwards(shown)  # pressed twice, or sent again by the browser
        if shown.sheet.task.status == "open":  # else somebody was faster, and is named
            _refuse_changed(shown)
        parts().engine.complete(
            actor(),
            task_id,
            typed,
            once=once,
            displayed=shown.digest,
            seen=shown.sheet.case_version,
            fields_seen=shown.sheet.seen,
        )
    except FormError as error:
        return _page(shown, typed=typed, errors=_by_field(error), code=422)
    except ConflictError as error:
        return _page(_shown(task_id), typed=typed, problem=str(error), code=409)
    except (ForbiddenError, InputError) as error:
        return _page(shown, typed=typed, problem=str(error), code=403)
    return _afterwards(shown)


@blueprint.post("/aufgaben/<task_id>/entwurf")
@needs(Right.WORK)
def draft(task_id: str) -> FlaskResponse:
    """Keep what was typed so far; the page's script asks for it while one types."""
    typed = {key: value for key, value in request.form.items() if key not in OURS}
    parts().engine.save_draft(actor(), task_id, typed)
    return jsonify(message=_("Entwurf gespeichert %(time)s") % {"time": clock(now())})


@blueprint.post("/aufgaben/<task_id>/uebernehmen")
@needs(Right.WORK)
def claim(task_id: str) -> Response:
    """Take the task for oneself alone."""
    parts().engine.claim(actor(), task_id)
    return redirect(url_for("task.show", task_id=task_id))


@blueprint.post("/aufgaben/<task_id>/zuruecklegen")
@needs(Right.WORK)
def unclaim(task_id: str) -> Response:
    """Put the task back into the basket of the group."""
    parts().engine.unclaim(actor(), task_id)
    return redirect(url_for("inbox.show"))


def _shown(task_id: str) -> Shown:
    sheet = parts().engine.task(actor(), task_id)
    around = load(sheet.task.case_id)
    read_only = [f"{key}: {value}" for key, value in sorted(sheet.shown.items()) if value]
    # A proposal is taken as it was read.
    beside = [*around.beside, *read_only, *sheet.beside]
    digest = displayed.digest(sheet.task, around.invoice, around.order, around.documents, beside)
    return Shown(sheet=sheet, around=around, digest=digest)


def _refuse_changed(shown: Shown) -> None:
    """Raise ChangedError unless what is signed is what was displayed."""
    if request.form.get("displayed", "") != shown.digest:
        raise ChangedError


def _page(
    shown: Shown,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    code: int = 200,
) -> Response:
    sheet = shown.sheet
    drawn_fields = _widgets(sheet, typed, errors or {})
    drawn = parts().engine.drawing(actor(), sheet.task.case_id)
    happenings = parts().engine.timeline(actor(), sheet.task.case_id)
    read = papers.load(parts().store, actor().tenant, shown.around.documents)
    beside = papers.pages_beside(parts().store, actor().tenant, read, shown.around.documents)
    html = render_template(
        "task/show.html",
        sheet=shown.around,
        beside=beside,
        task=sheet,
        widgets=drawn_fields,
        tax=sheet.about.get("invoice.tax") or tax_shown(shown.around),
        answers=list(answers(drawn_fields)) if typed else [],
        papers=read,
        happenings=[(each, sentence(each, shown.around.names)) for each in reversed(happenings)],
        steps=drawing.steps(drawn),
        svg=drawing.svg(drawn, title=_("Ausschnitt des Weges"), around=[sheet.task.element]),
        once=secrets.token_urlsafe(18),
        digest=shown.digest,
        errors=errors or {},
        problem=problem,
        has_draft=typed is None and bool(sheet.draft),
        me_person=actor().person,
    )
    return make_response(html, code)


def _widgets(
    sheet: TaskSheet, typed: Mapping[str, str] | None, errors: Mapping[str, str]
) -> list[Widget]:
    if sheet.form is None:
        return []
    given = sheet.draft if typed is None else typed
    return widgets(sheet.form, values=sheet.values, typed=given, errors=errors)


def _by_field(error: FormError) -> dict[str, str]:
    """Return the errors by their field; what belongs to none stands under ""."""
    found = dict(error.fields)
    rest = [text for text in error.errors if text not in found.values()]
    return found | ({"": " ".join(rest)} if rest else {})


def _afterwards(shown: Shown) -> Response:
    done = shown.sheet.task.id
    if request.form.get("then") == "next":
        return redirect(url_for("inbox.following", erledigt=done))
    return redirect(url_for("inbox.show", erledigt=done))
