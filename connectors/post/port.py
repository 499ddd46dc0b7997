"""The port to the outgoing post: one letter for one key, sent once.

A failure is one of two things: ``PostUnreachableError`` (nothing was sent, try again) or
``PostUnknownError`` (ask ``sent`` first).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from laufzettel.connectors.plain_text import require_line, require_text
from laufzettel.errors import ConflictError, InputError, LaufzettelError, UnavailableError

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ATTACHMENTS_MAX: Final = 50
_BODY_MAX: Final = 50_000


class PostUnreachableError(UnavailableError):
    """Der Postausgang ist nicht erreichbar. Es wurde nichts verschickt."""


class PostUnknownError(LaufzettelError):
    """Ob der Brief im Postausgang liegt, steht nicht fest. Bitte erst dort nachsehen."""


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


class PostPort(Protocol):
    """The way letters leave the house."""

    def send(self, key: str, letter: Letter) -> None:
        """The letter is on its way; the same again changes nothing.

        ``key`` comes from the business record. Raises PostUnreachableError,
        PostUnknownError, or LetterConflictError for another letter under the key.
        """
        ...

    def sent(self, key: str) -> bool:
        """Return whether a letter with that key is on its way."""
        ...
