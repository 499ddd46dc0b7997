"""The API put together: its routes, its description, and a page for people who read it."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, jsonify, render_template

from laufzettel.web.api import (
    cases,
    decisions,
    deployments,
    incidents,
    invoices,
    messages,
    models,
    purchase_orders,
    tasks,
)
from laufzettel.web.api.openapi import document
from laufzettel.web.api.operations import OPERATIONS, blueprint
from laufzettel.web.api.problems import KINDS
from laufzettel.web.auth.guard import public

__all__ = ["register"]

#: Importing them declares their routes; the order is that of the description.
RESOURCES: Final = (
    models,
    deployments,
    cases,
    invoices,
    purchase_orders,
    decisions,
    tasks,
    messages,
    incidents,
)


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """Return the description in OpenAPI 3.1; it says nothing about any tenant."""
    return jsonify(document())


@blueprint.get("/")
@public
def docs() -> str:
    """Show every route and every kind of problem."""
    return render_template("api/docs.html", operations=OPERATIONS.values(), kinds=KINDS.values())


def register(app: Flask) -> None:
    """Add the routes to the application."""
    app.register_blueprint(blueprint)
