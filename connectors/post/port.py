"""The port to the outgoing post: one letter for one key, sent once.

A failure is one of three things: ``PostUnreachableError`` (nothing was sent, try again),
``PostUnknownError`` (ask ``sent`` first), or ``AddressRefusedError`` (nobody is there).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from laufzettel.connectors.plain_text import require_line, require_text
from laufzettel.errors import ConflictError, InputError, LaufzettelError, UnavailableError

#: An address that every mail server takes (RFC 5321 section 4.1.2, without quoted forms).
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}", re.ASCII
)
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,190}>", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ATTACHMENTS_MAX: Final = 50
_BODY_MAX: Final = 50_000


class PostUnreachableError(UnavailableError):
    """Der Postausgang ist nicht erreichbar. Es wurde nichts verschickt."""


class PostUnknownError(LaufzettelError):
    """Ob der Brief im Postausgang liegt, steht nicht fest. Bitte erst dort nachsehen."""


class AddressRefusedError(LaufzettelError):
    """An diese Adresse lässt sich nichts zustellen."""


class LetterConflictError(ConflictError):
    """Unter diesem Schlüssel liegt schon ein Brief mit anderem Inhalt im Postausgang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter; InputError (German) for what cannot be sent."""

    to_name: str
    to_address: tuple[str, ...]  # the lines below the name
    subject: str
    body_de: str
    attachments: tuple[str, ...] = ()  # SHA-256 of documents in the store
    to_mail: str = ""  # where a mail goes to; a letter on paper needs none
    in_reply_to: str = ""  # Message-ID of the mail that is answered
    written_at: datetime | None = None  # of a mail, so that a repeat is the same bytes

    def __post_init__(self) -> None:
        """Refuse texts that would not arrive as they look here."""
        require_line(self.to_name, "Der Empfänger", length_max=140)
        if not 1 <= len(self.to_address) <= 6:
            raise InputError("Die Anschrift braucht eine bis sechs Zeilen.")
        for line in self.to_address:
            require_line(line, "Eine Zeile der Anschrift", length_max=140)
        require_line(self.subject, "Der Betreff", length_max=200)
        require_text(self.body_de, "Der Brieftext", length_max=_BODY_MAX)
        if len(self.attachments) > _ATTACHMENTS_MAX:
            raise InputError(f"Ein Brief hat höchstens {_ATTACHMENTS_MAX} Anlagen.")
        if not all(_SHA256.fullmatch(sha256) for sha256 in self.attachments):
            raise InputError("Eine Anlage ist nicht mit ihrer Prüfsumme (SHA-256) benannt.")
        if self.to_mail and not is_mail_address(self.to_mail):
            raise InputError("Die E-Mail-Adresse ist nicht lesbar.")
        if self.in_reply_to and not _MESSAGE_ID.fullmatch(self.in_reply_to):
            raise InputError("Die Nummer der beantworteten Mail ist nicht lesbar.")


def is_mail_address(text: str) -> bool:
    r"""Say whether a mail can go to the address; what may be misread is none.

    >>> is_mail_address("rechnung@tiefbau.example"), is_mail_address("a@b.de\nBcc: c@d.de")
    (True, False)
    """
    return len(text) <= 254 and ".." not in text and bool(_ADDRESS.fullmatch(text))


def is_message_id(text: str) -> bool:
    """Say whether an answer may name the text as the mail that it answers."""
    return bool(_MESSAGE_ID.fullmatch(text))


class PostPort(Protocol):
    """The way letters leave the house."""

    def send(self, key: str, letter: Letter) -> None:
        """The letter is on its way; the same again changes nothing.

        ``key`` comes from the business record. Raises PostUnreachableError,
        PostUnknownError, AddressRefusedError, or LetterConflictError for another letter under
        the key.
        """
        ...

    def sent(self, key: str) -> bool:
        """Return whether a letter with that key is on its way.

        Raises PostUnknownError where nobody can be asked.
        """
        ...
