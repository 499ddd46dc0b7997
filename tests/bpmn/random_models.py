"""Models by chance for the game of tokens: no blocks, but what a careless modeller draws."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from tests.bpmn.token_game import Boundary, Flow, Node, Scope

#: The variables that conditions look at; each has a value from 0 to 9.
VARIABLES: Final = ("v1", "v2", "v3", "v4")
_GATEWAYS: Final = ("xor", "and", "or")
_KINDS: Final = (*("user",) * 5, *_GATEWAYS, *_GATEWAYS, "pass", "race")


def drawn(chance: random.Random) -> Scope:
    """Return a model with up to nine nodes, and subprocesses in them."""
    return _Drawing(chance).scope(chance.randint(3, 9), depth=2, is_caught=False)


class _Drawing:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._numbers: Iterator[int] = count(1)

    def _name(self, kind: str) -> str:
        return f"{kind}{next(self._numbers)}"

    def scope(self, size: int, *, depth: int, is_caught: bool) -> Scope:
        """Draw a scope; an error in it is thrown only where one catches it."""
        chance = self._chance
        scope = Scope(self._name("start"))
        for _ in range(size):
            self._add(
                scope,
                chance.choice([*_KINDS, *("sub", "sub", "call") * bool(depth)]),
                depth,
                is_caught,
            )
        inside = list(scope.nodes)
        ends = "error" if is_caught and chance.random() < 0.5 else "terminate"
        for _ in range(chance.randint(1, 2)):
            name = self._name("end")
            scope.nodes[name] = Node("end", name, ends=ends if chance.random() < 0.3 else "")
        self._connect(scope, inside)
        _without_unreached(scope)
        if depth and chance.random() < 0.2:
            self._add_event_subprocess(scope, is_caught)
        return scope

    def _add(self, scope: Scope, kind: str, depth: int, is_caught: bool) -> None:
        chance = self._chance
        node = Node(kind, self._name(kind))
        if kind in ("user", "sub", "call"):
            if chance.random() < 0.2:
                # a user task without items is no wait, and a loop through it would be endless
                node.items = chance.randint(1 if kind == "user" else 0, 3)
                node.in_turn = chance.random() < 0.5
                node.is_loop = node.in_turn and node.items > 0 and chance.random() < 0.5
            if chance.random() < 0.3:
                beside = chance.random() < 0.4
                node.boundaries.append(Boundary(self._name("timer"), interrupts=not beside))
        if kind in ("sub", "call"):
            if chance.random() < 0.5:
                node.boundaries.append(Boundary(self._name("error"), catches_errors=True))
            is_caught = is_caught or bool([b for b in node.boundaries if b.catches_errors])
            size = chance.randint(1, 4)
            node.inner = self.scope(size, depth=depth - 1, is_caught=is_caught)
        scope.nodes[node.name] = node

    def _add_event_subprocess(self, scope: Scope, is_caught: bool) -> None:
        name = self._name("event_sub")
        inner = self.scope(self._chance.randint(1, 3), depth=0, is_caught=is_caught)
        beside = self._chance.random() < 0.5
        scope.nodes[name] = Node("event_sub", name, inner=inner, interrupts=not beside)

    def _connect(self, scope: Scope, inside: list[str]) -> None:
        scope.flows.append(Flow(scope.start, inside[0]))
        for place, name in enumerate(inside):
            node = scope.nodes[name]
            if node.kind == "race":
                self._race(scope, inside, place, name)
                continue
            several = 0.75 if node.kind in _GATEWAYS else 0.15 * (node.kind in ("user", "pass"))
            number = self._chance.randint(2, 3) if self._chance.random() < several else 1
            targets = dict.fromkeys(self._target(scope, inside, place) for _ in range(number))
            scope.flows += self._leaving(node, list(targets))
            for event in node.boundaries:
                scope.flows.append(Flow(event.name, self._target(scope, inside, place)))

    def _race(self, scope: Scope, inside: list[str], place: int, name: str) -> None:
        for _ in range(2):
            catch = self._name("catch")
            scope.nodes[catch] = Node("catch", catch)
            scope.flows += [
                Flow(name, catch),
                Flow(catch, self._target(scope, inside, place)),
            ]

    def _leaving(self, node: Node, targets: list[str]) -> Iterator[Flow]:
        """Flows with conditions and a default, or without."""
        chance = self._chance
        decides = node.kind in ("xor", "or") or (node.kind != "and" and chance.random() < 0.5)
        if len(targets) == 1 or not decides:
            yield from (Flow(node.name, target) for target in targets)
            return
        default = chance.choice(targets)
        for target in targets:
            if target == default:
                yield Flow(node.name, target, is_default=True)
            else:
                yield Flow(node.name, target, chance.choice(VARIABLES), chance.randint(0, 9))

    def _target(self, scope: Scope, inside: list[str], place: int) -> str:
        """Return a node a bit farther on; sometimes one before, at which people act."""
        behind = [name for name in inside[: place + 1] if scope.nodes[name].kind == "user"]
        if behind and self._chance.random() < 0.15:
            return self._chance.choice(behind)
        ends = [node.name for node in scope.nodes.values() if node.kind == "end"]
        ahead = [*inside, *ends][place + 1 : place + 5]
        joins = [name for name in ahead if scope.nodes[name].kind in ("and", "or")]
        return self._chance.choice([*ahead, *joins, *joins])


def _without_unreached(scope: Scope) -> None:
    """Drop what no token reaches; the lint would refuse it."""
    reached: set[str] = set()
    todo = [scope.start]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [flow.target for flow in scope.leaving(name)]
            if name in scope.nodes:
                todo += [event.name for event in scope.nodes[name].boundaries]
    scope.nodes = {name: node for name, node in scope.nodes.items() if name in reached}
    scope.flows = [flow for flow in scope.flows if flow.source in reached]


def as_file(scope: Scope) -> dict[str, Any]:
    """Return the model, and the processes it calls, as a file of ``behaviour/`` has them."""
    called: dict[str, Any] = {}
    model = _as_yaml(scope, called)
    return {"model": model, "called": called, "runs": [{"given": dict.fromkeys(VARIABLES)}]}


def _as_yaml(scope: Scope, called: dict[str, Any]) -> dict[str, Any]:
    model: dict[str, Any] = {}
    for node in scope.nodes.values():
        model[node.name] = _written(node, called)
        for event in node.boundaries:
            model[event.name] = _event(node.name, event)
    model["flows"] = [_flow(flow) for flow in scope.flows]
    return model


def _written(node: Node, called: dict[str, Any]) -> Any:
    if node.kind == "catch":
        return "catch timer PT1H"
    if node.inner is None:
        text = f"{node.kind} {node.ends}".strip() + " E1" * (node.ends == "error")
        return {"is": text, **_repeated(node)}
    model = _as_yaml(node.inner, called)
    if node.kind == "call":
        called[f"of_{node.name}"] = {"knows": list(VARIABLES), **model}
        return {"is": f"call of_{node.name} down", **_repeated(node)}
    if node.kind == "event_sub":
        every = "PT1H" if node.interrupts else "R/PT1H non-interrupting"
        model[node.inner.start] = f"start timer {every}"
        return {"is": "sub by event", "model": model}
    return {"is": "sub", "model": model, **_repeated(node)}


def _repeated(node: Node) -> dict[str, Any]:
    if node.items is None:
        return {}
    if node.is_loop:
        return {"while": "true", "at_most": node.items}
    items = ", ".join(map(str, range(node.items or 0)))
    return {"each": f"item of [{items}]", "in_turn": node.in_turn}


def _event(host: str, event: Boundary) -> str:
    if event.catches_errors:
        return f"boundary {host} error E1"
    return f"boundary {host} timer " + ("PT1H" if event.interrupts else "R/PT1H non-interrupting")


def _flow(flow: Flow) -> str:
    text = f"{flow.source} > {flow.target}"
    if flow.is_default:
        return f"{text} otherwise"
    return f"{text} if {flow.variable} > {flow.above}" if flow.variable else text
