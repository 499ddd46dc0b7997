"""What a process that opens foreign files may use; set by itself before it reads the first byte."""

from __future__ import annotations

import resource
from typing import Final

_MEMORY: Final = 1024 * 1024 * 1024
_CPU_S: Final = 10


def bound(*, cpu_s: int = _CPU_S) -> None:
    """Bound memory and time of this process; files it may not write at all."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
