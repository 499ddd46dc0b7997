"""Comparing what is expected with what is found, and saying the difference in German."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from laufzettel.clock import OFFICE_ZONE, office_time
from laufzettel.scenarios.scenario import Aspect

#: What a text stands for where an entry of a list could say more.
_SHORT: Final = {
    Aspect.TASKS: "element",
    Aspect.INCIDENTS: "element",
    Aspect.LETTERS: "subject",
    Aspect.BOOKINGS: "document_no",
}
#: Fields of prose: to contain the words is enough.
_PROSE: Final = frozenset({"cause", "next_step", "subject", "text", "to"})
_PREDICATES: Final = frozenset({"contains", "present"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One expectation that does not hold."""

    what: str
    expected: str
    found: str


def judge(aspect: Aspect, pattern: Any, found: Any) -> list[Difference]:
    """Return what of the expectation does not hold.

    >>> judge(Aspect.STATUS, "ended", "open")
    [Difference(what='status', expected='„ended“', found='„open“')]
    >>> judge(Aspect.PATH, ["a", "c"], ["a", "b", "c"])
    []
    """
    return _JUDGES.get(aspect, _same)(aspect, pattern, found)


def _same(aspect: Aspect, pattern: Any, found: Any) -> list[Difference]:
    if matches(pattern, found):
        return []
    return [Difference(what=aspect.value, expected=german(pattern), found=german(found))]


def _entries(aspect: Aspect, pattern: Mapping[str, Any], found: Any) -> list[Difference]:
    return [
        Difference(
            what=f"{aspect.value}: {name}",
            expected=german(wanted),
            found=german(found[name]) if name in found else "gibt es nicht",
        )
        for name, wanted in pattern.items()
        if not _entry_holds(name, wanted, found)
    ]


def _entry_holds(name: str, wanted: Any, found: Any) -> bool:
    if name not in found:
        return isinstance(wanted, dict) and wanted.get("present") is False
    return matches(wanted, found[name])


def _calls(aspect: Aspect, pattern: Mapping[str, Any], found: Any) -> list[Difference]:
    return _entries(aspect, pattern, {**dict.fromkeys(pattern, 0), **found})


def _listed(aspect: Aspect, pattern: list[Any], found: list[Any]) -> list[Difference]:
    """Each pattern has one entry of its own, and nothing is left over."""
    wanted = [item if isinstance(item, dict) else {_SHORT[aspect]: item} for item in pattern]
    left = list(found)
    for item in wanted:
        fitting = next((one for one in left if _fits(item, one)), None)
        if fitting is not None:
            left.remove(fitting)
    if not left and len(wanted) == len(found):
        return []
    mentioned = {name for item in wanted for name in item} | {_SHORT[aspect]}
    shown = [{name: one[name] for name in one if name in mentioned} for one in found]
    return [Difference(what=aspect.value, expected=german(wanted), found=german(shown))]


def _fits(item: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    return all(
        _contains(wanted, one[name]) if name in _PROSE else matches(wanted, one[name])
        for name, wanted in item.items()
    )


def _contains(words: Any, text: Any) -> bool:
    wanted = words if isinstance(words, list) else [words]
    return all(isinstance(word, str) and word in str(text) for word in wanted)


def _in_order(aspect: Aspect, pattern: list[str], found: list[str]) -> list[Difference]:
    rest = iter(found)
    missing = next((word for word in pattern if not _goes_by(word, rest)), None)
    if missing is None:
        return []
    what = f"{aspect.value}: „{missing}“ fehlt an dieser Stelle"
    return [Difference(what=what, expected=german(pattern), found=german(found))]


def _goes_by(word: str, rest: Any) -> bool:
    return any(one == word for one in rest)


def _none_of(aspect: Aspect, pattern: list[str], found: list[str]) -> list[Difference]:
    visited = [word for word in pattern if word in found]
    if not visited:
        return []
    return [Difference(what=aspect.value, expected="nicht besucht", found=german(visited))]


def _records(aspect: Aspect, pattern: Mapping[str, Any], found: Any) -> list[Difference]:
    differences = []
    for table, wanted in pattern.items():
        rows = found[table]
        patterns = wanted if isinstance(wanted, list) else [wanted]
        if not _rows_fit(patterns, rows):
            mentioned = {name for one in patterns for name in one}
            shown = [{name: row.get(name) for name in sorted(mentioned)} for row in rows]
            differences.append(
                Difference(what=f"records: {table}", expected=german(patterns), found=german(shown))
            )
    return differences


def _rows_fit(patterns: Sequence[Mapping[str, Any]], rows: list[dict[str, Any]]) -> bool:
    left = list(rows)
    for one in patterns:
        fitting = next(
            (row for row in left if all(k in row and matches(v, row[k]) for k, v in one.items())),
            None,
        )
        if fitting is None:
            return False
        left.remove(fitting)
    return not left


_JUDGES: Final[Mapping[Aspect, Callable[[Aspect, Any, Any], list[Difference]]]] = {
    Aspect.TASKS: _listed,
    Aspect.INCIDENTS: _listed,
    Aspect.BOOKINGS: _listed,
    Aspect.LETTERS: _listed,
    Aspect.VARIABLES: _entries,
    Aspect.FACETS: _entries,
    Aspect.CALLS: _calls,
    Aspect.PATH: _in_order,
    Aspect.AUDIT: _in_order,
    Aspect.AVOIDS: _none_of,
    Aspect.RECORDS: _records,
}


def matches(wanted: Any, found: Any) -> bool:
    """Say whether a value is as wanted; a number is never a text.

    >>> from decimal import Decimal
    >>> matches(Decimal("349.86"), Decimal("349.860")), matches(1, "1")
    (True, False)
    >>> matches({"contains": "Konto"}, "Das Konto fehlt."), matches({"present": True}, None)
    (True, False)
    """
    if isinstance(wanted, dict) and len(wanted) == 1 and wanted.keys() <= _PREDICATES:
        if "contains" in wanted:
            return found is not None and _contains(wanted["contains"], found)
        return (found is not None) is wanted["present"]
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and matches(value, found[name]) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list | tuple) and _all_match(wanted, found)
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if type(wanted) is date and isinstance(found, datetime):
        return found.astimezone(OFFICE_ZONE).date() == wanted
    return bool(wanted == found)


def _all_match(wanted: Sequence[Any], found: Sequence[Any]) -> bool:
    return len(wanted) == len(found) and all(
        matches(one, other) for one, other in zip(wanted, found, strict=True)
    )


def german(value: Any) -> str:
    """Return the value as a designer reads it, its kind to be seen.

    >>> from decimal import Decimal
    >>> german({"amount": Decimal("1.50"), "note": None, "unit": "bauamt", "done": True})
    'amount=1.50, note=leer, unit=„bauamt“, done=ja'
    >>> german([])
    'nichts'
    """
    if isinstance(value, dict):
        return ", ".join(f"{name}={german(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        inner = [german(item) for item in value]
        is_flat = not any(isinstance(item, dict) for item in value)
        return (", " if is_flat else " | ").join(inner) if inner else "nichts"
    if isinstance(value, datetime):
        return office_time(value)
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, str):
        return f"„{value}“"
    words = {None: "leer", True: "ja", False: "nein"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
