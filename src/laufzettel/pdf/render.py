"""Rendering: a page goes to a process of its own and comes back as PDF/A, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import laufzettel
from laufzettel.errors import LaufzettelError
from laufzettel.pdf import child
from laufzettel.pdf.job import Attachment, DrawJob, Variant

#: Largest page, in characters of HTML and CSS together.
PAGE_MAX: Final = 5 * 1024 * 1024
#: All assets and attachments of a page together, in bytes.
BLOBS_MAX: Final = 50 * 1024 * 1024
#: What the child may know of our environment: where libraries and fonts lie. Nothing secret.
_PASSED: Final = (
    "PATH",
    "TZ",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "WEASYPRINT_DLL_DIRECTORIES",
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost (security.md 3.3); the defaults are for production."""

    cpu_s: int = 20
    wall_s: float = 30
    memory: int = 1024 * 1024 * 1024  # addresses, in bytes


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
    try:
        done = _drawn(job, limits)
    except subprocess.TimeoutExpired as error:
        text = f"Die PDF-Datei war nach {limits.wall_s:g} Sekunden nicht fertig."
        raise PdfTimeoutError(text) from error
    if done.returncode == child.DRAWN:
        return done.stdout
    raise _failure(done.returncode, done.stdout.decode(errors="replace"))


def _drawn(job: DrawJob, limits: Limits) -> subprocess.CompletedProcess[bytes]:
    with tempfile.TemporaryDirectory(prefix="laufzettel-pdf-") as folder:
        return subprocess.run(  # noqa: S603 - our own module, no shell
            [
                *(sys.executable, "-P", "-m", "laufzettel.pdf.child"),
                *(str(limits.cpu_s), str(limits.memory)),
            ],
            input=job.to_bytes(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(folder),
            timeout=limits.wall_s,
            check=False,
        )


def _environment(folder: str) -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    source = str(Path(laufzettel.__file__).resolve().parents[1])
    return {
        **passed,
        "PYTHONPATH": source,
        "PYTHONDONTWRITEBYTECODE": "1",
        # Whatever is written, fonts of a page among it, goes away with the folder.
        "TMPDIR": folder,
        "HOME": folder,
    }


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
