"""A promise that does not hold: what the checkers of the invariants return."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One row that should not be as it is; a sound installation has none."""

    rule: str  # code of the promise, e.g. "vorgang_ohne_fortgang"
    subject: str  # id of what breaks it
    text_de: str  # what is wrong, for the auditor and the operator
