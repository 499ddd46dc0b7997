"""The process in which foreign invoices meet the official rules; started by ValidationPool.

Reads invoices from standard input and writes reports to standard output until the input
ends. It never opens a file but the rules and schemas.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Final

from laufzettel.einvoice.frames import read_frame, write_frame
from laufzettel.einvoice.validator import Validator

#: Above this the process asks to be replaced.
_RETIRE_BYTES: Final = 700 * 1024 * 1024
#: Above this it is ended. RLIMIT_AS is no way: Saxon reserves 33 GB of addresses and aborts
#: below. RLIMIT_DATA counts what is really committed; 5,000 positions take half of it.
_MEMORY_MAX: Final = 1024 * 1024 * 1024


def limit() -> None:
    """Bound the memory of this process; files it may not write at all."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_MAX, _MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(rules_dir: Path) -> None:
    """Answer every invoice with its report until the pool closes the pipe."""
    limit()
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    validator = Validator(rules_dir)
    while (xml := read_frame(sys.stdin.buffer)) is not None:
        report = validator.validate(xml)
        answer = json.dumps({"report": report.to_dict(), "retire": _resident() > _RETIRE_BYTES})
        write_frame(answers, answer.encode())


def _resident() -> int:
    """Return the memory in use, 0 where the system does not tell.

    Not ru_maxrss: a child inherits that figure from the process that started it.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
