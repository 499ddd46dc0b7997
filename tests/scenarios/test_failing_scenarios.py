"""A scenario that does not hold says so: the step, what was expected, what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from laufzettel.app import App
from laufzettel.scenarios.read import read_file
from laufzettel.scenarios.report import result_lines
from laufzettel.scenarios.run import Bench, Course, Result
from laufzettel.scenarios.scenario import Aspect, Given, Place, Scenario, Step
from laufzettel.scenarios.tour import Mode, Tour, differences
from laufzettel.scenarios.world import World

Play = Callable[..., Result]

INVOICE = Path(__file__).resolve().parents[2] / "bpmn" / "eingangsrechnung"
HEAD = "scenario: A\ngiven: {invoice: {amount: 349.86}}\nsteps:\n"
CERTIFY = """  - complete: certify
    by: yilmaz
    with: {decision: feststellen, cost_center: "5400", gl_account: "523100"}
"""

FAILING = {
    "another task": (
        "  - expect: {tasks: [order]}\n",
        ("tasks", "element=„order“", "element=„certify“"),
    ),
    "a task too many": ("  - expect: {tasks: []}\n", ("tasks", "nichts", "element=„certify“")),
    "another amount": (
        "  - expect: {tasks: [{element: certify, amount: 349.87}]}\n",
        ("tasks", "element=„certify“, amount=349.87", "element=„certify“, amount=349.86"),
    ),
    "another variable": (
        "  - expect: {variables: {verdict: rejected}}\n",
        ("variables: verdict", "„rejected“", "„accepted“"),
    ),
    "a text is no number": (
        '  - expect: {variables: {gross_amount: "349.86"}}\n',
        ("variables: gross_amount", "„349.86“", "349.86"),
    ),
    "a missing variable": (
        "  - expect: {variables: {verdikt: accepted}}\n",
        ("variables: verdikt", "„accepted“", "gibt es nicht"),
    ),
    "another way": (
        "  - expect: {path: [register, validate]}\n",
        (
            "path: „validate“ fehlt an dieser Stelle",
            "„register“, „validate“",
            (
                "„invoice_received“, „validate“, „needs_capture“, „formally_correct“, "
                "„join_register“, „register“, "
                "„duplicate_suspected“, „join_route“, „needs_look“, „join_looked“, „decide_unit“, "
                "„route“, „join_certify“, „responsible“, „separate“, „certify“"
            ),
        ),
    ),
    "a way to be avoided": (
        "  - expect: {avoids: [route]}\n",
        ("avoids", "nicht besucht", "„route“"),
    ),
    "another record": (
        "  - expect: {records: {invoice: {stage: ordered}}}\n",
        ("records: invoice", "stage=„ordered“", "stage=„registered“"),
    ),
    "no such task": (
        "  - complete: order\n    by: brandt\n",
        (
            "Schritt",
            "der Schritt gelingt",
            "Bei „order“ ist keine Aufgabe offen. Offen sind: certify.",
        ),
    ),
    "refused": (
        "  - complete: certify\n    by: okafor\n    with: {decision: feststellen}\n",
        (
            "Schritt",
            "der Schritt gelingt",
            ("abgelehnt: „Sachlich und rechnerisch feststellen“ ist Ihnen nicht zugewiesen."),
        ),
    ),
    "not refused": (
        f"{CERTIFY}    refused: Befugnis\n",
        ("refused", "„Befugnis“", "nicht abgelehnt"),
    ),
    "refused with other words": (
        "  - claim: certify\n    by: okafor\n    refused: Befugnis\n",
        (
            "refused",
            "„Befugnis“",
            "„„Sachlich und rechnerisch feststellen“ ist Ihnen nicht zugewiesen.“",
        ),
    ),
    "no such case": (
        "  - case: zweite\n    expect: {tasks: []}\n",
        ("case", "„zweite“", "gibt es nicht; es gibt 1"),
    ),
    "no such incident": (
        "  - retry: validate\n",
        (
            "Schritt",
            "der Schritt gelingt",
            "Bei „validate“ ist keine Störung offen. Offen sind: keine.",
        ),
    ),
    "an incident that nobody expects": (
        "  - handler: order.prepare\n    fails: kaputt\n" + CERTIFY,
        ("incidents", "nichts", "element=„prepare_order“"),
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_the_difference_is_told(case: str, play: Play) -> None:
    steps, (what, expected, found) = FAILING[case]

    result = play(HEAD + steps)

    (failure,) = result.failures
    assert failure.mode is Mode.STRAIGHT
    assert (failure.difference.what, failure.difference.expected) == (what, expected)
    assert failure.difference.found == found


def test_a_failure_is_reported_with_its_step_and_line(play: Play, tmp_path: Path) -> None:
    result = play(HEAD + CERTIFY + "    expect: {tasks: [certify]}\n")

    assert list(result_lines(result)) == [
        "FEHLER       A",
        f"  {tmp_path / 'scenario.yaml'}:7: Schritt 1, am Stück",
        "    tasks",
        "    erwartet: element=„certify“",
        "    gefunden: element=„order“",
    ]


def test_the_example_of_the_manual_holds(play: Play) -> None:
    manual = (INVOICE / "tests" / "README.md").read_text("utf-8")
    example = manual.partition("```yaml\n")[2].partition("```")[0]

    result = play(example)

    assert result.is_ok, "\n".join(result_lines(result))


def test_an_incident_stays_expected_until_a_step_says_otherwise(play: Play) -> None:
    result = play(
        HEAD
        + "  - handler: order.prepare\n    fails: kaputt\n"
        + CERTIFY
        + "    expect: {incidents: [{element: prepare_order, code: auftrag_gescheitert}]}\n"
        + "  - advance: P1D\n"
        + "  - handler: order.prepare\n    works: true\n"
        + "  - retry: prepare_order\n    expect: {incidents: [], tasks: [order]}\n"
    )

    assert result.is_ok, "\n".join(result_lines(result))


def test_a_sample_invoice_is_left_out_where_there_are_no_rules(
    plain_bench: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "scenario: A\ngiven: {invoice: {sample: gut.xml}}\nsteps: [{expect: {tasks: []}}]\n"
    )

    result = Course(INVOICE, plain_bench).run(read_file(file)[0])

    assert not result.is_ok
    assert list(result_lines(result)) == [
        "ausgelassen  A (die amtlichen Prüfregeln sind nicht eingerichtet)"
    ]


def test_everything_is_composed_anew_between_the_steps(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never in the run that is straight, and in the other before every step but the first."""
    apps: list[object] = []
    compose = World._compose

    def noted(world: World) -> App:
        app = compose(world)
        apps.append(app)
        return app

    monkeypatch.setattr(World, "_compose", noted)

    result = play(HEAD + CERTIFY + "  - advance: P1D\n  - expect: {tasks: [order]}\n")

    assert result.is_ok
    assert len(apps) == 1 + 4


