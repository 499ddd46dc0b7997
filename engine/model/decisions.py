"""Which decisions a DMN file holds; their content is read by ``engine.feel``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.engine.model.source import Place

#: Largest DMN file, in bytes.
SIZE_MAX: Final = 2 * 1024 * 1024
_NAMESPACE: Final = "omg.org/spec/DMN/"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFile:
    """One DMN file: its decisions, or why it cannot be read."""

    name: str
    xml: str = ""
    decisions: tuple[Place, ...] = ()
    error_de: str = ""


def read_dmn(name: str, data: bytes) -> DecisionFile:
    """Return the decisions of a DMN file.

    >>> read_dmn("d.dmn", b"<a/>").error_de
    'Die Datei ist kein DMN-Modell.'
    """
    try:
        root = safe_xml.parse(data, size_max=SIZE_MAX)
    except (safe_xml.UnsafeXmlError, safe_xml.NotXmlError) as error:
        return DecisionFile(name=name, error_de=str(error))
    tag = str(root.tag)
    if _NAMESPACE not in tag or not tag.endswith("}definitions"):
        return DecisionFile(name=name, error_de="Die Datei ist kein DMN-Modell.")
    namespace = tag[: -len("definitions")]
    decisions = tuple(
        Place(
            id=each.get("id", "").strip(),
            name=each.get("name", ""),
            line=_line(each),
            file=name,
            tag="decision",
        )
        for each in root.findall(f"{namespace}decision")
    )
    # The bytes may declare another encoding than UTF-8: the bundle keeps text.
    xml = etree.tostring(root, encoding="unicode")
    return DecisionFile(name=name, xml=xml, decisions=decisions)


def _line(element: etree._Element) -> int:
    line: object = element.sourceline  # the stubs do not know its type
    return line if isinstance(line, int) else 0
