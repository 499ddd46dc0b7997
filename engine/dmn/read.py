"""Reads a DMN file into a ``Model``: versions 1.2 to 1.5, bounded, without surprises."""

from __future__ import annotations

import hashlib
from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.engine.dmn.read_boxed import BoxReader, function
from laufzettel.engine.dmn.source import (
    Decision,
    Flaw,
    FunctionBox,
    Import,
    InputData,
    ItemDefinition,
    Key,
    Knowledge,
    Literal,
    Model,
    Service,
)
from laufzettel.engine.dmn.xml import attribute, child, children, line_of, local, slot, text_in

#: Largest DMN file, in bytes.
SIZE_MAX: Final = 2 * 1024 * 1024
#: The versions that are read (1.2 and 1.3 differ from 1.5 only by what they lack).
NAMESPACES: Final = frozenset(
    [
        "http://www.omg.org/spec/DMN/20180521/MODEL/",  # 1.2
        "https://www.omg.org/spec/DMN/20191111/MODEL/",  # 1.3
        "https://www.omg.org/spec/DMN/20211108/MODEL/",  # 1.4
        "https://www.omg.org/spec/DMN/20230324/MODEL/",  # 1.5
    ]
)
#: Components of types inside each other.
_TYPE_DEPTH_MAX: Final = 20


def read_model(file: str, data: bytes) -> Model:
    """Return what the file says; ``flaws`` hold everything that is wrong with it.

    >>> read_model("d.dmn", b"<a/>").flaws[0].code
    'not-dmn'
    """
    try:
        root = safe_xml.parse(data, size_max=SIZE_MAX)
    except (safe_xml.UnsafeXmlError, safe_xml.NotXmlError) as error:
        return _unreadable(file, "unreadable", str(error))
    namespace, _, tag = str(root.tag).removeprefix("{").rpartition("}")
    if tag != "definitions" or namespace not in NAMESPACES:
        return _unreadable(file, "not-dmn", namespace)
    return _Reader(file, root).model()


def _unreadable(file: str, code: str, reason: str) -> Model:
    flaw = Flaw(code=code, line=1, values={"reason": reason})
    return Model(file=file, namespace="", flaws=(flaw,))


def _version_tag(element: etree._Element) -> str:
    """Return the tag that a modeler for processes writes beside the decision."""
    extensions = child(element, "extensionElements")
    tag = None if extensions is None else child(extensions, "versionTag")
    return "" if tag is None else attribute(tag, "value")


