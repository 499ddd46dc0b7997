"""Who turns a page into PDF/A: in earnest a limited process, in scenarios something quick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from laufzettel.pdf.job import Attachment
from laufzettel.pdf.render import render


class Printer(Protocol):
    """Makes PDF files from pages."""

    def print(self, html: str, css: str, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the page as PDF/A-3b with the attachments in it.

        The same page gives the same bytes. Raises as ``pdf.render``.
        """
        ...


class ProcessPrinter:
    """Draws each page in a process of its own that can reach nothing."""

    def print(self, html: str, css: str, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the page as PDF/A-3b with the attachments in it."""
        return render(html, css=css, attachments=attachments)
