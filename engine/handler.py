"""What handlers import: the three decorators, their contexts, and the errors they raise.

A handler is one typed function (inline, work) or one class (effect). Its signature is its
contract: parameter names and types are what models map, ``results`` what they get back.

>>> from decimal import Decimal
>>> @inline("demo.double", results=("twice",))
... def double(step: Inline, *, number: Decimal) -> Values:
...     return {"twice": number * 2}
>>> double.contract.parameters["number"].type
'Decimal'
"""

from __future__ import annotations

import inspect
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Final, Literal, Protocol, TypeVar

import sqlalchemy as sa

from laufzettel.engine.execution.pending import GuardFailedError, NotAllowedError, Pending, Write
from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec
from laufzettel.engine.outbox.numbers import last_number, next_number
from laufzettel.engine.tasks.duties import Required, Signed, require_signatures, signatures
from laufzettel.errors import LaufzettelError
from laufzettel.identity import Actor
from laufzettel.money import Money

__all__ = [
    "CLEAR",
    "BpmnError",
    "Clear",
    "Consignment",
    "Contents",
    "Decided",
    "Decisions",
    "Effect",
    "Facets",
    "GuardFailedError",
    "Handlers",
    "HeldParcel",
    "Inline",
    "NotAllowedError",
    "NotSentError",
    "Parcel",
    "Pending",
    "Refused",
    "Services",
    "Signed",
    "Start",
    "StartCase",
    "UndecidedError",
    "Values",
    "Work",
    "effect",
    "inline",
    "last_number",
    "next_number",
    "work",
]

T = TypeVar("T")
#: What a handler gives back: values by the declared result names.
Values = Mapping[str, Any]


class BpmnError(Exception):
    """Ein fachlicher Fehler, den das Modell mit einem Fehlerereignis auffangen kann."""

    def __init__(self, code: str, text_de: str) -> None:
        super().__init__(text_de)
        self.code = code
        self.text_de = text_de


class Refused(BpmnError):
    """Der Empfänger hat abgelehnt."""


class NotSentError(LaufzettelError):
    """Es wurde sicher nichts gesendet; der Versand wird wiederholt."""

    retryable = True


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


class UndecidedError(LaufzettelError):
    """Eine Entscheidung (DMN) ergibt keinen Wert."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """One effect inside a parcel."""

    effect_id: str
    key: str  # the idempotency key, unique for ever
    case_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes out at once over a channel: a gapless number and the exact bytes."""

    tenant: str
    channel: str
    number: int
    created_at: datetime
    data: bytes
    sha256: str
    previous_sha256: str | None  # of the parcel with the number before
    consignments: Sequence[Consignment]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldParcel:
    """What a peer says that it holds under a number, for the Abgleich after a restore."""

    data: bytes
    created_at: datetime
    keys: Mapping[str, str]  # idempotency key of each consignment -> what it is, in German
    total: Money | None = None
    #: Gapless numbers of ours that the peer has seen: sequence -> the highest.
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The packed bytes of a parcel and its sum, if it has one."""

    data: bytes
    total: Money | None = None


class Effect(ABC):
    """A handler that talks to the outside, through the outbox and never directly.

    ``key`` and ``payload`` are fixed in the step that reaches the activity; ``pack`` runs
    in a write transaction and must be deterministic; ``send`` and ``query`` run outside.
    """

    name: ClassVar[str]
    channel: ClassVar[str]
    results: ClassVar[tuple[str, ...]] = ()
    parcel_max: ClassVar[int] = 1  # most effects in one parcel
    requires_duties: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1  # of the signature
    label: ClassVar[str] = ""  # German name of the element template
    contract: ClassVar[HandlerContract]

    def __init__(self, services: Services) -> None:
        self.services = services

    @abstractmethod
    def prepare(self, step: Inline, **parameters: Any) -> tuple[str, Mapping[str, Any]]:
        """Return (idempotency key, payload) from the business record."""

    @abstractmethod
    def pack(self, parcel: Parcel) -> Contents:
        """Return the bytes that go out; ``parcel.data`` is still empty."""

    @abstractmethod
    def send(self, parcel: Parcel) -> Values:
        """Send once. Raises NotSentError or Refused; anything else means *unknown*."""

    @abstractmethod
    def query(self, parcel: Parcel) -> Values | None:
        """Ask the peer: the result if it has the parcel, None if it surely has not.

        Raises LaufzettelError when the peer cannot say; the parcel stays unknown.
        """

    def confirmed(self, parcel: Parcel) -> Values:
        """Return the result of a parcel that, as a person says, has arrived."""
        return {}

    def last_number(self, tenant: str) -> int | None:
        """Ask the peer for the highest number it holds of the tenant; None: it keeps none.

        A peer that keeps none must take a key that it has already for what it is, or be able
        to say so when ``query`` asks. Raises LaufzettelError when it cannot be reached.
        """
        return None

    def held(self, tenant: str, number: int) -> HeldParcel | None:
        """Ask the peer what it holds under the number; None for nothing."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A registered inline or work handler."""

    contract: HandlerContract
    call: Callable[..., Values]


