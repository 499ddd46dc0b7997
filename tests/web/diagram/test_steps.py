"""The list of steps says what the drawing shows."""

from __future__ import annotations

from tests.web.diagram.sketch import ELEMENTS, SHIPPED, SIMPLE, flow, model

from laufzettel.web.diagram import Onward, Step, StepState, steps


def names(source: bytes) -> list[str]:
    """Return the names of the steps in their order."""
    return [step.name for step in steps(source, {})]


def test_a_step_has_name_kind_state_and_where_it_leads() -> None:
    listed = steps(SIMPLE, {"begin": StepState.DONE, "check": StepState.ACTIVE})

    assert listed[:2] == [
        Step(
            id="begin",
            name="Eingang",
            kind="Beginn",
            state=StepState.DONE,
            onward=(Onward(name="", target="Rechnung prüfen", target_id="check"),),
        ),
        Step(
            id="check",
            name="Rechnung prüfen",
            kind="Aufgabe einer Person",
            state=StepState.ACTIVE,
            onward=(Onward(name="", target="Fertig", target_id="end"),),
        ),
    ]


def test_it_reads_as_sentences() -> None:
    listed = steps(
        SIMPLE,
        {"begin": StepState.DONE, "check": StepState.INCIDENT},
    )

    assert [step.text for step in listed] == [
        "Eingang (Beginn): erledigt. Weiter: Rechnung prüfen.",
        "Rechnung prüfen (Aufgabe einer Person): Störung. Weiter: Fertig.",
        "Fertig (Ende).",
    ]


def test_it_needs_no_drawing() -> None:
    assert steps(model(ELEMENTS), {}) == steps(SIMPLE, {})


def test_without_a_drawing_the_neighbourhood_is_listed_all_the_same() -> None:
    listed = steps(model(ELEMENTS), {}, around=["begin", "gone"])

    assert [step.name for step in listed] == ["Eingang", "Rechnung prüfen"]


def test_steps_stand_in_the_order_of_their_way_and_not_of_the_file() -> None:
    source = model(
        '<endEvent id="e" name="E"/><task id="c" name="C"/><task id="b" name="B"/>'
        '<startEvent id="s" name="S"/><exclusiveGateway id="x" name="X"/>'
        + flow("f1", "s", "x")
        + flow("f2", "x", "b", 'name="ja"')
        + flow("f3", "x", "c", 'name="nein"')
        + flow("f4", "b", "e")
        + flow("f5", "c", "e")
    )

    assert names(source) == ["S", "X", "B", "C", "E"]
    assert steps(source, {})[1].text == "X (Entscheidung). Weiter: ja: B; nein: C."


def test_a_loop_keeps_its_way_in_first() -> None:
    source = model(
        '<task id="b" name="B"/><task id="a" name="A"/><startEvent id="s" name="S"/>'
        + flow("f1", "s", "a")
        + flow("f2", "a", "b")
        + flow("f3", "b", "a")
    )

    assert names(source) == ["S", "A", "B"]


def test_a_circle_that_nothing_leads_into_is_listed_too() -> None:
    source = model(
        '<task id="a" name="A"/><task id="b" name="B"/>'
        + flow("f1", "a", "b")
        + flow("f2", "b", "a")
    )

    assert names(source) == ["A", "B"]


def test_a_join_without_name_is_passed_unless_a_case_waits_there() -> None:
    source = model(
        '<task id="a" name="A"/><parallelGateway id="j"/><task id="b" name="B"/>'
        + flow("f1", "a", "j")
        + flow("f2", "j", "b")
    )

    assert [step.text for step in steps(source, {})] == ["A (Aufgabe). Weiter: B.", "B (Aufgabe)."]
    assert [step.name for step in steps(source, {"j": StepState.ACTIVE})] == [
        "A",
        "Parallele Wege",
        "B",
    ]


def test_joins_in_a_circle_do_not_hang_it() -> None:
    source = model(
        '<task id="a" name="A"/><exclusiveGateway id="x"/><exclusiveGateway id="y"/>'
        + flow("f1", "a", "x")
        + flow("f2", "x", "y")
        + flow("f3", "y", "x")
    )

    assert steps(source, {})[0].text == ("A (Aufgabe). Weiter: Verzweigung oder Zusammenführung.")


def test_what_lies_in_a_sub_process_follows_it_one_deeper() -> None:
    source = model(
        '<subProcess id="s" name="Prüfung"><task id="t" name="Innen"/></subProcess>'
        '<task id="u" name="Danach"/>' + flow("f", "s", "u")
    )

    assert [(step.name, step.depth) for step in steps(source, {})] == [
        ("Prüfung", 0),
        ("Innen", 1),
        ("Danach", 0),
    ]


def test_an_event_on_a_border_follows_its_step_and_names_it() -> None:
    source = model(
        '<boundaryEvent id="b" name="Nach 3 Tagen" attachedToRef="t"><timerEventDefinition/>'
        '</boundaryEvent><task id="t" name="Prüfen"/>'
    )

    assert [step.text for step in steps(source, {})] == [
        "Prüfen (Aufgabe).",
        "Nach 3 Tagen (Randereignis: Zeit, an „Prüfen“).",
    ]


def test_lanes_are_named_with_their_steps() -> None:
    source = model(
        '<laneSet><lane id="l" name="Stadtkasse"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
        '<task id="t" name="Buchen"/>'
    )

    assert [step.text for step in steps(source, {})] == [
        "Buchen (Aufgabe, Stadtkasse).",
        "Stadtkasse (Bahn).",
    ]


def test_notes_and_messages_are_in_it() -> None:
    source = model(
        '<task id="t" name="Buchen"/><textAnnotation id="n"><text>Nur mit Beleg</text>'
        '</textAnnotation><association id="a" sourceRef="t" targetRef="n"/>',
        beside='<collaboration><participant id="bank" name="Bank"/>'
        '<messageFlow id="m" name="Auftrag" sourceRef="t" targetRef="bank"/></collaboration>',
    )

    assert [step.text for step in steps(source, {})] == [
        "Buchen (Aufgabe). Weiter: Nachrichtenfluss Auftrag: Bank; Verbindung: Nur mit Beleg.",
        "Bank (Beteiligter).",
        "Nur mit Beleg (Anmerkung).",
    ]


def test_the_shipped_model_reads_from_receipt_to_payment() -> None:
    listed = names(SHIPPED)

    assert listed[:3] == ["Rechnung eingegangen", "Formal prüfen", "Von Hand erfassen?"]
    assert listed.index("Auszahlung anordnen") < listed.index("An das HKR übergeben")
    assert "Verzweigung oder Zusammenführung" not in listed
    assert len(listed) == 74  # of 92; 18 gateways only join
