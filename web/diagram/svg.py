"""Writing SVG: every text and every value that comes from a model passes here and is escaped.

Looks are presentation attributes and not style sheets, because a PDF shows only these and the
strict Content-Security-Policy allows no inline styles; a page's own CSS overrides them by class.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from laufzettel.web.diagram.geometry import Box, Point
from laufzettel.web.diagram.text import LEADING, SIZE

#: What a drawing looks like on paper and in a browser without our CSS; each has its class.
INK = "#171a2b"
PAPER = "#ffffff"
MUTED = "#5c6380"
BAND = "#eef0f6"


def number(value: float) -> str:
    """Return the number as SVG reads it, in hundredths.

    >>> number(12.0), number(-0.004), number(3.14159)
    ('12', '0', '3.14')
    """
    whole = round(value)
    if value == whole:
        return str(whole)
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


#: The same few words stand in most attributes.
_escaped = lru_cache(maxsize=2048)(escape)


@lru_cache(maxsize=128)
def _name(key: str) -> str:
    return {"cls": "class", "view_box": "viewBox"}.get(key) or key.replace("_", "-")


def tag(name: str, *inside: str, **attributes: str | float | None) -> str:
    """Return an element; ``None`` leaves an attribute out, ``cls`` is the class.

    >>> tag("text", escape("1 < 2"), cls="diagram-text", font_size=12, x=1.5)
    '<text class="diagram-text" font-size="12" x="1.5">1 &lt; 2</text>'
    >>> tag("rect", fill='"')
    '<rect fill="&quot;"/>'
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            text = _escaped(value) if isinstance(value, str) else number(value)
            parts.append(f'{_name(key)}="{text}"')
    head = " ".join(parts)
    return f"<{head}>{''.join(inside)}</{name}>" if inside else f"<{head}/>"


def shape(box: Box, *, radius: float = 0, **look: str | float | None) -> str:
    """Return a rectangle."""
    return tag(
        "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=radius or None, **look
    )


def line(data: str, *, width: float = 1.5, **look: str | float | None) -> str:
    """Return a path that is drawn and not filled."""
    return tag(
        "path",
        cls="diagram-line",
        d=data,
        fill="none",
        stroke=INK,
        stroke_width=width,
        stroke_linejoin="round",
        **look,
    )


def solid(data: str, **look: str | float | None) -> str:
    """Return a path that is filled and not drawn."""
    return tag("path", cls="diagram-ink", d=data, fill=INK, **look)


def reversed_out(data: str, **look: str | float | None) -> str:
    """Return a path that is filled, with its lines left white."""
    return tag("path", cls="diagram-filled", d=data, fill=INK, stroke=PAPER, stroke_width=1, **look)


def polygon(points: Iterable[Point], **look: str | float | None) -> str:
    """Return a closed outline."""
    places = " ".join(f"{number(point.x)},{number(point.y)}" for point in points)
    return tag("polygon", points=places, **look)


def texts(lines: Iterable[str], at: Point, anchor: str = "middle", **look: str | None) -> str:
    """Return lines of text, the upper border of the first at the point."""
    return "".join(
        tag(
            "text",
            escape(text),
            cls="diagram-text",
            x=at.x,
            # Eleven of fourteen: where the letters stand in their line.
            y=at.y + 11 + count * LEADING,
            font_size=SIZE,
            text_anchor=anchor,
            fill=INK,
            **look,
        )
        for count, text in enumerate(lines)
    )
