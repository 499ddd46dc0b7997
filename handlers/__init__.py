"""Service tasks: one typed function, one file; folders follow the life-cycle.

Models name a handler by string; ``modules`` finds every file here, so that a new handler
needs no registration beyond its decorator.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def modules() -> tuple[ModuleType, ...]:
    """Return every module of this package."""
    found = pkgutil.walk_packages(__path__, prefix=f"{__name__}.")
    return tuple(importlib.import_module(each.name) for each in found)
