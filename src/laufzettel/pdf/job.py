"""What is to be drawn, and how it gets through the pipe to the process that draws.

One line of JSON, then the bytes of assets and attachments one after the other: nothing that
the receiving side would have to execute to read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

#: Names of assets and attachments: no folder, no space, nothing that a URL would encode.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Variant(StrEnum):
    """The kind of PDF that is made; each allows attachments of any type."""

    A_3B = "pdf/a-3b"  # looks the same for ever
    A_3U = "pdf/a-3u"  # and its text can be searched and copied
    A_3A = "pdf/a-3a"  # and is tagged, for screen readers


class Relationship(StrEnum):
    """What an attachment is to the page (AFRelationship, ISO 32000-2, 7.11.3)."""

    SOURCE = "Source"  # the page was made from it
    DATA = "Data"  # the page shows some of it
    ALTERNATIVE = "Alternative"  # it says the same, for programs
    SUPPLEMENT = "Supplement"  # it says more


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside the PDF."""

    name: str  # as readers show it; see NAME
    data: bytes
    changed_at: datetime  # PDF/A-3 demands it; aware
    relationship: Relationship = Relationship.SUPPLEMENT
    description: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"not a name of an attachment: {self.name!r}")
        if self.changed_at.tzinfo is None:
            raise ValueError("changed_at needs a zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawJob:
    """One page to be drawn, with all it may use.

    >>> job = DrawJob(html="<p>Größe 5 €", css="", variant=Variant.A_3B, assets={"logo.png": b"x"})
    >>> DrawJob.from_bytes(job.to_bytes()) == job
    True
    """

    html: str
    css: str
    variant: Variant
    assets: Mapping[str, bytes] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        for name in self.assets:
            if not NAME.fullmatch(name):
                raise ValueError(f"not a name of an asset: {name!r}")
        names = [each.name for each in self.attachments]
        if len(names) != len(set(names)):
            raise ValueError(f"two attachments with one name: {names}")

    def to_bytes(self) -> bytes:
        """Return the job as it goes through the pipe."""
        head = {
            "html": self.html,
            "css": self.css,
            "variant": self.variant,
            "assets": [[name, len(data)] for name, data in self.assets.items()],
            "attachments": [_described(each) for each in self.attachments],
        }
        blobs = [*self.assets.values(), *(each.data for each in self.attachments)]
        # ASCII JSON: a lone surrogate in a text comes through and does not stop the pipe.
        return b"".join([json.dumps(head).encode(), b"\n", *blobs])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the job that came through the pipe."""
        line, _, rest = data.partition(b"\n")
        head = json.loads(line)
        sizes = [size for _, size in head["assets"]]
        sizes += [each["size"] for each in head["attachments"]]
        blobs = _cut(rest, sizes)
        return cls(
            html=head["html"],
            css=head["css"],
            variant=Variant(head["variant"]),
            assets={name: next(blobs) for name, _ in head["assets"]},
            attachments=tuple(_attachment(each, next(blobs)) for each in head["attachments"]),
        )


def _described(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "size": len(attachment.data),
        "changed_at": attachment.changed_at.astimezone(UTC).isoformat(),
        "relationship": attachment.relationship,
        "description": attachment.description,
    }


def _attachment(described: Mapping[str, Any], data: bytes) -> Attachment:
    return Attachment(
        name=described["name"],
        data=data,
        changed_at=datetime.fromisoformat(described["changed_at"]),
        relationship=Relationship(described["relationship"]),
        description=described["description"],
    )


def _cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
