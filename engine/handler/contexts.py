"""What a handler is given: services, decisions, a snapshot, and what it wants written."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, Protocol, TypeVar

import sqlalchemy as sa

from laufzettel.engine.execution.pending import Pending, Write
from laufzettel.engine.tasks.duties import Required, Signed, require_signatures, signatures
from laufzettel.identity import Actor
from laufzettel.money import Money

T = TypeVar("T")
#: What a handler gives back: values by the declared result names.
Values = Mapping[str, Any]


class Services:
    """What handlers need from outside (stores, pools, ports), by type.

    >>> services = Services()
    >>> services.add(Clock := type("Clock", (), {}), Clock())
    >>> isinstance(services.get(Clock), Clock)
    True
    """

    def __init__(self) -> None:
        self._by_type: dict[type, Any] = {}

    def add(self, kind: type[T], service: T) -> None:
        """Offer ``service`` to every handler that asks for ``kind``."""
        self._by_type[kind] = service

    def get(self, kind: type[T]) -> T:
        """Return the service; a missing one is an error of the composition root."""
        if kind not in self._by_type:
            raise LookupError(f"no service {kind.__name__} was composed")
        return typing.cast(T, self._by_type[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a decision came to, and which text it was."""

    value: Any
    sha256: str  # of the file that decided
    rules: Sequence[Sequence[int]]  # of each table, the rules that matched


class Decisions(Protocol):
    """The newest decisions of a tenant (DMN), for a handler whose model need not name them."""

    def decide(
        self,
        connection: sa.Connection,
        tenant: str,
        decision: str,
        variables: Values,
        *,
        now: datetime,
    ) -> Decided | None:
        """Return what the tenant's newest decision of that id says; None where there is none.

        Raises UndecidedError where it has no trustworthy value.
        """
        ...


class Clear(Enum):
    """Says that a facet has no value any more, where None would leave the one it has."""

    CLEAR = "clear"


CLEAR: Final = Clear.CLEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What lists filter and sort by; None leaves the column as it is, CLEAR empties it."""

    subject: str | None = None
    party: str | None = None
    amount: Money | None = None
    unit: str | None = None
    act_by: datetime | Literal[Clear.CLEAR] | None = None  # last moment to act still
    outer_date: datetime | Literal[Clear.CLEAR] | None = None  # the date behind it
    stake: Money | Literal[Clear.CLEAR] | None = None  # what is lost when act_by passes
    confidential: bool | None = None
    remarks: str | None = None  # codes with commas: finding=BR-DE-15, duplicate, bank_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A case to begin."""

    process_id: str
    business_key: str  # the business object, e.g. invoice:01hf…
    variables: Mapping[str, Any]
    facets: Facets = field(default_factory=Facets)
    version_tag: str = ""  # of the model; without one the version pinned, else the newest


class StartCase(Protocol):
    """How a case begins: ``Engine.start``, for those who may not import the engine's verbs."""

    def __call__(self, actor: Actor, start: Start, within: Write | None = None) -> str:
        """Begin a case and return its id; ``within`` writes in the same transaction."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An audit event: ids, codes and amounts in ``data``, names and prose in ``texts``."""

    kind: str
    data: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Context:
    tenant: str
    case_id: str
    business_key: str
    element: str
    now: datetime
    services: Services
    records: Pending  # business records to write; the step's handlers see each other's
    entries: list[Entry] = field(default_factory=list)
    facets: list[Facets] = field(default_factory=list)

    def service(self, kind: type[T]) -> T:
        """Return the service of that type."""
        return self.services.get(kind)

    def write(self, call: Write) -> None:
        """Have ``call(connection)`` run in the step's write transaction.

        A lost compare-and-set leaves nothing of it. Raise GuardFailedError there to have
        the step computed again (a guard), anything else to stop it.
        """
        self.records.writes.append(call)

    def set_facets(self, **facets: Any) -> None:
        """Set facet columns of the case and of the tasks it opens from now on."""
        self.facets.append(Facets(**facets))

    def audit(self, kind: str, data: Mapping[str, Any], **texts: str) -> None:
        """Write an audit event with the step."""
        self.entries.append(Entry(kind=kind, data=data, texts=texts))


@dataclass(slots=True, kw_only=True)
class Inline(_Context):
    """The context of an inline handler: a snapshot to read, a list of writes to come."""

    connection: sa.Connection  # read-only
    actor: Actor  # whose act led here
    _required: list[Required] = field(default_factory=list)

    def require_signed(
        self, *duties: str, by: str | None = None, since: datetime | None = None
    ) -> None:
        """Have the step refused unless every duty is signed, in this step at the latest.

        ``by`` asks for this person's signature, ``since`` for one that is not older.
        """
        required = self._required
        if not required:  # all that this handler asks for is looked for once
            self.write(lambda connection: require_signatures(connection, self.case_id, required))
        required += (Required(duty, by, since) for duty in duties)


@dataclass(slots=True, kw_only=True)
class Work(_Context):
    """The context of a work handler: no transaction is open while it runs."""

    attempt: int
    read: Callable[[], AbstractContextManager[sa.Connection]]  # a snapshot for a short look

    def signatures(self) -> Sequence[Signed]:
        """Return who signed which duty about the case's business object, the latest last."""
        with self.read() as connection:
            return signatures(connection, self.case_id)
