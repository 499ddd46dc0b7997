"""The Betrieb: versions and moving cases, batches, messages nobody waited for, the Abgleich.

What an act would do is shown first; doing it takes a reason. Rights are those of the engine's
verbs: whoever may only read sees all of it and is offered nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.engine.api import (
    BatchKind,
    Forecast,
    ItemStatus,
    Preview,
    Selection,
    VersionView,
)
from laufzettel.errors import ConflictError, InputError, LaufzettelError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records import settings
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.case import queries as case_queries
from laufzettel.web.i18n import gettext as _
from laufzettel.web.operate import queries
from laufzettel.web.parts import parts

blueprint = Blueprint("operate", __name__, url_prefix="/betrieb")


@blueprint.get("")
@needs(Right.OPERATE, Right.READ, Right.DEPLOY)
def show() -> str:
    """Show what waits for somebody, and each process and decision in the version that counts."""
    engine = parts().engine
    with parts().db.read() as connection:
        names = case_queries.names(connection, actor().tenant)
    return render_template(
        "operate/show.html",
        **_waiting(),
        waiting=engine.model_changes(actor()),
        is_alone=_every() == [actor().tenant],
        processes=queries.processes(engine.models(actor())),
        decisions=engine.standing_decisions(actor()),
        names=names,
    )


def _waiting() -> dict[str, Any]:
    """Return how much waits for those who operate; who only deploys is not told."""
    if not actor().rights & {Right.OPERATE, Right.READ}:
        return {"figures": None}
    engine = parts().engine
    with parts().db.read() as connection:
        figures = queries.figures(connection, actor().tenant)
    return {
        "figures": figures,
        "unwaited": len(engine.unwaited(actor())),
        "abgleich": engine.abgleich(actor()),
    }


@blueprint.get("/prozesse/<process_id>")
@needs(Right.OPERATE, Right.READ, Right.DEPLOY)
def process(process_id: str) -> str:
    """Show the versions of a process, and what moving cases to another would do."""
    found = _process(process_id)
    wanted = _wanted(found) if Right.OPERATE in actor().rights else None
    with parts().db.read() as connection:
        names = case_queries.names(connection, actor().tenant)
    return render_template(
        "operate/process.html",
        process=found,
        waiting=[
            one for one in parts().engine.model_changes(actor()) if one.process_id == process_id
        ],
        is_alone=_every() == [actor().tenant],
        names=names,
        wanted=wanted,
        case_id=request.args.get("vorgang", "").strip(),
        trial=_trial(wanted) if wanted else None,
    )


@blueprint.post("/prozesse/<process_id>/festlegen")
@needs(Right.DEPLOY)
def pin(process_id: str) -> AnyResponse:
    """Let new cases run the chosen version, or follow the newest again; or have it wait."""
    _process(process_id)
    chosen = request.form.get("fassung", "")
    parts().engine.pin(actor(), process_id, chosen or None, request.form.get("grund", ""))
    return redirect(url_for("operate.process", process_id=process_id))


@blueprint.post("/aenderungen/<change_id>/freigeben")
@needs(Right.DEPLOY)
def release_change(change_id: str) -> AnyResponse:
    """Put in force what somebody else wants, as it was shown."""
    _change(change_id)
    parts().engine.release_change(
        actor(),
        change_id,
        _reason(change_id),
        seen=request.form.get(f"gesehen-{change_id}", ""),
        every=_every(),
    )
    return redirect(url_for("operate.show"))


@blueprint.post("/aenderungen/<change_id>/ablehnen")
@needs(Right.DEPLOY)
def decline_change(change_id: str) -> AnyResponse:
    """Say no to what somebody wants, or take it back; nothing changes."""
    _change(change_id)
    parts().engine.decline_change(actor(), change_id, _reason(change_id), every=_every())
    return redirect(url_for("operate.show"))


def _reason(change_id: str) -> str:
    return request.form.get(f"grund-{change_id}", "")


def _change(change_id: str) -> None:
    """Raise NotFoundError for a change that is not the tenant's."""
    parts().engine.model_change(actor(), change_id)


