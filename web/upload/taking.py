"""Taking files in one after the other: each is stored for good, or its sender is told why not."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from werkzeug.datastructures import FileStorage

from laufzettel.einvoice.admission import obstacle, too_large
from laufzettel.einvoice.embedded import clean_name
from laufzettel.errors import InputError, LaufzettelError
from laufzettel.identity import Actor
from laufzettel.records.delivery import Delivery, Posted, Receipt, Receive, TakePaper
from laufzettel.spool import scanned
from laufzettel.web.i18n import gettext as _

log = logging.getLogger(__name__)

#: What the Eingangsbuch calls this way in.
CHANNEL = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one file."""

    name: str
    size: int  # bytes
    receipt: Receipt | None = None
    posted: Posted | None = None  # a Mahnung, which has no receipt but a number of its own
    why: str = ""  # it was not taken in
    remedy: str = ""
    is_passing: bool = False  # the same file may be sent again as it is

    @property
    def kind(self) -> Literal["taken", "known", "refused"]:
        """In which of three ways it ended."""
        answer = self.receipt or self.posted
        if answer is None:
            return "refused"
        return "known" if answer.is_repeat else "taken"

    @property
    def number(self) -> str:
        """The number that it has, of the Eingangsbuch or of the Posteingangsbuch."""
        return (
            self.receipt.receipt_no if self.receipt else self.posted.number if self.posted else ""
        )


#: Takes a delivery in; what became of it.
Door = Callable[[Delivery, Actor], Receipt | Posted]


def as_invoice(receive: Receive) -> Door:
    """Return the way in of an invoice."""
    return lambda delivery, by: receive(delivery, by=by)


def as_dunning(take_paper: TakePaper) -> Door:
    """Return the way in of a Mahnung."""
    return lambda delivery, by: take_paper(delivery, by=by)


def take(
    files: Iterable[FileStorage],
    *,
    door: Door,
    by: Actor,
    sender: str,
    size_max: int,
    came: datetime | None = None,
) -> list[Taken]:
    """Return what became of each file, in their order; they came when ``came`` says, or now.

    Each stands for itself: what is told as taken in is on disk and in the Eingangsbuch, whatever
    happens to the next. When store or database fail, the files behind are not tried any more.
    """
    outcomes: list[Taken] = []
    trouble = ""
    for one in files:
        name, size = clean_name(one.filename or "") or "datei", _size_of(one)
        if trouble:
            outcomes.append(_not_tried(name, size, trouble))
            continue
        try:
            taken = _take_one(one, name, size, door, by, sender, came, size_max)
        except LaufzettelError as error:
            if isinstance(error, InputError):
                taken = Taken(name=name, size=size, why=str(error))
            else:
                log.warning("an upload could not be stored", exc_info=error)
                trouble = str(error)
                taken = _not_tried(name, size, trouble)
        except sa.exc.SQLAlchemyError as error:
            log.warning("an upload could not be entered", exc_info=error)
            trouble = _("Die Datenbank antwortet nicht.")
            taken = _not_tried(name, size, trouble)
        outcomes.append(taken)
    return outcomes


def _take_one(
    file: FileStorage,
    name: str,
    size: int,
    door: Door,
    by: Actor,
    sender: str,
    came: datetime | None,
    size_max: int,
) -> Taken:
    refusal = too_large(size, size_max=size_max)  # before anybody reads it
    if refusal is None:
        # Werkzeug has laid it into a file of its own already, as large as it is.
        data = scanned(file.stream, size_max=size_max)
        refusal = obstacle(data, size_max=size_max)
    if refusal is not None:
        return Taken(name=name, size=size, why=refusal.why_de, remedy=refusal.remedy_de)
    delivery = Delivery(
        tenant=by.tenant,
        channel=CHANNEL,
        sender=sender,
        file_name=name,
        data=data,
        received_at=came,
    )
    found = door(delivery, by)
    if isinstance(found, Posted):
        return Taken(name=name, size=size, posted=found)
    return Taken(name=name, size=size, receipt=found)


def _not_tried(name: str, size: int, why: str) -> Taken:
    remedy = _("Nicht angenommen. Bitte die Datei in einer Minute noch einmal senden.")
    return Taken(name=name, size=size, why=why, remedy=remedy, is_passing=True)


def _size_of(file: FileStorage) -> int:
    """Return the size of what has arrived; the header of the part may say anything."""
    size = file.stream.seek(0, os.SEEK_END)
    file.stream.seek(0)
    return size