def _tour(mode: Mode, *variables: dict[str, str]) -> Tour:
    return Tour(mode=mode, views=[_seen(one) for one in variables])


def _seen(variables: dict[str, str]) -> dict[Aspect, object]:
    nothing: dict[Aspect, object] = {aspect: [] for aspect in Aspect}
    return nothing | {Aspect.VARIABLES: variables}


ID, OTHER = "01m84tdfwevdyyg5gc1wdtaykq", "01m84tdjqfe6k62n2e0x639vmw"


def test_what_a_restart_changes_is_a_failure() -> None:
    """Ids differ from run to run; which is which must not."""
    place = Place(file=Path("a.yaml"), line=3)
    scenario = Scenario(
        title="A", place=place, given=Given(), steps=(Step(place=place, act=None),) * 2
    )
    straight = _tour(Mode.STRAIGHT, {"a": ID}, {"a": ID, "b": f"order:{OTHER}"})
    same = _tour(Mode.ANEW, {"a": OTHER}, {"a": OTHER, "b": f"order:{ID}"})
    swapped = _tour(Mode.ANEW, {"a": OTHER}, {"a": OTHER, "b": f"order:{OTHER}"})

    assert differences(straight, same, scenario) == []
    (failure,) = differences(straight, swapped, scenario)
    assert failure.difference.what == "variables nach einem Neustart"
    assert (failure.difference.expected, failure.difference.found) == (
        "a=„#1“, b=„order:#2“",
        "a=„#1“, b=„order:#1“",
    )
