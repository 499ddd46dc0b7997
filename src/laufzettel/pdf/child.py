"""The process that draws one page: bounded, without network, without processes of its own.

Reads a job from standard input; writes the PDF, or a sentence saying why there is none, to
standard output. The exit code says which.
"""

from __future__ import annotations

import os
import resource
import sys
import warnings
from typing import Final

from laufzettel.pdf.job import DrawJob

#: Exit codes; any other end is a crash or one of the limits.
DRAWN: Final = 0
UNAVAILABLE: Final = 3
REFUSED: Final = 4
FAILED: Final = 5
#: Never an exit code: said of a page that was ended because its time was up.
LATE: Final = 6

#: Largest font or other file that may be written into the folder that goes away afterwards.
_FILE_MAX: Final = 32 * 1024 * 1024
#: What no page needs: reported by Python before it happens.
_FORBIDDEN: Final = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "ctypes.dlopen",
)


def limit(cpu_s: int, memory: int) -> None:
    """Bound what this process may use."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_MAX, _FILE_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_up() -> None:
    """Refuse network and processes from now on, for whatever reason they are wanted."""

    def refuse(event: str, arguments: object) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(event)

    sys.addaudithook(refuse)


def load() -> str:
    """Load WeasyPrint; return why that is impossible, ``""`` once it is done."""
    try:
        with warnings.catch_warnings():
            # Without a font every letter would be a rectangle.
            warnings.filterwarnings("error", message=".*[Ff]ont[Cc]onfig.*")
            import laufzettel.pdf.drawing  # noqa: F401 - slow, and needs system libraries
    except (ImportError, OSError, UserWarning) as error:
        return _said(error)
    return ""


def answer(data: bytes) -> tuple[int, bytes]:
    """Return the exit code and what is to be written, once everything is loaded."""
    from laufzettel.pdf import drawing

    try:
        return DRAWN, drawing.draw(DrawJob.from_bytes(data))
    except drawing.RefusedError as error:
        return REFUSED, str(error).encode(errors="replace")
    # A page can go wrong in any way, RecursionError and MemoryError among them
    # (security.md 3.3): each means that there is no PDF.
    except Exception as error:  # noqa: BLE001
        return FAILED, _said(error).encode(errors="replace")


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def main(cpu_s: int, memory: int) -> int:
    """Draw the one job on standard input."""
    limit(cpu_s, memory)
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get into the PDF.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if trouble := load():
        code, output = UNAVAILABLE, trouble.encode(errors="replace")
    else:
        close_up()
        code, output = answer(sys.stdin.buffer.read())
    answers.write(output)
    answers.close()
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
