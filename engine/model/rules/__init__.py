"""The lint: a table of rules, one small function each.

``RULES`` maps each rule's id to its texts and its check; importing this package fills it.
"""

from laufzettel.engine.model.rules import (
    attachments,
    decisions,
    duties,
    elements,
    events,
    expressions,
    files,
    form_names,
    gateways,
    inner,
    paths,
    placement,
    structure,
    tables,
    tasks,
    templates,
    thrown,
)
from laufzettel.engine.model.rules.table import RULES, Rule

__all__ = [
    "RULES",
    "Rule",
    "attachments",
    "decisions",
    "duties",
    "elements",
    "events",
    "expressions",
    "files",
    "form_names",
    "gateways",
    "inner",
    "paths",
    "placement",
    "structure",
    "tables",
    "tasks",
    "templates",
    "thrown",
]
