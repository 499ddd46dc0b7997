"""Forms: the form-js file format in a documented subset, as frozen dataclasses.

Read: textfield, textarea, number, checkbox, select, radio, datetime (subtype date),
group, text; ``conditional.hide``, ``validate``, ``properties``. Layout-only components
(separator, spacer) are kept for the page. Everything else is a problem, so that a form
never shows less than its designer drew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

import orjson

#: Largest form file, in bytes; most components of one form.
SIZE_MAX: Final = 512 * 1024
FIELDS_MAX: Final = 300


class FieldKind(StrEnum):
    """What a component of a form is."""

    TEXT = "textfield"  # one line
    TEXTAREA = "textarea"
    NUMBER = "number"  # Decimal
    CHECKBOX = "checkbox"  # yes or no
    SELECT = "select"  # one of the options
    RADIO = "radio"  # one of the options
    DATE = "datetime"  # a day; times are not supported
    GROUP = "group"  # a frame around other components
    VIEW = "text"  # text to read
    SEPARATOR = "separator"
    SPACER = "spacer"


#: Components that carry a value.
INPUTS: Final = frozenset(
    {FieldKind.TEXT, FieldKind.TEXTAREA, FieldKind.NUMBER, FieldKind.CHECKBOX}
    | {FieldKind.SELECT, FieldKind.RADIO, FieldKind.DATE}
)
_CHOICES: Final = (FieldKind.SELECT, FieldKind.RADIO)
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: Settings that would change what happens and are not read.
_REFUSED_SETTINGS: Final = {
    "valuesKey": "eine Auswahlliste aus einer Variablen",
    "valuesExpression": "eine berechnete Auswahlliste",
    "searchable": "",
    "path": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a select or radio field."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What ``validate`` demands of a value."""

    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One component of a form, in the order of the file."""

    id: str
    kind: FieldKind
    key: str = ""  # name of the variable; empty for what carries no value
    label: str = ""
    description: str = ""
    text: str = ""  # of a text view, Markdown as written
    options: tuple[Option, ...] = ()
    limits: Limits = Limits()
    decimal_digits: int | None = None
    default: str = ""
    hide: str = ""  # FEEL without "=": hidden where this is true
    read_only: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    children: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that can be drawn and whose answers can be checked."""

    id: str
    file: str
    fields: tuple[Field, ...]
    json: dict[str, Any]  # the file as it was, for the bundle
    lines: dict[str, int] = field(default_factory=dict)  # id of a component -> where it stands

    def line_of(self, component: Field) -> int:
        """Return the line of the file on which a component is written, 1 where it has no id."""
        return self.lines.get(component.id, 1)

    def every(self) -> Iterator[Field]:
        """Yield every component, groups before what is in them."""
        todo = list(reversed(self.fields))
        while todo:
            one = todo.pop()
            yield one
            todo.extend(reversed(one.children))

    def inputs(self) -> dict[str, Field]:
        """Return the components that carry a value, by their key."""
        return {each.key: each for each in self.every() if each.kind in INPUTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormProblem:
    """Something in a form file that cannot be used."""

    component: str  # id or label of the component, or empty
    text_de: str
    text_en: str
    line: int = 0


def parse_form(file: str, data: bytes) -> tuple[Form | None, list[FormProblem]]:
    """Return the form, and everything in the file that cannot be used.

    >>> form, problems = parse_form("a.form", b'{"type": "default", "id": "a", "components": []}')
    >>> form.id, problems
    ('a', [])
    >>> parse_form("a.form", b"[]")[1][0].text_de
    'Die Datei ist kein Formular (erwartet wird ein JSON-Objekt mit „id“ und „components“).'
    """
    raw = _json(data)
    if isinstance(raw, FormProblem):
        return None, [raw]
    problems: list[FormProblem] = []
    form_id = raw.get("id")
    if not isinstance(form_id, str) or not form_id.strip():
        problems.append(_problem("", "Das Formular hat keine Id.", "The form has no id."))
        form_id = ""
    components = raw.get("components")
    fields = _fields(components, problems, depth=0)
    form = Form(id=form_id.strip(), file=file, fields=fields, json=raw)
    problems += _duplicates(form)
    text = data.decode(errors="replace")
    form = replace(form, lines={each.id: _line(each.id, text) for each in form.every()})
    return form, [_with_line(each, text) for each in problems]


def _json(data: bytes) -> dict[str, Any] | FormProblem:
    if len(data) > SIZE_MAX:
        return _problem("", "Die Formulardatei ist zu groß.", "The form file is too large.")
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        text = f"Die Datei ist kein gültiges JSON (Zeile {error.lineno}, Spalte {error.colno})."
        return FormProblem(
            component="", text_de=text, text_en="The file is not valid JSON.", line=error.lineno
        )
    if not isinstance(raw, dict) or not isinstance(raw.get("components"), list):
        return _problem(
            "",
            "Die Datei ist kein Formular (erwartet wird ein JSON-Objekt mit „id“ und "
            "„components“).",
            "The file is not a form (a JSON object with “id” and “components”).",
        )
    return raw


def _problem(component: str, text_de: str, text_en: str) -> FormProblem:
    return FormProblem(component=component, text_de=text_de, text_en=text_en)


def _with_line(problem: FormProblem, text: str) -> FormProblem:
    """Return the problem with the line on which its component is written."""
    line = problem.line or _line(problem.component, text)
    return FormProblem(
        component=problem.component,
        text_de=problem.text_de,
        text_en=problem.text_en,
        line=line,
    )


def _line(component: str, text: str) -> int:
    found = text.find(f'"{component}"') if component else -1
    return text.count("\n", 0, found) + 1 if found >= 0 else 1


def _fields(raw: Any, problems: list[FormProblem], *, depth: int) -> tuple[Field, ...]:
    if not isinstance(raw, list) or depth > 5 or len(raw) > FIELDS_MAX:
        text = "Die Liste „components“ fehlt, ist zu lang oder zu tief verschachtelt."
        problems.append(_problem("", text, "“components” is missing, too long or too deep."))
        return ()
    found = [_field(each, problems, depth) for each in raw]
    return tuple(each for each in found if each is not None)


def _field(raw: Any, problems: list[FormProblem], depth: int) -> Field | None:
    if not isinstance(raw, dict):
        problems.append(_problem("", "Eine Komponente ist kein Objekt.", "Not an object."))
        return None
    name = _text(raw, "id") or _text(raw, "key") or _text(raw, "label")
    kind_text = _text(raw, "type")
    if kind_text not in set(FieldKind):
        problems.append(
            _problem(
                name,
                f"Die Komponente „{name}“ hat die Art „{kind_text}“; diese wird nicht gezeichnet.",
                f"The component “{name}” is of the unsupported type “{kind_text}”.",
            )
        )
        return None
    kind = FieldKind(kind_text)
    problems += _field_problems(raw, name, kind)
    return Field(
        id=_text(raw, "id"),
        kind=kind,
        key=_text(raw, "key") if kind in INPUTS else "",
        label=_text(raw, "label") or _text(raw, "dateLabel"),
        description=_text(raw, "description"),
        text=_text(raw, "text"),
        options=_options(raw),
        limits=_limits(raw.get("validate")),
        decimal_digits=_integer(raw.get("decimalDigits")),
        default=_scalar(raw.get("defaultValue")),
        hide=_hide(raw),
        read_only=bool(raw.get("readonly")) or bool(raw.get("disabled")),
        properties=_properties(raw.get("properties")),
        children=_fields(raw.get("components"), problems, depth=depth + 1)
        if kind is FieldKind.GROUP
        else (),
    )


def _field_problems(raw: dict[str, Any], name: str, kind: FieldKind) -> Iterator[FormProblem]:
    if kind in INPUTS and not _KEY.fullmatch(_text(raw, "key")):
        yield _problem(
            name,
            f"Das Feld „{name}“ braucht als Schlüssel einen Namen aus ASCII-Buchstaben, Ziffern "
            "und Unterstrich.",
            f"The field “{name}” needs a key of ASCII letters, digits and underscores.",
        )
    if kind in _CHOICES and not _options(raw):
        yield _problem(
            name, f"Das Feld „{name}“ hat keine Auswahl.", f"The field “{name}” has no options."
        )
    if kind is FieldKind.DATE and _text(raw, "subtype") not in ("", "date"):
        yield _problem(
            name,
            f"Das Feld „{name}“ fragt nach einer Uhrzeit; möglich ist nur ein Datum.",
            f"The field “{name}” asks for a time; only a date is possible.",
        )
    for setting, meaning in _REFUSED_SETTINGS.items():
        if meaning and raw.get(setting):
            yield _problem(
                name,
                f"Das Feld „{name}“ verlangt {meaning}; das wird nicht unterstützt.",
                f"The field “{name}” uses “{setting}”, which is not supported.",
            )
    pattern = _limits(raw.get("validate")).pattern
    if pattern and not _is_pattern(pattern):
        yield _problem(
            name,
            f"Das Muster des Felds „{name}“ ist zu lang oder nicht lesbar.",
            f"The pattern of the field “{name}” is too long or not readable.",
        )


def _is_pattern(pattern: str) -> bool:
    """Say whether matching takes bounded time on ``submission.PATTERN_TEXT_MAX`` characters.

    Python's engine backtracks (engine-notes 2.3), so repeated groups, back references and
    more than two open repetitions are refused rather than bounded in time.
    """
    if len(pattern) > 200 or re.search(r"\)\s*[*+{]|\\[1-9]|\(\?", pattern):
        return False
    repetitions = re.findall(r"[*+]|\{[0-9]*,[0-9]*\}", pattern)
    if len(repetitions) > 2 or pattern.count("?") > 3:
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _duplicates(form: Form) -> Iterator[FormProblem]:
    seen: set[str] = set()
    for each in form.every():
        if each.key and each.key in seen:
            yield _problem(
                each.id or each.key,
                f"Der Schlüssel „{each.key}“ kommt im Formular mehrmals vor.",
                f"The key “{each.key}” occurs more than once in the form.",
            )
        seen.add(each.key)


def _options(raw: dict[str, Any]) -> tuple[Option, ...]:
    values = raw.get("values")
    return tuple(
        Option(value=_scalar(each.get("value")), label=_scalar(each.get("label")))
        for each in (values if isinstance(values, list) else ())
        if isinstance(each, dict)
    )


def _limits(raw: Any) -> Limits:
    raw = raw if isinstance(raw, dict) else {}
    return Limits(
        required=raw.get("required") is True,
        min_length=_integer(raw.get("minLength")),
        max_length=_integer(raw.get("maxLength")),
        min=_decimal(raw.get("min")),
        max=_decimal(raw.get("max")),
        pattern=_text(raw, "pattern"),
    )


def _hide(raw: dict[str, Any]) -> str:
    conditional = raw.get("conditional")
    hide = _text(conditional, "hide") if isinstance(conditional, dict) else ""
    return hide.removeprefix("=").strip()


def _properties(raw: Any) -> dict[str, str]:
    return {key: _scalar(value) for key, value in raw.items()} if isinstance(raw, dict) else {}


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    return value.strip() if isinstance(value, str) else ""


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _integer(value: Any) -> int | None:
    number = _decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal("1e18") else None
