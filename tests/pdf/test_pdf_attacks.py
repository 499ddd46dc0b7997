"""A hostile page reaches no file and no address, and takes nothing down."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import StreamObject
from tests import canary

from laufzettel import pdf
from laufzettel.pdf import Limits
from laufzettel.pdf.process import environment

pytestmark = pytest.mark.usefixtures("can_render")

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "attack-corpus" / "html"
#: What the corpus must end with; every other file wants to fetch something and is refused.
ENDS = {
    "counter_bomb.html": "exhausted",
    "svg_inline_use.html": "incomplete",
    "script_tag.html": "rendered",
    "ssti_field.txt": "rendered",
}
FILES = sorted(path.name for path in CORPUS.glob("*")) if CORPUS.is_dir() else ["absent"]


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """Note whoever connects to the port that the corpus names."""
    with canary.listener() as server:
        server.settimeout(0.1)
        calls: list[str] = []
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, address = server.accept()
                    calls.append(str(address))
                    connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield calls
        finally:
            time.sleep(0.2)
            done.set()
            thread.join()


def canaries() -> list[Path]:
    """Return the files that an attack would have left behind."""
    places = [Path.cwd(), *Path.cwd().parents]
    return [path for place in places for path in place.glob("attack-canary*")]


def attempt(html: str, limits: Limits) -> tuple[str, bytes]:
    """Render and say how it ended."""
    try:
        return "rendered", pdf.render(html, limits=limits)
    except pdf.PdfRefusedError:
        return "refused", b""
    except pdf.PdfFailedError as error:
        return ("exhausted" if "als erlaubt" in str(error) else "incomplete"), b""


def contents(data: bytes) -> bytes:
    """Return everything that is in a PDF, unpacked."""
    reader = PdfReader(BytesIO(data))
    objects = [reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1)]
    streams = [each for each in objects if isinstance(each, StreamObject)]
    return data + b"".join(each.get_data() for each in streams)


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_page_gets_nothing(name: str, html_attacks: Path) -> None:
    """Rule of the corpus: no request, no local file in the PDF, no canary on disk."""
    with listening() as calls:
        ended, data = attempt((html_attacks / name).read_text("utf-8"), Limits(cpu_s=6, wall_s=60))

    assert ended == ENDS.get(name, "refused")
    assert calls == []
    assert canaries() == []
    assert not re.search(rb"root:.:0:0|javascript|/JS|/Launch", contents(data) if data else b"")


def test_the_listener_would_notice_a_call() -> None:
    """Else the tests above would prove nothing."""
    with listening() as calls:
        socket.create_connection(canary.CANARY).close()

    assert len(calls) == 1


def test_a_value_that_looks_like_a_template_is_printed_as_it_is(html_attacks: Path) -> None:
    text = (html_attacks / "ssti_field.txt").read_text("utf-8")

    page = PdfReader(BytesIO(pdf.render(text))).pages[0]

    assert "{{ config.items() }}" in page.extract_text().replace("\n", " ")


@pytest.mark.parametrize(
    "html",
    [
        '<base href="file:///etc/"><img src="passwd">',
        '<link rel="stylesheet" href="//127.0.0.1:18999/x.css">',
        '<p style="background: url(/etc/passwd)">x</p>',
        '<style>@font-face { font-family: x; src: url("file:///etc/passwd") }</style><p>x</p>',
        '<object data="file:///etc/passwd"></object>',
        '<embed src="http://127.0.0.1:18999/e">',
        '<img src="DATA:text/plain,x">',
        '<img src="missing.png">',
        '<img src="../logo.png">',
        '<style>li { list-style-image: url("ftp://127.0.0.1:18999/x") }</style><li>x</li>',
        "<style>p::before { content: url(http://127.0.0.1:18999/c) }</style><p>x</p>",
        '<a rel="attachment" href="http://127.0.0.1:18999/a">x</a>',
    ],
)
def test_whatever_is_not_among_the_assets_ends_the_drawing(html: str) -> None:
    with listening() as calls, pytest.raises(pdf.PdfRefusedError, match="fremde Inhalte"):
        pdf.render(html)

    assert calls == []


def test_an_svg_among_the_assets_can_fetch_no_more_than_the_page() -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
        b'<image href="http://127.0.0.1:18999/x.png" width="5" height="5"/></svg>'
    )

    with listening() as calls, pytest.raises(pdf.PdfFailedError):
        pdf.render('<img src="logo.svg">', assets={"logo.svg": svg})

    assert calls == []


def test_a_broken_image_is_not_left_out_silently() -> None:
    with pytest.raises(pdf.PdfFailedError, match=r"logo\.png"):
        pdf.render('<img src="logo.png"><p>Anordnung</p>', assets={"logo.png": b"no picture"})


@pytest.mark.parametrize(
    "html",
    ["<div>" * 2000 + "x", "<table><tr><td>" * 60 + "x", "\ud800"],
    ids=["deep", "tables", "surrogate"],
)
def test_a_page_that_breaks_the_renderer_is_an_error_in_german(html: str) -> None:
    with pytest.raises(pdf.PdfFailedError, match="ließ sich nicht erzeugen"):
        pdf.render(html)


def test_a_page_that_wants_too_much_memory_is_an_error() -> None:
    page = "".join(f"<p>Zeile {number} der Kostenstelle</p>" for number in range(20_000))

    with pytest.raises(pdf.PdfFailedError):
        pdf.render(page, limits=Limits(memory=200 * 1024 * 1024, wall_s=60))


def test_a_page_that_is_not_done_in_time_is_an_error_that_may_pass() -> None:
    page = "".join(f"<p>Zeile {number} der Kostenstelle</p>" for number in range(20_000))
    begun = time.monotonic()

    with pytest.raises(pdf.PdfTimeoutError, match=r"nach 0\.3 Sekunden") as caught:
        pdf.render(page, limits=Limits(wall_s=0.3))

    assert caught.value.retryable
    assert time.monotonic() - begun < 5


def test_a_page_of_six_megabytes_is_refused_before_anything_starts() -> None:
    with pytest.raises(pdf.PdfFailedError, match="mehr als 5 MB"):
        pdf.render("x" * 6_000_000)


def test_a_missing_system_library_is_said_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "libgobject-2.0.so.0").write_bytes(b"no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))

    with pytest.raises(pdf.PdfUnavailableError, match="apt-get install libpango"):
        pdf.render("<p>x</p>")


def test_a_machine_without_fonts_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every letter of the order would be a rectangle."""
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))

    with pytest.raises(pdf.PdfUnavailableError, match="fonts-dejavu-core"):
        pdf.render("<p>x</p>")


def test_the_child_knows_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUFZETTEL_DATABASE_URL", "postgresql://u:geheim@db/x")

    assert "geheim" not in str(environment("/tmp/x"))
    assert "geheim" in str(os.environ)
