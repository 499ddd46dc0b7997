"""German words as they are looked for: folded, and by their stem (Snowball's German algorithm).

A stem is taken of words alone: what has a digit in it is a number, and two numbers are the same
only when they are. PostgreSQL knows stems by itself; SQLite does not, and there the words of the
index that have the stem of what was typed are looked up, which costs the index no byte.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from threading import Lock
from typing import Final

import snowballstemmer

#: A shorter stem says too little: „an“ and „Ende“ have nothing to do with each other.
STEM_MIN: Final = 3

_STEMMER: Final = snowballstemmer.stemmer("german")
_LOCK: Final = Lock()  # a stemmer holds the word that it works on


@lru_cache(maxsize=20_000)
def folded(word: str) -> str:
    """Return the word in small letters, without accents and with ss for ß.

    >>> folded("Größe"), folded("ÉTÉ"), folded("Häuser")
    ('grosse', 'ete', 'hauser')
    """
    plain = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    return "".join(one for one in plain if not unicodedata.combining(one))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the stem of a word; of what is no word the thing itself, folded.

    >>> [stem(word) for word in ("Haus", "Häuser", "Hauses", "Straßen", "Rechnungen")]
    ['haus', 'haus', 'haus', 'strass', 'rechnung']
    >>> stem("2026er"), stem("IT")
    ('2026er', 'it')
    """
    plain = folded(word)
    if not plain.isalpha():
        return plain
    with _LOCK:
        found: str = _STEMMER.stemWord(plain)
    return found if len(found) >= STEM_MIN else plain
