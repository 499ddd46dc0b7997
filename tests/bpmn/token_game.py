"""The rules of BPMN 2.0.2 § 13 as a game of tokens, written without the engine.

A second opinion on what the engine does: flows hold tokens, nodes take and give them as the
clauses say, and nothing is saved, optimised or shared with the product. Where the standard
leaves the order open, an inclusive join is asked last. Variables never change in a game.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Flow:
    """A sequence flow; one with a variable is taken when that is above the number."""

    source: str
    target: str
    variable: str = ""
    above: int = 0
    is_default: bool = False


@dataclass
class Node:
    """An element. Kinds: user, pass, xor, and, or, race, catch, sub, call, event_sub, end.

    At a user task or subprocess the events ``boundaries``; a ``catch`` belongs to the gateway
    ``race`` before it. ``timer`` or ``error`` says what an event is about.
    """

    kind: str
    name: str
    inner: Scope | None = None  # of a subprocess, or the process that is called
    items: int | None = None  # it is repeated so often
    in_turn: bool = False  # one item after the other
    is_loop: bool = False  # not for items: as long as something holds, which it always does
    boundaries: list[Boundary] = field(default_factory=list)
    interrupts: bool = True  # of the event that starts an event subprocess
    ends: str = ""  # "terminate" or "error"


@dataclass(frozen=True)
class Boundary:
    """An event at an activity: a timer, or any error thrown inside."""

    name: str
    catches_errors: bool = False
    interrupts: bool = True


@dataclass
class Scope:
    """A process or subprocess: nodes, flows, its start event."""

    start: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def entering(self, name: str) -> list[Flow]:
        """Return the flows that lead to the node."""
        return [flow for flow in self.flows if flow.target == name]

    def leaving(self, name: str) -> list[Flow]:
        """Return the flows that leave the node or event, in their order."""
        return [flow for flow in self.flows if flow.source == name]

    def event_subprocesses(self) -> list[Node]:
        """Return the subprocesses that wait for their event."""
        return [node for node in self.nodes.values() if node.kind == "event_sub"]

    def host(self, event: str) -> str:
        """Return the activity at which the event is, or the node itself."""
        hosts = (n.name for n in self.nodes.values() if event in {b.name for b in n.boundaries})
        return next(hosts, event)


@dataclass(eq=False)
class Visit:
    """A token inside an activity: what is still to do, and the runs of a subprocess."""

    node: Node
    left: int = 1  # items that are not done yet
    inside: list[Play] = field(default_factory=list)


@dataclass(frozen=True)
class Wait:
    """Something that can happen: where, to which token, at which element."""

    play: Play
    visit: Visit | None
    element: str
    is_open_to_all: bool = True  # False: only an error inside makes it happen


class Thrown(Exception):
    """An error that has ended its scope."""


class Play:
    """One run of a scope: tokens on its flows and inside its activities."""

    def __init__(self, scope: Scope, values: dict[str, int]) -> None:
        self._scope = scope
        self._values = values
        self._tokens: Counter[Flow] = Counter(scope.leaving(scope.start))
        self._visits: list[Visit] = []
        self._is_armed = True  # its event subprocesses wait
        self._has_thrown = False
        self._settle()

    def waits(self) -> Iterator[Wait]:
        """Yield all that can happen."""
        if self._is_armed and not self.is_done:
            for node in self._scope.event_subprocesses():
                yield Wait(self, None, node.inner.start if node.inner else "")
        for visit in self._visits:
            yield from self._waits_of(visit)

    def _waits_of(self, visit: Visit) -> Iterator[Wait]:
        node = visit.node
        for play in visit.inside:
            yield from play.waits()
        if node.kind == "race":
            for flow in self._scope.leaving(node.name):
                yield Wait(self, visit, flow.target)
        elif node.kind == "user":
            for _ in range(1 if node.in_turn else visit.left):
                yield Wait(self, visit, node.name)
        for event in node.boundaries:
            yield Wait(self, visit, event.name, not event.catches_errors)

    @property
    def is_done(self) -> bool:
        """No token is left (§ 13.1)."""
        return not self._visits and not self._tokens

    def act(self, wait: Wait) -> None:
        """Let it happen: a task is done, an event occurs."""
        wait.play._happen(wait.visit, wait.element)
        self._settle()

    def _happen(self, visit: Visit | None, element: str) -> None:
        if visit is None:
            self._begin_event_subprocess(element)
            return
        if element == visit.node.name:
            self._one_done(visit)
            return
        events = {event.name: event for event in visit.node.boundaries}
        if element not in events or events[element].interrupts:
            self._visits.remove(visit)
        self._give(self._scope.leaving(element))

    def _begin_event_subprocess(self, start: str) -> None:
        """§ 13.5.4: it stops everything else in its scope, or runs beside it."""
        waiting = self._scope.event_subprocesses()
        node = next(one for one in waiting if one.inner and one.inner.start == start)
        if node.interrupts:
            self._tokens.clear()
            self._visits.clear()
            self._is_armed = False
        try:
            self._enter(node)
        except Thrown:
            self._has_thrown = True

    # --- how tokens move ---------------------------------------------------------------

    def _settle(self) -> None:
        """Move tokens until each waits inside an activity or at a join."""
        if self._has_thrown:
            raise Thrown
        for visit in list(self._visits):
            if visit in self._visits:
                self._settle_inside(visit)
        while self._move():
            pass

    def _settle_inside(self, visit: Visit) -> None:
        try:
            for play in list(visit.inside):
                play._settle()
                if play.is_done:
                    visit.inside.remove(play)
                    self._one_done(visit)
        except Thrown:
            self._catch(visit)

    def _one_done(self, visit: Visit) -> None:
        """Go on when no item is left, else with the next one."""
        visit.left -= 1
        if visit.left == 0:
            self._visits.remove(visit)
            self._give(self._chosen(visit.node))
        elif visit.node.in_turn and visit.node.inner:
            visit.inside.append(Play(visit.node.inner, self._values))
            self._settle_inside(visit)

    def _catch(self, visit: Visit) -> None:
        """§ 13.5.3: the nearest event that catches it goes on in place of the activity."""
        for event in visit.node.boundaries:
            if event.catches_errors:
                self._visits.remove(visit)
                self._give(self._scope.leaving(event.name))
                return
        raise Thrown

    def _move(self) -> bool:
        """Let one node take its tokens; inclusive joins when nothing else moves."""
        for flow in self._scope.flows:
            if self._tokens[flow] and self._took(self._scope.nodes[flow.target], flow):
                return True
        for node in self._scope.nodes.values():
            if node.kind == "or" and self._may_join(node):
                self._take([f for f in self._scope.entering(node.name) if self._tokens[f]])
                self._give(self._chosen(node))
                return True
        return False

    def _took(self, node: Node, flow: Flow) -> bool:
        entering = self._scope.entering(node.name)
        if node.kind == "or" and len(entering) > 1:
            return False
        if node.kind != "and":
            self._take([flow])
        elif all(self._tokens[one] for one in entering):  # § 13.4.1: one of each flow
            self._take(entering)
        else:
            return False
        self._enter(node)
        return True

    def _enter(self, node: Node) -> None:
        if node.kind in ("user", "race", "sub", "call", "event_sub") and node.items != 0:
            visit = Visit(node, node.items or 1)
            self._visits.append(visit)
            try:
                for _ in range(1 if node.in_turn else visit.left):
                    visit.inside += [Play(node.inner, self._values)] if node.inner else []
            except Thrown:
                self._catch(visit)
            else:
                self._settle_inside(visit)
        elif node.ends == "error":
            raise Thrown
        elif node.ends == "terminate":  # § 13.5.6: the scope is over
            self._tokens.clear()
            self._visits.clear()
        elif node.kind != "end":
            self._give(self._chosen(node))

    def _chosen(self, node: Node) -> list[Flow]:
        """Return the flows on which a node that was passed gives tokens (§ 13.3.1, 13.4)."""
        leaving = self._scope.leaving(node.name)
        if not any(flow.is_default for flow in leaving):
            return leaving
        true = [flow for flow in leaving if self._is_true(flow)]
        return true[: 1 if node.kind == "xor" else None] or [f for f in leaving if f.is_default]

    def _is_true(self, flow: Flow) -> bool:
        return not flow.is_default and self._values[flow.variable] > flow.above

    # --- inclusive joins, § 13.4.3 ------------------------------------------------------

    def _may_join(self, node: Node) -> bool:
        """Say whether no token is on its way to an empty flow that cannot come by a filled one.

        A token inside an activity may leave it, and each event at it may still occur.
        """
        entering = self._scope.entering(node.name)
        filled = [flow for flow in entering if self._tokens[flow]]
        if len(entering) < 2 or not filled:
            return False
        to_empty = self._before([flow for flow in entering if flow not in filled], node.name)
        to_filled = self._before(filled, node.name)
        places = [[flow] for flow in self._scope.flows if self._tokens[flow] and flow not in filled]
        for visit in self._visits:
            events = [event.name for event in visit.node.boundaries]
            places += [self._scope.leaving(name) for name in (visit.node.name, *events)]
        return not any(
            to_empty.intersection(flows) and not to_filled.intersection(flows) for flows in places
        )

    def _before(self, flows: list[Flow], stop: str) -> set[Flow]:
        """Return the flows from which a path leads to one of these, not through ``stop``."""
        found: set[Flow] = set()
        todo = list(flows)
        while todo:
            flow = todo.pop()
            if flow not in found:
                found.add(flow)
                if flow.source != stop:
                    todo += self._scope.entering(self._scope.host(flow.source))
        return found

    def _take(self, flows: list[Flow]) -> None:
        for flow in flows:
            self._tokens[flow] -= 1
        self._tokens += Counter()  # without those that are empty

    def _give(self, flows: list[Flow]) -> None:
        self._tokens.update(flows)


def possible(game: Play) -> dict[str, Wait]:
    """Return what may happen; of an element at which several tokens wait, it is open which."""
    found: dict[str, list[Wait]] = {}
    for wait in game.waits():
        found.setdefault(wait.element, []).append(wait)
    return {
        element: waits[0]
        for element, waits in found.items()
        if waits[0].is_open_to_all and len({(id(wait.play), id(wait.visit)) for wait in waits}) == 1
    }
