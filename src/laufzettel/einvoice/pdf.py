"""The invoice inside a PDF (ZUGFeRD, Factur-X): found by name, unambiguous, in a child process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from laufzettel.einvoice.child import command, environment
from laufzettel.einvoice.frames import read_frame
from laufzettel.errors import InputError

#: Largest PDF that is opened, in bytes (security.md 3.2).
SIZE_MAX: Final = 50 * 1024 * 1024
#: Width of a picture of a page, in pixels: A4 at 150 dpi is 1240 x 1754.
WIDTH: Final = 1240
#: Longest time a PDF may take.
TIMEOUT_S: Final = 10.0


class PdfError(InputError):
    """Aus der PDF-Datei lässt sich keine Rechnung lesen."""


class PdfWithoutInvoiceError(PdfError):
    """Die PDF-Datei enthält keine E-Rechnung."""


class AmbiguousPdfError(PdfError):
    """Die PDF-Datei enthält mehr als eine Rechnung."""


class SlowPdfError(PdfError):
    """Das Öffnen der PDF-Datei dauerte zu lange und wurde abgebrochen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfInvoice:
    """What was found in a PDF."""

    xml: bytes
    name: str  # of the attachment, as the sender wrote it
    active: bool  # whether the PDF carries scripts, actions or forms


def extract_xml(pdf: bytes) -> bytes:
    """Return the invoice that the PDF carries.

    Raises PdfWithoutInvoiceError, AmbiguousPdfError, SlowPdfError or, for everything else
    that is wrong with a PDF, PdfError, each with a German sentence.
    """
    return open_pdf(pdf).xml


def open_pdf(pdf: bytes) -> PdfInvoice:
    """Return the invoice and what else matters about the PDF. Raises as ``extract_xml``."""
    output = ask(pdf)
    head, xml = read_frame(output), read_frame(output)
    if head is None or xml is None:  # killed by one of its limits
        raise PdfError(TOO_MUCH)
    return _judge(json.loads(head), xml)


def open_files(pdf: bytes) -> list[tuple[str, bytes]]:
    """Return name and content of every file in the PDF, the invoice among them.

    Nothing is handed out of a PDF that cannot be read; SlowPdfError or PdfError is raised
    where it takes more than it may.
    """
    output = ask(pdf, "files")
    head = read_frame(output)
    if head is None:
        raise PdfError(TOO_MUCH)
    names: list[str] = json.loads(head)
    contents = [read_frame(output) for _ in names]
    return [(name, data) for name, data in zip(names, contents, strict=True) if data is not None]


def read_text(pdf: bytes) -> str:
    """Return what the pages show as text, ``""`` where they have none or it takes too much."""
    try:
        shown = read_frame(ask(pdf, "text"))
    except PdfError:
        return ""
    return (shown or b"").decode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """A page of a PDF as it looks."""

    png: bytes
    pages: int  # of the whole PDF


def page_picture(pdf: bytes, number: int, *, width: int = WIDTH) -> PagePicture:
    """Return a page, counted from 1, as a picture so many pixels wide; nothing of it is run.

    Raises SlowPdfError, or PdfError for what cannot be drawn.
    """
    output = ask(pdf, str(number), str(width), module="laufzettel.einvoice.pages_child")
    head, png = read_frame(output), read_frame(output)
    if head is None or png is None:
        raise PdfError(NOT_DRAWN)
    return PagePicture(png=png, pages=json.loads(head)["pages"])


#: Why a page cannot be shown.
NOT_DRAWN: Final = (
    "Diese Seite lässt sich nicht zeichnen: Die PDF-Datei ist beschädigt, verschlüsselt oder zu "
    "groß, oder sie hat diese Seite nicht."
)
TOO_MUCH: Final = "Die PDF-Datei verlangt mehr Speicher oder Zeit, als sie bekommt."


def ask(pdf: bytes, *arguments: str, module: str = "laufzettel.einvoice.pdf_child") -> BytesIO:
    """Return what the child process says of the PDF."""
    if len(pdf) > SIZE_MAX:
        raise PdfError(
            f"Die PDF-Datei ist {len(pdf) / 1048576:.1f} MB groß; "
            f"geöffnet werden höchstens {SIZE_MAX // 1048576} MB."
        )
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            command(module, *arguments),
            input=pdf,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SlowPdfError from error
    return BytesIO(done.stdout)


def _judge(answer: dict[str, Any], xml: bytes) -> PdfInvoice:
    names = ", ".join(f"„{name[:60]}“" for name in answer.get("names", ())[:5])
    match answer["state"]:
        case "found":
            return PdfInvoice(xml=xml, name=answer["names"][0], active=answer["active"])
        case "none" if names:
            raise PdfWithoutInvoiceError(
                f"Die PDF-Datei enthält eine Rechnung unter dem Namen {names}; vorgeschrieben ist "
                "factur-x.xml oder xrechnung.xml."
            )
        case "none":
            raise PdfWithoutInvoiceError
        case "ambiguous":
            raise AmbiguousPdfError(
                f"Die PDF-Datei enthält mehr als eine Rechnung ({names}). Es ist nicht "
                "eindeutig, welche gilt."
            )
        case "encrypted":
            raise PdfError("Die PDF-Datei ist verschlüsselt oder mit einem Kennwort geschützt.")
    raise PdfError("Die PDF-Datei ist beschädigt oder nicht lesbar.")
