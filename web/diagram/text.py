"""Text in a drawing: what is shown of a name, how wide it is, where it breaks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Size of every text of a drawing, in pixels; smaller ones are not readable on a page.
SIZE: Final = 12
#: Distance from one line to the next.
LEADING: Final = 14
#: Longest name that is read at all.
NAME_MAX: Final = 500

#: Controls, directions that turn a text around, surrogates, and what XML does not allow.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
)
_SOFT_HYPHEN: Final = "\u00ad"

#: Width of letters in DejaVu Sans, in hundredths of the size. It is the font of our PDF files
#: and wider than the fonts of the pages, so what fits by it fits there too.
_WIDTHS: Final = {
    28: "ijlìíîï|'",
    30: "IJÌÍÎÏ",
    33: " ,.·/:;\\‚‘’",
    37: "-f\u2010\u2011",
    40: "!()[]trţ",
    46: '"',
    51: "*_`´°–szśšž„“”",
    55: "?cçćč",
    58: "FLkł",
    60: "PTYvxyýÿ",
    62: "aeoàáâãäåæèéêëòóôõöøß«»ßě",
    64: "$0123456789ESbdghnpqu{}§€ùúûüñńďğ",
    69: "ABCKRVXZÀÁÂÃÄÅÇČŠŽ",
    74: "HNUÑÙÚÛÜ",
    79: "&DGOQÒÓÔÕÖØ",
    84: "#+<=>^~w×÷→←✓",
    87: "M",
    100: "%@—…WmÆ",
}
_WIDTH_OF: Final = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_VOWELS: Final = frozenset("aeiouyäöüAEIOUYÄÖÜ")
_TOGETHER: Final = frozenset({"ch", "ck", "ph", "th", "qu", "sh"})


def cleaned(text: str) -> str:
    r"""Return the text on one line, without what cannot be seen, no longer than NAME_MAX.

    >>> cleaned("  Rechnung\n prüfen\u202e ")
    'Rechnung prüfen'
    """
    return " ".join(_UNSEEN.sub(" ", text[: 4 * NAME_MAX]).split())[:NAME_MAX]


def width(text: str, size: float = SIZE) -> float:
    """Return about how wide the text is; never less than in the fonts of our pages.

    >>> width("ja"), width("Doppelrechnung") < 105
    (10.8, True)
    """
    return sum(map(_letter_width, text)) * size / 100


def _letter_width(letter: str) -> int:
    known = _WIDTH_OF.get(letter)
    if known is not None:
        return known
    if unicodedata.combining(letter) or letter == _SOFT_HYPHEN:
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return 105
    return 80 if letter.isupper() or not letter.isalpha() else 66


@lru_cache(maxsize=4096)
def wrapped(text: str, room: float, lines_max: int) -> tuple[str, ...]:
    """Return the text in lines that fit into the room; an ellipsis says that some is left out.

    >>> wrapped("Anordnung vorbereiten", 90, 3)
    ('Anordnung', 'vorbereiten')
    >>> wrapped("Die Rechnung noch einmal prüfen", 95, 2)
    ('Die Rechnung', 'noch einmal …')
    """
    lines: list[str] = []
    rest = text
    while rest and len(lines) < lines_max:
        line, rest = _next_line(rest, room)
        lines.append(line)
    if rest and lines:
        lines[-1] = _shortened(f"{lines[-1]} {rest}", room)
    return tuple(line.replace(_SOFT_HYPHEN, "") for line in lines)


def _next_line(text: str, room: float) -> tuple[str, str]:
    """Return what fits on one line, and the rest."""
    words = text.split(" ")
    line = words[0]
    for count, word in enumerate(words[1:], 1):
        if width(f"{line} {word}") > room:
            return _fitting(line, room, " ".join(words[count:]))
        line = f"{line} {word}"
    return _fitting(line, room, "")


def _fitting(line: str, room: float, rest: str) -> tuple[str, str]:
    """Return the line, its only word broken where it is too long, and what follows."""
    if width(line) <= room:
        return line, rest
    first, second = _broken(line, room)
    return first, f"{second} {rest}".strip()


def _broken(word: str, room: float) -> tuple[str, str]:
    """Return the word in two parts, the first of them fitting into the room.

    >>> _broken("Zahlungserinnerung", 90)
    ('Zahlungserin-', 'nerung')
    >>> _broken("Kosten-/Leistungsrechnung", 80)
    ('Kosten-/', 'Leistungsrechnung')
    """
    most = max(_letters(word, room - width("-")), 1)
    marked = [i + 1 for i in range(most) if word[i] in "-/_.,·" or word[i] == _SOFT_HYPHEN]
    if marked and marked[-1] < len(word):
        first = word[: marked[-1]]
        soft = first.endswith(_SOFT_HYPHEN)
        return (f"{first[:-1]}-" if soft else first), word[marked[-1] :]
    at = next((i for i in range(most, 2, -1) if _is_syllable(word, i)), most)
    return f"{word[:at]}-", word[at:]


def _letters(text: str, room: float) -> int:
    """Return how many letters from the front fit into the room."""
    used, most = 0.0, room * 100 / SIZE
    for count, letter in enumerate(text):
        used += _letter_width(letter)
        if used > most:
            return count
    return len(text)


def _is_syllable(word: str, at: int) -> bool:
    """Tell whether a German word may break there: before a consonant that a vowel follows."""
    if at < 3 or at > len(word) - 3:
        return False
    here, after, before = word[at], word[at + 1], word[at - 1]
    if not (before.isalpha() and here.isalpha()) or (before + here).lower() in _TOGETHER:
        return False
    pair = (here + after).lower() in _TOGETHER
    return here not in _VOWELS and (after in _VOWELS or pair)


def _shortened(text: str, room: float) -> str:
    """Return the beginning of the text with an ellipsis, no wider than the room."""
    kept = text[: _letters(text, room - width(" …"))]
    at_word = kept.rpartition(" ")[0] if " " in kept and len(kept) < len(text) else kept
    if text[len(kept) : len(kept) + 1] == " ":
        at_word = kept
    return f"{at_word or kept}".rstrip(" ,;.-") + (" …" if " " in kept else "…")