def _every() -> list[str]:
    """Return the tenants of the installation."""
    with parts().db.read() as connection:
        return list(settings.tenants(connection))


@blueprint.post("/prozesse/<process_id>/umziehen")
@needs(Right.OPERATE)
def migrate(process_id: str) -> AnyResponse:
    """Order the move of the cases whose trial was shown."""
    found = _process(process_id)
    source, target = (_version(found, request.form.get(name, "")) for name in ("von", "nach"))
    batch_id = parts().engine.order_batch(
        actor(),
        BatchKind.MIGRATE,
        _selection(source, request.form.get("vorgang", "").strip()),
        request.form.get("grund", ""),
        {"bundle_id": target.bundle_id},
    )
    return redirect(url_for("operate.batch", batch_id=batch_id))


@blueprint.get("/erneut")
@needs(Right.OPERATE)
def retry_all() -> str | AnyResponse:
    """Show how many incidents of a kind would be tried again; without a kind, which there are."""
    code = request.args.get("art", "")[:100]
    if not code:
        return redirect(url_for("cockpit.incidents"))
    found = parts().engine.preview_batch(actor(), BatchKind.RETRY, Selection(code=code), {})
    return render_template("operate/retry.html", code=code, preview=found)


@blueprint.post("/erneut")
@needs(Right.OPERATE)
def retry() -> AnyResponse:
    """Order that all incidents of a kind are tried again."""
    wanted = Selection(code=request.form.get("art", "")[:100])
    reason = request.form.get("grund", "")
    batch_id = parts().engine.order_batch(actor(), BatchKind.RETRY, wanted, reason)
    return redirect(url_for("operate.batch", batch_id=batch_id))


@blueprint.get("/sammelaktionen")
@needs(Right.OPERATE, Right.READ)
def batches() -> str:
    """List the acts on many cases, the newest first."""
    with parts().db.read() as connection:
        names = case_queries.names(connection, actor().tenant)
    return render_template(
        "operate/batches.html", batches=parts().engine.batches(actor()), names=names
    )


@blueprint.get("/sammelaktionen/<batch_id>")
@needs(Right.OPERATE, Right.READ)
def batch(batch_id: str) -> str:
    """Show how far an act on many cases is, and what was refused why."""
    engine = parts().engine
    found = engine.batch(actor(), batch_id)
    refused = [
        item
        for status in (ItemStatus.REFUSED, ItemStatus.FAILED)
        for item in engine.batch_items(actor(), batch_id, status)
    ]
    with parts().db.read() as connection:
        names = case_queries.names(connection, actor().tenant)
    return render_template("operate/batch.html", batch=found, refused=refused, names=names)


@blueprint.post("/sammelaktionen/<batch_id>/anhalten")
@needs(Right.OPERATE)
def stop(batch_id: str) -> AnyResponse:
    """Leave undone what is pending of an act on many cases."""
    parts().engine.batch(actor(), batch_id)
    parts().engine.stop_batch(actor(), batch_id, request.form.get("grund", ""))
    return redirect(url_for("operate.batch", batch_id=batch_id))


@blueprint.get("/nachrichten")
@needs(Right.OPERATE, Right.READ)
def messages() -> str:
    """List the messages that nobody waits for."""
    return render_template("operate/messages.html", messages=parts().engine.unwaited(actor()))


@blueprint.get("/abgleich")
@needs(Right.OPERATE, Right.READ)
def abgleich() -> str:
    """Show whether anything goes out after a restore, and what the receivers know more than we."""
    return render_template(
        "operate/abgleich.html",
        abgleich=parts().engine.abgleich(actor()),
        is_alone=_every() == [actor().tenant],
    )


