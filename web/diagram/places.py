"""Which pool and lane an element lies in, and what groups are called."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from laufzettel.web.diagram.text import cleaned
from laufzettel.web.diagram.vocabulary import BPMN, FORMS, NODES


def reference(value: str | None) -> str:
    """Return the id that a reference names, without its namespace prefix.

    >>> reference("tns:certify"), reference(None)
    ('certify', '')
    """
    return (value or "").strip().rpartition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the model says about places, by id."""

    lanes: dict[str, str]  # flow node → name of its innermost lane
    pools: dict[str, str]  # process → name of its participant
    filled: frozenset[str]  # processes with something in them
    categories: dict[str, str]  # category value → its text

    @classmethod
    def of(cls, root: etree._Element) -> Places:
        """Return the places of a model."""
        return cls(
            lanes={
                reference(held.text): cleaned(lane.get("name", ""))
                for lane in root.iter(f"{BPMN}lane")
                for held in lane.iterfind(f"{BPMN}flowNodeRef")
            },
            pools={
                reference(pool.get("processRef")): cleaned(pool.get("name", ""))
                for pool in root.iter(f"{BPMN}participant")
                if pool.get("processRef")
            },
            filled=frozenset(
                process.get("id", "")
                for process in root.iter(f"{BPMN}process")
                if any(_is_node(child) for child in process)
            ),
            categories={
                value.get("id", ""): cleaned(value.get("value", ""))
                for value in root.iter(f"{BPMN}categoryValue")
            },
        )

    def of_node(self, node: etree._Element) -> str:
        """Return the name of the lane, or else of the pool, that the element lies in."""
        if not self.lanes and not self.pools:
            return ""
        inside: etree._Element | None = node
        while inside is not None:
            ident = inside.get("id", "")
            name = self.lanes.get(ident) or self.pools.get(ident)
            if ident and name:
                return name
            inside = inside.getparent()
        return ""


def _is_node(node: etree._Element) -> bool:
    return FORMS.get(etree.QName(node).localname) in NODES
