"""What holds for every page, whatever pages there will be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, abort, redirect
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from laufzettel.app import App
from laufzettel.db import Database
from laufzettel.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StorageError,
    UnavailableError,
)
from laufzettel.pdf import ProcessPrinter
from laufzettel.web import Parts, create_app
from laufzettel.web.auth.guard import public

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUATSCH")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def address(rule: Rule) -> str:
    """Return an address of the route; what it names does not exist."""
    values = {
        name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "x"
        for name in rule.arguments
    }
    built = rule.build(values)
    assert built is not None
    return built[1]


def carried(answer: TestResponse) -> dict[str, str]:
    """Return the security headers of an answer."""
    return {name: answer.headers[name] for name in HEADERS if name in answer.headers}


def test_every_answer_of_every_route_carries_the_headers(pages: Flask) -> None:
    """Also those to wrong methods and of pages that do not exist; none is a server error."""
    client = pages.test_client()
    addresses = [address(rule) for rule in pages.url_map.iter_rules()] + ["/", "/gibt/es/nicht"]

    answers = {
        (method, path): client.open(path, method=method) for path in addresses for method in METHODS
    }

    assert "/health" in addresses
    assert [key for key, answer in answers.items() if carried(answer) != HEADERS] == []
    assert [key for key, answer in answers.items() if answer.status_code >= 500] == []


def test_a_wrong_method_is_told_in_german_and_which_ones_are_right(pages: Flask) -> None:
    answer = pages.test_client().post("/health")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.content_type == "text/html; charset=utf-8"
    assert "So lässt sich diese Seite nicht aufrufen" in answer.text


def test_a_page_that_does_not_exist_says_so_in_german(pages: Flask) -> None:
    answer = pages.test_client().get("/<script>alert(1)</script>")

    assert answer.status_code == 404
    assert '<html lang="de">' in answer.text
    assert "<h1>Diese Seite gibt es nicht</h1>" in answer.text
    assert "alert" not in answer.text


def test_nothing_of_an_answer_stays_in_a_shared_browser(pages: Flask) -> None:
    assert pages.test_client().get("/health").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (NotFoundError(), 404, "Das Gesuchte gibt es bei diesem Mandanten nicht."),
        (ForbiddenError("Das hat K. Brandt schon gezeichnet."), 403, "K. Brandt"),
        (ConflictError(), 409, "Jemand anderes war schneller."),
        (InputError("Der Betrag <b> fehlt."), 400, "Der Betrag &lt;b&gt; fehlt."),
        (UnavailableError(), 503, "Der Dienst ist gerade nicht erreichbar."),
        (StorageError(), 500, "Der Speicher ist nicht benutzbar."),
    ],
)
def test_an_error_of_operation_shows_its_own_sentence(
    pages: Flask, error: Exception, code: int, sentence: str
) -> None:
    @pages.get("/fehler")
    @public
    def fail() -> str:
        raise error

    answer = pages.test_client().get("/fehler")

    assert (answer.status_code, sentence in answer.text) == (code, True)


def test_a_bug_shows_nothing_internal_and_is_logged(
    pages: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @pages.get("/fehler")
    @public
    def fail() -> str:
        raise RuntimeError("geheim")

    with caplog.at_level(logging.ERROR):
        answer = pages.test_client().get("/fehler")

    assert answer.status_code == 500
    assert "Hier ist etwas schiefgegangen" in answer.text
    assert not {"geheim", "Traceback", "RuntimeError"} & set(answer.text.split())
    assert carried(answer) == HEADERS
    assert "geheim" in caplog.text


def test_a_redirection_is_none_of_our_errors(pages: Flask) -> None:
    @pages.get("/alt")
    @public
    def old() -> str:
        abort(redirect("/neu", code=303))

    @pages.get("/ordner/")
    @public
    def folder() -> str:
        return ""

    client = pages.test_client()
    assert client.get("/alt").headers["Location"] == "/neu"
    assert client.get("/ordner").status_code == 308


def test_a_request_above_the_limit_is_refused(pages: Flask) -> None:
    from flask import request

    @pages.post("/upload")
    @public
    def upload() -> str:
        return str(len(request.get_data()))

    pages.config["MAX_CONTENT_LENGTH"] = 1000
    answer = pages.test_client().post("/upload", data=b"x" * 1001)

    assert answer.status_code == 413
    assert "Die Sendung ist zu groß" in answer.text


def test_health_is_ok_while_the_database_answers(pages: Flask) -> None:
    answer = pages.test_client().get("/health")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


AWAY = {"status": "away", "message": "Die Datenbank antwortet nicht."}


#: Makes the pages of an installation whose database is not where it was.
Away = Callable[[str], Flask]


@pytest.fixture
def away(installation: App) -> Iterator[Away]:
    """Pages over a database that does not answer."""
    opened: list[Database] = []

    def pages_over(url: str) -> Flask:
        opened.append(Database(url))
        return create_app(
            Parts(
                engine=installation.engine,
                db=opened[-1],
                store=installation.store,
                case_folder=installation.case_folder,
                deletion=installation.deletion,
                retention=installation.retention,
                integrity=installation.integrity,
                printer=ProcessPrinter(),
                receive=installation.receive,
                take_enclosure=installation.enclosures,
                retell=installation.retell,
                take_paper=installation.papers,
            )
        )

    yield pages_over
    for database in opened:
        database.close()


def test_health_is_503_while_postgresql_is_away(away: Away) -> None:
    """Port 1 refuses every connection."""
    gone = "postgresql+psycopg://laufzettel:geheim@127.0.0.1:1/laufzettel"

    answer = away(gone).test_client().get("/health")

    assert (answer.status_code, answer.get_json()) == (503, AWAY)
    assert answer.headers["Retry-After"] == "10"
    assert "geheim" not in answer.text
    assert carried(answer) == HEADERS


def test_health_is_503_while_the_sqlite_file_is_gone(away: Away, tmp_path: Path) -> None:
    """SQLite would make an empty file and answer; a row of ours is not in it."""
    pages = away(f"sqlite:///{tmp_path / 'other.sqlite'}")

    answer = pages.test_client().get("/health")

    assert (answer.status_code, answer.get_json()) == (503, AWAY)


def test_a_page_says_so_while_the_database_is_away(pages: Flask) -> None:
    @pages.get("/liste")
    @public
    def listed() -> str:
        with sa.create_engine("postgresql+psycopg://x@127.0.0.1:1/x").connect():
            return ""

    answer = pages.test_client().get("/liste")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Laufzettel ist gerade nicht erreichbar" in answer.text


def test_a_file_that_is_gone_is_not_remembered_as_gone(pages: Flask) -> None:
    """During an update a page may ask for the sheet of the other version."""
    answer = pages.test_client().get("/static/dist/app-AAAAAAAA.css")

    assert answer.status_code == 404
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