@blueprint.post("/abgleich/fragen")
@needs(Right.OPERATE)
def ask() -> AnyResponse:
    """Ask the channels of the tenant, and read their acknowledgements once more."""
    parts().engine.ask_channels(actor())
    try:
        parts().retell(actor().tenant)
    except LaufzettelError as error:
        raise ConflictError(
            _("Die Kanäle sind gefragt; ihre Rückmeldungen sind nicht lesbar: %(why)s")
            % {"why": error}
        ) from error
    return redirect(url_for("operate.abgleich"))


@blueprint.post("/abgleich/freigeben")
@needs(Right.OPERATE)
def release() -> AnyResponse:
    """Let everything go out again."""
    parts().engine.release_abgleich(
        actor(),
        _every(),
        request.form.get("grund", ""),
        despite=request.form.get("trotzdem") == "ja",
    )
    return redirect(url_for("operate.abgleich"))


# --- moving cases ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a move would do: of one case in detail, of many in numbers."""

    preview: Preview | None
    forecast: Forecast | None
    problem: str  # why it cannot even be tried


def _wanted(found: queries.Process) -> tuple[VersionView, VersionView] | None:
    if "von" not in request.args:
        return None
    source, target = (_version(found, request.args.get(name, "")) for name in ("von", "nach"))
    return source, target


def _trial(wanted: tuple[VersionView, VersionView]) -> Trial:
    source, target = wanted
    case_id = request.args.get("vorgang", "").strip()
    engine, params = parts().engine, {"bundle_id": target.bundle_id}
    try:
        if case_id:
            one = engine.plan_migration(actor(), case_id, target.bundle_id)
            return Trial(preview=None, forecast=one, problem="")
        many = engine.preview_batch(actor(), BatchKind.MIGRATE, _selection(source), params)
        return Trial(preview=many, forecast=None, problem="")
    except (InputError, ConflictError) as error:
        return Trial(preview=None, forecast=None, problem=str(error))


def _selection(source: VersionView, case_id: str = "") -> Selection:
    ids = (case_id,) if case_id else ()
    return Selection(ids=ids, process=source.process_id, bundle=source.bundle_id)


def _process(process_id: str) -> queries.Process:
    found = queries.processes(parts().engine.models(actor(), process_id))
    if not found:
        raise NotFoundError(_("Diesen Prozess gibt es bei diesem Mandanten nicht."))
    return found[0]


def _version(found: queries.Process, bundle_id: str) -> VersionView:
    for one in found.versions:
        if one.bundle_id == bundle_id:
            return one
    raise InputError(_("Bitte wählen Sie die Fassungen aus."))


def batch_kind(code: str) -> str:
    """Return what an act on many cases does.

    >>> batch_kind("retry")
    'Störungen erneut versuchen'
    """
    words = {
        "retry": _("Störungen erneut versuchen"),
        "suspend": _("Vorgänge anhalten"),
        "resume": _("Vorgänge fortsetzen"),
        "cancel": _("Vorgänge abbrechen"),
        "edit": _("Angabe berichtigen"),
        "move": _("Vorgänge versetzen"),
        "migrate": _("auf eine andere Fassung umziehen"),
    }
    return words.get(code, code)


def change_kind(code: str) -> str:
    """Return what a change of the version in force is.

    >>> change_kind("pin")
    'andere Fassung für neue Vorgänge'
    """
    words = {
        "deploy": _("neue Fassung"),
        "pin": _("andere Fassung für neue Vorgänge"),
        "follow": _("wieder die neueste Fassung"),
    }
    return words.get(code, code)


def batch_status(code: str) -> tuple[str, str]:
    """Return (level, word) for how far an act on many cases is.

    >>> batch_status("done")
    ('success', 'fertig')
    """
    words = {
        "running": ("info", _("läuft")),
        "done": ("success", _("fertig")),
        "stopped": ("warning", _("angehalten")),
    }
    return words.get(code, ("info", code))


def register(app: Flask) -> None:
    """Let templates name acts on many cases, and changes that wait."""
    app.jinja_env.filters.update(
        batch_kind=batch_kind, batch_status=batch_status, change_kind=change_kind
    )
