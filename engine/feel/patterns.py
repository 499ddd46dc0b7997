"""Regular expressions of FEEL: read, compiled and kept; and texts to put in for matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from laufzettel.engine.feel.regex import Match, Program
from laufzettel.engine.feel.regex_syntax import Reader, refuse

PATTERN_LENGTH_MAX: Final = 500
_FLAGS: Final = frozenset("smix")
_WHITE: Final = re.compile(r"(\\\S|\[(?:\\.|[^\]\\])*\])|[ \t\n\r]", re.DOTALL)


def ready(pattern: str, flags: str, *, may_be_empty: bool = True) -> Program:
    """Return the pattern compiled.

    Raises Refusal when it is no pattern, or matches nothing where it must not.

    >>> ready("^[A-Z]{2}[0-9]+$", "").fits("DE17", lambda steps: None)
    True
    >>> ready("(", "")
    Traceback (most recent call last):
    ...
    laufzettel.engine.feel.runtime.Refusal: Dieses Suchmuster wird nicht ausgeführt: eine Klammer wird nicht geschlossen.
    """
    program = _compiled(pattern, flags)
    if not may_be_empty and program.fits("", _free):
        refuse("es passt auch auf nichts.")
    return program


def _free(steps: int) -> None:
    """Charge nothing: the empty text costs nothing."""


@lru_cache(maxsize=256)
def _compiled(pattern: str, flags: str) -> Program:
    if len(pattern) > PATTERN_LENGTH_MAX:
        refuse(f"es ist länger als {PATTERN_LENGTH_MAX} Zeichen.")
    if not set(flags) <= _FLAGS:
        refuse("als Schalter gibt es s, m, i und x.")
    if "x" in flags:  # blanks in square brackets stay (XPath 2.0, 7.6.1.1)
        pattern = _WHITE.sub(lambda found: found.group(1) or "", pattern)
    reader = Reader(pattern, flags)
    part = reader.read()
    return Program(part, groups=reader.groups, is_multi="m" in flags)


def replacement(text: str, groups: int) -> Callable[[Match], str]:
    """Return what is put in for a match: ``$1`` is the first bracket, ``\\$`` a dollar sign."""
    written = re.split(r"(\$[0-9]+|\\[\\$]|[$\\])", text)
    if "$" in written or "\\" in written:
        refuse("im Ersatztext steht „$“ oder „\\“ ohne Ziffer oder Zeichen dahinter.")
    parts = [piece for part in written for piece in _pieces(part, groups)]
    return lambda match: "".join(
        match.group(part) if isinstance(part, int) else part for part in parts
    )


def _pieces(part: str, groups: int) -> tuple[int | str, ...]:
    """Return the number of a bracket and the text behind it, or the text alone.

    Of the digits behind ``$`` as many count as name a bracket (XPath 2.0, 7.6.3).
    """
    if part in (r"\$", r"\\"):
        return (part[1],)
    if not part.startswith("$"):
        return (part,)
    length = next((n for n in (3, 2) if int(part[1 : n + 1]) <= groups and len(part) > n), 1)
    number = int(part[1 : length + 1])
    if number > groups:
        refuse("der Ersatztext nennt eine Klammer, die es nicht gibt.")
    return number, part[length + 1 :]
