"""The errors of operation. Findings about data are values, never exceptions.

Three kinds are kept apart: findings (values in a list), operating errors (below
``LaufzettelError``), and bugs (anything else, which ends as an incident).
"""

from __future__ import annotations


class LaufzettelError(Exception):
    """Etwas hat nicht geklappt."""

    #: Whether the same call may succeed later without anybody changing anything.
    retryable = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class NotFoundError(LaufzettelError):
    """Das Gesuchte gibt es bei diesem Mandanten nicht."""


class ForbiddenError(LaufzettelError):
    """Dafür fehlt die Berechtigung."""


class ConflictError(LaufzettelError):
    """Jemand anderes war schneller."""


class InputError(LaufzettelError):
    """Die Eingabe ist nicht lesbar."""


class UnavailableError(LaufzettelError):
    """Der Dienst ist gerade nicht erreichbar."""

    retryable = True


class StorageError(LaufzettelError):
    """Der Speicher ist nicht benutzbar."""


class TooNewError(StorageError):
    """Das hat eine neuere Programmversion gespeichert; diese hier lässt es liegen."""
