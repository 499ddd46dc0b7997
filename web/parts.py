"""What the pages are made over: handed in once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from laufzettel.archive.deletion import Deletion
from laufzettel.archive.facts import RetentionFacts
from laufzettel.archive.folder import CaseFolder
from laufzettel.archive.integrity import Integrity
from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.api import Engine
from laufzettel.pdf import Printer
from laufzettel.records.delivery import Receive, TakeEnclosure, TakePaper


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of an installation that pages may touch."""

    engine: Engine
    db: Database
    store: DocumentStore
    case_folder: CaseFolder
    deletion: Deletion
    retention: RetentionFacts
    integrity: Integrity
    printer: Printer
    receive: Receive
    take_enclosure: TakeEnclosure
    retell: Callable[[str], int]  # takes a tenant's acknowledgements in once more
    take_paper: TakePaper
    file_max: int = 50 * 1024 * 1024  # largest file that is taken in, in bytes
    upload_max: int = 300 * 1024 * 1024  # all files of one form together, in bytes
    is_demo: bool = False  # people are fictitious, one click signs in
    metrics_on_loopback: bool = False  # this machine reads /metrics without a token
    reserved_messages: tuple[str, ...] = ()  # beginnings of names that no token may publish
    proxies: int = 0  # whose word about who asks is taken


def parts() -> Parts:
    """Return the parts of the application that answers this request."""
    return cast(Parts, current_app.extensions["laufzettel"])
