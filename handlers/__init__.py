"""Service tasks: one typed function, one file; folders follow the life-cycle.

Models name a handler by string; ``modules`` finds every file here, so that a new handler
needs no registration beyond its decorator.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def modules() -> Iterator[ModuleType]:
    """Yield every module of this package."""
    for found in pkgutil.walk_packages(__path__, prefix=f"{__name__}."):
        yield importlib.import_module(found.name)
