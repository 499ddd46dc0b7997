"""Decision tables: every hit policy, defaults, constraints, and what the trace tells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st
from tests.dmn.draw import decision, given, library, literal, table

from laufzettel.engine.dmn import evaluate, flaws_of
from laufzettel.engine.feel.runtime import Code

RULES = [(["< 10"], ['"small"']), (["< 100"], ['"medium"']), (["> 50"], ['"large"'])]


def decide(logic: str, x: Any, **more: Any) -> Any:
    one = library(given("x"), decision("D", logic, needs=["i_x"]))
    return evaluate(one, "D", {"x": x, **more})


def test_unique_with_two_matching_rules_is_an_error_that_names_them() -> None:
    """UNIQUE checks that it is unique (DMN 1.5, 8.2.8)."""
    result = decide(table(RULES), 60)

    assert result.value is None
    assert [(each.code, each.text_de) for each in result.errors] == [
        (Code.BAD_ARGUMENT, "Mehrere Regeln treffen zu, erlaubt ist nur eine: 2, 3.")
    ]
    assert result.trace[0].tables[0].rules == (2, 3)


def test_any_with_different_outputs_is_an_error() -> None:
    """ANY checks that all say the same."""
    assert decide(table(RULES, policy="ANY"), 60).errors[0].text_de == (
        "Die Regeln 2 und 3 treffen beide zu und ergeben Verschiedenes."
    )
    assert decide(table([(["-"], ["1"]), (["> 0"], ["1.0"])], policy="ANY"), 60).value == Decimal(1)


@pytest.mark.parametrize(
    ("policy", "aggregation", "expected"),
    [
        ("FIRST", "", "medium"),
        ("PRIORITY", "", "large"),
        ("RULE ORDER", "", ["medium", "large"]),
        ("OUTPUT ORDER", "", ["large", "medium"]),
        ("COLLECT", "", ["medium", "large"]),
        ("COLLECT", "COUNT", Decimal(2)),
    ],
)
def test_policies_choose_among_the_rules_that_match(
    policy: str, aggregation: str, expected: Any
) -> None:
    """60 is below 100 and above 50; the output values put large first."""
    values = ['"large","medium","small"']
    logic = table(RULES, policy=policy, aggregation=aggregation, values=values)

    result = decide(logic, 60)

    assert (result.value, result.warnings) == (expected, ())


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("SUM", "7"), ("MIN", "2"), ("MAX", "5"), ("COUNT", "2")]
)
def test_collect_makes_one_number_of_the_outputs(aggregation: str, expected: str) -> None:
    """The outputs are 2 and 5."""
    logic = table([(["-"], ["2"]), (["> 0"], ["5"])], policy="COLLECT", aggregation=aggregation)

    assert decide(logic, 1).value == Decimal(expected)


def test_collect_of_nothing_is_null_and_its_count_is_zero() -> None:
    """No rule matches; a list of nothing is empty, its sum null, its count 0."""
    rules = [(["> 10"], ["1"])]

    found = [
        decide(table(rules, policy="COLLECT", aggregation=each), 1).value
        for each in ("", "SUM", "MIN", "MAX", "COUNT")
    ]

    assert found == [[], None, None, None, Decimal(0)]


def test_a_table_without_a_matching_rule_and_without_default_is_null_and_an_error() -> None:
    """A gap must stop a case; a default output of null says that it is meant."""
    gap = decide(table(RULES[:1]), 60)
    meant = decide(table(RULES[:1], default=["null"]), 60)

    assert (gap.value, [each.code for each in gap.errors]) == (None, [Code.NO_RULE])
    assert (meant.value, meant.errors) == (None, ())
    assert decide(table(RULES[:1], default=['"none"']), 60).value == "none"


def test_output_values_may_be_those_of_the_type() -> None:
    """Where the table lists none, the allowed values of the output's type rank the outputs."""
    kinds = (
        '<itemDefinition name="tKind"><typeRef>string</typeRef><allowedValues>'
        '<text>"high","low"</text></allowedValues></itemDefinition>'
    )
    logic = table([(["-"], ['"low"']), (["-"], ['"high"'])], policy="PRIORITY")
    ranked = logic.replace('<output name=""', '<output name="" typeRef="tKind"')
    one = library(kinds, given("x"), decision("D", ranked, needs=["i_x"]))

    assert evaluate(one, "D", {"x": 1}).value == "high"
    assert list(flaws_of(one)) == []
    assert [flaw.code for _, flaw in flaws_of(library(given("x"), decision("D", logic)))] == [
        "no-output-values"
    ]


def test_a_cell_that_cannot_be_evaluated_makes_the_table_broken() -> None:
    """The rule below it would decide as if the cell had said no."""
    rules = [(["< 10"], ["1"]), (["-"], ["2"])]

    broken = decide(table(rules, policy="FIRST"), "text")
    null = decide(table(rules, policy="FIRST"), None)

    assert (broken.value, broken.is_broken) == (Decimal(2), True)
    assert broken.errors[0].code is Code.WRONG_TYPE
    assert (null.value, null.is_broken, null.warnings) == (Decimal(2), False, ())


def test_a_long_table_asked_for_null_has_no_errors() -> None:
    """Harmless remarks of many cells do not crowd out, or become, an error."""
    rules = [([f"< {n}"], ["1"]) for n in range(300)]

    result = decide(table(rules, policy="FIRST", default=["0"]), None)

    assert (result.value, result.errors, result.is_broken) == (Decimal(0), (), False)


