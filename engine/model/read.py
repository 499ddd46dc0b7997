"""Safe reading: BPMN bytes become ``source`` dataclasses with line numbers.

Nothing is judged here but whether the bytes are BPMN at all; what cannot be run is kept
and refused by the lint, by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.engine.model import source
from laufzettel.engine.model.vocabulary import (
    BPMN,
    DRAWING,
    KINDS,
    MODELER,
    REFUSED_ELEMENTS,
    SCOPES,
    SILENT,
    STANDARD_LOOP,
    TIMERS,
    ZEEBE,
)

#: Largest BPMN file, in bytes.
SIZE_MAX: Final = 2 * 1024 * 1024

_SECRET: Final = re.compile(r"\{\{\s*secrets\.")
_PREFIXES: Final = {ZEEBE: "zeebe:", MODELER: "modeler:"}
_REFS: Final = ("messageRef", "errorRef", "signalRef", "escalationRef", "activityRef")
#: Root elements that events refer to -> the attribute by which they are compared.
_NAMED: Final = {"error": "errorCode", "escalation": "escalationCode", "signal": "name"}
_ROOT_SILENT: Final = frozenset(
    {"process", "collaboration", "message", "error", "signal", "escalation", "itemDefinition"}
    | {"category", "extensionElements", "documentation", "resource"}
)


def read_bpmn(name: str, data: bytes) -> source.File:
    """Return what the file says; a file that cannot be read says why.

    >>> read_bpmn("model.bpmn", b"<a/>").problem.kind
    'not-bpmn'
    """
    try:
        root = safe_xml.parse(data, size_max=SIZE_MAX)
    except safe_xml.UnsafeXmlError as error:
        return _failed(name, "unsafe-xml", str(error), "The file is refused for safety.")
    except safe_xml.NotXmlError as error:
        return _failed(name, "not-xml", str(error), "The file is not well-formed XML.")
    if root.tag != f"{{{BPMN}}}definitions":
        text = "Die Datei ist kein BPMN-2.0-Modell."
        return _failed(name, "not-bpmn", text, "The file is not a BPMN 2.0 model.")
    return _file(name, root)


def _failed(name: str, kind: str, text_de: str, text_en: str) -> source.File:
    line = re.search(r"Zeile (\d+)", text_de)
    problem = source.Problem(
        kind=kind, text_de=text_de, text_en=text_en, line=int(line.group(1)) if line else 1
    )
    return source.File(name=name, problem=problem)


def _file(name: str, root: etree._Element) -> source.File:
    processes = tuple(_process(each, name) for each in _children(root, "process"))
    return source.File(
        name=name,
        platform=root.get(f"{{{MODELER}}}executionPlatform", ""),
        platform_version=root.get(f"{{{MODELER}}}executionPlatformVersion", ""),
        processes=processes,
        messages={each.id: each for each in map(_message, _children(root, "message"))},
        named={
            each.id: each
            for tag, attribute in _NAMED.items()
            for each in (_named(one, attribute) for one in _children(root, tag))
        },
        ids=tuple(_ids(root)),
        secrets=tuple(_secrets(root)),
        unreferenced=tuple(
            source.Stray(tag=_local(each), line=_line(each))
            for each in root
            if _is_bpmn(each) and _local(each) not in _ROOT_SILENT
        ),
    )


def _process(element: etree._Element, file: str) -> source.Process:
    lanes = _lanes(element)
    process = _id(element)
    nodes = [_node(each, file, process, lanes) for each in _flow_nodes(element)]
    flows = [_flow(each, file, process) for each in element.iter(f"{{{BPMN}}}sequenceFlow")]
    return source.Process(
        id=process,
        name=_name(element),
        line=_line(element),
        file=file,
        tag="process",
        extensions=_extensions(element),
        foreign=_foreign(element),
        executable=element.get("isExecutable", "false").strip() in ("true", "1"),
        nodes=tuple(nodes),
        flows=tuple(flows),
        strays=tuple(_strays(element)),
    )


def _flow_nodes(element: etree._Element) -> Iterator[etree._Element]:
    return (each for each in element.iter() if _is_bpmn(each) and _is_node(_local(each)))


def _is_node(tag: str) -> bool:
    return tag in KINDS or tag in REFUSED_ELEMENTS


def _node(element: etree._Element, file: str, process: str, lanes: dict[str, str]) -> source.Node:
    return source.Node(
        id=_id(element),
        name=_name(element),
        line=_line(element),
        file=file,
        tag=_local(element),
        extensions=_extensions(element),
        foreign=_foreign(element),
        scope=_scope(element),
        process=process,
        attributes={key: value for key, value in _attributes(element).items() if key != "id"},
        events=tuple(_events(element)),
        loop=next((_loop(each) for each in element if _is_loop(each)), None),
        code=bool(_children(element, "script")),
        strays=tuple(_strays(element)),
        lane=lanes.get(_id(element), ""),
    )


def _scope(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else _id(parent)


def _flow(element: etree._Element, file: str, process: str) -> source.Flow:
    conditions = _children(element, "conditionExpression")
    return source.Flow(
        id=_id(element),
        name=_name(element),
        line=_line(element),
        file=file,
        tag="sequenceFlow",
        extensions=_extensions(element),
        foreign=_foreign(element),
        source=_reference(element, "sourceRef"),
        target=_reference(element, "targetRef"),
        scope=_scope(element),
        process=process,
        condition=(conditions[0].text or "").strip() if conditions else None,
        language=conditions[0].get("language", "") if conditions else "",
    )


def _events(element: etree._Element) -> Iterator[source.EventDefinition]:
    for each in element:
        if _is_bpmn(each) and _local(each).endswith("EventDefinition"):
            timer = next((child for child in each if _local(child) in TIMERS), None)
            yield source.EventDefinition(
                tag=_local(each),
                line=_line(each),
                ref=next((ref for key in _REFS if (ref := _reference(each, key))), ""),
                timer="" if timer is None else _local(timer),
                text=_text(each, "condition") if timer is None else (timer.text or "").strip(),
                link=each.get("name", "").strip(),
            )
    if _local(element) in ("receiveTask", "sendTask") and _reference(element, "messageRef"):
        yield source.EventDefinition(
            tag="messageEventDefinition",
            line=_line(element),
            ref=_reference(element, "messageRef"),
        )


def _message(element: etree._Element) -> source.Message:
    key = next((e.get("correlationKey") for e in _extensions(element) if _is_key(e)), "")
    return source.Message(
        id=_id(element), name=_name(element), line=_line(element), correlation_key=key
    )


def _is_key(extension: source.Extension) -> bool:
    return extension.tag == "zeebe:subscription"


def _named(element: etree._Element, attribute: str) -> source.Named:
    return source.Named(
        id=_id(element),
        name=_name(element),
        key=element.get(attribute, "").strip(),
        line=_line(element),
    )


def _loop(element: etree._Element) -> source.Loop:
    found = (each for each in _extensions(element) if each.tag == "zeebe:loopCharacteristics")
    return source.Loop(
        tag=_local(element),
        line=_line(element),
        sequential=element.get("isSequential", "").strip() in ("true", "1"),
        extension=next(found, None),
        completion=_text(element, "completionCondition"),
        condition=_text(element, "loopCondition"),
        test_before=element.get("testBefore", "").strip() in ("true", "1"),
        maximum=element.get("loopMaximum", "").strip(),
        foreign=tuple(_foreign_to(element)),
    )


def _foreign_to(loop: etree._Element) -> Iterator[str]:
    """Yield what the marker carries and its kind has not (BPMN 2.0.2 §§ 13.3.6, 13.3.7)."""
    is_standard = _local(loop) == STANDARD_LOOP
    own = "loopCondition" if is_standard else "completionCondition"
    known = ("extensionElements", "documentation", own)
    yield from (_local(each) for each in loop if _local(each) not in known)
    if not is_standard:
        yield from (name for name in ("loopMaximum", "testBefore") if name in loop.attrib)


def _text(element: etree._Element, child: str) -> str:
    """Return the text of the first child of that name."""
    return next(((each.text or "").strip() for each in _children(element, child)), "")


def _extensions(element: etree._Element) -> tuple[source.Extension, ...]:
    return tuple(
        _extension(each) for outer in _children(element, "extensionElements") for each in outer
    )


def _extension(element: etree._Element) -> source.Extension:
    namespace = _namespace(element)
    prefix = _PREFIXES.get(namespace, f"{{{namespace}}}")
    # Foreign trees may be large and have no effect: only their root is kept.
    children = tuple(map(_extension, element)) if prefix == "zeebe:" else ()
    return source.Extension(
        tag=prefix + _local(element),
        line=_line(element),
        attributes=_attributes(element),
        children=children,
    )


def _strays(element: etree._Element) -> Iterator[source.Stray]:
    """Yield the BPMN children that are neither read nor mere drawing."""
    for each in element:
        tag = _local(each)
        inner = _is_node(tag) and _local(element) in SCOPES
        known = tag in SILENT or inner or tag.endswith("EventDefinition")
        if _is_bpmn(each) and not known and not _is_loop(each):
            yield source.Stray(tag=tag, line=_line(each))


def _is_loop(element: etree._Element) -> bool:
    return _local(element).endswith("LoopCharacteristics")


def _lanes(element: etree._Element) -> dict[str, str]:
    """Return node id -> name of its innermost lane."""
    lanes: dict[str, str] = {}
    for lane in element.iter(f"{{{BPMN}}}lane"):
        for ref in _children(lane, "flowNodeRef"):
            lanes[(ref.text or "").strip()] = _name(lane)
    return lanes


def _ids(root: etree._Element) -> Iterator[tuple[str, int]]:
    """Yield every id of the model; the drawing's shapes have their own."""
    for child in root:
        if _namespace(child) not in DRAWING:
            for each in child.iter(f"{{{BPMN}}}*"):
                if (found := each.get("id")) is not None:
                    yield found, _line(each)


