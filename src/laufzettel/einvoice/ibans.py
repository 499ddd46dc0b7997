"""IBANs in a text as people print them: in groups, broken over two lines, beside other numbers.

Each place where one may begin is tried: what stands before it looks like more groups of it
(„USt-IdNr. DE136695976 IBAN DE89 3704 …“), and so do words behind it. Country, length and check
digits decide, so that nothing else is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from stdnum import iban as ibans
from stdnum import numdb

#: What may stand between two groups: a blank, also one that does not break, or the end of a line.
_GAP: Final = "[ \t\u00a0\u202f\n]?"
_BEGIN: Final = re.compile(rf"(?:(?<![A-Z0-9])|(?<=IBAN))(?=[A-Z]{{2}}{_GAP}[0-9]{{2}})", re.ASCII)
_SIGNS: Final = re.compile(rf"(?:[A-Z0-9]{_GAP})*", re.ASCII)
#: The longest IBAN has 34 signs; with a gap behind each it takes so much of the text.
_REACH: Final = 68
#: So many places are tried; a text with more of them is made to waste time.
_PLACES_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class FoundIban:
    """An IBAN and how the text writes it."""

    iban: str
    written: str


def in_text(text: str) -> Iterator[FoundIban]:
    """Yield every right IBAN of a text in its order, as often as it stands there.

    >>> [one.iban for one in in_text("USt-IdNr. DE136695976 IBAN DE89 3704 0044 0532 0130 00 BIC X")]
    ['DE89370400440532013000']
    >>> list(in_text("IBAN DE88 3704 0044 0532 0130 00"))
    []
    """
    for place in islice(_BEGIN.finditer(text), _PLACES_MAX):
        found = _at(text[place.start() : place.start() + _REACH])
        if found is not None:
            yield found


def _at(text: str) -> FoundIban | None:
    length = _length(text[:2])
    signs = _SIGNS.match(text)
    if not length or signs is None:
        return None
    written = ""
    for char in signs[0]:
        written += char
        length -= not char.isspace()
        if not length:
            break
    plain = "".join(written.split())
    return FoundIban(plain, " ".join(written.split())) if ibans.is_valid(plain) else None


@cache
def _length(country: str) -> int:
    """Return how long an IBAN of the country is, 0 where it has none (ISO 13616 registry)."""
    ((_, facts), *_) = numdb.get("iban").info(country)
    parts = re.findall(r"[0-9]+", facts.get("bban", ""))
    return 4 + sum(map(int, parts)) if parts else 0
