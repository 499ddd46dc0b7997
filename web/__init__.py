"""The browser's side: Flask pages over ``engine.api`` and read models.

Walls only: the app factory, the headers every answer carries, the pages for what goes wrong,
and the health check of the operator. The inbox and its neighbours move in with the issue
„Faces“.
"""

from __future__ import annotations

from flask import Flask

from laufzettel.db import Database
from laufzettel.engine.api import Engine
from laufzettel.web import assets, errors, headers, health

#: Largest request that is read, in bytes: a PDF of 50 MB and the form around it.
REQUEST_MAX = 60 * 1024 * 1024


def create_app(engine: Engine, db: Database) -> Flask:
    """Return the application over a composed engine."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_MAX
    app.extensions["laufzettel.engine"] = engine
    headers.register(app)
    assets.register(app)
    errors.register(app)
    health.register(app, db)
    return app
