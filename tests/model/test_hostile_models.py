"""Hostile, foreign and damaged files give findings: nothing is raised, run or fetched."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laufzettel.engine.model.check import Checked, check
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules import RULES
from laufzettel.engine.model.sources import Sources, load_file

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
<process id="main" isExecutable="true"><startEvent id="s"/>
<userTask id="u" name="Anordnen"><extensionElements><zeebe:userTask/>
<zeebe:assignmentDefinition candidateGroups="=&#34;kasse&#34;"/>
<zeebe:formDefinition formId="f"/></extensionElements></userTask>
<boundaryEvent id="b" attachedToRef="u" cancelActivity="false"><timerEventDefinition>
<timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>
<exclusiveGateway id="g" default="f3"/>
<subProcess id="sub"><startEvent id="s2"/><serviceTask id="t"><extensionElements>
<zeebe:taskDefinition type="note.write"/><zeebe:ioMapping><zeebe:input source="=decision"
target="a"/></zeebe:ioMapping></extensionElements></serviceTask><endEvent id="e2"/>
<sequenceFlow id="f6" sourceRef="s2" targetRef="t"/>
<sequenceFlow id="f7" sourceRef="t" targetRef="e2"/></subProcess>
<endEvent id="e"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="u"/>
<sequenceFlow id="f2" sourceRef="u" targetRef="g"/>
<sequenceFlow id="f3" sourceRef="g" targetRef="e"/>
<sequenceFlow id="f4" sourceRef="g" targetRef="sub"><conditionExpression>=decision = "ja" and
amount &gt; 1</conditionExpression></sequenceFlow>
<sequenceFlow id="f5" sourceRef="sub" targetRef="u"/>
<sequenceFlow id="f8" sourceRef="b" targetRef="e"/>
</process><message id="m" name="x"/></definitions>"""
FORM = b'{"id": "f", "components": [{"type": "textfield", "key": "decision"}]}'
QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def lint_bytes(data: bytes, form: bytes = FORM) -> Checked:
    """Return what is said of one model with one form."""
    return check(Sources(files={"model.bpmn": data, "forms/f.form": form}), handlers={})


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when anything opens a socket."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a model reached for the network")

    monkeypatch.setattr(socket, "socket", refuse)


def test_every_hostile_model_is_refused_in_german(
    shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None
) -> None:
    """No canary file appears, nothing is fetched, and the reason is written out."""
    monkeypatch.chdir(tmp_path)
    hostile = sorted((shared_dir / "attack-corpus" / "bpmn").glob("*.bpmn"))
    assert len(hostile) >= 11

    for path in hostile:
        checked = check(load_file(path), handlers={})
        errors = [each for each in checked.findings if each.severity is Severity.ERROR]
        assert errors, path.name
        assert all(each.text_de and each.remedy_de for each in errors)
        assert checked.definition is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("script_dunder_escape", "code-in-script"),
        ("script_env_exfil", "code-in-script"),
        ("script_memory_bomb", "code-in-script"),
        ("script_money_float", "code-in-script"),
        ("duplicate_ids", "duplicate-id"),
        ("xinclude_file", "unreadable-file"),
        ("billion_laughs", "unreadable-file"),
        ("xxe_http", "unreadable-file"),
    ],
)
def test_a_hostile_model_is_refused_for_its_own_reason(
    shared_dir: Path, name: str, rule: str
) -> None:
    """The finding names what was tried."""
    path = shared_dir / "attack-corpus" / "bpmn" / f"{name}.bpmn"

    assert f"laufzettel/{rule}" in {f.rule for f in check(load_file(path), handlers={}).findings}


