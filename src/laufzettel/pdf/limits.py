"""What one page may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost (security.md 3.3); the defaults are for production."""

    cpu_s: int = 20
    wall_s: float = 30
    # Addresses in bytes, what is loaded included. Measured: a page begins with 240 MB of them
    # when forked (65 MB of it data), and ends with as many in a process started for it; a page
    # of 4,000 paragraphs needs 300 MB one way, 230 the other. So one number serves both.
    memory: int = 1024 * 1024 * 1024
