"""Effects: the handlers that talk to the outside, through the outbox."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from laufzettel.engine.handler.contexts import Inline, Services, Values
from laufzettel.engine.model.contract import HandlerContract
from laufzettel.money import Money


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
