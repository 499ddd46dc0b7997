"""Pages for those who keep things going: Störungen with retry, Übergaben with their bytes."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.case.papers import download
from laufzettel.web.cockpit import queries
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts

blueprint = Blueprint("cockpit", __name__)

#: Longest reason that is kept.
REASON_MAX = 2_000


@blueprint.get("/stoerungen")
@needs(Right.OPERATE, Right.READ)
def incidents() -> str:
    """Show what stopped, why, whose it is, and what to do."""
    told = parts().engine.incidents(actor())
    with parts().db.read() as connection:
        found = queries.incidents(connection, actor().tenant, told)
    return render_template(
        "cockpit/incidents.html",
        incidents=found,
        kinds=queries.kinds(found),
        has_all=len(found) < queries.INCIDENTS_MAX,
        retried=request.args.get("erneut", ""),
    )


@blueprint.post("/stoerungen/<incident_id>/erneut")
@needs(Right.OPERATE)
def retry(incident_id: str) -> AnyResponse:
    """Try again what an incident stopped."""
    parts().engine.retry(actor(), incident_id)
    return redirect(url_for("cockpit.incidents", erneut="ja"))


@blueprint.post("/stoerungen/<incident_id>/erledigt")
@needs(Right.OPERATE)
def settle(incident_id: str) -> AnyResponse:
    """Close an incident that nothing can try again, with what was done about it."""
    parts().engine.settle(actor(), incident_id, request.form.get(f"grund-{incident_id}", ""))
    return redirect(url_for("cockpit.incidents"))


@blueprint.get("/uebergaben")
@needs(Right.OPERATE, Right.READ)
def handovers() -> str:
    """List the handovers, the newest first; all, or those whose outcome nobody knows."""
    unknown = request.args.get("stand", "") == "unbekannt"
    with parts().db.read() as connection:
        before = _place(request.args.get("vor", ""))
        rows = queries.handovers(connection, actor().tenant, before=before, unknown=unknown)
    shown = rows[: queries.PAGE_SIZE]
    older = f"{shown[-1].created_at.isoformat()}~{shown[-1].id}" if len(rows) > len(shown) else None
    return render_template("cockpit/handovers.html", rows=shown, older=older, unknown=unknown)


@blueprint.get("/uebergaben/<parcel_id>")
@needs(Right.OPERATE, Right.READ)
def handover(parcel_id: str) -> str:
    """Show a handover: state, sum, items, digest."""
    found = _found(parcel_id)
    with parts().db.read() as connection:
        items = queries.items(connection, actor().tenant, parcel_id)
    return render_template("cockpit/handover.html", handover=found, items=items)


@blueprint.get("/uebergaben/<parcel_id>/datei")
@needs(Right.OPERATE, Right.READ)
def data(parcel_id: str) -> Response:
    """Hand out the exact bytes that went out."""
    found = _found(parcel_id)
    with parts().db.read() as connection:
        packed = queries.data_of(connection, actor().tenant, parcel_id)
    name = f"{found.channel}-{found.number:06d}.bin"
    return download(packed, name=name, media_type="application/octet-stream")


@blueprint.post("/uebergaben/<parcel_id>/ausgang")
@needs(Right.OPERATE)
def resolve(parcel_id: str) -> AnyResponse:
    """Record what somebody found when looking at the receiver of an unknown handover."""
    _found(parcel_id)
    found = request.form.get("gefunden", "")
    reason = request.form.get("grund", "").strip()[:REASON_MAX]
    if found not in ("ja", "nein") or not reason:
        raise InputError(
            _("Bitte sagen Sie, ob die Übergabe angekommen ist, und woran Sie das gesehen haben.")
        )
    parts().engine.resolve(actor(), parcel_id, has_arrived=found == "ja", reason=reason)
    return redirect(url_for("cockpit.handover", parcel_id=parcel_id))


def _found(parcel_id: str) -> queries.Handover:
    with parts().db.read() as connection:
        found = queries.handover(connection, actor().tenant, parcel_id)
    if found is None:
        raise NotFoundError(_("Diese Übergabe gibt es bei diesem Mandanten nicht."))
    return found


def _place(text: str) -> tuple[datetime, str] | None:
    """Return the place in the list that an address names."""
    if not text:
        return None
    moment, _tilde, key = text.partition("~")
    try:
        place = datetime.fromisoformat(moment)
    except ValueError:
        place = None
    if place is None or place.tzinfo is None or len(key) != 26:
        raise InputError(_("Diese Liste gibt es nicht. Bitte „Übergaben“ neu öffnen."))
    return place, key