def test_several_outputs_make_a_context() -> None:
    """Each output column is an entry."""
    logic = table([(["-"], ["1", '"a"'])], outputs=["n", "unit"])

    assert decide(logic, 1).value == {"n": Decimal(1), "unit": "a"}


def test_an_input_that_its_column_does_not_take_is_an_error_and_stands_in_the_trace() -> None:
    """Of the wrong kind, or none of the input values; no rule is asked."""
    logic = table([(["-"], ["1"])]).replace(
        "<inputExpression>", '<inputExpression typeRef="string">'
    )
    limited = logic.replace(
        "</inputExpression>", '</inputExpression><inputValues><text>"a","b"</text></inputValues>'
    )

    kind, value = decide(logic, 5), decide(limited, "c")

    assert [(each.code, each.text_de) for each in (*kind.errors, *value.errors)] == [
        (Code.BAD_INPUT, "Der Eingangswert „x“ ist kein Wert für „string“, sondern: Zahl."),
        (Code.BAD_INPUT, "Der Eingangswert „x“ ist keiner der erlaubten Werte."),
    ]
    assert (kind.value, kind.trace[0].tables[0].inputs) == (None, (("x", Decimal(5)),))
    assert decide(limited, "a").value == Decimal(1)


def test_an_output_that_is_none_of_the_possible_values_is_an_error() -> None:
    """The output values are a promise to whoever uses the table."""
    result = decide(table([(["-"], ['"x"'])], values=['"a","b"']), 1)

    assert result.value is None
    assert result.errors[0].text_de == "Die Ausgabe ist keiner der möglichen Werte."


def test_a_cell_may_use_the_input_by_a_question_mark_and_other_variables() -> None:
    """``?`` is the value of the column (DMN 1.5, 7.3.4)."""
    one = library(
        given("x"),
        given("limit"),
        decision("D", table([(["? * 2 > limit"], ["x + limit"])]), needs=["i_x", "i_limit"]),
    )

    assert evaluate(one, "D", {"x": 6, "limit": 11}).value == Decimal(17)


def test_the_trace_tells_inputs_rules_and_output() -> None:
    """What an auditor asks for: what came in, which rule, what came out, by which text."""
    result = decide(table(RULES), 5)

    # 5 is below 10 and below 100: the error of the table stands in the trace, too.
    (trace,) = result.trace
    assert (trace.decision, trace.inputs, trace.output) == ("D", {"x": Decimal(5)}, None)
    (fired,) = trace.tables
    assert (fired.table, fired.inputs, fired.rules) == ("t", (("x", Decimal(5)),), (1, 2))
    assert fired.rule_ids == ("r1", "r2")
    assert len(result.sha256) == 64


def test_warnings_point_at_the_line_of_the_cell() -> None:
    """The second rule stands in line 7 of the file."""
    result = decide(table([(["> 10"], ["1"]), (["-"], ["x + missing"])]), 5)

    (error,) = [each for each in result.errors if each.code is Code.UNKNOWN_NAME]
    assert error.position.line == 7
    assert "missing" in error.text_de


# --- against a naive model ------------------------------------------------------------------

OUTPUTS = ["a", "b", "c"]
ROWS = st.lists(
    st.tuples(st.integers(-5, 5), st.integers(-5, 5), st.sampled_from(OUTPUTS)), max_size=6
)


def naive(policy: str, rows: list[tuple[int, int, str]], x: int) -> Any:
    """Return what the policy means, written as the standard's sentences."""
    found = [output for low, high, output in rows if low <= x <= high]
    if policy in ("COLLECT", "RULE ORDER"):
        return found
    if policy == "OUTPUT ORDER":
        return sorted(found, key=OUTPUTS.index)
    if not found:
        return None
    if policy == "PRIORITY":
        return min(found, key=OUTPUTS.index)
    if policy == "ANY":
        return found[0] if len(set(found)) == 1 else None
    if policy == "UNIQUE":
        return found[0] if len(found) == 1 else None
    return found[0]


@pytest.mark.parametrize(
    "policy", ["UNIQUE", "ANY", "PRIORITY", "FIRST", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
)
@generated(rows=ROWS, x=st.integers(-6, 6))
def test_policies_agree_with_a_naive_model(
    policy: str, rows: list[tuple[int, int, str]], x: int
) -> None:
    """Whatever the rules and the input."""
    rules = [([f"[{low}..{high}]"], [f'"{output}"']) for low, high, output in rows]

    result = decide(table(rules, policy=policy, values=['"a","b","c"']), x)

    assert result.value == naive(policy, rows, x)


@generated(rows=st.lists(st.integers(-50, 50), max_size=6), x=st.integers(-50, 50))
def test_aggregations_agree_with_python(rows: list[int], x: int) -> None:
    """The rules match what lies at or above them."""
    rules = [([f">= {row}"], [str(row)]) for row in rows]
    found = [row for row in rows if x >= row]

    answers = {
        name: decide(table(rules, policy="COLLECT", aggregation=name), x).value
        for name in ("SUM", "MIN", "MAX", "COUNT")
    }

    assert answers["COUNT"] == len(found)
    assert answers["SUM"] == (sum(found) if found else None)
    assert answers["MIN"] == (min(found) if found else None)
    assert answers["MAX"] == (max(found) if found else None)


def test_a_literal_decision_is_as_good_as_a_table() -> None:
    """No table, no rules in the trace."""
    result = decide(literal("x + 1"), 1)

    assert (result.value, result.trace[0].tables) == (Decimal(2), ())
