"""The process that becomes ``tesseract``: bounded first; started by tesseract.py.

Arguments are the tool and its language. The picture comes on standard input, the text goes to
standard output; files can be written nowhere.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from laufzettel.einvoice.bounds import bound

#: A dense page at 300 dpi takes some five seconds of a processor.
_CPU_S: Final = 25


def main(arguments: list[str]) -> None:
    """Become the tool."""
    path, language = arguments
    bound(cpu_s=_CPU_S)
    # One thread: each would reserve memory of its own, and invoices are read side by side anyway.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    # Page segmentation 3: the layout is found out, as on a letter.
    tool = [path, "stdin", "stdout", "-l", language, "--psm", "3"]
    os.execve(path, tool, environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
