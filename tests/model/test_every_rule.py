"""Each rule of the lint finds its broken model, with place and remedy, and no other one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from laufzettel.engine.model.check import Checked
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules import RULES

Lint = Callable[..., Checked]
TABLES = Path(__file__).parent / "rules"
CASES = [
    pytest.param(case, id=f"{case['rule']}-{table.stem}{number}")
    for table in sorted(TABLES.glob("*.yaml"))
    for number, case in enumerate(yaml.safe_load(table.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("case", CASES)
def test_a_broken_model_gives_exactly_its_finding(
    case: dict[str, Any],
    lint: Lint,
    build: Callable[..., str],
) -> None:
    """The finding stands on the line of the element and says in German what to do."""
    found = lint(case["broken"]).findings
    hit = next(each for each in found if each.rule == f"laufzettel/{case['rule']}")

    expected = sorted(f"laufzettel/{each}" for each in [case["rule"], *case.get("also", [])])
    assert sorted(each.rule for each in found) == expected
    assert hit.element == case.get("element", "")
    assert hit.file == case.get("file", "model.bpmn")
    assert hit.line == _line(case, build)
    assert hit.text_de and hit.remedy_de and hit.text_en and hit.remedy_en


@pytest.mark.parametrize("case", CASES)
def test_the_mended_model_gives_no_finding(case: dict[str, Any], lint: Lint) -> None:
    """The model that follows the remedy is fine and compiles."""
    checked = lint(case["mended"])

    assert [(each.rule, each.text_de) for each in checked.findings] == []
    assert checked.deployable


def test_every_rule_has_a_broken_model() -> None:
    """No rule is registered without a model that breaks it (the size rule has its own)."""
    shown = {f"laufzettel/{case.values[0]['rule']}" for case in CASES}  # type: ignore[index]

    assert set(RULES) - shown == {"laufzettel/too-large"}


def test_a_process_that_is_too_large_is_refused(lint: Lint) -> None:
    """A path of 301 nodes would be too long for the executor's parser."""
    nodes = "".join(f'<task id="t{number}"/>' for number in range(300))
    flows = " ".join(f"t{number}>t{number + 1}" for number in range(299))
    checked = lint({"nodes": nodes, "flows": f"start>t0 {flows} t299>end"})

    assert [each.rule for each in checked.findings] == ["laufzettel/too-large"]
    assert "302" in checked.findings[0].text_de


def test_a_mistyped_variable_is_guessed(lint: Lint) -> None:
    """The finding says what was probably meant."""
    nodes = """<scriptTask id="a"><ext><zeebe:script expression="=1" resultVariable="amount"/></ext>
      </scriptTask><task id="t"/><exclusiveGateway id="g" default="g_t"/>"""
    found = lint({"nodes": nodes, "flows": "start>a a>g g>t g>end[=amuont > 1] t>end"}).findings

    expected = (
        "Die Bedingung des Pfeils „g_end“ nennt die unbekannte Variable „amuont“. "
        "Gemeint ist vielleicht „amount“."
    )
    assert [each.text_de for each in found] == [expected]


def test_a_called_process_sees_what_its_caller_hands_over(lint: Lint) -> None:
    """With propagation all variables of the caller are known, without it the inputs alone."""
    nodes = """<scriptTask id="a"><ext><zeebe:script expression="=1" resultVariable="amount"/></ext>
      </scriptTask><callActivity id="c"><ext><zeebe:calledElement processId="inner"
      propagateAllParentVariables="true" propagateAllChildVariables="false"/></ext></callActivity>"""
    root = """<process id="inner" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
      <scriptTask id="k"><ext><zeebe:script expression="=amount" resultVariable="x"/></ext></scriptTask>
      <sequenceFlow id="f" sourceRef="s" targetRef="k"/>
      <sequenceFlow id="h" sourceRef="k" targetRef="e"/></process>"""
    spec = {"nodes": nodes, "flows": "start>a a>c c>end", "root": root}
    closed = nodes.replace('ParentVariables="true"', 'ParentVariables="false"')

    assert lint(spec).findings == ()
    assert [each.element for each in lint({**spec, "nodes": closed}).findings] == ["k"]


def test_only_errors_keep_a_model_from_being_deployed(lint: Lint) -> None:
    """A warning is shown, and the definition is there."""
    nodes = '<userTask id="t"><ext><zeebe:assignmentDefinition assignee="anna"/></ext></userTask>'
    checked = lint({"nodes": nodes, "flows": "start>t t>end"})

    assert [each.severity for each in checked.findings] == [Severity.WARNING]
    assert checked.definition is not None


def test_unknown_handlers_are_not_judged_where_none_are_known(
    lint: Lint,
) -> None:
    """Without the installed handlers a model is linted all the same."""
    nodes = '<serviceTask id="t"><ext><handler type="somebody.else"/></ext></serviceTask>'
    flows = "start>t t>g g>end g>t[=whatever]"
    nodes += '<exclusiveGateway id="g" default="g_end"/>'

    assert lint({"nodes": nodes, "flows": flows}, handlers=None).findings == ()


def _line(case: dict[str, Any], build: Callable[..., str]) -> int:
    """Return the line on which the finding is to stand."""
    broken = case["broken"]
    file = case.get("file", "model.bpmn")
    text = broken["files"][file] if "file" in case else broken.get("whole") or build(broken)
    element = case.get("element", "")
    marker = case.get("at") or (f'id="{element}"' if element else "")
    return int(text.count("\n", 0, text.index(marker)) + 1)


def test_a_join_that_starves_is_found_among_thousands_of_ways(lint: Lint) -> None:
    """Twelve decisions side by side have more ways than are looked through."""
    many = range(12)
    gateways = "".join(
        f'<exclusiveGateway id="x{n}" default="x{n}_j"/><task id="a{n}"/>' for n in many
    )
    flows = " ".join(f"s>x{n} x{n}>a{n}[=1 = 1] x{n}>j a{n}>j" for n in many)
    nodes = f'<parallelGateway id="s"/>{gateways}<parallelGateway id="j"/>'

    found = lint({"nodes": nodes, "flows": f"start>s {flows} j>end"}).findings

    assert [(each.rule, each.element) for each in found] == [("laufzettel/waits-in-vain", "j")]


def test_a_step_without_a_way_out_is_no_join_that_starves(lint: Lint) -> None:
    """What is missing there other rules say."""
    nodes = '<exclusiveGateway id="g" default="nowhere"/>'

    found = lint({"nodes": nodes, "flows": "start>g"}).findings

    assert "laufzettel/waits-in-vain" not in {each.rule for each in found}
