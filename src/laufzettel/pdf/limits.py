"""What one page may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost (security.md 3.3); the defaults are for production."""

    cpu_s: int = 20
    wall_s: float = 30
    # Addresses in bytes, what is loaded included. Measured: a forked page begins with 240 MB of
    # them, 75 MB of it data; one of 4,000 paragraphs needs 260 MB, and 200 in a process started
    # for it, which maps libraries and fonts only as it meets them. So one number serves both.
    memory: int = 1024 * 1024 * 1024
