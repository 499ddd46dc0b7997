"""The drawing of the invoice process: complete, readable, and true to its forms."""

from __future__ import annotations

import json
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree

from laufzettel import safe_xml

FOLDER = Path(__file__).parents[2] / "bpmn" / "eingangsrechnung"
NAMES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
}
FORM_TYPES = {"text", "textfield", "textarea", "number", "select", "radio", "checkbox", "datetime"}


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def touches(self, x: float, y: float) -> bool:
        inside = self.left <= x <= self.right and self.top <= y <= self.bottom
        return inside and (x in (self.left, self.right) or y in (self.top, self.bottom))


MODEL = safe_xml.parse((FOLDER / "model.bpmn").read_bytes())
FORMS = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("forms/*.form")}


def elements(path: str, below: etree._Element = MODEL) -> list[etree._Element]:
    return below.findall(path, NAMES)


def tag(element: etree._Element) -> str:
    return etree.QName(element).localname


FLOWS = elements(".//bpmn:sequenceFlow")
PROCESS = elements("bpmn:process")[0]
NODES = [
    each
    for each in PROCESS
    if tag(each).endswith(("Task", "Event", "Gateway")) or tag(each) == "task"
]
USER_TASKS = elements(".//bpmn:userTask")


def value(element: etree._Element, name: str) -> str:
    return str(element.attrib[name])


def identity(element: etree._Element) -> str:
    return value(element, "id")


def box(parent: etree._Element) -> Box:
    bounds = elements("dc:Bounds", parent)[0].attrib
    x, y = float(bounds["x"]), float(bounds["y"])
    return Box(x, y, x + float(bounds["width"]), y + float(bounds["height"]))


def shapes() -> dict[str, Box]:
    return {value(each, "bpmnElement"): box(each) for each in elements(".//bpmndi:BPMNShape")}


def labels() -> dict[str, Box]:
    drawn = elements(".//bpmndi:BPMNShape") + elements(".//bpmndi:BPMNEdge")
    return {
        value(each, "bpmnElement"): box(label)
        for each in drawn
        for label in elements("bpmndi:BPMNLabel", each)
    }


def waypoints() -> dict[str, list[tuple[float, float]]]:
    return {
        value(edge, "bpmnElement"): [
            (float(value(point, "x")), float(value(point, "y")))
            for point in elements("di:waypoint", edge)
        ]
        for edge in elements(".//bpmndi:BPMNEdge")
    }


def segments() -> list[tuple[str, Box]]:
    return [
        (flow, Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)))
        for flow, points in waypoints().items()
        for (ax, ay), (bx, by) in pairwise(points)
    ]


def attached() -> dict[str, str]:
    return {
        identity(each): value(each, "attachedToRef")
        for each in NODES
        if "attachedToRef" in each.attrib
    }


def form_of(task: etree._Element) -> str:
    return value(elements(".//zeebe:formDefinition", task)[0], "formId")


def fields(form: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in form["components"] if each["type"] != "text"]


def answers(flow: etree._Element) -> bool:
    """Whether a flow leaves a gateway that asks a question."""
    source = next(each for each in NODES if identity(each) == value(flow, "sourceRef"))
    return tag(source) == "exclusiveGateway" and len(elements("bpmn:outgoing", source)) > 1


def test_every_step_and_every_flow_is_drawn_exactly_once() -> None:
    drawn = [value(each, "bpmnElement") for each in elements(".//bpmndi:BPMNShape")]
    lines = [value(each, "bpmnElement") for each in elements(".//bpmndi:BPMNEdge")]

    assert sorted(drawn) == sorted(map(identity, NODES))
    assert sorted(lines) == sorted(map(identity, FLOWS))


def test_no_two_shapes_overlap_but_a_timer_on_the_border_of_its_step() -> None:
    allowed = set(attached().items())

    overlapping = {
        (one, other)
        for (one, a), (other, b) in combinations(shapes().items(), 2)
        if a.overlaps(b) and (one, other) not in allowed and (other, one) not in allowed
    }

    assert overlapping == set()


def test_no_label_lies_on_a_shape_a_line_or_another_label() -> None:
    texts = list(labels().items())
    others = list(shapes().items()) + segments()

    hidden = {(a, b) for a, one in texts for b, other in others if one.overlaps(other)}
    hidden |= {(a, b) for (a, one), (b, other) in combinations(texts, 2) if one.overlaps(other)}

    assert hidden == set()