def _secrets(root: etree._Element) -> Iterator[int]:
    # XPath finds the few candidates in C; a model has thousands of attributes.
    found = root.xpath('//*[text()[contains(., "{{")] or @*[contains(., "{{")]]')
    for each in found if isinstance(found, list) else ():
        if isinstance(each, etree._Element) and any(map(_SECRET.search, _texts(each))):
            yield _line(each)


def _texts(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    yield from (child.tail or "" for child in element)
    yield from map(str, element.attrib.values())


def _children(element: etree._Element, tag: str) -> list[etree._Element]:
    return element.findall(f"{{{BPMN}}}{tag}")


def _attributes(element: etree._Element) -> dict[str, str]:
    """Return the attributes; those of a namespace keep its short prefix."""
    return {_short(str(key)): str(value) for key, value in element.attrib.items()}


def _foreign(element: etree._Element) -> tuple[str, ...]:
    """Return the attributes of namespaces that we do not read."""
    names = map(str, element.attrib)
    return tuple(each for each in names if each.startswith("{") and each == _short(each))


def _short(key: str) -> str:
    for namespace, prefix in _PREFIXES.items():
        key = key.replace(f"{{{namespace}}}", prefix)
    return key


def _reference(element: etree._Element, attribute: str) -> str:
    """Return the id that a QName attribute names, without its prefix."""
    return element.get(attribute, "").strip().rpartition(":")[2]


def _id(element: etree._Element) -> str:
    return element.get("id", "").strip()


def _name(element: etree._Element) -> str:
    return " ".join(element.get("name", "").split())


def _line(element: etree._Element) -> int:
    line: object = element.sourceline  # the stubs do not know its type
    return line if isinstance(line, int) else 0


def _is_bpmn(element: etree._Element) -> bool:
    return _namespace(element) == BPMN


def _namespace(element: etree._Element) -> str:
    tag = str(element.tag)
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
