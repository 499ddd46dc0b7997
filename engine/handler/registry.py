"""The decorators that make handlers of functions and classes, and all handlers together."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from laufzettel.engine.handler.contexts import Services, Values
from laufzettel.engine.handler.effects import Effect
from laufzettel.engine.handler.fields import FormFields
from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec


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
        self._fields: dict[str, FormFields] = {}
        for module in modules:
            for value in _handlers_in(module):
                self._add(value)

    def _add(self, value: _Registered) -> None:
        if isinstance(value, type) and issubclass(value, FormFields):
            if value.name in self._fields:
                raise ValueError(f"two handlers add fields as {value.name}")
            self._fields[value.name] = value(self.services)
        elif isinstance(value, Handler):
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

    def form_fields(self) -> Mapping[str, FormFields]:
        """Return what adds fields to forms, by its name."""
        return self._fields


_Registered: TypeAlias = Handler | type[Effect] | type[FormFields]


@cache
def _handlers_in(module: types.ModuleType) -> tuple[_Registered, ...]:
    """Return what a module registers; looked for once, however often it is composed."""
    found = vars(module).values()
    return tuple(
        v
        for v in found
        if isinstance(v, Handler) or _is_effect_of(v, module) or _is_fields_of(v, module)
    )


def _is_effect_of(value: Any, module: types.ModuleType) -> bool:
    is_effect = inspect.isclass(value) and issubclass(value, Effect) and "contract" in vars(value)
    return is_effect and value.__module__ == module.__name__


def _is_fields_of(value: Any, module: types.ModuleType) -> bool:
    is_fields = inspect.isclass(value) and issubclass(value, FormFields)
    return is_fields and value.__module__ == module.__name__ and hasattr(value, "name")
