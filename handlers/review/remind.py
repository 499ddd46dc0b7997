"""Remind the unit of a task that has been lying too long."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline


@inline("task.remind", label="Erinnerung vermerken")
def remind(step: Inline, *, unit: str) -> Values:
    """Note the reminder; the task stays open."""
    step.audit("task.reminded", {"unit": unit})
    return {}
