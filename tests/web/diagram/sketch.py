"""Small models for drawing, from elements and from where they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lxml import etree

ROOT: Final = Path(__file__).resolve().parents[3]
SHIPPED: Final = (ROOT / "bpmn" / "eingangsrechnung" / "model.bpmn").read_bytes()
SVG: Final = "{http://www.w3.org/2000/svg}"

_HEAD: Final = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI">"""


def model(elements: str, drawn: str = "", beside: str = "") -> bytes:
    """Return a model with one process; ``beside`` stands beside it."""
    plane = f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>{drawn}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    text = f'{_HEAD}{beside}<process id="p">{elements}</process>{plane}</definitions>'
    return text.encode()


def shape(ident: str, x: object, y: object, width: object, height: object, **said: str) -> str:
    """Return where an element stands."""
    more = "".join(f' {name}="{value}"' for name, value in said.items())
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'
    return f'<bpmndi:BPMNShape bpmnElement="{ident}"{more}>{bounds}</bpmndi:BPMNShape>'


def edge(ident: str, *points: tuple[object, object]) -> str:
    """Return where a line runs."""
    places = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<bpmndi:BPMNEdge bpmnElement="{ident}">{places}</bpmndi:BPMNEdge>'


def flow(ident: str, source: str, target: str, more: str = "", inside: str = "") -> str:
    """Return a sequence flow."""
    head = f'<sequenceFlow id="{ident}" sourceRef="{source}" targetRef="{target}" {more}'
    return f"{head}>{inside}</sequenceFlow>"


#: Begin → check → end, on one line.
ELEMENTS: Final = (
    '<startEvent id="begin" name="Eingang"/><userTask id="check" name="Rechnung prüfen"/>'
    '<endEvent id="end" name="Fertig"/>' + flow("f1", "begin", "check") + flow("f2", "check", "end")
)
DRAWN: Final = (
    shape("begin", 0, 22, 36, 36)
    + shape("check", 80, 0, 100, 80)
    + shape("end", 230, 22, 36, 36)
    + edge("f1", (36, 40), (80, 40))
    + edge("f2", (180, 40), (230, 40))
)
SIMPLE: Final = model(ELEMENTS, DRAWN)


def parsed(svg: str | None) -> etree._Element:
    """Return the root of a drawing, having checked that there is one and is well-formed."""
    assert svg is not None
    return etree.fromstring(svg)


def element(svg: str | None, ident: str) -> etree._Element:
    """Return the group of an element of the model."""
    found = [each for each in parsed(svg).iter(f"{SVG}g") if each.get("data-element") == ident]
    assert len(found) == 1, f"{ident} is drawn {len(found)} times"
    return found[0]


def written(svg: str | None) -> list[str]:
    """Return the lines of text of a drawing."""
    return [each.text or "" for each in parsed(svg).iter(f"{SVG}text")]


def paths(node: etree._Element) -> list[str]:
    """Return the data of all paths below a node."""
    return [each.get("d", "") for each in node.iter(f"{SVG}path")]


def classes(node: etree._Element) -> set[str]:
    """Return all classes below a node."""
    return {name for each in node.iter() for name in each.get("class", "").split()}
