"""Rendering: a page goes to a process of its own and comes back as PDF/A, or not at all."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from laufzettel.errors import LaufzettelError
from laufzettel.pdf import child
from laufzettel.pdf.job import Attachment, DrawJob, Variant
from laufzettel.pdf.limits import Limits
from laufzettel.pdf.press import draw

#: Largest page, in characters of HTML and CSS together.
PAGE_MAX: Final = 5 * 1024 * 1024
#: All assets and attachments of a page together, in bytes.
BLOBS_MAX: Final = 50 * 1024 * 1024
_NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})


class PdfUnavailableError(LaufzettelError):
    """Auf diesem Rechner lassen sich keine PDF-Dateien erzeugen: Es fehlen Bibliotheken oder \
Schriften des Betriebssystems. Bitte einrichten (Debian, Ubuntu): apt-get install \
libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"""


class PdfFailedError(LaufzettelError):
    """Die PDF-Datei ließ sich nicht erzeugen."""


class PdfRefusedError(PdfFailedError):
    """Die PDF-Datei wurde nicht erzeugt, weil die Seite fremde Inhalte einbinden will."""


class PdfTimeoutError(PdfFailedError):
    """Die PDF-Datei wurde nicht rechtzeitig fertig; der Rechner ist ausgelastet."""

    retryable = True


def render(
    html: str,
    *,
    css: str = "",
    assets: Mapping[str, bytes] = _NOTHING,
    variant: Variant | str = Variant.A_3B,
    attachments: Sequence[Attachment] = (),
    limits: Limits | None = None,
) -> bytes:
    """Return the page as PDF/A, its attachments in it.

    The page names assets by their bare names (``<img src="logo.png">``) and can reach nothing
    else. Scripts do nothing; links other than http, https and mailto are dropped.

    Raises PdfUnavailableError where system libraries or fonts are missing, PdfRefusedError
    when the page wants what is not among its assets, PdfTimeoutError, and PdfFailedError for
    everything else, crashes and exhausted limits included. Never hangs.
    """
    job = DrawJob(
        html=html,
        css=css,
        variant=Variant(variant),
        assets=dict(assets),
        attachments=tuple(attachments),
    )
    _check_size(job)
    limits = limits or Limits()
    ended = draw(job.to_bytes(), limits)
    if ended.code == child.DRAWN:
        return ended.output
    if ended.code == child.LATE:
        raise PdfTimeoutError(f"Die PDF-Datei war nach {limits.wall_s:g} Sekunden nicht fertig.")
    raise _failure(ended.code, ended.output.decode(errors="replace"))


def _check_size(job: DrawJob) -> None:
    if len(job.html) + len(job.css) > PAGE_MAX:
        raise PdfFailedError(
            f"Die Seite ist zu groß für eine PDF-Datei (mehr als {PAGE_MAX // 1048576} MB Text)."
        )
    blobs = [*job.assets.values(), *(each.data for each in job.attachments)]
    if sum(map(len, blobs)) > BLOBS_MAX:
        raise PdfFailedError(
            f"Die Anlagen der PDF-Datei sind zusammen größer als {BLOBS_MAX // 1048576} MB."
        )


def _failure(code: int, said: str) -> LaufzettelError:
    if code == child.UNAVAILABLE:
        return PdfUnavailableError(f"{PdfUnavailableError()} (Meldung: {said})")
    if code == child.REFUSED:
        return PdfRefusedError(f"{PdfRefusedError()} Gewünscht war: {said}")
    if code == child.FAILED:
        return PdfFailedError(f"{PdfFailedError()} Meldung: {said}")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return PdfFailedError("Die PDF-Datei verlangt mehr Rechenzeit oder Speicher als erlaubt.")
    return PdfFailedError(
        f"Das Programm, das PDF-Dateien erzeugt, ist ausgefallen (Ende mit {code})."
    )
