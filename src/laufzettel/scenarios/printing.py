"""A printer for scenarios: at once, and as deterministic as the real one."""

from __future__ import annotations

from collections.abc import Sequence

from laufzettel.pdf import Attachment


class QuickPrinter:
    """Gives back page and attachments as they are; nobody looks at them."""

    def print(self, html: str, css: str, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return bytes that begin like a PDF and differ where page or attachments do."""
        parts = [each.data for each in attachments]
        return b"\n".join([b"%PDF-1.7", html.encode(errors="replace"), *parts])