def test_no_line_runs_through_a_shape() -> None:
    through = {
        (flow, node)
        for flow, line in segments()
        for node, shape in shapes().items()
        if shape.overlaps(line)
    }

    assert through == set()


def test_every_line_is_straight_and_docks_at_its_two_shapes() -> None:
    drawn, points = shapes(), waypoints()

    for flow in FLOWS:
        line = points[identity(flow)]
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(line)), identity(flow)
        assert drawn[value(flow, "sourceRef")].touches(*line[0]), identity(flow)
        assert drawn[value(flow, "targetRef")].touches(*line[-1]), identity(flow)


def test_only_one_pair_of_lines_crosses() -> None:
    """The return from a refusal and the formal rejection; no drawing avoids every crossing."""
    crossing = {
        frozenset((one, other))
        for (one, a), (other, b) in combinations(segments(), 2)
        if one != other
        and a.left <= b.right
        and b.left <= a.right
        and a.top <= b.bottom
        and b.top <= a.bottom
    }

    assert crossing == {frozenset(("again_to_certify", "to_join_rejection"))}


def test_the_main_line_runs_from_left_to_right_at_one_height() -> None:
    height = shapes()["invoice_received"].top + shapes()["invoice_received"].bottom
    level = {node: each for node, each in shapes().items() if each.top + each.bottom == height}
    way = sorted(level, key=lambda node: level[node].left)
    steps = {(value(flow, "sourceRef"), value(flow, "targetRef")) for flow in FLOWS}

    assert (way[0], way[-1], len(way)) == ("invoice_received", "paid_and_archived", 35)
    assert set(pairwise(way)) <= steps


def test_steps_events_questions_and_answers_have_german_names() -> None:
    asking = [
        each
        for each in NODES
        if tag(each).endswith("Gateway") and len(elements("bpmn:outgoing", each)) > 1
    ]
    others = [each for each in NODES if not tag(each).endswith("Gateway")]
    named = others + asking + [each for each in FLOWS if answers(each)]

    assert [identity(each) for each in named if not each.get("name", "").strip()] == []
    assert [identity(each) for each in asking if not value(each, "name").endswith("?")] == []


def test_an_unexpected_value_takes_the_cautious_way() -> None:
    """Only an explicit answer moves money forward; the default flow never does.

    Where two persons are asked for, the combined task is no way around: nobody can sign it.
    """
    defaults = {identity(each): each.get("default") for each in NODES if "default" in each.attrib}

    assert defaults == {
        "needs_capture": "capture_no",
        "captured": "captured_no",
        "split_wanted": "split_wanted_no",
        "split_sound": "split_again",
        "capture_sound": "capture_again",
        "formally_correct": "formal_no",
        "duplicate_suspected": "duplicate_suspected_yes",
        "duplicate_confirmed": "duplicate_confirmed_yes",
        "needs_look": "needs_look_yes",
        "findings_cleared": "findings_no",
        "responsible": "responsible_no",
        "separate": "separate_no",
        "facts_certified": "facts_no",
        "certified": "certified_no",
        "rejected_or_elsewhere": "rejected_yes",
        "ordered": "ordered_return",
        "above_limit": "above_limit_yes",
        "countersigned": "countersigned_return",
        "ledger_accepted": "ledger_no",
        "return_to_step": "return_to_certify",
    }


def test_every_other_answer_has_a_condition() -> None:
    defaults = {each.get("default") for each in NODES}
    asked = [each for each in FLOWS if answers(each) and identity(each) not in defaults]

    assert [
        identity(each) for each in asked if not elements("bpmn:conditionExpression", each)
    ] == []
    assert len(asked) == 23


def test_every_step_is_explained_in_a_sentence() -> None:
    steps = [each for each in NODES if tag(each).endswith("Task")]

    assert [identity(each) for each in steps if not elements("bpmn:documentation", each)] == []


def test_every_user_task_carries_its_duty() -> None:
    duties = {
        identity(task): elements(".//zeebe:property[@name='laufzettel:duty']", task)[0].get("value")
        for task in USER_TASKS
    }

    assert duties == {
        "capture": "erfassung",
        "check_duplicate": "keine",
        "check_findings": "keine",
        "clarify_unit": "keine",
        "certify": "sachlich,rechnerisch",
        "certify_facts": "sachlich",
        "certify_amounts": "rechnerisch",
        "order": "anordnung",
        "countersign": "mitzeichnung",
        "clarify_acknowledgement": "keine",
        "correct_accounts": "keine",
        "ask_payment": "keine",
    }


