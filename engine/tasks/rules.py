"""What the engine asks about people; ``compose`` hands in who answers (records.people)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import sqlalchemy as sa

from laufzettel.clock import office_minute
from laufzettel.errors import ForbiddenError


def title(duty: str) -> str:
    """Return a duty as it begins a sentence; what it means, the tenant's rules say.

    >>> title("mitzeichnung")
    'Mitzeichnung'
    """
    return duty[:1].upper() + duty[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSet:
    """Duties of which one natural person may take one side only, on one business object.

    ``sides`` maps duty -> side: two duties on the same side may be one person's.
    """

    name: str
    rule: str  # the rule in one German sentence
    sides: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a duty is signed about."""

    amount: Decimal | None
    currency: str | None
    unit: str | None
    at: datetime


class DutyRules(Protocol):
    """The rules of a tenant about duties, powers and names."""

    def conflict_sets(self, connection: sa.Connection, tenant: str) -> Sequence[ConflictSet]:
        """Return the conflict sets in force."""
        ...

    def refusal(
        self, connection: sa.Connection, tenant: str, person: str, duty: str, matter: Matter
    ) -> str | None:
        """Return why the person has no power to sign this duty, None if it has."""
        ...

    def candidates(
        self, connection: sa.Connection, tenant: str, duty: str, matter: Matter
    ) -> Mapping[str, str]:
        """Return who has the power: person -> name."""
        ...

    def name_of(self, connection: sa.Connection, tenant: str, person: str) -> str:
        """Return the person's name for a message on screen."""
        ...


class DutyConflictError(ForbiddenError):
    """Diese Person darf hier nicht zeichnen, weil sie schon anders gezeichnet hat."""

    def __init__(
        self, *, rule: str, earlier: str, duty: str, signed_at: datetime, allowed: Sequence[str]
    ) -> None:
        self.rule = rule
        self.earlier = earlier
        self.allowed = tuple(allowed)
        who = ", ".join(allowed) if allowed else "niemand sonst; bitte eine Vertretung einrichten"
        super().__init__(
            f"„{title(duty)}“ ist nicht möglich: Sie haben am {office_minute(signed_at)} bereits "
            f"„{title(earlier)}“ gezeichnet. {rule} Zeichnen dürfen: {who}."
        )


class NoPowerError(ForbiddenError):
    """Für diese Zeichnung fehlt die Befugnis."""

    rule = ""

    def __init__(self, reason: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        who = ", ".join(allowed) if allowed else "niemand; bitte eine Befugnis eintragen"
        super().__init__(f"{reason} Zeichnen dürfen: {who}.")


class SplitDutiesError(ForbiddenError):
    """Diese Aufgabe verlangt Zeichnungen, die nicht eine Person allein geben darf."""

    allowed: tuple[str, ...] = ()

    def __init__(self, one: str, other: str, rule: str) -> None:
        self.rule = rule
        super().__init__(
            f"Diese Aufgabe verlangt „{title(one)}“ und „{title(other)}“ in einem Zug; das dürfen nur zwei "
            f"Personen. {rule} Das Modell muss dafür zwei Aufgaben anbieten."
        )


class UnsignedError(ForbiddenError):
    """Ohne die nötigen Unterschriften geht nichts hinaus."""

    def __init__(self, missing: Sequence[str]) -> None:
        names = ", ".join(f"„{title(duty)}“" for duty in missing)
        super().__init__(f"Es fehlt die Unterschrift {names}; ohne sie geht nichts hinaus.")
