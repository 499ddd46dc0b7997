"""FEEL texts as models write them: ``=expression`` or a static value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from laufzettel.engine import feel
from laufzettel.engine.model.source import Place

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One place of a model where an expression is written."""

    at: Place
    line: int
    role_de: str  # "Die Bedingung", with article
    role_en: str
    text: str  # as written, with its "="
    must_be_feel: bool  # a static value has no meaning here
    local: frozenset[str] = frozenset()  # names known only here
    hidden: frozenset[str] = frozenset()  # names of the process that are not known here yet

    @property
    def is_feel(self) -> bool:
        """Whether it is an expression rather than a static value."""
        return self.text.startswith("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What FEEL says of a text: its free names, or where it cannot be read."""

    names: frozenset[str] = frozenset()
    error_de: str = ""
    error_en: str = ""


@lru_cache(maxsize=4096)
def parsed(text: str) -> Parsed:
    """Return the names in a FEEL text, or the first thing that is wrong with it.

    Unknown names are left to the caller, who knows where the expression stands.

    >>> sorted(parsed("amount > limit").names)
    ['amount', 'limit']
    >>> parsed("amount >").error_de
    'Hier fehlt ein Wert, gefunden: das Ende. (Zeile 1, Spalte 9)'
    """
    try:
        node = feel.parse_expression(text)
    except feel.FeelSyntaxError as error:
        return _wrong(error.message_de, error.line, error.column)
    names = feel.free_names(node)
    for problem in feel.check_node(node, names):
        if problem.code != feel.Code.UNKNOWN_NAME:
            return _wrong(problem.text_de, problem.position.line, problem.position.column)
    return Parsed(names=names)


def _wrong(text_de: str, line: int, column: int) -> Parsed:
    return Parsed(
        error_de=f"{text_de} (Zeile {line}, Spalte {column})",
        error_en=f"see line {line}, column {column}",
    )


def as_feel(text: str, *, number: bool = False) -> str:
    """Return the FEEL expression that a model's text stands for; empty stays empty.

    >>> as_feel("=unit"), as_feel("poststelle"), as_feel("50", number=True), as_feel("")
    ('unit', '"poststelle"', '50', '')
    """
    text = text.strip()
    if text.startswith("="):
        return text[1:].strip()
    if not text or (number and _NUMBER.fullmatch(text)):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    r"""Return the FEEL string literal of a text.

    >>> quoted('say "a"')
    '"say \\"a\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escaped}"'


def as_list(text: str) -> str:
    """Return the FEEL expression of a static comma list, as candidate groups write it.

    >>> as_list("a, b"), as_list("a"), as_list("=groups")
    ('["a", "b"]', '"a"', 'groups')
    """
    if text.strip().startswith("=") or "," not in text:
        return as_feel(text)
    items = [each.strip() for each in text.split(",") if each.strip()]
    return f"[{', '.join(map(quoted, items))}]"
