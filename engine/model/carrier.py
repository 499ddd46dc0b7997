"""A process that does nothing but hold a decision: so that a tenant can have one of its own.

It is drawn as ``examples/zustaendigkeit/model.bpmn`` is: start, business rule task, end.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from laufzettel.engine.dmn import read_model
from laufzettel.engine.dmn.source import Table
from laufzettel.engine.model.sources import MAIN, Sources

_BPMN: Final = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" \
xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" \
xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" \
xmlns:modeler="http://camunda.org/schema/modeler/1.0" id={definitions} \
targetNamespace="urn:laufzettel:bpmn" modeler:executionPlatform="Camunda Cloud" \
modeler:executionPlatformVersion="8.8.0">
  <bpmn:process id={process} name={title} isExecutable="true">
    <bpmn:documentation>{about}</bpmn:documentation>
    <bpmn:extensionElements>
      <zeebe:properties>
        <zeebe:property name="laufzettel:variables" value={variables} />
      </zeebe:properties>
    </bpmn:extensionElements>
    <bpmn:startEvent id="asked" name="Gefragt">
      <bpmn:outgoing>to_decide</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="to_decide" sourceRef="asked" targetRef="decide" />
    <bpmn:businessRuleTask id="decide" name={title}>
      <bpmn:extensionElements>
        <zeebe:calledDecision decisionId={decision} resultVariable="answer" \
bindingType="deployment" />
      </bpmn:extensionElements>
      <bpmn:incoming>to_decide</bpmn:incoming>
      <bpmn:outgoing>to_answered</bpmn:outgoing>
    </bpmn:businessRuleTask>
    <bpmn:sequenceFlow id="to_answered" sourceRef="decide" targetRef="answered" />
    <bpmn:endEvent id="answered" name="Beantwortet">
      <bpmn:incoming>to_answered</bpmn:incoming>
    </bpmn:endEvent>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement={process}>
      <bpmndi:BPMNShape id="asked_shape" bpmnElement="asked">
        <dc:Bounds x="162" y="102" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="decide_shape" bpmnElement="decide">
        <dc:Bounds x="248" y="80" width="110" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="answered_shape" bpmnElement="answered">
        <dc:Bounds x="408" y="102" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_decide_edge" bpmnElement="to_decide">
        <di:waypoint x="198" y="120" />
        <di:waypoint x="248" y="120" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_answered_edge" bpmnElement="to_answered">
        <di:waypoint x="358" y="120" />
        <di:waypoint x="408" y="120" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
_ABOUT: Final = (
    "Trägt die Entscheidung eines Mandanten und schlägt in ihr nach. Andere Prozesse fragen die "
    "Entscheidung selbst."
)


def carried(file: str, dmn: bytes, decision: str) -> Sources:
    """Return a bundle of the DMN file alone, in a process that is called as the file is."""
    process = file.rpartition("/")[2].removesuffix(".dmn")
    model = read_model(file, dmn)
    found = next((one for one in model.decisions if one.key[1] == decision), None)
    table = found.logic if found and isinstance(found.logic, Table) else None
    names = [one.expression.text.strip() for one in table.inputs] if table else []
    texts = {
        "definitions": f"{process}_definitions",
        "process": process,
        "title": (found.name if found else "") or decision,
        "decision": decision,
        "variables": ", ".join(name for name in names if name.isidentifier()),
    }
    quoted = {name: quoteattr(text) for name, text in texts.items()}
    bpmn = _BPMN.format(**quoted, about=escape(_ABOUT))
    return Sources(files={MAIN: bpmn.encode(), f"{process}.dmn": dmn})
