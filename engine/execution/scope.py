"""The variables of a case: a scope for the process and one for each subprocess in it.

Outputs are named writes to the nearest scope that has the variable, else to the process
or called process; nothing is merged by position (engine-notes.md 10). What an item of a
repeated activity creates stays with the item, so that parallel items cannot overwrite each
other; it leaves by the output collection (BPMN 2.0.2 § 13.3.7).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import orjson

from laufzettel.engine import feel
from laufzettel.engine.execution.port import ITEM, Unevaluable
from laufzettel.engine.model.definition import Mapping as IoMapping

#: Largest variable, in bytes of JSON; documents are kept by reference.
VARIABLE_BYTES_MAX = 16 * 1024

#: Scope -> parent scope; None for the root of a called process, which sees nothing above.
Parent = Callable[[str], str | None]


class Variables:
    """All variables of a case, by scope."""

    def __init__(self, scopes: dict[str, dict[str, Any]], parent: Parent) -> None:
        self.scopes = scopes
        self._parent = parent

    def visible(self, scope: str, local: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what an expression sees there: inner values hide outer ones."""
        chain = [self.scopes.get(name, {}) for name in reversed(self._chain(scope))]
        seen: dict[str, Any] = {}
        for values in chain:
            seen.update(values)
        seen.update(local or {})
        return seen

    def assign(self, scope: str, values: Mapping[str, Any], element: str) -> None:
        """Write each variable where it lives, or into the outermost scope of its item or process.

        A target with dots writes into the context of that name. Raises Unevaluable, and
        writes none, when a variable would become too large.
        """
        chain = self._chain(scope)
        outermost = next((one for one in chain if one.endswith(ITEM)), chain[-1])
        written: dict[tuple[str, str], Any] = {}
        for target, value in values.items():
            name, *path = target.split(".")
            owner = next((one for one in chain if name in self.scopes.get(one, {})), outermost)
            old = written.get((owner, name), self.scopes.get(owner, {}).get(name))
            written[owner, name] = _nested(old, path, value) if path else value
        for (_, name), value in written.items():
            _check_size(name, value, element)
        for (owner, name), value in written.items():
            self.scopes.setdefault(owner, {})[name] = value

    def keep(self, living: Collection[str]) -> None:
        """Forget the variables of subprocesses that are no more."""
        for scope in [one for one in self.scopes if one not in living]:
            del self.scopes[scope]

    def _chain(self, scope: str) -> list[str]:
        chain = [scope]
        while (above := self._parent(chain[-1])) is not None:
            chain.append(above)
        return chain


def _check_size(name: str, value: Any, element: str) -> None:
    size = len(orjson.dumps(feel.to_json(value)))
    if size > VARIABLE_BYTES_MAX:
        raise Unevaluable(
            element,
            f"Die Variable „{name}“ ist {size} Bytes groß, erlaubt sind "
            f"{VARIABLE_BYTES_MAX}. Große Inhalte gehören in ein Dokument.",
        )


def _nested(old: Any, path: list[str], value: Any) -> dict[str, Any]:
    """Return a copy of the context ``old`` with ``value`` at ``path``."""
    copy = dict(old) if isinstance(old, dict) else {}
    copy[path[0]] = _nested(copy.get(path[0]), path[1:], value) if path[1:] else value
    return copy


def evaluate(text: str, variables: Mapping[str, Any], *, now: datetime, element: str) -> Any:
    """Return the value of a FEEL expression of the model.

    A null born of an error is an incident, never a silent false (DESIGN decision 2), and so is
    one inside that takes the other branch of an ``if``: raises Unevaluable with expression, place
    and cause. A test for null (``x = null``, ``get or else``, ``is defined``) is no error.
    """
    try:
        outcome = feel.evaluate(text, variables, now=now)
    except (feel.FeelSyntaxError, feel.FeelBudgetError) as error:
        raise Unevaluable(
            element, f"Der Ausdruck „{text}“ ist nicht auswertbar: {error}"
        ) from error
    errors = [warning.text_de for warning in outcome.warnings if warning.is_error]
    if errors:
        raise Unevaluable(element, f"Der Ausdruck „{text}“ ergibt keinen Wert: {errors[0]}")
    return outcome.value


def inputs(
    mappings: tuple[IoMapping, ...], variables: dict[str, Any], *, now: datetime, element: str
) -> dict[str, Any]:
    """Return the local variables that the input mappings create, in their order."""
    local: dict[str, Any] = {}
    for mapping in mappings:
        seen = {**variables, **local}
        local[mapping.target] = evaluate(mapping.source, seen, now=now, element=element)
    return local
