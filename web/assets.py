"""The built front end: hashed names for templates, and how long a browser may keep the files.

`web/frontend/build.mjs` makes `static/dist` with its `manifest.json`; neither is in the
repository, but a wheel and an image bring both along.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Final

from flask import Flask, Response, make_response, request, url_for

from laufzettel.errors import UnavailableError

MANIFEST: Final = Path(__file__).parent / "static" / "dist" / "manifest.json"
#: Under a hashed name lie the same bytes for ever; anything else is asked for each time.
HASHED: Final = re.compile(r"-[A-Z0-9]{8}\.[a-z0-9]+$")
FOR_EVER: Final = "public, max-age=31536000, immutable"
#: Not left to the system's table of types, which may know less or something else.
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}

MISSING: Final = """\
<!doctype html>
<html lang="de">
<head><meta charset="utf-8"><title>Oberfläche fehlt – Laufzettel</title></head>
<body><main>
<h1>Die Oberfläche ist noch nicht gebaut</h1>
<p>Bitte einmal <code>./run</code> aufrufen: Das baut sie. Ein installiertes Paket und das
Container-Abbild bringen sie fertig mit.</p>
</main></body>
</html>
"""


class AssetsMissingError(UnavailableError):
    """Die Oberfläche ist noch nicht gebaut. Bitte einmal ./run aufrufen: Das baut sie."""


def read_manifest(path: Path = MANIFEST) -> dict[str, str]:
    """Return name → hashed name of what a page links; AssetsMissingError before the build."""
    try:
        names: dict[str, str] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise AssetsMissingError from None
    return names


def register(app: Flask, manifest: Path = MANIFEST) -> None:
    """Give templates ``asset_url(name)``; without a build every page says how to get one.

    ``/health`` and what lies in ``static`` answer either way.
    """
    names: dict[str, str] = {}

    @app.before_request
    def need_build() -> Response | None:
        """Read the manifest once it is there; until then answer in place of any page."""
        if not names and request.endpoint not in ("health", "static"):
            try:
                names.update(read_manifest(manifest))
            except AssetsMissingError as error:
                app.logger.error("%s", error)
                return make_response(MISSING, 503)
        return None

    @app.template_global()
    def asset_url(name: str) -> str:
        """Return the address of a built file: ``app.css``, ``app.js``, ``favicon.svg``."""
        # The page that says that a static file is gone is drawn without asking for the build.
        return url_for("static", filename=f"dist/{names.get(name, name)}")

    @app.after_request
    def describe(response: Response) -> Response:
        if request.endpoint == "static":
            _describe(response, PurePosixPath(request.path))
        return response


def _describe(response: Response, path: PurePosixPath) -> None:
    """State the type of a static file, and how long it may be kept; an error not at all."""
    if response.status_code not in (200, 206, 304):
        response.headers["Cache-Control"] = "no-store"
        return
    response.headers["Cache-Control"] = FOR_EVER if HASHED.search(path.name) else "no-cache"
    if response.status_code != 304 and path.suffix in TYPES:
        response.headers["Content-Type"] = TYPES[path.suffix]