def test_every_reference_model_is_read_and_named(shared_dir: Path) -> None:
    """The exchange models of the OMG group give findings with lines, never an exception."""
    models = sorted((shared_dir / "data" / "bpmn").rglob("*.bpmn"))
    assert len(models) >= 12

    for path in models:
        checked = check(load_file(path), handlers=None)
        refused = any(each.severity is Severity.ERROR for each in checked.findings)
        assert refused == (checked.definition is None), path.name
        assert all(each.line >= 1 and each.rule in RULES for each in checked.findings)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("B.2.0", "unsupported-event"),
        ("B.2.0", "endless-marker"),
        ("B.2.0", "no-collection"),
        ("C.8.0", "unsupported-extension"),
    ],
)
def test_what_a_reference_model_uses_beyond_us_is_refused_by_name(
    shared_dir: Path, name: str, refused: str
) -> None:
    """The rule names the element instead of passing through it."""
    path = shared_dir / "data" / "bpmn" / "Reference" / f"{name}.bpmn"

    rules = {each.rule for each in check(load_file(path), handlers=None).findings}
    assert f"laufzettel/{refused}" in rules


def test_a_version_of_thousands_of_digits_is_read_as_none() -> None:
    """Python converts no more than 4300 of them, and would raise."""
    version = 'zeebe:modelerTemplate="laufzettel.user-task" zeebe:modelerTemplateVersion="{}"'
    text = MODEL.decode().replace(
        '<userTask id="u"', f'<userTask id="u" {version.format("9" * 5000)}'
    )

    found = {each.rule for each in lint_bytes(text.encode()).findings}

    assert "laufzettel/outdated-template" in found


def test_the_undamaged_model_has_only_the_findings_it_should() -> None:
    """The starting point of the damage below."""
    found = {each.rule.removeprefix("laufzettel/") for each in lint_bytes(MODEL).findings}

    assert found == {"execution-platform", "unknown-handler"}


@QUIET
@given(st.integers(min_value=0, max_value=len(MODEL)))
def test_a_truncated_model_gives_findings(length: int) -> None:
    """Half an upload is named, not raised."""
    assert lint_bytes(MODEL[:length]).findings


