"""The two ways in which FEEL refuses to go on: unreadable text, and a spent budget."""

from __future__ import annotations

from laufzettel.errors import InputError, LaufzettelError


class FeelSyntaxError(InputError):
    """Der Ausdruck ist nicht lesbar.

    ``message_de`` says what is wrong and what to do; ``offset`` counts characters from 0,
    ``line`` and ``column`` from 1.

    >>> str(FeelSyntaxError("Hier fehlt ein Wert.", 4, 1, 5))
    'Zeile 1, Spalte 5: Hier fehlt ein Wert.'
    """

    def __init__(self, message_de: str, offset: int, line: int, column: int) -> None:
        super().__init__(f"Zeile {line}, Spalte {column}: {message_de}")
        self.message_de = message_de
        self.offset = offset
        self.line = line
        self.column = column


class FeelBudgetError(LaufzettelError):
    """Der Ausdruck rechnet zu lange oder macht zu große Werte. Bitte vereinfachen."""
