"""XML from nested tuples, so that a writer reads like the file it writes."""

from __future__ import annotations

from typing import Any

from lxml import etree


class XmlWriter:
    """Builds elements from nested tuples: (name, text), (name, text, attributes), (name, parts)."""

    def __init__(self, root: str, namespaces: dict[str | None, str]) -> None:
        self._namespaces = namespaces
        self.root = etree.Element(root, nsmap=namespaces)

    def write(self, parts: list[Any]) -> bytes:
        """Return the document with these parts; parts without content are left out."""
        for part in parts:
            self._append(self.root, part)
        etree.indent(self.root)
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True)

    def _append(self, parent: etree._Element, part: Any) -> None:
        name, content, *attributes = part
        if content in ("", []):
            return
        prefix, local = name.split(":")
        element = etree.SubElement(parent, f"{{{self._namespaces[prefix]}}}{local}", *attributes)
        if isinstance(content, list):
            for child in content:
                self._append(element, child)
        else:
            element.text = str(content)
