"""The browser's side: Flask pages over ``engine.api`` and read models.

Walls only: the app factory, the headers every answer carries, and the health check of the
operator. The inbox and its neighbours move in with the issue „Faces“.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask, Response, jsonify

from laufzettel.db import Database
from laufzettel.engine.api import Engine

#: Nothing is loaded from elsewhere, nothing is framed, forms go to us only.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(engine: Engine, db: Database) -> Flask:
    """Return the application over a composed engine."""
    app = Flask(__name__)
    app.extensions["laufzettel.engine"] = engine

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.get("/health")
    def health() -> Response:
        """Answer whether the database answers."""
        with db.read() as connection:
            connection.execute(sa.text("SELECT 1"))
        return jsonify(status="ok")

    return app
