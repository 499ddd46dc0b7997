"""How pages link the built front end, and what happens where nothing was built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from laufzettel.web import assets, errors


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A built front end of two files."""
    folder = tmp_path / "static" / "dist"
    folder.mkdir(parents=True)
    names = {"app.css": "app-ABCD2345.css", "app.js": "app-ZYXW7654.js"}
    (folder / "manifest.json").write_text(json.dumps(names))
    for name in (*names.values(), "FiraSans-Regular-ABCD2345.woff2", "icon-QWER2345.svg"):
        (folder / name).write_text("content")
    return folder


@pytest.fixture
def app(dist: Path) -> Flask:
    """Pages over that front end."""
    templates = str(Path(assets.__file__).parent / "templates")
    application = Flask("pages", static_folder=str(dist.parent), template_folder=templates)
    assets.register(application, dist / "manifest.json")
    errors.register(application)

    @application.get("/seite")
    def page() -> str:
        return render_template_string("{{ asset_url('app.css') }} {{ asset_url('app.js') }}")

    @application.get("/health")
    def health() -> str:
        return "ok"

    return application


def test_a_page_links_the_hashed_names(app: Flask) -> None:
    answer = app.test_client().get("/seite")

    assert answer.text == "/static/dist/app-ABCD2345.css /static/dist/app-ZYXW7654.js"


@pytest.mark.parametrize("address", ["/seite", "/gibt/es/nicht"])
def test_without_a_build_every_page_says_what_builds_it(
    app: Flask, dist: Path, address: str
) -> None:
    """Also the pages of errors, which would link the missing sheet as well."""
    (dist / "manifest.json").unlink()

    answer = app.test_client().get(address)

    assert answer.status_code == 503
    assert "Die Oberfläche ist noch nicht gebaut" in answer.text
    assert "<code>./run</code>" in answer.text


def test_without_a_build_the_operator_still_gets_an_answer(app: Flask, dist: Path) -> None:
    (dist / "manifest.json").unlink()

    assert app.test_client().get("/health").text == "ok"


def test_a_build_is_found_without_a_restart(app: Flask, dist: Path) -> None:
    kept = (dist / "manifest.json").read_bytes()
    (dist / "manifest.json").unlink()
    client = app.test_client()
    assert client.get("/seite").status_code == 503

    (dist / "manifest.json").write_bytes(kept)

    assert client.get("/seite").status_code == 200


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("app-ABCD2345.css", "text/css; charset=utf-8"),
        ("app-ZYXW7654.js", "text/javascript; charset=utf-8"),
        ("FiraSans-Regular-ABCD2345.woff2", "font/woff2"),
        ("icon-QWER2345.svg", "image/svg+xml"),
    ],
)
def test_a_hashed_file_is_kept_for_ever_under_its_type(app: Flask, name: str, kind: str) -> None:
    with app.test_client().get(f"/static/dist/{name}") as answer:
        headers = answer.headers

    assert headers["Content-Type"] == kind
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_without_a_hash_is_asked_for_each_time(app: Flask) -> None:
    with app.test_client().get("/static/dist/manifest.json") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
