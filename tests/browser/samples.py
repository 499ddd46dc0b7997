"""The sample pages with the real style sheet, script and policy; no data, no database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Flask, Response, jsonify, render_template, request

from laufzettel.web import assets, headers

FOLDER: Final = Path(__file__).parent / "samples"
STATIC: Final = Path(assets.__file__).parent / "static"
SAMPLES: Final = ("inbox", "task")


def sample_pages() -> Flask:
    """Return an application of the samples that notes what it was sent in ``extensions``."""
    app = Flask("samples", template_folder=str(FOLDER), static_folder=str(STATIC))
    sent: list[tuple[str, dict[str, list[str]]]] = []
    app.extensions["sent"] = sent
    headers.register(app)
    assets.register(app)

    @app.get("/<name>")
    def page(name: str) -> str:
        return render_template(f"{name}.html")

    @app.post("/<path:address>")
    def receive(address: str) -> Response | str:
        sent.append((address, request.form.to_dict(flat=False)))
        if address.endswith("/entwurf"):
            return jsonify(message="Entwurf gespeichert 10:12")
        return render_template("received.html")

    return app
