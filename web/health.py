"""The operator's question whether this process can work."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask, Response, jsonify

from laufzettel.records.tables import tenant
from laufzettel.web.auth.guard import public
from laufzettel.web.errors import RETRY_AFTER_S
from laufzettel.web.parts import parts


def register(app: Flask) -> None:
    """Answer ``/health``: 200 while the database answers, 503 otherwise."""

    @app.get("/health")
    @public
    def health() -> Response:
        """Ask for a row of ours: an empty file in the database's place is no database."""
        try:
            with parts().db.read() as connection:
                connection.execute(sa.select(tenant.c.id).limit(1))
        except sa.exc.SQLAlchemyError as error:
            app.logger.warning("the database does not answer: %s", error)
            away = jsonify(status="away", message="Die Datenbank antwortet nicht.")
            away.status_code = 503
            away.headers["Retry-After"] = str(RETRY_AFTER_S)
            return away
        return jsonify(status="ok")
