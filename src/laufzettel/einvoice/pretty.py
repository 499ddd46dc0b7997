"""The XML of an invoice for people: indented, bounded, nothing hidden in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice.view.texts import harmless

#: Longest value that is shown whole; attachments are far longer.
VALUE_MAX: Final = 1_000
#: Most lines that are shown.
LINES_MAX: Final = 5_000
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PrettyXml:
    """XML as a page shows it; it is text and must be escaped like any other."""

    text: str
    lines: int  # of the whole
    is_cut: bool  # not all lines are here
    shortened: int  # values of which only the beginning is shown


def pretty_xml(xml: bytes, *, lines_max: int = LINES_MAX) -> PrettyXml:
    """Return the XML with one element a line, long values shortened.

    Comments and processing instructions are left out, as wherever it is read. Raises what
    ``safe_xml.parse`` raises.

    >>> print(pretty_xml(b"<a><b>1</b><!-- x --><c/></a>").text)
    <a>
      <b>1</b>
      <c/>
    </a>
    """
    root = safe_xml.parse(xml)
    shortened = sum(_shorten(element) for element in root.iter())
    etree.indent(root)
    lines = harmless(etree.tostring(root, encoding="unicode")).splitlines()
    return PrettyXml(
        text="\n".join(lines[:lines_max]),
        lines=len(lines),
        is_cut=len(lines) > lines_max,
        shortened=shortened,
    )


def _shorten(element: etree._Element) -> bool:
    """Leave the beginning of a value that is too long; say whether it was."""
    text = element.text or ""
    if len(element) > 0 or len(text) <= VALUE_MAX:
        return False
    element.text = f"{text[:_SHOWN]} … ({len(text)} Zeichen)"
    return True
