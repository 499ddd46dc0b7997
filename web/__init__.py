"""The browser's side: Flask pages over ``engine.api`` and read models.

One package an area with its ``views`` (no SQL) and ``queries`` (read-only), a template folder
of the same name, and a mark of access on every view.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from laufzettel.web import (
    assets,
    errors,
    formats,
    headers,
    health,
    i18n,
    layout,
    requests,
    statement,
    words,
)
from laufzettel.web.api import views as api
from laufzettel.web.archive import views as archive
from laufzettel.web.auth import guard
from laufzettel.web.auth import views as auth
from laufzettel.web.case import invoices
from laufzettel.web.case import views as case
from laufzettel.web.cockpit import views as cockpit
from laufzettel.web.compare import words as compare
from laufzettel.web.folder import views as folder
from laufzettel.web.inbox import views as inbox
from laufzettel.web.lookup import views as lookup
from laufzettel.web.mail import views as mail
from laufzettel.web.metrics import views as metrics
from laufzettel.web.operate import views as operate
from laufzettel.web.parts import Parts
from laufzettel.web.policy import views as policy
from laufzettel.web.proposals import views as proposals
from laufzettel.web.stacks import views as stacks
from laufzettel.web.task import views as task
from laufzettel.web.upload import views as upload
from laufzettel.web.withholding import views as withholding

__all__ = ["REQUEST_MAX", "Parts", "create_app"]

#: Largest request that is read, in bytes: a PDF of 50 MB and the form around it.
REQUEST_MAX = 60 * 1024 * 1024
#: Fields of one form, and bytes of all that are no files.
FIELDS_MAX = 1_000
FORM_MAX = 1024 * 1024


def create_app(parts: Parts) -> Flask:
    """Return the application over the parts of an installation."""
    app = Flask(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=REQUEST_MAX,
        MAX_FORM_MEMORY_SIZE=FORM_MAX,
        MAX_FORM_PARTS=FIELDS_MAX,
    )
    app.extensions["laufzettel"] = parts
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    areas: list[Any] = [requests, headers, errors, assets, i18n, formats, words, guard, layout]
    for area in [*areas, invoices, compare, policy, operate, health, metrics, statement]:
        area.register(app)
    for pages in (
        auth,
        inbox,
        task,
        stacks,
        folder,
        case,
        lookup,
        cockpit,
        upload,
        mail,
        policy,
        proposals,
        operate,
        withholding,
        archive,
    ):
        app.register_blueprint(pages.blueprint)
    api.register(app)
    guard.check_marks(app)
    if parts.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=parts.proxies, x_proto=parts.proxies, x_host=parts.proxies
        )
    return app
