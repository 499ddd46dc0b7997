"""The DMN files of a bundle: what they hold, for the rules and for the compiler."""

from __future__ import annotations

from dataclasses import dataclass

from laufzettel.engine.dmn.read import read_model
from laufzettel.engine.dmn.source import Model
from laufzettel.engine.model.source import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFile:
    """One DMN file, readable or not."""

    name: str
    model: Model

    @property
    def xml(self) -> str:
        """The file as text; its bytes may have declared another encoding than UTF-8."""
        return self.model.xml

    @property
    def decisions(self) -> tuple[Place, ...]:
        """The decisions as places of findings, in the order of the file."""
        return tuple(
            Place(id=each.key[1], name=each.name, line=each.line, file=self.name, tag="decision")
            for each in self.model.decisions
        )


def read_dmn(name: str, data: bytes) -> DecisionFile:
    """Return the decisions of a DMN file; what is wrong stands in the model's flaws.

    >>> [flaw.code for flaw in read_dmn("d.dmn", b"<a/>").model.flaws]
    ['not-dmn']
    """
    return DecisionFile(name=name, model=read_model(name, data))
