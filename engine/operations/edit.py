"""Mending a variable of a running case, with reason.

The value is written as in a model, in FEEL; JSON is accepted too. Old and new value lie beside
the audit's chain, which holds their salted digests.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.case_run import CaseRun
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.step import Loaded
from laufzettel.engine.feel.values import kind, kind_de
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.operations.acts import Act
from laufzettel.engine.operations.hand import Hand
from laufzettel.errors import InputError

#: Longest text of a value, in characters; a variable holds 16 KB.
TEXT_MAX: Final = 16 * 1024
_VARIABLES: Final = "laufzettel:variables"
#: Finds the model of a bundle.
Definitions = Callable[[sa.Connection, str], Definition]


class Edit:
    """One variable of one case, to be set."""

    def __init__(self, definitions: Definitions, name: str, text: str, element: str) -> None:
        self._definitions = definitions
        self._name = name
        self._value = value_of(text)
        self._element = element
        self._old: Any = None

    def take(self, hand: Hand, act: Act, *, seen: int | None) -> None:
        """Set the variable in one step."""
        hand.take(act, self._change, lambda loaded: ({}, [self._event(act)]), seen=seen)

    def look(self, hand: Hand, act: Act) -> tuple[str, str]:
        """Return the value now and the one it would have, as people write them."""
        hand.look(act, self._change)
        return written(self._old), written(self._value)

    def _change(self, connection: sa.Connection, loaded: Loaded) -> Loaded:
        run = loaded.run
        scope = _scope(run, self._name, self._element)
        visible = run.variables.visible(scope)
        if self._name not in visible:
            _check_known(self._name, self._definitions(connection, loaded.row.bundle_id))
        self._old = visible.get(self._name)
        _check_kind(self._name, self._old, self._value)
        try:
            run.variables.assign(scope, {self._name: self._value}, self._element)
        except Unevaluable as problem:
            raise InputError(problem.text_de) from problem
        return loaded

    def _event(self, act: Act) -> Event:
        texts = {"old": _shown(self._old), "new": _shown(self._value)}
        return act.event("case.variable_edited", {"variable": self._name}, texts)


def value_of(text: str) -> Any:
    """Return the value that a FEEL literal, or JSON, stands for; raises InputError.

    >>> value_of('{"unit": "40", "total": 746.13}')
    {'unit': '40', 'total': Decimal('746.13')}
    >>> value_of('date("2026-11-23")')
    datetime.date(2026, 11, 23)
    >>> value_of("null") is None
    True
    """
    if len(text) > TEXT_MAX:
        raise InputError(f"Der Wert ist zu lang; möglich sind {TEXT_MAX} Zeichen.")
    try:
        outcome = feel.evaluate(text, {})
    except (feel.FeelSyntaxError, feel.FeelBudgetError) as error:
        raise InputError(
            f"Der Wert „{text[:60]}“ ist nicht lesbar: {error} Texte stehen in "
            "Anführungszeichen, Zahlen haben einen Punkt."
        ) from error
    errors = [warning.text_de for warning in outcome.warnings if warning.is_error]
    if errors:
        raise InputError(
            f"Der Wert „{text[:60]}“ ist nicht lesbar: {errors[0]} Texte stehen in "
            "Anführungszeichen, Zahlen haben einen Punkt."
        )
    return outcome.value


def written(value: Any) -> str:
    """Return a value as it is written in FEEL, numbers without exponent.

    >>> written(Decimal("7E+2")), written("40"), written(None), written([Decimal(1), True])
    ('700', '"40"', 'null', '[1, true]')
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        inner = (f"{orjson.dumps(key).decode()}: {written(one)}" for key, one in value.items())
        return f"{{{', '.join(inner)}}}"
    return orjson.dumps(value, default=str).decode()


def _scope(run: CaseRun, name: str, element: str) -> str:
    """Return the scope to write in: that of a waiting element, else the only one that has it."""
    if element:
        scopes = {wait.scope for wait in run.waits() if wait.element == element}
        if len(scopes) != 1:
            raise InputError(f"Bei „{element}“ wartet der Vorgang nicht, oder mehrfach.")
        return scopes.pop()
    owners = [scope for scope, values in run.variables.scopes.items() if name in values]
    if len(owners) > 1 and "" not in owners:
        raise InputError(
            f"„{name}“ gibt es in mehreren Teilprozessen. Bitte nennen Sie den Schritt, an dem "
            "der Vorgang dort wartet."
        )
    return "" if "" in owners or not owners else owners[0]


def _check_known(name: str, definition: Definition) -> None:
    known = sorted(_names(definition))
    if name not in known:
        raise InputError(
            f"Eine Variable „{name}“ kennt das Modell nicht. Es kennt: {', '.join(known)}."
        )


def _names(definition: Definition) -> Collection[str]:
    """Return the variables that the model can give a case."""
    found: set[str] = set()
    for process in definition.processes.values():
        declared = process.properties.get(_VARIABLES, "")
        found |= {name.strip() for name in declared.split(",") if name.strip()}
        for element in process.elements.values():
            found |= {one.target.partition(".")[0] for one in element.outputs}
            found |= set(_results(definition.handlers.get(element.handler, {})))
            found.add(element.result_variable)
    for form in definition.forms.values():
        found |= {str(field.get("key", "")) for field in form.get("components", ())}
    return found - {""}


def _results(contract: Mapping[str, Any]) -> Sequence[str]:
    return list(contract.get("results", ()))


def _check_kind(name: str, old: Any, new: Any) -> None:
    """Raise InputError where a value would change its kind; null fits everywhere."""
    if old is None or new is None or kind(old) == kind(new):
        return
    raise InputError(
        f"„{name}“ ist von der Art „{kind_de(old)}“, der neue Wert von der Art „{kind_de(new)}“. "
        "Bitte einen Wert derselben Art angeben."
    )


def _shown(value: Any) -> str:
    return orjson.dumps(feel.to_json(value)).decode()
