"""FEEL: the expression language of models, parsed and evaluated without eval.

The grammar of DMN 1.3 to 1.5, clause 10.3. Numbers are decimals with 34 digits; an error is
null, as the standard says, and a warning with its place, so that a process can stop instead
of taking the wrong way. Extensions of ours: ``add working days``, ``is working day``,
``amount``; of Camunda: ``is defined``, ``get or else``.

>>> outcome = evaluate('if total > 5000 then "Kämmerei" else unit', {"total": 5001})
>>> outcome.value, outcome.warnings
('Kämmerei', ())
"""

from laufzettel.engine.feel.check import (
    Problem,
    called_functions,
    check,
    check_node,
    free_names,
)
from laufzettel.engine.feel.errors import FeelBudgetError, FeelSyntaxError
from laufzettel.engine.feel.evaluator import evaluate, evaluate_unary_tests
from laufzettel.engine.feel.jsonform import from_json, to_json
from laufzettel.engine.feel.nodes import Node, Position, UnaryTests
from laufzettel.engine.feel.parser import parse_expression, parse_unary_tests
from laufzettel.engine.feel.runtime import Code, Outcome, Warning_
from laufzettel.engine.feel.texts import literal_text
from laufzettel.engine.feel.values import (
    DaysTimeDuration,
    FarDate,
    Function,
    Range,
    YearsMonthsDuration,
)

__all__ = [
    "Code",
    "DaysTimeDuration",
    "FarDate",
    "FeelBudgetError",
    "FeelSyntaxError",
    "Function",
    "Node",
    "Outcome",
    "Position",
    "Problem",
    "Range",
    "UnaryTests",
    "Warning_",
    "YearsMonthsDuration",
    "called_functions",
    "check",
    "check_node",
    "evaluate",
    "evaluate_unary_tests",
    "free_names",
    "from_json",
    "literal_text",
    "parse_expression",
    "parse_unary_tests",
    "to_json",
]
