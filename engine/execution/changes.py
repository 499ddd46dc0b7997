"""What a step computed and has still to write; plain values, no database.

The step's write transaction turns each list into rows (``step``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from laufzettel.engine.execution.timing import Cycle
from laufzettel.engine.handler import Entry, Facets


class WaitKind(StrEnum):
    """What a waiting token waits for; stored with the case."""

    USER = "user"  # a person completes the task
    WORK = "work"  # a job runs the handler
    EFFECT = "effect"  # the outbox tells the outcome
    MESSAGE = "message"  # a subscription to a message
    SIGNAL = "signal"  # a subscription to a signal
    TIMER = "timer"  # a job that is due later
    CALL = "call"  # cases of their own that it has called
    CONDITION = "condition"  # a condition to become true; looked at after each step
    ERROR = "error"  # an event that happens only by being thrown at
    HELD = "held"  # its element could not start; an incident is open, a retry starts it
    SPENT = "spent"  # nothing more: a timer that has fired beside its activity
    GATEWAY = "gateway"  # the same before a decision or behind a subprocess


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A user task to be offered."""

    activation: str
    element: str
    name: str
    form: str
    duties: tuple[str, ...]
    assignee: str | None
    groups: tuple[str, ...]
    users: tuple[str, ...]
    due: datetime | None
    follow_up: datetime | None
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """A work handler to be run as a job."""

    activation: str
    element: str
    handler: str
    arguments: Mapping[str, Any]  # JSON-ready
    max_attempts: int
    priority: int = 0  # higher runs first within its tenant; 0 is usual


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEffect:
    """An effect to be put into the outbox."""

    activation: str
    element: str
    handler: str
    channel: str
    key: str
    payload: Mapping[str, Any]  # JSON-ready
    requires: tuple[str, ...] = ()  # duties that must be signed before it goes out
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTimer:
    """A timer to be set."""

    activation: str
    due: datetime
    cycle: Cycle | None = None  # where it fires again


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """Cases of their own to be called, one an item."""

    activation: str
    process_id: str
    total: int
    in_turn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A message or a signal to be awaited."""

    activation: str
    name: str
    key: str  # empty for a signal
    is_signal: bool = False
    is_shared: bool = False  # others may wait for the same; the oldest gets the first message


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message the model throws."""

    activation: str
    name: str
    key: str
    payload: Mapping[str, Any]  # JSON-ready


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignal:
    """A signal the model throws."""

    activation: str
    name: str
    payload: Mapping[str, Any]  # JSON-ready
    #: What began to wait in this very step before it was thrown; whoever comes later is deaf
    #: to it, for signals are not kept (BPMN 2.0.2 § 13.5.1).
    heard_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision that was made, with how it came about."""

    activation: str
    element: str
    decision: str
    sha256: str  # of the file that decided
    record: Mapping[str, Any]  # JSON-ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a token was held; becomes an incident."""

    activation: str
    element: str
    code: str
    cause: str
    detail: str = ""


@dataclass(slots=True)
class Changes:
    """Everything one step leads to."""

    tasks: list[NewTask] = field(default_factory=list)
    work: list[NewWork] = field(default_factory=list)
    effects: list[NewEffect] = field(default_factory=list)
    timers: list[NewTimer] = field(default_factory=list)
    subscriptions: list[NewSubscription] = field(default_factory=list)
    calls: list[NewCall] = field(default_factory=list)
    messages: list[NewMessage] = field(default_factory=list)
    signals: list[NewSignal] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    #: (activation, kind) of what waited before and waits no more.
    gone: list[tuple[str, str]] = field(default_factory=list)
    decisions: list[NewDecision] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    facets: list[Facets] = field(default_factory=list)
    #: Of these, what its trigger has ended itself.
    done: set[str] = field(default_factory=set)
    #: Activations that began to wait in this step.
    started: set[str] = field(default_factory=set)
    #: Whether the step stopped at its bound and goes on by a job.
    unfinished: bool = False

    def extend(self, other: Changes) -> None:
        """Take over what one element's start has led to."""
        waiting = frozenset(one.activation for one in self.subscriptions if one.is_signal)
        self.signals.extend(replace(thrown, heard_by=waiting) for thrown in other.signals)
        for name in (*_LISTS, "messages", "decisions", "entries", "facets"):
            getattr(self, name).extend(getattr(other, name))

    def leave(self, activation: str, kind: str) -> None:
        """Note that a token waits no more; what it began in this very step is forgotten.

        Otherwise a task would be offered, or an effect sent, that nobody waits for.
        """
        if activation not in self.started:
            self.gone.append((activation, kind))
            return
        for name in _LISTS:
            kept = [one for one in getattr(self, name) if one.activation != activation]
            setattr(self, name, kept)


#: What lasts as long as its activation waits.
_LISTS = ("tasks", "work", "effects", "timers", "calls", "subscriptions", "troubles")
