"""Remarks on a case: short codes that its lists show and that stop signing in bulk.

A remark is a code, or a code with what it is about: ``duplicate``, ``finding=BR-DE-15``.
"""

from __future__ import annotations

from typing import Final

#: Longest list of remarks, as its column.
LENGTH_MAX: Final = 200
#: Stands for the remarks that the column had no room for.
MORE: Final = "finding=mehr"

#: What a remark means for somebody who wants to sign without looking closer, by its code.
OBSTACLES: Final = {
    "finding": "Die Prüfung hat etwas gefunden",
    "unchecked": "Keine Regel hat die Rechnung geprüft; sie ist von Hand erfasst",
    "superseded": "Zu der Rechnung ist eine Korrektur oder Gutschrift eingegangen",
    "duplicate": "Es besteht der Verdacht einer Doppelrechnung",
    "bank_changed": "Die Bankverbindung hat sich geändert",
    "hold": "Der Vorgang ist angehalten",
}


def codes(column: str) -> tuple[str, ...]:
    """Return the remarks of a facet column.

    >>> codes("finding=BR-DE-15, duplicate")
    ('finding=BR-DE-15', 'duplicate')
    """
    return tuple(code.strip() for code in column.split(",") if code.strip())


def column(text: str) -> str:
    """Return the remarks as they are stored; those without room leave a finding behind.

    >>> column("duplicate , bank_changed")
    'duplicate,bank_changed'
    >>> column(",".join(["finding=BR-DE-15"] * 20)).endswith("BR-DE-15,finding=mehr")
    True
    """
    found = list(codes(text))
    if len(",".join(found)) <= LENGTH_MAX:
        return ",".join(found)
    while len(",".join([*found, MORE])) > LENGTH_MAX:
        found.pop()
    return ",".join([*found, MORE])


def obstacle(remarks: tuple[str, ...]) -> str | None:
    """Return why a case with these remarks is signed only on its own page, None if it is not.

    >>> obstacle(("bank_changed",))
    'Die Bankverbindung hat sich geändert. Bitte auf der Seite der Aufgabe entscheiden.'
    >>> obstacle(("skonto",)) is None
    True
    """
    for remark in remarks:
        why = OBSTACLES.get(remark.partition("=")[0])
        if why:
            return f"{why}. Bitte auf der Seite der Aufgabe entscheiden."
    return None
