"""The steps of a scenario, read from YAML: one verb each, and what is expected after it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from laufzettel.scenarios.observe import TASK_FIELDS
from laufzettel.scenarios.observe_records import RECORDS
from laufzettel.scenarios.read_acts import VERBS
from laufzettel.scenarios.read_values import choice
from laufzettel.scenarios.scenario import Aspect, Expected, Place, Step
from laufzettel.scenarios.yaml_tree import Branch

_COMMON: Final = frozenset({"expect", "refused", "case", "note"})
#: Acts that somebody or something may refuse.
_REFUSABLE: Final = frozenset(
    {"complete", "claim", "give_back", "retry", "cancel", "resolve", "receive", "start"}
)


def step_of(branch: Branch, people: frozenset[str], *, number: int) -> Step:
    """Return the step; ``people`` are those who may act in it."""
    entries = branch.mapping()
    verbs = [key for key in entries if key in VERBS]
    if len(verbs) > 1:
        raise branch.error(f"Ein Schritt tut nur eines; hier stehen {' und '.join(verbs)}.")
    verb = verbs[0] if verbs else ""
    _check_entries(branch, entries, verb, people)
    return Step(
        place=Place(file=branch.file, line=branch.line),
        act=VERBS[verb][0](entries[verb], entries) if verb else None,
        expected=tuple(_expected(entries["expect"])) if "expect" in entries else (),
        refused=entries["refused"].texts() if "refused" in entries else (),
        case=entries["case"].text() if "case" in entries else "",
        note=entries["note"].text() if "note" in entries else "",
        number=number,
    )


def _check_entries(
    branch: Branch, entries: Mapping[str, Branch], verb: str, people: frozenset[str]
) -> None:
    """Refuse what a step with this verb cannot have, or what it lacks."""
    if not verb and "expect" not in entries:
        raise branch.error(
            f"Ein Schritt braucht „expect“ oder eines von: {', '.join(sorted(VERBS))}."
        )
    _, needed, optional = VERBS[verb] if verb else (None, frozenset[str](), frozenset[str]())
    branch.mapping(_COMMON | needed | optional | ({verb} if verb else set()))
    for key in sorted(needed - entries.keys()):
        raise branch.error(f"„{verb}“ braucht „{key}“.")
    if "refused" in entries and verb not in _REFUSABLE:
        raise entries["refused"].error(f"„{verb or 'expect'}“ kann niemand ablehnen.")
    for key in ("by", "as_deputy_for"):
        if key in entries and entries[key].text() not in people:
            raise entries[key].error(
                f"Die Person „{entries[key].content}“ gibt es in diesem Szenario nicht. "
                f"Es gibt: {', '.join(sorted(people))}."
            )


# --- expectations ---------------------------------------------------------------------------


class _Shape(StrEnum):
    """How an aspect is written."""

    LIST = "list"
    MAPPING = "mapping"
    TEXT = "text"


_SHAPES: Final = {
    Aspect.TASKS: _Shape.LIST,
    Aspect.INCIDENTS: _Shape.LIST,
    Aspect.VARIABLES: _Shape.MAPPING,
    Aspect.FACETS: _Shape.MAPPING,
    Aspect.STATUS: _Shape.TEXT,
    Aspect.END: _Shape.TEXT,
    Aspect.PATH: _Shape.LIST,
    Aspect.AVOIDS: _Shape.LIST,
    Aspect.AUDIT: _Shape.LIST,
    Aspect.CALLS: _Shape.MAPPING,
    Aspect.RECORDS: _Shape.MAPPING,
    Aspect.BOOKINGS: _Shape.LIST,
    Aspect.LETTERS: _Shape.LIST,
}
_ITEM_FIELDS: Final = {
    Aspect.TASKS: frozenset(TASK_FIELDS),
    Aspect.INCIDENTS: frozenset({"element", "code", "cause", "next_step"}),
    Aspect.BOOKINGS: frozenset({"amount", "currency", "document_no", "times_sent"}),
    Aspect.LETTERS: frozenset({"to", "subject", "text"}),
}


def _expected(branch: Branch) -> list[Expected]:
    found = []
    for key, value in branch.mapping(frozenset(Aspect)).items():
        named = Branch(file=branch.file, line=value.line, name="expect", content=key)
        aspect = choice(named, Aspect)
        _check_shape(aspect, value)
        place = Place(file=value.file, line=value.line)
        found.append(Expected(aspect=aspect, pattern=value.plain(), place=place))
    return found


def _check_shape(aspect: Aspect, value: Branch) -> None:
    shape = _SHAPES[aspect]
    if shape is _Shape.TEXT:
        value.text()
    elif shape is _Shape.MAPPING:
        value.mapping(frozenset(RECORDS) if aspect is Aspect.RECORDS else None)
    else:
        for item in value.items():
            known = _ITEM_FIELDS.get(aspect)
            if known is not None and isinstance(item.content, dict):
                item.mapping(known)
            else:
                item.text()