def test_a_duty_is_signed_by_the_answer_that_moves_forward_alone() -> None:
    """Giving back and rejecting sign nothing, so they bar nobody."""
    signing = {
        identity(task): mark.get("value")
        for task in USER_TASKS
        for mark in elements(".//zeebe:property[@name='laufzettel:signs']", task)
    }

    assert signing == {
        "capture": "decision=erfassen",
        "certify": "decision=feststellen",
        "certify_facts": "decision=feststellen",
        "certify_amounts": "decision=feststellen",
        "order": "decision=anordnen",
        "countersign": "decision=zeichnen",
    }


def test_no_way_to_an_order_passes_by_a_certification() -> None:
    """Both kinds of certification lead to the same question, and only they do."""
    before = {value(each, "sourceRef") for each in FLOWS if value(each, "targetRef") == "certified"}
    joined = {
        value(each, "sourceRef") for each in FLOWS if value(each, "targetRef") == "join_certified"
    }

    assert before == {"join_certified"}
    assert joined == {"certify", "certify_amounts"}


def test_only_the_preparation_of_an_order_has_an_error_that_the_drawing_catches() -> None:
    """A handover that failed is an incident, and goes out again as it is."""
    catching = [
        value(event, "attachedToRef")
        for event in elements(".//bpmn:boundaryEvent")
        if elements("bpmn:errorEventDefinition", event)
    ]

    assert catching == ["prepare_order"]
    assert elements("bpmn:error") == []


def test_only_a_refusal_of_the_ledger_leads_to_its_record() -> None:
    ways = [
        value(each, "sourceRef") for each in FLOWS if value(each, "targetRef") == "record_refusal"
    ]

    assert ways == ["ledger_accepted"]


def test_every_named_form_exists_and_every_form_is_used() -> None:
    named = {f"{form_of(task)}.form" for task in USER_TASKS}

    assert named == set(FORMS)
    assert {f"{form['id']}.form" for form in FORMS.values()} == set(FORMS)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_asks_in_german_with_help_and_ascii_keys(name: str) -> None:
    form = FORMS[name]
    keys = [each["key"] for each in fields(form)]

    assert {each["type"] for each in form["components"]} <= FORM_TYPES
    assert all(each["label"] and each["description"] for each in fields(form))
    assert all(key.isascii() and key.isidentifier() for key in keys)
    assert len(set(keys)) == len(keys)
    assert any(each.get("validate", {}).get("required") for each in fields(form))


def test_a_task_maps_every_answer_of_its_form_to_a_variable_of_the_process() -> None:
    for task in USER_TASKS:
        asked = {
            each["key"]
            for each in fields(FORMS[f"{form_of(task)}.form"])
            if not each.get("readonly")
        }
        sources = " ".join(value(each, "source") for each in elements(".//zeebe:output", task))

        assert {key for key in asked if key not in sources} == set(), identity(task)


def test_a_condition_compares_a_decision_with_an_option_that_a_form_offers() -> None:
    texts = [str(each.text) for each in elements(".//bpmn:conditionExpression")]
    compared = {text.split('"')[1] for text in texts if "_decision =" in text}

    offered = {
        option["value"]
        for form in FORMS.values()
        for field in fields(form)
        if field["key"] == "decision"
        for option in field["values"]
    }

    assert compared == {
        "erfassen",
        "aufteilen",
        "mahnung",
        "neu",
        "weiter",
        "feststellen",
        "anordnen",
        "zeichnen",
    }
    others = {"doppelrechnung", "zurueckweisen", "zurueckgeben", "nicht_zustaendig"}
    assert offered == compared | others


def test_giving_back_and_rejecting_are_never_the_same_words() -> None:
    words = json.dumps(FORMS, ensure_ascii=False)

    assert words.count("Zurückgeben (im Haus)") == 2
    assert words.count("Zurückweisen (an Lieferanten)") == 5
    assert [bad for bad in ("Ablehnen", "gültig", "Freigabe", "gebucht") if bad in words] == []
