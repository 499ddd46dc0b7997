"""What every page carries: who is signed in, where one can go, the notice of a demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, g, request, url_for
from markupsafe import Markup

from laufzettel.identity import Right
from laufzettel.web.auth.guard import CSRF_FIELD, session
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page that the bar at the top leads to."""

    endpoint: str
    title: str
    rights: frozenset[Right]
    area: str  # blueprint whose pages belong to it


_EVERYBODY: Final = frozenset({Right.WORK, Right.READ, Right.OPERATE})
_KEEPERS: Final = frozenset({Right.READ, Right.OPERATE})


def places() -> list[Place]:
    """Return where the bar at the top leads, in the language of the request."""
    work = frozenset({Right.WORK})
    return [
        Place(endpoint="inbox.show", title=_("Eingangskorb"), rights=work, area="inbox"),
        Place(endpoint="folder.overview", title=_("Unterschriften"), rights=work, area="folder"),
        Place(
            endpoint="upload.show",
            title=_("Annehmen"),
            rights=frozenset({Right.START}),
            area="upload",
        ),
        Place(endpoint="case.overview", title=_("Vorgänge"), rights=_EVERYBODY, area="case"),
        Place(endpoint="lookup.show", title=_("Auskunft"), rights=_EVERYBODY, area=""),
        Place(endpoint="cockpit.incidents", title=_("Störungen"), rights=_KEEPERS, area=""),
        Place(endpoint="cockpit.handovers", title=_("Übergaben"), rights=_KEEPERS, area=""),
        Place(
            endpoint="withholding.show",
            title=_("Bauabzugsteuer"),
            rights=_KEEPERS,
            area="withholding",
        ),
        Place(endpoint="archive.show", title=_("Archiv"), rights=_KEEPERS, area="archive"),
        Place(
            endpoint="operate.show",
            title=_("Prozesse"),
            rights=_KEEPERS | {Right.DEPLOY},
            area="operate",
        ),
        Place(
            endpoint="policy.show",
            title=_("Prüfregeln"),
            rights=frozenset({Right.DEPLOY, Right.READ}),
            area="policy",
        ),
        Place(
            endpoint="proposals.show",
            title=_("Zuordnung"),
            rights=frozenset({Right.DEPLOY}),
            area="proposals",
        ),
    ]


def home(rights: frozenset[Right]) -> str:
    """Return the address of the first page of somebody with these rights.

    Who holds none of the rights that a page asks for (an account without any) finds the one page that is everybody's.
    """
    for place in places():
        if place.rights & rights:
            return url_for(place.endpoint)
    return url_for("statement")


def register(app: Flask) -> None:
    """Hand every template what its frame shows."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        found = session()
        given = {"me": found, "is_demo": parts().is_demo, "csrf": csrf, "now": g.get("now")}
        if found is None or "actor" not in g:
            return given | {"places": [], "represented": {}, "deputy_of": ""}
        represented: Mapping[str, str] = g.represented
        return given | {
            "places": [place for place in places() if place.rights & found.rights],
            "here": request.endpoint or "",
            "represented": represented,
            "deputy_of": represented.get(g.actor.deputy_for or "", ""),
        }


def csrf() -> Markup:
    """Return the hidden field that proves a form to be ours and of this session."""
    found = session()
    value = found.csrf if found else ""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, value)
