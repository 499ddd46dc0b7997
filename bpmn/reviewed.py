"""Which models come with the program, by hash: those of this release, and of earlier ones.

What a release brings was looked at by more than one person before. Deployed unchanged, in the
place of nothing or of what an earlier release brought, it needs no second person (docs/decisions/0018).
The hashes stand in ``reviewed.txt`` and not only on the disk beside the models, so that a file
that somebody has changed in place is no longer one of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: One line a model: hash over its files, name of its folder. The last line of a folder is this
#: release's; those above it are what earlier releases brought. ``python tools/reviewed.py`` adds.
LIST: Final = Path(__file__).with_name("reviewed.txt")


def hashes() -> tuple[frozenset[str], frozenset[str]]:
    """Return the hashes of this release's models, and of all that any release has brought.

    >>> now, ever = hashes()
    >>> now <= ever, len(now) >= 3
    (True, True)
    """
    lines = [line.split() for line in LIST.read_text("ascii").splitlines() if line.strip()]
    return frozenset({name: sha256 for sha256, name in lines}.values()), frozenset(
        sha256 for sha256, _name in lines
    )
