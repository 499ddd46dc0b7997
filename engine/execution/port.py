"""The port behind which a process is executed: a few verbs, no SpiffWorkflow words.

A token interpreter could take SpiffWorkflow's place without anyone noticing. The port
knows tokens only: it has no variables, no clock and no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from laufzettel.errors import LaufzettelError


class Unevaluable(LaufzettelError):
    """Ein Ausdruck des Modells ist nicht auswertbar."""

    def __init__(self, element: str, text_de: str) -> None:
        super().__init__(text_de)
        self.element = element
        self.text_de = text_de


@dataclass(frozen=True, slots=True)
class Waiting:
    """A token that waits: ``activation`` names this visit of ``element`` within the case.

    ``scope`` names the subprocess instance the element lives in ("" for the process
    itself). ``held`` is the reason when the token could not go on by itself.
    """

    activation: str
    element: str
    scope: str
    held: str = ""


class Host(Protocol):
    """Who owns the case's data; asked while tokens move."""

    def decide(self, flow: str, scope: str) -> bool:
        """Return whether the condition of the sequence flow holds; may raise Unevaluable."""
        ...

    def leave(self, scope: str) -> None:
        """Take over what a subprocess leaves behind, just before its activity completes.

        May raise Unevaluable; then the activity is held and asked to leave again later.
        """
        ...


class Run(Protocol):
    """One case in memory; belongs to one thread."""

    def advance(self, limit: int) -> int:
        """Move every token until all wait; return the moves left, -1 if they did not suffice."""
        ...

    def waiting(self) -> list[Waiting]:
        """Return every token that waits, in the order of arrival."""
        ...

    def complete(self, activation: str) -> None:
        """Let the activity be done; raises KeyError when it does not wait any more."""
        ...

    def fire(self, activation: str) -> None:
        """Let the event happen; raises KeyError when nothing waits for it any more.

        A boundary event that does not interrupt waits again, under a new activation.
        """
        ...

    def throw(self, activation: str, matches: Callable[[str], bool]) -> bool:
        """Raise a BPMN error at the activity; False when no boundary event catches it.

        ``matches`` says for the id of a boundary event whether it catches this error.
        """
        ...

    def retry(self, activation: str) -> None:
        """Try a held token again."""
        ...

    def scopes(self) -> dict[str, tuple[str, str]]:
        """Return the living subprocess instances: scope -> (element, parent scope)."""
        ...

    @property
    def is_done(self) -> bool:
        """Whether no token is left."""
        ...

    @property
    def end(self) -> str:
        """The end element that was reached last, "" if none."""
        ...

    def dump(self) -> Any:
        """Return the state as JSON-ready data."""
        ...


class Executor(Protocol):
    """Makes runs of one compiled definition; may be shared by threads."""

    def new(self, host: Host) -> Run:
        """Return a run whose token stands at the start."""
        ...

    def load(self, state: Any, host: Host) -> Run:
        """Return the run that ``dump`` wrote."""
        ...


#: Makes the executor of a definition: (main process id, stripped BPMN by process id).
ExecutorFactory = Callable[[str, Mapping[str, str]], Executor]
