"""Which names are known where: FEEL names may hold blanks and operators.

``Monthly Salary`` and ``a-b`` are names only where somebody declared them. So the lexer
asks the scope, and the longest known name wins. Names that are plain words need no help.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_START: Final = (
    r"A-Za-z_\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF"
    r"\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFFD"
    "\U00010000-\U000effff"
)
_PART: Final = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
WORD: Final = re.compile(f"[{_START}][{_PART}]*")
WORD_CHARACTER: Final = re.compile(f"[{_PART}]")
# A declared name: words joined by blanks and the name symbols of the standard. The classes
# are disjoint, so the search is linear.
_DECLARED: Final = rf"[{_START}][{_PART}]*(?:[\s\-+*/.']+[{_PART}]+)*?"
BINDING_NAME: Final = re.compile(_DECLARED + r"(?=\s+in(?![\w]))")
KEY_NAME: Final = re.compile(_DECLARED + r"(?=\s*:)")
PARAMETER_NAME: Final = re.compile(_DECLARED + r"(?=\s*[:,)])")


def normal(name: str) -> str:
    """Return the name with single blanks.

    >>> normal("Monthly \\n Salary")
    'Monthly Salary'
    """
    return " ".join(name.split())


@lru_cache(maxsize=4096)
def _pattern(name: str) -> re.Pattern[str]:
    end = f"(?![{_PART}])" if WORD_CHARACTER.fullmatch(name[-1]) else ""
    return re.compile(r"\s+".join(re.escape(part) for part in name.split()) + end)


def needs_scope(name: str) -> bool:
    """Return whether the lexer could not read this name as one word."""
    return not name.isidentifier()


class Names:
    """The names with blanks or operators that are known here, on top of an outer scope."""

    __slots__ = ("_by_first_word", "_outer")

    def __init__(self, names: Iterable[str], outer: Names | None = None) -> None:
        self._outer = outer
        self._by_first_word: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for name in names:
            if needs_scope(name):
                self._add(normal(name))

    def _add(self, name: str) -> None:
        word = WORD.match(name)
        if word:
            self._by_first_word.setdefault(word.group(), []).append((name, _pattern(name)))

    def longest(self, text: str, offset: int, word: str) -> tuple[str, int] | None:
        """Return the longest known name that starts at ``offset`` with ``word``, and its end."""
        best: tuple[str, int] | None = None
        scope: Names | None = self
        while scope is not None:
            for name, pattern in scope._by_first_word.get(word, ()):
                found = pattern.match(text, offset)
                if found and (best is None or found.end() > best[1]):
                    best = (name, found.end())
            scope = scope._outer
        return best
