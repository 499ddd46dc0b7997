"""The Unterschriftenmappe: turn the page, mark, turn the page, sign once at the end.

Each item is displayed by a page of its own, which notes what was shown. Only what was
displayed can be marked, only what is marked is signed, and each signature stands alone.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from laufzettel.engine.api import Folder, FolderItem
from laufzettel.errors import ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.web.auth.guard import actor, mine, needs
from laufzettel.web.auth.views import check_password
from laufzettel.web.case import papers
from laufzettel.web.case.views import load
from laufzettel.web.folder import queries
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts
from laufzettel.web.task import displayed

blueprint = Blueprint("folder", __name__)


@blueprint.get("/unterschriften")
@needs(Right.WORK)
def overview() -> str:
    """Show the person's folders, and the way to a new one."""
    return _overview()


def _overview(*, notice: str = "") -> str:
    with parts().db.read() as connection:
        found = queries.folders(connection, actor().tenant, actor().person or "")
    return render_template("folder/list.html", folders=found, notice=notice)


@blueprint.post("/unterschriften")
@needs(Right.WORK)
def create() -> Response:
    """Put everything that only wants a signature into a new folder."""
    chosen = request.form.getlist("aufgabe") or None
    try:
        folder_id = parts().engine.open_folder(actor(), chosen)
    except InputError as nothing:
        return make_response(_overview(notice=str(nothing)))
    return redirect(url_for("folder.show", folder_id=folder_id))


@blueprint.get("/unterschriften/<folder_id>")
@needs(Right.WORK)
def show(folder_id: str) -> Response:
    """Show the folder: what was displayed, what is marked, what cannot be."""
    return _page(folder_id)


@blueprint.get("/unterschriften/<folder_id>/<task_id>")
@needs(Right.WORK)
def item(folder_id: str, task_id: str) -> str:
    """Display one item, and note that and what was displayed."""
    folder = parts().engine.folder(actor(), folder_id)
    one = _item(folder, task_id)
    sheet = load(one.task.case_id)
    digest = displayed.digest(one.task, sheet.invoice, sheet.order, sheet.documents, sheet.beside)
    # A browser that fetches ahead has shown nobody anything.
    if "prefetch" not in request.headers.get("Sec-Purpose", "") and one.signed_at is None:
        parts().engine.show_item(actor(), folder_id, task_id, digest)
    place = folder.items.index(one)
    return render_template(
        "folder/item.html",
        folder=folder,
        item=one,
        sheet=sheet,
        papers=papers.load(parts().store, actor().tenant, sheet.documents),
        place=place + 1,
        before=folder.items[place - 1] if place else None,
        after=folder.items[place + 1] if place + 1 < len(folder.items) else None,
    )


@blueprint.post("/unterschriften/<folder_id>/<task_id>/vormerken")
@needs(Right.WORK)
def mark(folder_id: str, task_id: str) -> Response:
    """Mark an item that was displayed, and turn the page."""
    parts().engine.mark_item(actor(), folder_id, task_id)
    return _turned(folder_id, task_id)


@blueprint.post("/unterschriften/<folder_id>/<task_id>/zuruecknehmen")
@needs(Right.WORK)
def unmark(folder_id: str, task_id: str) -> Response:
    """Take a mark back."""
    parts().engine.unmark_item(actor(), folder_id, task_id)
    return redirect(url_for("folder.item", folder_id=folder_id, task_id=task_id))


@blueprint.post("/unterschriften/<folder_id>/zeichnen")
@needs(Right.WORK)
def sign(folder_id: str) -> Response:
    """Sign every marked item, with the password once more where there is one."""
    parts().engine.folder(actor(), folder_id)
    try:
        if mine().has_password:
            check_password(mine().tenant, mine().login, request.form.get("password", ""))
    except ForbiddenError as error:
        return _page(folder_id, problem=str(error), code=403)
    parts().engine.sign_folder(
        actor(), folder_id, once=request.form.get("once", ""), hash_of=_digest
    )
    return redirect(url_for("folder.show", folder_id=folder_id))


def _page(folder_id: str, *, problem: str = "", code: int = 200) -> Response:
    folder = parts().engine.folder(actor(), folder_id)
    html = render_template(
        "folder/show.html",
        folder=folder,
        problem=problem,
        once=secrets.token_urlsafe(18),
        needs_password=mine().has_password,
    )
    return make_response(html, code)


def _digest(task_id: str) -> str:
    """Return the digest of what the task's page in the folder would show now."""
    task = parts().engine.task(actor(), task_id).task
    sheet = load(task.case_id)
    return displayed.digest(task, sheet.invoice, sheet.order, sheet.documents, sheet.beside)


def _item(folder: Folder, task_id: str) -> FolderItem:
    found = next((one for one in folder.items if one.task.id == task_id), None)
    if found is None:
        raise NotFoundError(_("Diese Aufgabe liegt nicht in der Mappe."))
    return found


def _turned(folder_id: str, task_id: str) -> Response:
    """Go on to the next item that nobody has decided about, else to the end of the folder."""
    folder = parts().engine.folder(actor(), folder_id)
    place = folder.items.index(_item(folder, task_id))
    rest = folder.items[place + 1 :]
    following = next((one for one in rest if one.displayed_at is None), None)
    if following is None:
        return redirect(url_for("folder.show", folder_id=folder_id))
    return redirect(url_for("folder.item", folder_id=folder_id, task_id=following.task.id))
