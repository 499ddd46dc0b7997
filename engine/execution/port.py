"""The port behind which a process is executed: a few verbs, no SpiffWorkflow words.

A token interpreter could take SpiffWorkflow's place without anyone noticing. The port
knows tokens only: it has no variables, no clock and no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol

from laufzettel.engine.model.definition import Definition
from laufzettel.errors import LaufzettelError


class Unevaluable(LaufzettelError):
    """Ein Ausdruck des Modells ist nicht auswertbar."""

    def __init__(self, element: str, text_de: str) -> None:
        super().__init__(text_de)
        self.element = element
        self.text_de = text_de


class Unmovable(LaufzettelError):
    """Für eine Stelle des Vorgangs gibt es im anderen Modell keinen Platz."""

    def __init__(self, element: str, text_de: str) -> None:
        super().__init__(text_de)
        self.element = element


@dataclass(frozen=True, slots=True)
class Waiting:
    """A token that waits: ``activation`` names this visit of ``element`` within the case.

    ``scope`` names the subprocess instance the element lives in ("" for the process
    itself). ``held`` is the reason when the token could not go on by itself. ``lacks`` names
    the elements before a join from which nothing comes any more (``strand``).
    """

    activation: str
    element: str
    scope: str
    held: str = ""
    lacks: tuple[str, ...] = ()


#: Ending of the names of scopes that belong to an item of a repeated activity.
ITEM: Final = "i"


@dataclass(frozen=True, slots=True)
class Scope:
    """A place for variables: a subprocess instance, or one item of a repeated activity.

    ``item`` counts the items from 1; 0 is a subprocess instance.
    """

    element: str
    above: str  # the scope around it
    item: int = 0


class After(Enum):
    """What follows when one item of a repeated activity is done."""

    NOTHING = auto()  # it is not repeated, or the other items are under way
    ANOTHER = auto()  # the next item begins
    STOP = auto()  # the items under way are stopped, no further one begins


class Host(Protocol):
    """Who owns the case's data; asked while tokens move."""

    def decide(self, flow: str, scope: str) -> bool:
        """Return whether the condition of the sequence flow holds; may raise Unevaluable."""
        ...

    def leave(self, scope: str) -> After:
        """Take over what a subprocess leaves behind, just before its activity completes.

        May raise Unevaluable; then the activity is held and asked to leave again later.
        """
        ...

    def repeat(self, element: str, scope: str) -> int:
        """Return how many items of a repeated activity begin at once, 0 for none.

        ``scope`` is that of the repetition. May raise Unevaluable; then the token is held.
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

    def complete(self, activation: str, after: After = After.NOTHING) -> None:
        """Let the activity be done; raises KeyError when it does not wait any more."""
        ...

    def fire(self, activation: str) -> None:
        """Let the event happen; raises KeyError when nothing waits for it any more.

        A boundary event that does not interrupt waits again, under a new activation.
        """
        ...

    def catcher(self, activation: str, matches: Callable[[str], bool]) -> Waiting | None:
        """Return the nearest event that catches what the activity throws; None if none does.

        Looked at are, outwards: the boundary of each activity around, then the starts of the
        event subprocesses beside it. ``matches`` says for an event's id whether it catches.
        """
        ...

    def stop(self) -> None:
        """Take every token away: nothing is left to do."""
        ...

    def retry(self, activation: str) -> None:
        """Try a held token again."""
        ...

    def scope(self, name: str) -> Scope:
        """Return the living scope of that name; raises KeyError when it is no more."""
        ...

    def scopes(self) -> set[str]:
        """Return the names of all living scopes but the process's own."""
        ...

    def place(self, element: str, scope: str) -> None:
        """Let a new token arrive at the element, in that scope or in a subprocess begun there."""
        ...

    def drop(self, token: str) -> None:
        """Take a waiting token away, or a whole subprocess by its scope; raises KeyError."""
        ...

    def strand(self) -> bool:
        """Let joins look once more, or their tokens be seen to wait; False where nothing changes.

        For a case in which nothing else can happen. Such tokens pass when others come.
        """
        ...

    def starving(self) -> set[str]:
        """Return the gateways at which a token waits, or will, for one that cannot come."""
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

    def adopt(self, state: Any, origin: Executor, names: Mapping[str, str]) -> Any:
        """Return the state that a case of ``origin`` has here; every activation keeps its name.

        ``names`` has the element of this definition for each of that one; what is not named
        is called the same. Raises Unmovable for a token that has no place here.
        """
        ...


#: Makes the executor of a definition.
ExecutorFactory = Callable[[Definition], Executor]
