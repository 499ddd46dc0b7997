"""Answers to a form: texts of a web page become typed values, or German field errors.

Nothing is dropped silently: an unknown, read-only or hidden field that comes with a value
is an error, as is a field that comes twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

from laufzettel.engine.model.forms import Field, FieldKind, Form

Value: TypeAlias = str | bool | Decimal | date | None

#: Longest text of a field that names no length of its own.
TEXT_MAX: Final = 1_000
TEXTAREA_MAX: Final = 20_000
#: Longest text that is matched against a pattern.
PATTERN_TEXT_MAX: Final = 200

_PLAIN: Final = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,10})?", re.ASCII)
_GROUPED: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3}){1,4}(,[0-9]{1,10})?", re.ASCII)
_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_GERMAN_DATE: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_YES: Final = frozenset({"on", "true", "1", "ja"})
_NO: Final = frozenset({"", "off", "false", "0", "nein"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """Why one field cannot be taken; ``text_de`` says what to do."""

    key: str
    text_de: str


class _Refused(ValueError):
    """The text is no value of this field."""


def parse_submission(
    form: Form, values: Mapping[str, str | list[str]], *, hidden: Collection[str] = ()
) -> tuple[dict[str, Value], list[FieldError]]:
    """Return the typed values by key, and every error.

    ``hidden`` names the keys whose condition hides them for this case; they need no value
    and may have none. A field left empty has the value None, a box not ticked False.

    >>> from laufzettel.engine.model.forms import parse_form
    >>> form, _ = parse_form("f", b'{"id": "f", "components": [{"type": "number", "key": "n"}]}')
    >>> parse_submission(form, {"n": "1.234,50"})
    ({'n': Decimal('1234.50')}, [])
    >>> parse_submission(form, {"m": "1"})[1][0].text_de
    'Das Feld „m“ gehört nicht zu diesem Formular. Bitte laden Sie die Seite neu.'
    """
    fields = form.inputs()
    errors = [
        FieldError(
            key=key,
            text_de=f"Das Feld „{key[:60]}“ gehört nicht zu diesem Formular. "
            "Bitte laden Sie die Seite neu.",
        )
        for key in values
        if key not in fields
    ]
    typed: dict[str, Value] = {}
    for key, one in fields.items():
        try:
            text = _single(values.get(key, ""))
            if one.read_only or key in hidden:
                _must_be_absent(text)
            else:
                typed[key] = _value(one, text)
        except _Refused as refused:
            errors.append(FieldError(key=key, text_de=f"{one.label or key}: {refused}"))
    return typed, errors


def _single(value: str | list[str]) -> str:
    if isinstance(value, str):
        return value.strip()
    if len(value) > 1:
        raise _Refused("Der Wert wurde mehrfach gesendet. Bitte laden Sie die Seite neu.")
    return value[0].strip() if value else ""


def _must_be_absent(text: str) -> None:
    if text:
        raise _Refused("Hier ist keine Eingabe vorgesehen. Bitte lassen Sie das Feld leer.")


def _value(one: Field, text: str) -> Value:
    if one.kind is FieldKind.CHECKBOX:
        return _ticked(one, text)
    if not text:
        if one.limits.required:
            raise _Refused("Bitte füllen Sie dieses Feld aus.")
        return None
    if one.kind is FieldKind.NUMBER:
        return _number(one, text)
    if one.kind is FieldKind.DATE:
        return _day(text)
    if one.kind in (FieldKind.SELECT, FieldKind.RADIO):
        return _choice(one, text)
    return _words(one, text)


def _ticked(one: Field, text: str) -> bool:
    word = text.lower()
    if word not in _YES and word not in _NO:
        raise _Refused("Bitte setzen Sie das Häkchen oder lassen Sie es weg.")
    if one.limits.required and word in _NO:
        raise _Refused("Bitte setzen Sie das Häkchen.")
    return word in _YES


def _choice(one: Field, text: str) -> str:
    if text not in {option.value for option in one.options}:
        raise _Refused("Bitte wählen Sie einen der angebotenen Werte.")
    return text


def _number(one: Field, text: str) -> Decimal:
    number = _decimal(text)
    digits = max(0, -int(number.as_tuple().exponent))
    if one.decimal_digits is not None and digits > one.decimal_digits:
        raise _Refused(f"Höchstens {one.decimal_digits} Nachkommastellen sind möglich.")
    if one.limits.min is not None and number < one.limits.min:
        raise _Refused(f"Der kleinste mögliche Wert ist {one.limits.min}.")
    if one.limits.max is not None and number > one.limits.max:
        raise _Refused(f"Der größte mögliche Wert ist {one.limits.max}.")
    return number


def _decimal(text: str) -> Decimal:
    """Return the number, written as in Germany or as a browser sends it.

    „1.234“ could be both one thousand and a fraction: it is refused, not guessed.
    """
    if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", text, re.ASCII):
        whole = text.replace(".", "")
        raise _Refused(f"Bitte schreiben Sie {whole} oder {text.replace('.', ',')}.")
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    raise _Refused("Bitte geben Sie eine Zahl ein, zum Beispiel 1.234,50.")


def _day(text: str) -> date:
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif match := _GERMAN_DATE.fullmatch(text):
        day, month, year = match.groups()
    else:
        raise _Refused("Bitte geben Sie ein Datum ein, zum Beispiel 31.12.2026.")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _Refused("Diesen Tag gibt es nicht.") from None


def _words(one: Field, text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text) or (one.kind is FieldKind.TEXT and "\n" in text):
        raise _Refused("Der Text enthält Zeichen, die hier nicht möglich sind.")
    longest = TEXTAREA_MAX if one.kind is FieldKind.TEXTAREA else TEXT_MAX
    longest = PATTERN_TEXT_MAX if one.limits.pattern else longest
    longest = min(longest, one.limits.max_length or longest)
    if len(text) > longest:
        raise _Refused(f"Der Text ist zu lang; möglich sind {longest} Zeichen.")
    if one.limits.min_length is not None and len(text) < one.limits.min_length:
        raise _Refused(f"Der Text ist zu kurz; nötig sind {one.limits.min_length} Zeichen.")
    if one.limits.pattern and not re.search(one.limits.pattern, text):
        raise _Refused("Der Text hat nicht die verlangte Form.")
    return text
