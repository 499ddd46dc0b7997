"""The errors that handlers raise, besides those of every part."""

from __future__ import annotations

from laufzettel.errors import LaufzettelError


class BpmnError(Exception):
    """Ein fachlicher Fehler, den das Modell mit einem Fehlerereignis auffangen kann."""

    def __init__(self, code: str, text_de: str) -> None:
        super().__init__(text_de)
        self.code = code
        self.text_de = text_de


class Refused(BpmnError):
    """Der Empfänger hat abgelehnt."""


class NotSentError(LaufzettelError):
    """Es wurde sicher nichts gesendet; der Versand wird wiederholt."""

    retryable = True


class UndecidedError(LaufzettelError):
    """Eine Entscheidung (DMN) ergibt keinen Wert."""
