"""Values that several parts of a scenario file use: amounts, days, durations, choices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from laufzettel.clock import OFFICE_ZONE
from laufzettel.money import Money
from laufzettel.scenarios.yaml_tree import Branch

_E = TypeVar("_E", bound=StrEnum)
_DURATION: Final = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.ASCII,
)
#: Longest jump of the clock; ten years of timers are enough for every term there is.
DAYS_MAX: Final = 3660


def duration(branch: Branch) -> timedelta:
    """Return an ISO 8601 duration without months, which have no fixed length.

    >>> from pathlib import Path
    >>> duration(Branch(file=Path("x"), line=1, name="advance", content="P3DT12H"))
    datetime.timedelta(days=3, seconds=43200)
    """
    match = _DURATION.fullmatch(branch.text())
    found = timedelta(**{k: int(v) for k, v in match.groupdict().items() if v}) if match else None
    if not found or found > timedelta(days=DAYS_MAX):
        raise branch.error(
            f"„{branch.name}“ braucht eine Dauer wie P3D (drei Tage) oder PT2H (zwei Stunden)."
        )
    return found


def amount(branch: Branch) -> Decimal:
    """Return an amount of money with two places."""
    try:
        return Money.parse(str(branch.content)).amount
    except ValueError:
        raise branch.error(
            f"„{branch.name}“ braucht einen Betrag wie 349.86 (mit Punkt, ohne Währung)."
        ) from None


def day(branch: Branch) -> date:
    """Return a day."""
    if type(branch.content) is not date:
        raise branch.error(f"„{branch.name}“ braucht einen Tag wie 2026-11-23.")
    return branch.content


def optional_day(branch: Branch) -> date | None:
    """Return a day, or None for ``null``."""
    return None if branch.content is None else day(branch)


def moment(branch: Branch) -> datetime:
    """Return a moment; without a zone it is the office's time.

    >>> from pathlib import Path
    >>> moment(Branch(file=Path("x"), line=1, name="now", content="2026-07-01 09:00")).isoformat()
    '2026-07-01T09:00:00+02:00'
    """
    try:
        found = datetime.fromisoformat(str(branch.content))
    except ValueError:
        raise branch.error(
            f"„{branch.name}“ braucht einen Zeitpunkt wie 2026-11-23 08:00."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=OFFICE_ZONE)


def choice(branch: Branch, members: type[_E]) -> _E:
    """Return the member that the text names."""
    try:
        return members(branch.text())
    except ValueError:
        words = ", ".join(members)
        raise branch.error(
            f"„{branch.content}“ ist für „{branch.name}“ nicht möglich. Möglich sind: {words}."
        ) from None


def one_of(branch: Branch, words: Mapping[str, object] | frozenset[str]) -> str:
    """Return the text, which is one of ``words``."""
    text = branch.text()
    if text not in words:
        raise branch.error(
            f"„{text}“ ist für „{branch.name}“ nicht möglich. "
            f"Möglich sind: {', '.join(sorted(words))}."
        )
    return text
