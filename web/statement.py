"""Pages that belong to nobody's work: the way in, and the statement on accessibility."""

from __future__ import annotations

from flask import Flask, redirect, render_template
from werkzeug.wrappers import Response

from laufzettel.web import layout
from laufzettel.web.auth.guard import actor, public, signed_in


def register(app: Flask) -> None:
    """Answer ``/`` and ``/barrierefreiheit``."""

    @app.get("/")
    @signed_in
    def home() -> Response:
        """Lead everybody to the page with which their work begins."""
        return redirect(layout.home(actor().rights))

    @app.get("/barrierefreiheit")
    @public
    def statement() -> str:
        """State how accessible the pages are (§ 10b BGG NRW)."""
        return render_template("statement.html")