@QUIET
@given(
    st.lists(
        st.tuples(st.integers(min_value=0, max_value=len(MODEL) - 1), st.binary(max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_model_gives_findings(damage: list[tuple[int, bytes]]) -> None:
    """Any bytes in any place are named, not raised."""
    data = bytearray(MODEL)
    for place, content in damage:
        data[place : place + 1] = content
    lint_bytes(bytes(data))


WORDS = ["main", "s", "u", "b", "g", "sub", "e", "f1", "f3", "", "nichts", "=1", "t", "s2", "e2"]
PIECES = ["startEvent", "endEvent", "userTask", "boundaryEvent", "exclusiveGateway", "subProcess"]
PIECES += ["parallelGateway", "eventBasedGateway", "callActivity", "transaction", "process"]
PIECES += ["intermediateCatchEvent", "intermediateThrowEvent", "receiveTask", "sequenceFlow"]


@QUIET
@given(st.data())
def test_a_rearranged_model_gives_findings(data: st.DataObject) -> None:
    """Well-formed nonsense (ids, references, kinds swapped) is linted to the end."""
    text = MODEL.decode()
    for _ in range(data.draw(st.integers(1, 6))):
        old = f'"{data.draw(st.sampled_from(WORDS))}"'
        text = text.replace(
            old, f'"{data.draw(st.sampled_from(WORDS))}"', data.draw(st.integers(1, 3))
        )
        kind = data.draw(st.sampled_from(PIECES))
        text = text.replace(kind, data.draw(st.sampled_from(PIECES)))
    lint_bytes(text.encode())


@QUIET
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "type", "key", "components", "validate", "values", "conditional"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_as_a_form_gives_findings(content: Any) -> None:
    """A form file of any shape is named, not raised."""
    import json

    form = json.dumps({"id": "f", "components": content}).encode()
    lint_bytes(MODEL, form)


@pytest.mark.parametrize("size", [2 * 1024 * 1024 + 1])
def test_a_model_that_is_too_large_is_refused(size: int) -> None:
    """The bytes are not parsed."""
    found = lint_bytes(MODEL + b" " * size).findings

    assert [each.rule for each in found if each.file == "model.bpmn"] == [
        "laufzettel/unreadable-file"
    ]
    assert "höchstens 2 MB" in found[-1].text_de


def test_a_deep_model_is_refused(build: Callable[..., str]) -> None:
    """Nesting has a limit."""
    deep = "<subProcess>" * 400 + "</subProcess>" * 400

    assert "verschachtelt" in lint_bytes(build({"nodes": deep}).encode()).findings[-1].text_de


def test_nested_subprocesses_are_looked_through_once_each(build: Callable[..., str]) -> None:
    """Sixty levels would take longer than a life if each were looked through twice."""
    inner = '<task id="t"/>'
    for level in range(60):
        child = "t" if level == 0 else f"sub{level - 1}"
        inner = (
            f'<subProcess id="sub{level}"><startEvent id="s{level}"/>{inner}'
            f'<endEvent id="e{level}"/>'
            f'<sequenceFlow id="a{level}" sourceRef="s{level}" targetRef="{child}"/>'
            f'<sequenceFlow id="b{level}" sourceRef="{child}" targetRef="e{level}"/></subProcess>'
        )
    nodes = f'<exclusiveGateway id="g" default="g_end"/>{inner}'
    model = build({"nodes": nodes, "flows": "start>g g>end g>sub59[=1 = 1] sub59>g"})

    assert [each.rule for each in lint_bytes(model.encode()).findings] == [
        "laufzettel/endless-loop"
    ]


def test_called_processes_are_looked_through_once_each(build: Callable[..., str]) -> None:
    """Forty processes that each call the next one twice are no explosion."""

    def call(name: str, process: str) -> str:
        return (
            f'<callActivity id="{name}"><ext><zeebe:calledElement processId="{process}" '
            'propagateAllParentVariables="true" propagateAllChildVariables="true"/></ext>'
            "</callActivity>"
        )

    def process(level: int) -> str:
        after = call(f"x{level}", f"p{level + 1}") + call(f"y{level}", f"p{level + 1}")
        after = after if level < 39 else f'<task id="x{level}"/><task id="y{level}"/>'
        flows = [("s", "x"), ("x", "y"), ("y", "e")]
        return (
            f'<process id="p{level}" isExecutable="true"><startEvent id="s{level}"/>{after}'
            f'<endEvent id="e{level}"/>'
            + "".join(
                f'<sequenceFlow id="{a}{b}{level}" sourceRef="{a}{level}" targetRef="{b}{level}"/>'
                for a, b in flows
            )
            + "</process>"
        )

    root = "".join(process(level) for level in range(40))
    model = build({"nodes": call("c", "p0"), "flows": "start>c c>end", "root": root})

    assert lint_bytes(model.encode()).findings == ()


@pytest.mark.parametrize(
    ("part", "things"),
    [
        ('<task id="t{0}"/>', "Schritte"),
        ('<sequenceFlow id="f{0}" sourceRef="start" targetRef="end"/>', "Pfeile"),
    ],
)
def test_a_model_that_is_too_rich_is_refused_before_it_is_judged(
    build: Callable[..., str], part: str, things: str
) -> None:
    """Ten thousand elements are counted, not compared with each other."""
    nodes = "".join(part.format(number) for number in range(10_000))
    found = lint_bytes(build({"nodes": nodes}).encode()).findings

    assert [each.rule for each in found] == ["laufzettel/too-large"]
    assert things in found[0].text_de


def test_thousands_of_mappings_are_refused(build: Callable[..., str]) -> None:
    """Rows of one element are bounded too."""
    rows = "".join(f'<in source="=a{number}" target="b{number}"/>' for number in range(5000))
    nodes = f'<task id="t"><ext><io>{rows}</io></ext></task>'
    found = lint_bytes(build({"nodes": nodes, "flows": "start>t t>end"}).encode()).findings

    assert [(each.rule, each.element) for each in found] == [("laufzettel/too-large", "t")]
