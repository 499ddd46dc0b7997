"""What the pages are made over: handed in once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from flask import current_app

from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.api import Engine

#: HTML, CSS, (name, bytes, media type) of each attachment → a PDF/A-3b.
PrintPdf: TypeAlias = Callable[[str, str, Sequence[tuple[str, bytes, str]]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of an installation that pages may touch."""

    engine: Engine
    db: Database
    store: DocumentStore
    print_pdf: PrintPdf
    is_demo: bool = False  # people are fictitious, one click signs in


def parts() -> Parts:
    """Return the parts of the application that answers this request."""
    return cast(Parts, current_app.extensions["laufzettel"])
