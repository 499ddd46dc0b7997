"""Dividing a stack: which pages are an invoice of their own. Pure rules, no database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.errors import InputError

#: Most invoices into which a stack is divided.
PARTS_MAX: Final = 200
_SPAN: Final = re.compile(r"([1-9]\d{0,3})(?:\s*[-–]\s*([1-9]\d{0,3}))?", re.ASCII)


class StackError(InputError):
    """So lässt sich der Stapel nicht aufteilen."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Pages that follow each other, both ends included, counted from 1."""

    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        """Say whether a page belongs to both.

        >>> Span(1, 3).overlaps(Span(3, 4)), Span(1, 2).overlaps(Span(3, 4))
        (True, False)
        """
        return self.first <= other.last and other.first <= self.last

    def __contains__(self, page: int) -> bool:
        return self.first <= page <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """What changes: parts that go, and parts that come."""

    gone: tuple[Span, ...]
    made: tuple[Span, ...]


def parse_cuts(text: str) -> tuple[Span, ...]:
    """Return the pages that somebody has written down, one invoice behind the other.

    >>> [str(one) for one in parse_cuts("1-3; 4; 5–6")]
    ['1–3', '4', '5–6']
    >>> parse_cuts("3-1")
    Traceback (most recent call last):
    ...
    laufzettel.records.stacks.StackError: „3-1“ sind keine Seiten; erwartet wird zum Beispiel 1-2; 3-4.
    """
    spans: list[Span] = []
    for part in (one.strip() for one in text.split(";")):
        match = _SPAN.fullmatch(part)
        span = Span(int(match[1]), int(match[2] or match[1])) if match else None
        if span is None or span.last < span.first:
            raise StackError(
                f"„{part[:40]}“ sind keine Seiten; erwartet wird zum Beispiel 1-2; 3-4."
            )
        if spans and span.first <= spans[-1].last:
            raise StackError(
                f"Seite {span.first} steht nicht hinter Seite {spans[-1].last}; jede Seite gehört "
                "zu höchstens einer Rechnung, der Reihe nach."
            )
        spans.append(span)
    if len(spans) > PARTS_MAX:
        raise StackError(f"Aufgeteilt wird in höchstens {PARTS_MAX} Rechnungen.")
    return tuple(spans)


def write_cuts(spans: Iterable[Span]) -> str:
    """Return the spans as ``parse_cuts`` reads them."""
    return "; ".join(str(one).replace("–", "-") for one in spans)


def divide(
    wanted: Sequence[Span],
    *,
    own: Span,
    free: Collection[Span],
    fixed: Collection[Span],
    content: Collection[int],
    pages: int,
) -> Division:
    """Return what changes, or raise StackError with what to do instead.

    ``own`` is the part from whose task it is done, one of the ``free`` ones, which nobody has
    captured yet; ``fixed`` are those that stay as they are, ``content`` the pages on which
    something stands. What no wanted span touches stays as it is.

    >>> divide([Span(1, 1), Span(2, 3)], own=Span(1, 3), free=[Span(1, 3)], fixed=[],
    ...        content={1, 2, 3}, pages=3).made
    (Span(first=1, last=1), Span(first=2, last=3))
    """
    for span in wanted:
        if span.last > pages:
            raise StackError(f"Seite {span.last} gibt es nicht; der Stapel hat {pages} Seiten.")
        if any(span.overlaps(one) for one in fixed):
            raise StackError(
                f"Zu den Seiten {span} gehört eine Rechnung, die schon erfasst oder "
                "zurückgewiesen ist; sie bleibt, wie sie ist."
            )
        if not any(page in span for page in content):
            raise StackError(f"Auf den Seiten {span} steht nichts.")
    gone = tuple(
        sorted(
            one for one in free if one not in wanted and any(one.overlaps(each) for each in wanted)
        )
    )
    if own not in gone:
        raise StackError(
            "Damit ändert sich an dieser Rechnung nichts. Bitte die Seiten so angeben, dass auch "
            "ihre neu verteilt sind, oder die Aufgabe einer anderen öffnen."
        )
    lost = sorted(
        page
        for page in content
        if any(page in one for one in gone) and not any(page in span for span in wanted)
    )
    if lost:
        raise StackError(
            f"Seite {lost[0]} wäre in keiner Rechnung mehr. Jede Seite, auf der etwas steht, "
            "gehört zu einer."
        )
    return Division(gone=gone, made=tuple(span for span in wanted if span not in free))


def begin_at(
    begins: Collection[int], *, free: Iterable[Span], fixed: Collection[Span]
) -> tuple[Span, ...]:
    """Return the spans when an invoice begins at each of these pages of the free parts.

    A page between two parts (a separator sheet, its back) is nobody's; where the invoice goes on
    behind it, it lies in between. What is fixed parts two invoices as a beginning does.

    >>> begin_at({3, 6}, free=[Span(3, 4), Span(6, 7)], fixed=[])
    (Span(first=3, last=4), Span(first=6, last=7))
    >>> begin_at({3}, free=[Span(3, 4), Span(6, 7)], fixed=[])
    (Span(first=3, last=7),)
    """
    spans: list[Span] = []
    pages = sorted(page for span in free for page in range(span.first, span.last + 1))
    for page in pages:
        joined = Span(spans[-1].first, page) if spans else None
        if joined is None or page in begins or any(joined.overlaps(one) for one in fixed):
            spans.append(Span(page, page))
        else:
            spans[-1] = joined
    return tuple(spans)