class _Reader:
    """Reads one document."""

    def __init__(self, file: str, root: etree._Element) -> None:
        self._file = file
        self._root = root
        self._namespace = attribute(root, "namespace")
        self._language = attribute(root, "expressionLanguage")
        self._flaws: list[Flaw] = []

    def model(self) -> Model:
        """Return the whole file."""
        root = self._root
        parts = {
            "imports": tuple(map(self._import, children(root, "import"))),
            "types": tuple(self._type(each, 0) for each in children(root, "itemDefinition")),
            "inputs": tuple(map(self._input, children(root, "inputData"))),
            "decisions": tuple(map(self._decision, children(root, "decision"))),
            "knowledge": tuple(map(self._bkm, children(root, "businessKnowledgeModel"))),
            "services": tuple(map(self._service, children(root, "decisionService"))),
        }
        return Model(
            file=self._file,
            namespace=self._namespace,
            name=attribute(root, "name"),
            xml=etree.tostring(root, encoding="unicode"),
            sha256=hashlib.sha256(etree.tostring(root, method="c14n")).hexdigest(),
            flaws=tuple(self._flaws),
            **parts,  # type: ignore[arg-type]  # each part by its name, see above
        )

    def _import(self, element: etree._Element) -> Import:
        name = " ".join(attribute(element, "name").split())
        return Import(name=name, namespace=attribute(element, "namespace"), line=line_of(element))

    def _key(self, element: etree._Element) -> Key:
        # Ids are optional (DMN 1.5, 6.3.1): a name is as good for what stands alone.
        return self._namespace, attribute(element, "id") or attribute(element, "name")

    def _variable(self, element: etree._Element) -> tuple[str, str]:
        """Return the name and the type of the variable that the element gives."""
        variable = child(element, "variable")
        name = " ".join(attribute(element, "name").split())
        if variable is None:
            return name, ""
        found = slot(variable)
        return found.name or name, found.type_ref

    def _input(self, element: etree._Element) -> InputData:
        name, type_ref = self._variable(element)
        return InputData(
            key=self._key(element), name=name, type_ref=type_ref, line=line_of(element)
        )

    def _hrefs(self, element: etree._Element, outer: str, *inner: str) -> tuple[Key, ...]:
        """Return what the element refers to, in order: ``outer/inner@href``."""
        found = [each for parent in children(element, outer) for each in parent]
        return tuple(self._reference(each) for each in found if local(each) in inner)

    def _direct(self, element: etree._Element, name: str) -> tuple[Key, ...]:
        return tuple(map(self._reference, children(element, name)))

    def _reference(self, element: etree._Element) -> Key:
        namespace, _, found = attribute(element, "href").rpartition("#")
        return namespace or self._namespace, found

    def _reader(self, element: etree._Element) -> BoxReader:
        name = attribute(element, "name")
        language = attribute(element, "expressionLanguage") or self._language
        return BoxReader(self._key(element)[1], name, language)

    def _decision(self, element: etree._Element) -> Decision:
        name, type_ref = self._variable(element)
        reader = self._reader(element)
        logic = reader.inside(element)
        self._flaws.extend(reader.flaws)
        return Decision(
            key=self._key(element),
            name=name,
            type_ref=type_ref,
            requires=self._hrefs(
                element, "informationRequirement", "requiredInput", "requiredDecision"
            ),
            knowledge=self._hrefs(element, "knowledgeRequirement", "requiredKnowledge"),
            logic=logic,
            line=line_of(element),
            question=" ".join(text_in(element, "question").split()),
            version_tag=_version_tag(element),
        )

    def _bkm(self, element: etree._Element) -> Knowledge:
        name, type_ref = self._variable(element)
        reader = self._reader(element)
        logic = child(element, "encapsulatedLogic")
        found: FunctionBox | None = None if logic is None else function(reader, logic, 0)
        self._flaws.extend(reader.flaws)
        return Knowledge(
            key=self._key(element),
            name=name,
            type_ref=type_ref,
            knowledge=self._hrefs(element, "knowledgeRequirement", "requiredKnowledge"),
            logic=found,
            line=line_of(element),
        )

    def _service(self, element: etree._Element) -> Service:
        name, type_ref = self._variable(element)
        return Service(
            key=self._key(element),
            name=name,
            type_ref=type_ref,
            outputs=self._direct(element, "outputDecision"),
            inputs=self._direct(element, "inputData"),
            input_decisions=self._direct(element, "inputDecision"),
            line=line_of(element),
        )

    def _type(self, element: etree._Element, depth: int) -> ItemDefinition:
        parts = children(element, "itemComponent") if depth < _TYPE_DEPTH_MAX else []
        item = child(element, "functionItem")
        return ItemDefinition(
            name=" ".join(attribute(element, "name").split()),
            type_ref=text_in(element, "typeRef").strip(),
            components=tuple(self._type(each, depth + 1) for each in parts),
            is_collection=attribute(element, "isCollection") in ("true", "1"),
            allowed=self._tests(element, "allowedValues"),
            constraint=self._tests(element, "typeConstraint"),
            function_result="" if item is None else attribute(item, "outputTypeRef"),
            is_function=item is not None,
            line=line_of(element),
        )

    def _tests(self, element: etree._Element, name: str) -> Literal | None:
        found = child(element, name)
        text = "" if found is None else text_in(found)
        if found is None or not text.strip():
            return None
        inner = child(found, "text")
        return Literal(text=text, line=line_of(found if inner is None else inner))
