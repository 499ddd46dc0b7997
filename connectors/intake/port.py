"""The port of the ways in: an inlet hands over what lies there, and puts it away afterwards.

An inlet knows no invoices and no database. It is given a desk; what the desk has taken is
committed, and only then does the inlet put it away. Dying in between means handing it over
again under the same key, which changes nothing.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from laufzettel.errors import UnavailableError
from laufzettel.spool import Content

#: Most things that one run of an inlet hands over; the rest comes with the next run.
PER_RUN: Final = 200
#: Largest file that is taken, in bytes, unless the channel says otherwise.
SIZE_MAX: Final = 25 * 1024 * 1024

_NAME_MAX: Final = 200
# Control, format, half and private characters, line ends of other scripts.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class InletUnreachableError(UnavailableError):
    """Dieser Eingang ist nicht erreichbar. Es wurde nichts abgeholt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that has arrived."""

    key: str  # of this one delivery; the same after a crash, another if it is sent again
    channel: str  # as the Eingangsbuch names it
    sender: str
    file_name: str
    data: Content
    waited_s: float = 0  # for how long it had lain there before it was taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the Eingangsbuch says of an arrival."""

    receipt_no: str
    is_repeat: bool  # the same bytes had arrived before; this time was noted


class Desk(Protocol):
    """Where arrivals are taken."""

    def take(self, arrival: Arrival) -> Taken:
        """The arrival has its number; committed. The same key again changes nothing.

        It was received when it began to lie there (§ 130 Abs. 1 BGB). Raises InputError for what cannot be taken at all; any other error means that
        nothing was taken and the same may be handed over later.
        """
        ...

    def complain(self, subject: str, cause: str) -> None:
        """Tell people, once for each ``subject``, what they must look at."""
        ...

    def alive(self) -> None:
        """Keep the right to go on; raises where somebody else has taken over."""
        ...


class Inlet(Protocol):
    """A place where things arrive."""

    @property
    def name(self) -> str:
        """The name of the channel, unique within its tenant."""
        ...

    def check(self) -> None:
        """Take nothing; raise InletUnreachableError when the place cannot be looked into."""
        ...

    def collect(self, desk: MailDesk) -> int:
        """Hand over what lies there, at most PER_RUN, and return how much that was.

        Raises InletUnreachableError when the place cannot be looked into.
        """
        ...


def shown(name: str) -> str:
    r"""Return a name from outside as one visible line that any system can store.

    >>> shown("Rechnung\n4711\u202e.xml")
    'Rechnung_4711_.xml'
    """
    return visible(name)[:_NAME_MAX] or "ohne Namen"


def visible(text: str) -> str:
    """Return a text from outside as one visible line, however long it is."""
    whole = os.fsencode(text).decode("utf-8", "replace") if not text.isascii() else text
    return "".join("_" if unicodedata.category(one) in _INVISIBLE else one for one in whole).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A mail that has its number and lies in the document store."""

    id: str
    number: str  # of the Posteingangsbuch
    received_at: datetime
    is_settled: bool  # an earlier attempt has settled it; only putting away is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """What became of a file of a mail."""

    name: str
    media_type: str
    size: int
    what: str  # German; for an invoice its number
    sha256: str = ""  # of its bytes, by which a person takes it over


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a mail turned out to hold."""

    digest: str
    message_id: str
    sender: str
    sender_name: str
    subject: str
    text: str
    is_automatic: bool
    problem: str  # German; why a person must look at it
    files: tuple[Enclosed, ...]


class MailDesk(Desk, Protocol):
    """Where mails are taken."""

    def open_mail(
        self, raw: Content, *, key: str, channel: str, arrived_at: datetime | None
    ) -> Posting:
        """The mail lies in the store and has its number; committed, nothing parsed.

        It was received when it arrived (§ 130 Abs. 1 BGB); where that is not known, or lies ahead,
        now.
        """
        ...

    def take_from(self, posting: Posting, arrival: Arrival) -> Taken:
        """As ``take``, for a file of the mail: received and kept with it."""
        ...

    def settle_mail(self, posting: Posting, contents: Contents) -> None:
        """What the mail holds is recorded; one with a problem waits for a person as a case.

        The same mail once more is noted beside the first and opens nothing.
        """
        ...
