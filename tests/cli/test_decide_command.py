"""``laufzettel decide``: a decision from the command line, with the rules that matched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.dmn.draw import decision, definitions, given, table
from tests.engine.execution.draw import drawn
from tests.second_person import deployed

from laufzettel.compose import compose
from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.identity import system
from laufzettel.settings import load


@pytest.fixture
def limits(tmp_path: Path) -> str:
    """A file with one table of two rules."""
    rules = [(["> 5000"], ['"kaemmerei"']), (["> 100"], ['"amt"'])]
    logic = table(rules, inputs=["amount"], policy="FIRST")
    file = tmp_path / "limits.dmn"
    file.write_text(definitions(given("amount"), decision("level", logic, needs=["i_amount"])))
    return str(file)


def test_a_decision_says_its_value_and_the_rules_that_matched(run: Run, limits: str) -> None:
    done = run("decide", limits, "level", "amount=200")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        '"amt"',
        '  level: "amt"  aus amount = 200',
        "    Tabelle (Zeile 3): amount = 200; zutreffende Regeln: 2",
    ]


def test_a_gap_ends_with_one_and_names_the_line(run: Run, limits: str) -> None:
    done = run("decide", limits, "level", "--payload", '{"amount": 5}')

    assert done.code == 1
    assert f"{limits}:3: Keine Regel trifft zu" in done.err


def test_the_same_as_json(run: Run, limits: str) -> None:
    found = json.loads(run("decide", limits, "level", "amount=6000", "--json").out)

    assert found["value"] == "kaemmerei"
    assert found["steps"][0]["tables"][0]["rules"] == [1]
    assert len(found["sha256"]) == 64


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x",), "Die Entscheidung „x“ gibt es nicht."),
        (("level", "amount"), "„amount“ ist keine Eingabe."),
    ],
)
def test_what_is_wrong_is_said_in_german(
    run: Run, limits: str, arguments: tuple[str, ...], said: str
) -> None:
    done = run("decide", limits, *arguments)

    assert done.code == 2
    assert said in done.err


def test_a_file_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.dmn").write_text("<a/>")

    assert "not-dmn" in run("decide", str(tmp_path / "a.dmn"), "x").err
    assert "gibt es nicht" in run("decide", str(tmp_path / "b.dmn"), "x").err


def test_the_decisions_of_a_case_are_told(run: Run) -> None:
    """What came in, what came out, by which rules of which file."""
    logic = table([(["-"], ['"amt"'])], inputs=["amount"])
    dmn = definitions(given("amount"), decision("level", logic, needs=["i_amount"])).encode()
    model = drawn("knows amount\nrule a unit = level deployment\nstart>a a>end")
    with compose(load()) as app:
        actor = system("musterstadt")
        deployed(app.engine, actor, Sources(files={**model, "decisions.dmn": dmn}))
        begin = Start(process_id="main", business_key="x:1", variables={"amount": 7})
        case_id = app.engine.start(actor, begin)

    told = run("decisions", case_id).out.splitlines()
    shown = json.loads(run("decisions", case_id, "--json").out)

    assert told[0].endswith('level (a): "amt"')
    assert told[1] == f"  Datei {shown['sha256']}"
    assert told[2:] == [
        '  level: "amt"  aus amount = 7',
        "    Tabelle (Zeile 3): amount = 7; zutreffende Regeln: 1",
    ]
    assert shown["steps"][0]["tables"][0]["rules"] == [1]


def test_a_case_without_decisions_says_so_and_an_unknown_one_is_refused(run: Run) -> None:
    with compose(load()) as app:
        actor = system("musterstadt")
        deployed(app.engine, actor, Sources(files=drawn("start>end")))
        begin = Start(process_id="main", business_key="x:1", variables={})
        case_id = app.engine.start(actor, begin)

    assert run("decisions", case_id).out == "In diesem Vorgang wurde noch nichts entschieden.\n"
    assert run("decisions", "nirgends").err == (
        "Diesen Vorgang gibt es bei diesem Mandanten nicht.\n"
    )
