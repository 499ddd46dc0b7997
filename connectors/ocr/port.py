"""The port of text recognition: a picture of a page in, what seems to stand on it out.

It is off unless the operator turns it on. What it reads is never more than a proposal to the person
who captures the invoice, and less certain than a text layer.
"""

from __future__ import annotations

from typing import Protocol

from laufzettel.errors import UnavailableError


class OcrUnavailableError(UnavailableError):
    """Die Texterkennung ist eingeschaltet, steht aber nicht zur Verfügung."""


class Ocr(Protocol):
    """Reads pictures."""

    @property
    def is_on(self) -> bool:
        """Whether the operator wants pictures to be read."""
        ...

    def check(self) -> str:
        """Return what reads and in which version; raise OcrUnavailableError where it cannot."""
        ...

    def read(self, png: bytes) -> str:
        """Return the text on a page, ``""`` where it finds none or takes more than it may.

        Raises OcrUnavailableError where there is nothing that reads.
        """
        ...


class NoOcr:
    """What stands there while text recognition is off."""

    is_on = False

    def check(self) -> str:
        """Say that it is off."""
        return "ausgeschaltet"

    def read(self, png: bytes) -> str:
        """Read nothing."""
        return ""
