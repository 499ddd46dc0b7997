"""Stubs in the place of handlers, by name: a scenario says what they give back.

A stub keeps the contract of the handler it stands for. For a handler that is not installed
yet, the contract comes from the model that calls it, so that a designer can play through a
process before anybody has written Python.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from laufzettel.engine import feel
from laufzettel.engine.handler import (
    BpmnError,
    Contents,
    Effect,
    Handler,
    Handlers,
    Inline,
    NotSentError,
    Parcel,
    Refused,
    Services,
    Values,
)
from laufzettel.engine.model.bundle import read_bundle
from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec
from laufzettel.engine.model.sources import Sources
from laufzettel.errors import LaufzettelError
from laufzettel.money import Money
from laufzettel.scenarios.scenario import Conduct, Stub


class StubFailedError(LaufzettelError):
    """Der Handler ist ausgefallen; so will es das Szenario."""

    retryable = True


class Stubs:
    """The stubs of one scenario; they outlive every composition, as the outside does."""

    def __init__(self, stubs: Iterable[Stub], sources: Sources) -> None:
        self._sources = sources
        self._stubs = {stub.name: stub for stub in stubs}
        self._failures: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.arrived: set[str] = set()  # SHA-256 of what reached the peers

    def put(self, stub: Stub, handlers: Handlers) -> None:
        """Let the handler behave as this stub says from now on."""
        known = self._stubs.get(stub.name)
        self._failures[stub.name] = 0
        if known is not None:
            self._stubs[stub.name] = replace(known, conduct=stub.conduct)
            return
        self._stubs[stub.name] = stub
        self._install(handlers, [stub])

    def install(self, handlers: Handlers) -> None:
        """Put every stub in the place of the handler it names, in a table without stubs."""
        self._install(handlers, self._stubs.values())

    def _install(self, handlers: Handlers, stubs: Iterable[Stub]) -> None:
        # Reaches into the table, which has no verb for it: only scenarios ever do this.
        for stub in stubs:
            contract = handlers.contracts.get(stub.name) or self._contract(stub)
            if contract.kind is HandlerKind.EFFECT:
                real = handlers._effects.get(stub.name)
                handlers._effects[stub.name] = self._effect(contract, real, handlers.services)
            else:
                function = handlers._functions.get(stub.name)
                call = self._call(stub.name, function.call if function else None)
                handlers._functions[stub.name] = Handler(contract=contract, call=call)

    def contracts(self, handlers: Handlers) -> dict[str, HandlerContract]:
        """Return the contracts of all handlers, of the missing ones as the model needs them."""
        known = handlers.contracts
        missing = [stub for stub in self._stubs.values() if stub.name not in known]
        return known | {stub.name: self._contract(stub) for stub in missing}

    def conduct(self, name: str) -> Conduct:
        """Return how the handler behaves in this call, which is counted."""
        self.calls[name] += 1
        conduct = self._stubs[name].conduct
        if conduct.times is not None and not conduct.is_real:
            self._failures[name] += 1
            if self._failures[name] > conduct.times:
                return Conduct(returns=conduct.returns or {})
        return conduct

    def current(self, name: str) -> Conduct:
        """Return how the handler behaves, without counting a call."""
        return self._stubs[name].conduct

    def _contract(self, stub: Stub) -> HandlerContract:
        """Return the contract that the model takes for granted."""
        bundle = read_bundle(self._sources, handlers=None)
        named = [node for _, node in bundle.nodes() if node.handler == stub.name]
        inputs = {each.get("target").partition(".")[0] for node in named for each in node.inputs}
        headers = {
            each.get("key") for node in named for each in node.inside("taskHeaders", "header")
        }
        return HandlerContract(
            name=stub.name,
            kind=HandlerKind(stub.kind),
            parameters={
                name: ParamSpec(type="object", required=False) for name in sorted(inputs | headers)
            },
            results=stub.results,
            has_query=True,
        )

    def _call(self, name: str, real: Callable[..., Values] | None) -> Callable[..., Values]:
        def call(context: Any, **parameters: Any) -> Values:
            conduct = self.conduct(name)
            if conduct.is_real and real is not None:
                return real(context, **parameters)
            if conduct.raises:
                raise BpmnError(conduct.raises, f"Szenario: {conduct.raises}")
            if conduct.fails:
                raise StubFailedError(conduct.fails)
            return dict(conduct.returns or {})

        return call

    def _effect(
        self, contract: HandlerContract, real: Effect | None, services: Services
    ) -> StubEffect:
        stub = StubEffect(services)
        stub.bind(self, contract, real)
        return stub


class StubEffect(Effect):
    """An effect whose peer behaves as the scenario says."""

    name = ""
    channel = "szenario"

    def bind(self, stubs: Stubs, contract: HandlerContract, real: Effect | None) -> None:
        """Stand for the effect with this contract."""
        self._stubs, self._real, self._own = stubs, real, contract
        fields = vars(self)
        fields.update(name=contract.name, contract=contract, results=contract.results)
        if real is not None:
            fields.update(channel=real.channel, parcel_max=real.parcel_max)

    def prepare(self, step: Inline, **parameters: Any) -> tuple[str, Mapping[str, Any]]:
        """Return the real key and payload, or a key for this activity and its parameters."""
        if self._real is not None:
            return self._real.prepare(step, **parameters)
        payload = {name: feel.to_json(_plain(value)) for name, value in parameters.items()}
        digest = hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return f"{step.tenant}:{step.business_key}:{step.element}:{digest[:16]}", payload

    def pack(self, parcel: Parcel) -> Contents:
        """Return the payloads as JSON."""
        if self._real is not None:
            return self._real.pack(parcel)
        goods = [dict(consignment.payload) for consignment in parcel.consignments]
        return Contents(data=orjson.dumps(goods))

    def send(self, parcel: Parcel) -> Values:
        """Behave as the scenario says."""
        conduct = self._stubs.conduct(self._own.name)
        if conduct.is_real and self._real is not None:
            return self._real.send(parcel)
        if conduct.raises:
            raise Refused(conduct.raises, f"Szenario: {conduct.raises}")
        if conduct.fails:
            raise NotSentError(conduct.fails)
        self._stubs.arrived.add(parcel.sha256)
        if conduct.is_unknown:
            raise StubFailedError("Die Antwort des Empfängers ging verloren.")
        return dict(conduct.returns or {})

    def query(self, parcel: Parcel) -> Values | None:
        """Ask the peer, which remembers what arrived."""
        conduct = self._stubs.current(self._own.name)
        if conduct.is_real and self._real is not None:
            return self._real.query(parcel)
        return dict(conduct.returns or {}) if parcel.sha256 in self._stubs.arrived else None


def _plain(value: Any) -> Any:
    return value.amount if isinstance(value, Money) else value
