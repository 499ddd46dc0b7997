"""Note the hashes of the models that come with the program in ``bpmn/reviewed.txt``.

Run it after a change of a model: a line is added for what has changed. ``--check`` only says
whether one is missing, and ends with 1 then.
"""

from __future__ import annotations

import sys
from pathlib import Path

from laufzettel.bpmn.reviewed import LIST, hashes
from laufzettel.engine.model.sources import load_folder

ROOT = Path(__file__).resolve().parents[1]


def missing() -> list[str]:
    """Return the lines that the list does not have yet."""
    now, _ever = hashes()
    folders = sorted(path.parent for path in (ROOT / "bpmn").glob("*/model.bpmn"))
    found = [(load_folder(folder).sha256, folder.name) for folder in folders]
    return [f"{sha256}  {name}" for sha256, name in found if sha256 not in now]


def main() -> int:
    """Add what is missing, or say so."""
    lines = missing()
    for line in lines:
        sys.stdout.write(f"{line}\n")
    if "--check" in sys.argv[1:]:
        return 1 if lines else 0
    with LIST.open("a", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
