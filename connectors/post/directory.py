"""Outgoing post as text files in a folder, from where the post office prints and sends."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from laufzettel.connectors.plain_text import require_line
from laufzettel.connectors.post.port import (
    Letter,
    LetterConflictError,
    PostUnknownError,
    PostUnreachableError,
)
from laufzettel.documents.write_once import (
    MaybeWrittenError,
    NotWrittenError,
    OtherContentError,
    write_once,
)

_KEY_MAX: Final = 200


class DirectoryPost:
    """A PostPort over a folder that exists already.

    A file is named by the hash of its key: a name in a folder must not tell whom a
    confidential letter concerns, and no key can lead out of the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def send(self, key: str, letter: Letter) -> None:
        """The letter lies in the folder; the same again changes nothing."""
        path = self._path(key)
        if not self._root.is_dir():
            raise PostUnreachableError(
                "Der Ordner des Postausgangs fehlt oder ist nicht eingehängt. "
                "Es wurde nichts verschickt."
            )
        try:
            write_once(path, text_of(key, letter).encode(), mode=0o660)
        except NotWrittenError as error:
            raise PostUnreachableError(str(error)) from error
        except MaybeWrittenError as error:
            raise PostUnknownError(str(error)) from error
        except OtherContentError as error:
            raise LetterConflictError from error

    def sent(self, key: str) -> bool:
        """Return whether the letter lies in the folder.

        Raises PostUnreachableError where the folder cannot be looked into.
        """
        path = self._path(key)
        try:
            self._root.stat()
            path.lstat()
        except FileNotFoundError:
            if self._root.is_dir():
                return False
            raise PostUnreachableError from None
        except OSError as error:
            raise PostUnreachableError from error
        return True

    def _path(self, key: str) -> Path:
        require_line(key, "Der Schlüssel des Briefs", length_max=_KEY_MAX)
        return self._root / f"brief-{hashlib.sha256(key.encode()).hexdigest()[:40]}.txt"


def text_of(key: str, letter: Letter) -> str:
    """Return the file: head lines, an empty line, the body.

    >>> letter = Letter(to_name="Reinigung Senne", to_address=("Am Bach 3", "33689 Bielefeld"),
    ...     subject="Ihre Rechnung 77", body_de="Guten Tag,")
    >>> print(text_of("musterstadt:77:rueckfrage:1", letter), end="")
    Schlüssel: musterstadt:77:rueckfrage:1
    An: Reinigung Senne
    Anschrift: Am Bach 3
    Anschrift: 33689 Bielefeld
    Betreff: Ihre Rechnung 77
    <BLANKLINE>
    Guten Tag,
    """
    head = [
        f"Schlüssel: {key}",
        f"An: {letter.to_name}",
        *(f"Anschrift: {line}" for line in letter.to_address),
        f"Betreff: {letter.subject}",
        *(f"Anlage: {sha256}" for sha256 in letter.attachments),
    ]
    return "\n".join([*head, "", letter.body_de.rstrip("\n"), ""])
