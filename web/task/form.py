"""The form of a task as the page draws it: fields with value, error and hide rule.

Conditions of the form „decision = "x"“, also several joined by „or“, are handed to the page's
script; others are left to the server, and the field stays visible until the form is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from laufzettel.engine.api import Field, FieldKind, Form

_SIMPLE: Final = re.compile(r'(?P<field>\w+)\s*(?P<op>!?=)\s*"(?P<value>[^"]*)"', re.ASCII)
_ABSENT: Final = re.compile(r"(?P<field>\w+)\s*=\s*null", re.ASCII)
#: The field, only to be read, that lists proposals and where each comes from.
PROPOSALS: Final = "proposal_text"
#: Kind of a widget that holds short fields beside each other.
ROW: Final = "row"
_SHORT: Final = frozenset({FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE, FieldKind.SELECT})
#: Properties of fields that handlers add: it is needed on some answers; the text is a message.
_CONDITIONAL: Final = "laufzettel:conditional"
_LEVEL: Final = "laufzettel:level"
_OPS: Final = {"=": "eq", "!=": "ne"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One field of the form on the page."""

    kind: str  # a FieldKind, or ROW
    key: str
    label: str
    hint: str
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    paragraphs: tuple[str, ...] = ()
    required: bool = False
    optional: bool = True  # else it says nothing of the kind: it hangs on other answers
    level: str = ""  # of a text that is a message: info, warning, danger
    read_only: bool = False
    max_length: int | None = None
    error: str = ""
    proposed: str = ""  # where the value comes from that a person is to confirm
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Widget, ...] = ()


def widgets(
    form: Form,
    *,
    values: Mapping[str, str],
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> list[Widget]:
    """Return what to draw: what was typed wins over what the case knows.

    A field that is only read and has nothing to say is left out.
    """
    return beside_each_other(marked(list(_widgets(form.fields, values, typed, errors))))


def marked(drawn: Sequence[Widget]) -> list[Widget]:
    """Return the widgets, each proposed field with the place that its value comes from.

    What the list of proposals says of a field („- IBAN: Textebene, …“) stands at the field; the
    list keeps what belongs to none, and goes where nothing is left.

    >>> told = Widget(kind="textarea", key=PROPOSALS, label="", hint="", read_only=True,
    ...               value="- IBAN: Textebene\\n- BIC im QR-Code: X")
    >>> typed = Widget(kind="textfield", key="payee_iban", label="IBAN", hint="", value="DE89")
    >>> left, iban = marked([told, typed])
    >>> left.value, iban.proposed
    ('- BIC im QR-Code: X', 'Textebene')
    """
    told = next((one for one in drawn if one.key == PROPOSALS and one.read_only), None)
    if told is None:
        return list(drawn)
    by_label = {one.label.casefold(): one.key for one in drawn if not one.read_only}
    sources: dict[str, str] = {}
    rest: list[str] = []
    for line in told.value.splitlines():
        label, colon, source = line.removeprefix("- ").partition(": ")
        key = by_label.get(label.casefold()) if colon else None
        # A difference names its field, too, but proposes nothing.
        if key is None or key in sources or not _has_value(drawn, key):
            rest.append(line)
        else:
            sources[key] = source
    left = replace(told, value="\n".join(rest))
    return [
        replace(one, proposed=sources.get(one.key, "")) if one is not told else left
        for one in drawn
        if one is not told or left.value
    ]


def _has_value(drawn: Sequence[Widget], key: str) -> bool:
    return any(one.key == key and one.value for one in drawn)


def beside_each_other(drawn: Sequence[Widget]) -> list[Widget]:
    """Return the widgets with short fields that follow each other put into one row."""
    rows: list[Widget] = []
    for is_short, found in groupby(drawn, key=lambda one: one.kind in _SHORT and not one.read_only):
        group = tuple(found)
        if is_short and len(group) > 1:
            rows.append(Widget(kind=ROW, key="", label="", hint="", children=group))
        else:
            rows.extend(group)
    return rows


def _widgets(
    fields: Iterable[Field],
    values: Mapping[str, str],
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Iterable[Widget]:
    for one in fields:
        value = typed.get(one.key, values.get(one.key) or one.default)
        hide = by_case(one.hide, values)
        if (one.read_only and not value) or hide is None:
            continue
        yield Widget(
            kind=one.kind,
            key=one.key,
            label=one.label,
            hint=one.description,
            value=value,
            options=tuple((option.value, option.label) for option in one.options),
            paragraphs=paragraphs(one.text),
            required=one.limits.required,
            optional=not one.limits.required and _CONDITIONAL not in one.properties,
            level=one.properties.get(_LEVEL, ""),
            read_only=one.read_only,
            max_length=one.limits.max_length,
            error=errors.get(one.key, ""),
            attributes=hide_rule(hide) if not one.read_only else {},
            children=tuple(beside_each_other(list(_widgets(one.children, values, typed, errors)))),
        )


def answers(drawn: Iterable[Widget]) -> Iterator[tuple[str, str]]:
    """Yield (label, answer) for everything filled in, as the page names it.

    >>> box = Widget(kind="radio", key="a", label="Frage", hint="", value="y", options=(("y", "Ja"),))
    >>> list(answers([Widget(kind=ROW, key="", label="", hint="", children=(box,))]))
    [('Frage', 'Ja')]
    """
    for one in drawn:
        yield from answers(one.children)
        if one.key and one.value and not one.read_only:
            yield one.label, dict(one.options).get(one.value, one.value)


def by_case(condition: str, values: Mapping[str, str]) -> str | None:
    """Return what is left of a condition when the case has answered its part: „x = null“.

    None where the case alone hides the field: what it has not, nobody can choose.

    >>> by_case('x = null or a = "b"', {}), by_case('x = null or a = "b"', {"x": "1"})
    (None, 'a = "b"')
    """
    left = []
    for part in condition.split(" or "):
        match = _ABSENT.fullmatch(part.strip())
        if match is None:
            left.append(part)
        elif not values.get(match["field"]):
            return None
    return " or ".join(left)


def hide_rule(condition: str) -> dict[str, str]:
    """Return the attributes by which the page hides a field; none for other conditions.

    >>> hide_rule('decision != "zurueckgeben"')
    {'data-hide-field': 'decision', 'data-hide-op': 'ne', 'data-hide-value': 'zurueckgeben'}
    >>> hide_rule('decision = "nein" or way = "x"')["data-hide-or"]
    'way eq x'
    >>> hide_rule("amount > 5")
    {}
    """
    parts = [_SIMPLE.fullmatch(part.strip()) for part in condition.split(" or ")]
    found = [match for match in parts if match is not None]
    if not condition or len(found) < len(parts):
        return {}
    rules = [(one["field"], _OPS[one["op"]], one["value"]) for one in found]
    (field_, op, value), *others = rules
    rule = {"data-hide-field": field_, "data-hide-op": op, "data-hide-value": value}
    if others:
        rule["data-hide-or"] = "\n".join(" ".join(other) for other in others)
    return rule


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text to read.

    >>> paragraphs("Eins.\\n\\nZwei.")
    ('Eins.', 'Zwei.')
    """
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def answer_label(drawn: Iterable[Widget], signs: tuple[str, str]) -> str:
    """Return how the form calls the answer that signs, up to a colon: „Feststellen“."""
    key, value = signs
    for one in drawn:
        if one.key == key:
            label = dict(one.options).get(value, value)
            return label.partition(":")[0]
    return value