#: Turns a typed function into a registered handler.
Decorator = Callable[[Callable[..., Values]], Handler]


def inline(
    name: str, *, results: Iterable[str] = (), version: int = 1, label: str = ""
) -> Decorator:
    """Register a handler that runs inside the step (≤ 5 ms, no file, network or clock).

    What it wanted written is forgotten when it raises, a BpmnError too.
    """
    return _register(name, HandlerKind.INLINE, tuple(results), version, label)


def work(name: str, *, results: Iterable[str] = (), version: int = 1, label: str = "") -> Decorator:
    """Register a handler that runs as a job outside any transaction; repeating is harmless."""
    return _register(name, HandlerKind.WORK, tuple(results), version, label)


def effect(cls: type[Effect]) -> type[Effect]:
    """Register an effect class."""
    cls.contract = HandlerContract(
        name=cls.name,
        kind=HandlerKind.EFFECT,
        parameters=_parameters(cls.prepare),
        results=cls.results,
        has_query=True,
        requires_duties=cls.requires_duties,
        version=cls.version,
        label=cls.label,
        summary=_summary(cls),
    )
    return cls


def _register(
    name: str, kind: HandlerKind, results: tuple[str, ...], version: int, label: str
) -> Decorator:
    def wrap(call: Callable[..., Values]) -> Handler:
        contract = HandlerContract(
            name=name,
            kind=kind,
            parameters=_parameters(call),
            results=results,
            version=version,
            label=label,
            summary=_summary(call),
        )
        return Handler(contract=contract, call=call)

    return wrap


def _summary(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _parameters(call: Callable[..., Any]) -> dict[str, ParamSpec]:
    hints = typing.get_type_hints(call)
    found = {}
    for parameter in inspect.signature(call).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            kind, is_optional = _plain_type(hints[parameter.name])
            required = parameter.default is inspect.Parameter.empty and not is_optional
            found[parameter.name] = ParamSpec(type=kind.__name__, required=required)
    return found


def _plain_type(hint: Any) -> tuple[type, bool]:
    """Return (type, may be None) of an annotation like ``date | None``."""
    if isinstance(hint, types.UnionType):
        rest = [arm for arm in typing.get_args(hint) if arm is not type(None)]
        return _plain_type(rest[0])[0], True
    origin = typing.get_origin(hint)
    return (origin if isinstance(origin, type) else hint), False


class Handlers:
    """All handlers of an installation by the name that models use."""

    def __init__(self, modules: Iterable[types.ModuleType], services: Services) -> None:
        self.services = services
        self._functions: dict[str, Handler] = {}
        self._effects: dict[str, Effect] = {}
        for module in modules:
            for value in _handlers_in(module):
                self._add(value)

    def _add(self, value: Handler | type[Effect]) -> None:
        if isinstance(value, Handler):
            self._check_new(value.contract.name)
            self._functions[value.contract.name] = value
        else:
            self._check_new(value.name)
            self._effects[value.name] = value(self.services)

    def _check_new(self, name: str) -> None:
        if name in self.contracts:
            raise ValueError(f"two handlers are called {name}")

    @property
    def contracts(self) -> dict[str, HandlerContract]:
        """The contract of every handler, for lint and element templates."""
        functions = {name: handler.contract for name, handler in self._functions.items()}
        return functions | {name: effect.contract for name, effect in self._effects.items()}

    def function(self, name: str) -> Handler:
        """Return the inline or work handler of that name."""
        return self._functions[name]

    def effect(self, name: str) -> Effect:
        """Return the effect of that name."""
        return self._effects[name]

    def effects(self) -> list[Effect]:
        """Return every effect."""
        return list(self._effects.values())


@cache
def _handlers_in(module: types.ModuleType) -> tuple[Handler | type[Effect], ...]:
    """Return what a module registers; looked for once, however often it is composed."""
    found = vars(module).values()
    return tuple(v for v in found if isinstance(v, Handler) or _is_effect_of(v, module))


def _is_effect_of(value: Any, module: types.ModuleType) -> bool:
    is_effect = inspect.isclass(value) and issubclass(value, Effect) and "contract" in vars(value)
    return is_effect and value.__module__ == module.__name__
