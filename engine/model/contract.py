"""What a model must know of a handler: its kind, parameters, results and duties.

``engine.handler`` makes these from the decorated functions; the lint checks models
against them, and a bundle keeps those it names.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class HandlerKind(StrEnum):
    """Where and how a handler runs (DESIGN decision 10)."""

    INLINE = "inline"  # inside the step; deterministic and short
    WORK = "work"  # a job: heavy, local, harmless to repeat
    EFFECT = "effect"  # a job that talks to the outside through the outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamSpec:
    """One parameter of a handler."""

    type: str  # as shown to the designer, e.g. "str", "Decimal", "date"
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerContract:
    """The promise of one handler to the models that name it.

    >>> HandlerContract(name="invoice.route", results=("unit",)).kind
    <HandlerKind.INLINE: 'inline'>
    """

    name: str
    kind: HandlerKind = HandlerKind.INLINE
    parameters: dict[str, ParamSpec] = field(default_factory=dict)
    results: tuple[str, ...] = ()
    has_query: bool = False  # an effect that can ask the peer what became of it
    requires_duties: tuple[str, ...] = ()  # duties that lie on every path before it
    version: int = 1  # of the signature; the element template carries it
    label: str = ""  # German, as the designer finds it among the templates
    summary: str = ""  # first line of the docstring


def as_data(contract: HandlerContract) -> dict[str, Any]:
    """Return the contract as plain data, as a bundle keeps it: what binds, not what describes.

    >>> sorted(as_data(HandlerContract(name="a.b", label="Etwas tun")))[:3]
    ['has_query', 'kind', 'name']
    """
    found = {**asdict(contract), "kind": contract.kind.value, "results": list(contract.results)} | {
        "requires_duties": list(contract.requires_duties)
    }
    return {name: value for name, value in found.items() if name not in ("label", "summary")}
