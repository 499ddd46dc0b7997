"""What one page may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost (security.md 3.3); the defaults are for production."""

    cpu_s: int = 20
    wall_s: float = 30
    # Addresses in bytes, what is loaded included: 130 MB before the first letter, whether the
    # process was started for the page or forked from one that has WeasyPrint loaded.
    memory: int = 1024 * 1024 * 1024
