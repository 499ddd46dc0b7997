"""Where a text says what was asked for: a few words around it, what matches between two marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.records.german import folded, stem

#: Around a match in a snippet. No text has them: they are taken out on the way in.
OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
#: Words of a snippet, and those of them that stand before the first match.
WORDS: Final = 18
BEFORE: Final = 5

TOKEN: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand next to each other; of the last the beginning is enough, or not."""

    tokens: tuple[str, ...]
    is_prefix: bool


def snippet(text: str, phrases: Sequence[Phrase]) -> str:
    r"""Return the words around the first match; the beginning where nothing matches.

    >>> snippet("Lieferung von Kies an den Bauhof", [Phrase(("kies",), True)])
    'Lieferung von \ue000Kies\ue001 an den Bauhof'
    >>> snippet("zwei neue Häuser", [Phrase(("Haus",), True)])
    'zwei neue \ue000Häuser\ue001'
    """
    words = list(TOKEN.finditer(text))
    wanted = [(tuple(map(folded, one.tokens)), one.is_prefix) for one in phrases]
    first = next((n for n in range(len(words)) if _matched(words, n, wanted)), 0)
    begin = max(0, first - BEFORE)
    end = min(len(words), begin + WORDS)
    if not words:
        return text[:200]
    shown = _marked(text, words[:end], begin, wanted)
    return ("… " if begin else "") + shown + (" …" if end < len(words) else "")


_Wanted = Sequence[tuple[tuple[str, ...], bool]]


def _marked(text: str, words: Sequence[re.Match[str]], begin: int, wanted: _Wanted) -> str:
    at = words[begin].start() if begin else 0
    made, marked = "", 0  # words that a match before has marked
    for number in range(begin, len(words)):
        marked = max(marked, number + _matched(words, number, wanted))
        word = words[number]
        made += text[at : word.start()]
        made += f"{OPEN}{word[0]}{CLOSE}" if number < marked else word[0]
        at = word.end()
    return made


def _matched(words: Sequence[re.Match[str]], at: int, wanted: _Wanted) -> int:
    """Return how many words from there on are what was asked for."""
    return max((_length(words, at, *one) for one in wanted), default=0)


def _length(
    words: Sequence[re.Match[str]], at: int, tokens: tuple[str, ...], is_prefix: bool
) -> int:
    if at + len(tokens) > len(words):
        return 0
    last = len(tokens) - 1
    for place, token in enumerate(tokens):
        word = folded(words[at + place][0])
        if word == token:
            continue
        is_begun = is_prefix and place == last and word.startswith(token)
        is_form = is_prefix and last == 0 and stem(word) == stem(token)
        if not (is_begun or is_form):
            return 0
    return len(tokens)
