"""Nachrichten and Signale: what programs outside tell the cases that wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from laufzettel.errors import ForbiddenError
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api.bearer import caller
from laufzettel.web.api.common import NAME, VARIABLE
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import Number, Text, Value, fill
from laufzettel.web.parts import parts

Name = Annotated[str, Text("Name, wie er im Modell steht.", most=100, pattern=NAME)]
MessageId = Annotated[
    str,
    Text("Kennung beim Absender; dieselbe noch einmal bewirkt nichts.", most=200, pattern=NAME),
]
Payload = Annotated[Mapping[str, Value], Text("Name → Wert.", most=100, pattern=VARIABLE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBody:
    """Eine Nachricht für den Vorgang, der auf Name und Schlüssel wartet."""

    name: Name
    key: Annotated[str, Text("Korrelationsschlüssel.", most=200, pattern=NAME)]
    message_id: MessageId
    payload: Payload = field(default_factory=dict)
    ttl_s: Annotated[
        int | None,
        Number("Sekunden, die sie auf jemanden wartet; ohne Angabe für immer.", most=10**8),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwaitedOut:
    """Eine Nachricht, auf die niemand wartet."""

    id: str
    name: str
    key: str
    source: str
    message_id: str
    published_at: datetime
    expires_at: datetime | None
    has_expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwaitedList:
    """Nachrichten, auf die niemand wartet, höchstens 1.000."""

    items: tuple[UnwaitedOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalBody:
    """Ein Signal für alle, die jetzt darauf warten."""

    name: Name
    message_id: MessageId
    payload: Payload = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Angenommen; die Kennung ist die des Absenders."""

    message_id: str


@operation("GET", "/messages", scope=Scope.INCIDENTS_READ, answer=UnwaitedList)
def list_unwaited(call: Call) -> UnwaitedList:
    """Listet die Nachrichten, auf die niemand wartet oder rechtzeitig gewartet hat."""
    found = parts().engine.unwaited(call.actor)
    return UnwaitedList(items=tuple(fill(UnwaitedOut, one) for one in found))


@operation(
    "POST",
    "/messages",
    scope=Scope.MESSAGES_PUBLISH,
    answer=Accepted,
    status=202,
    body=MessageBody,
)
def publish_message(call: Call) -> None:
    """Hinterlegt eine Nachricht; genau ein wartender Vorgang bekommt sie.

    Wartet noch niemand, bleibt sie liegen, bis einer wartet.
    """
    body = call.body
    _check_name(body.name)
    parts().engine.publish(
        call.actor,
        name=body.name,
        key=body.key,
        payload=body.payload,
        source=_source(),
        message_id=body.message_id,
        within=call.once.within(answered("publish_message", _accepted(body.message_id))),
        ttl=None if body.ttl_s is None else timedelta(seconds=body.ttl_s),
    )


@operation(
    "POST",
    "/signals",
    scope=Scope.MESSAGES_PUBLISH,
    answer=Accepted,
    status=202,
    body=SignalBody,
)
def broadcast_signal(call: Call) -> None:
    """Sagt es allen Vorgängen, die jetzt darauf warten; wer später wartet, bekommt es nicht."""
    body = call.body
    _check_name(body.name)
    parts().engine.signal(
        call.actor,
        body.name,
        body.payload,
        source=_source(),
        message_id=body.message_id,
        within=call.once.within(answered("broadcast_signal", _accepted(body.message_id))),
    )


def _accepted(message_id: str) -> Accepted:
    return Accepted(message_id=message_id)


def _source() -> str:
    """Return the sender as the engine keeps it: each token only repeats itself."""
    return f"api:{caller().token.id}"


def _check_name(name: str) -> None:
    """Raise ForbiddenError for what only a connector of the installation may say.

    An acknowledgement of the HKR ends in a booking: no token may pretend to be the HKR.
    """
    if name.startswith(parts().reserved_messages):
        raise ForbiddenError(f"„{name}“ kommt nur über die eigene Schnittstelle herein.")
