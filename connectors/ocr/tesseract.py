"""Text recognition by the command-line tool ``tesseract`` (Apache-2.0), in a process with limits."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

from laufzettel.connectors.ocr.port import OcrUnavailableError
from laufzettel.einvoice.child import command, environment

#: Longest time that a page may take. Three pages stay within the lease of the job that asks.
TIMEOUT_S: Final = 25.0
#: So much of what is read off a page is handed on.
TEXT_MAX: Final = 100_000
_INSTALL: Final = "Auf Debian und Ubuntu: apt-get install tesseract-ocr tesseract-ocr-deu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tesseract:
    """An Ocr over the tool."""

    program: str = "tesseract"
    language: str = "deu"

    @property
    def is_on(self) -> bool:
        """Pictures are to be read."""
        return True

    def check(self) -> str:
        """Return the version; raise OcrUnavailableError where tool or language are missing."""
        path = self._path()
        version = _said(path, "--version").partition("\n")[0]
        if self.language not in _said(path, "--list-langs").split():
            raise OcrUnavailableError(
                f"{version} kann die Sprache „{self.language}“ nicht. {_INSTALL}"
            )
        return f"{version}, Sprache {self.language}"

    def read(self, png: bytes) -> str:
        """Return the text on a page."""
        path = self._path()
        try:
            done = subprocess.run(  # noqa: S603 - our own module, no shell
                command("laufzettel.connectors.ocr.launch", path, self.language),
                input=png,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
        if done.returncode != 0:
            self.check()  # says whether it is the tool; else it was the picture, or its limits
            return ""
        return done.stdout.decode("utf-8", "replace")[:TEXT_MAX].strip()

    def _path(self) -> str:
        path = shutil.which(self.program)
        if path is None:
            raise OcrUnavailableError(
                f"Das Programm „{self.program}“ ist auf diesem Rechner nicht installiert. {_INSTALL}"
            )
        return path


def _said(path: str, *arguments: str) -> str:
    """Return what the tool says of itself."""
    try:
        done = subprocess.run(  # noqa: S603 - the tool that was found, our arguments
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(),
            timeout=TIMEOUT_S,
            check=False,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OcrUnavailableError(f"{path} lässt sich nicht starten.") from error
    return done.stdout
