"""Which variables a process knows, and where its expressions stand.

The set does not follow the order of the steps: it holds every name that some step of the
process, a form, a message or the start may bring. A name outside it is a typing error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from laufzettel.engine.model.bundle import Bundle, called_process, calls_handler
from laufzettel.engine.model.expressions import Use
from laufzettel.engine.model.graph import Graph
from laufzettel.engine.model.source import Extension, Flow, Node, Place

VARIABLES = "laufzettel:variables"
#: Result of every user task: the id of the person who completed it.
COMPLETED_BY = "completed_by"


def declared(place: Place) -> frozenset[str]:
    """Return the names that ``laufzettel:variables`` declares on an element.

    >>> sorted(declared(Place(id="p", line=1, file="f", tag="process")))
    []
    """
    text = place.properties.get(VARIABLES, "")
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def root(target: str) -> str:
    """Return the variable that a mapping target writes to.

    >>> root("order.amount")
    'order'
    """
    return target.partition(".")[0].strip()


class Variables:
    """The names known in the processes of a bundle, computed once each."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._brought: dict[str, frozenset[str]] = {}
        self._known: dict[str, frozenset[str]] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._handed: dict[str, frozenset[str]] = {}
        self._written: dict[int, frozenset[str]] = {}
        self._open: dict[str, bool] = {}

    def known(self, graph: Graph) -> frozenset[str]:
        """Return the names known everywhere in a process."""
        key = graph.process.id
        if key not in self._known:
            self._known[key] = self._bring(graph) | self._from_callers(graph)
        return self._known[key]

    def _bring(self, graph: Graph) -> frozenset[str]:
        """Return the names that a process and its steps bring themselves."""
        key = graph.process.id
        if key not in self._brought:
            self._brought[key] = frozenset()  # a recursive call brings nothing more
            names = set(declared(graph.process))
            for node in graph.process.nodes:
                names |= self.written(node) if not _in_item(graph, node) else set()
            self._brought[key] = frozenset(names)
        return self._brought[key]

    def local(self, graph: Graph, node: Node) -> frozenset[str]:
        """Return the names known only inside a node, its subprocesses' included."""
        names = set(self._results(node))
        for each in (node, *graph.around(node)):
            names |= {root(mapping.get("target")) for mapping in each.inputs}
            names |= item_names(each) | self._in_items_of(graph, each)
        return frozenset(names)

    def _in_items_of(self, graph: Graph, node: Node) -> frozenset[str]:
        """Return what the steps of a repeated activity leave in their item."""
        if node.loop is None:
            return frozenset()
        inside = [each for each in graph.within(node.id) if each.id != node.id]
        names = {name for each in inside for name in self.written(each)}
        return frozenset(names | self._own(node))

    def only_by(self, graph: Graph, node: Node) -> frozenset[str]:
        """Return the names that nobody else brings: its outputs cannot read them yet."""
        if not node.outputs:
            return frozenset()
        own = {root(each.get("target")) for each in node.outputs}
        elsewhere = declared(graph.process) | self._from_callers(graph)
        writers = self._writers(graph)
        return frozenset(name for name in own - elsewhere if writers[name] == 1)

    def _writers(self, graph: Graph) -> Counter[str]:
        """Return how many nodes write each name."""
        key = graph.process.id
        if key not in self._counts:
            nodes = graph.process.nodes
            self._counts[key] = Counter(name for node in nodes for name in self.written(node))
        return self._counts[key]

    def entering(self, graph: Graph, node: Node) -> frozenset[str]:
        """Return the names that the subprocesses around a node add to the process."""
        return self.around(graph, node) | item_names(node)

    def around(self, graph: Graph, node: Node) -> frozenset[str]:
        """Return the names that are known at a node only because of what is around it."""
        names: set[str] = set()
        for outer in graph.around(node):
            names |= {root(each.get("target")) for each in outer.inputs}
            names |= item_names(outer) | self._in_items_of(graph, outer)
        return frozenset(names)

    def written(self, node: Node) -> frozenset[str]:
        """Return the names that a node leaves in the process."""
        key = id(node)  # the bundle keeps its nodes; ids of elements may be doubled
        if key not in self._written:
            self._written[key] = self._leaves(node)
        return self._written[key]

    def _leaves(self, node: Node) -> frozenset[str]:
        if node.loop is not None:  # what an item leaves stays with it
            return frozenset({node.loop.get("outputCollection")} - {""})
        return self._own(node)

    def _own(self, node: Node) -> frozenset[str]:
        targets = frozenset(root(each.get("target")) for each in node.outputs) - {""}
        if node.tag == "startEvent":
            return targets | self._results(node)
        return targets if node.outputs else self._results(node)

    def is_open(self, graph: Graph) -> bool:
        """Say whether some step brings names to the process that cannot be known here.

        That is so where handlers are not known at all, or where a handler, form or process is
        missing: then that is the finding, not each of its variables.
        """
        key = graph.process.id
        if key not in self._open:
            graphs = self._bundle.graphs if key in self._bundle.called else (graph,)
            nodes = (node for each in graphs for node in each.process.nodes)
            self._open[key] = any(map(self._is_open_at, nodes))
        return self._open[key]

    def _is_open_at(self, node: Node) -> bool:
        if calls_handler(node):
            return self._bundle.contract(node) is None
        if node.tag == "userTask":
            form = form_id(node)
            return bool(form) and form not in self._bundle.forms
        if node.tag == "callActivity":
            return propagates_child(node) and called_process(node) not in self._bundle.processes
        return False

    def _results(self, node: Node) -> frozenset[str]:
        names = set(declared(node))
        if (contract := self._bundle.contract(node)) is not None:
            names |= set(contract.results)
        if node.tag == "userTask":
            names.add(COMPLETED_BY)
        if (form := self._bundle.forms.get(form_id(node))) and node.tag == "userTask":
            names |= {key for key, field in form.inputs().items() if not field.read_only}
        names |= {node.attribute("script", "resultVariable")}
        names |= {node.attribute("calledDecision", "resultVariable")}
        if node.tag == "callActivity":
            names |= self._from_called(node)
        return frozenset(names - {""})

    def _from_called(self, node: Node) -> frozenset[str]:
        """Return what the called process knows; outputs may name it, propagation brings it."""
        graph = self._bundle.processes.get(called_process(node))
        if graph is None or (not node.outputs and not propagates_child(node)):
            return frozenset()
        return self._bring(graph)

    def _from_callers(self, graph: Graph) -> frozenset[str]:
        """Return what call activities hand to this process, through all callers."""
        key = graph.process.id
        if key not in self._handed:
            self._handed[key] = self._collected(graph)
        return self._handed[key]

    def _collected(self, graph: Graph) -> frozenset[str]:
        names: set[str] = set()
        seen: set[str] = set()
        todo = [graph.process.id]
        while todo:
            called = todo.pop()
            for caller, node in self._callers(called):
                names |= {root(each.get("target")) for each in node.inputs}
                key = caller.process.id
                if propagates_parent(node) and key not in seen:
                    seen.add(key)
                    names |= self._bring(caller)
                    todo.append(key)
        return frozenset(names - {""})

    def _callers(self, process: str) -> Iterator[tuple[Graph, Node]]:
        every = self._bundle.nodes("callActivity")
        return ((graph, node) for graph, node in every if called_process(node) == process)


def _in_item(graph: Graph, node: Node) -> bool:
    """Say whether a node lies in a repeated subprocess."""
    return any(each.loop is not None for each in graph.around(node))


def item_names(node: Node) -> frozenset[str]:
    """Return the names that every item of a repeated activity sees.

    The output element's own name counts among them: each item begins with it empty.
    """
    loop = node.loop
    if loop is None:
        return frozenset()
    output = loop.get("outputElement").removeprefix("=").strip()
    own = {output} if output.isidentifier() else set()
    return frozenset({"loopCounter", loop.get("inputElement"), *own} - {""})


def form_id(node: Node) -> str:
    """Return the id of the form that a user task shows."""
    return node.attribute("formDefinition", "formId")


def propagates_parent(node: Node) -> bool:
    """Say whether a call hands all variables to the called process (default: yes)."""
    return node.attribute("calledElement", "propagateAllParentVariables") != "false"


def propagates_child(node: Node) -> bool:
    """Say whether a call takes all variables back (default: no)."""
    return node.attribute("calledElement", "propagateAllChildVariables") == "true"


#: (extension element, attribute) -> German and English role, whether it must be FEEL.
_ATTRIBUTES = {
    ("assignmentDefinition", "assignee"): ("Die Zuweisung", "The assignee", False),
    ("assignmentDefinition", "candidateGroups"): ("Die Gruppe", "The candidate group", False),
    ("assignmentDefinition", "candidateUsers"): ("Die Personenliste", "The users", False),
    ("taskSchedule", "dueDate"): ("Die Frist", "The due date", False),
    ("taskSchedule", "followUpDate"): ("Die Wiedervorlage", "The follow-up date", False),
    ("priorityDefinition", "priority"): ("Die Priorität", "The priority", False),
    ("jobPriorityDefinition", "priority"): ("Die Priorität", "The priority", False),
    ("taskDefinition", "retries"): ("Die Zahl der Versuche", "The number of retries", False),
    ("script", "expression"): ("Der Ausdruck", "The expression", True),
}


@lru_cache(maxsize=4)
def variables_of(bundle: Bundle) -> Variables:
    """Return the variables of a bundle, the same object for each rule."""
    return Variables(bundle)


@lru_cache(maxsize=4)
def uses_in(bundle: Bundle) -> tuple[tuple[Graph, Use], ...]:
    """Return every place where an expression is written, with its process."""
    return tuple(_uses(bundle, variables_of(bundle)))


def _uses(bundle: Bundle, variables: Variables) -> Iterator[tuple[Graph, Use]]:
    for graph in bundle.graphs:
        for node in graph.process.nodes:
            local = variables.local(graph, node)
            yield from ((graph, use) for use in _inputs(node, variables.entering(graph, node)))
            hidden = variables.only_by(graph, node)
            yield from ((graph, use) for use in _outputs(node, local, hidden))
            around = variables.around(graph, node)
            yield from ((graph, use) for use in _node_uses(bundle, node, local, around))
            yield from ((graph, use) for use in _loop_uses(node, local, around))
        for flow in graph.process.flows:
            if flow.condition is not None:
                outer = graph.nodes.get(flow.scope)
                local = variables.local(graph, outer) if outer else frozenset[str]()
                yield graph, _condition(flow, local)


def _condition(flow: Flow, local: frozenset[str]) -> Use:
    return Use(
        at=flow,
        local=local,
        line=flow.line,
        role_de="Die Bedingung",
        role_en="The condition",
        text=flow.condition or "",
        must_be_feel=True,
    )


def _node_uses(
    bundle: Bundle, node: Node, local: frozenset[str], around: frozenset[str]
) -> Iterator[Use]:
    for (tag, attribute), (role_de, role_en, must_be_feel) in _ATTRIBUTES.items():
        for extension in node.every(tag):
            if extension.get(attribute):
                yield Use(
                    at=node,
                    line=extension.line,
                    role_de=role_de,
                    role_en=role_en,
                    text=extension.get(attribute),
                    must_be_feel=must_be_feel,
                    local=local,
                )
    yield from _event_uses(bundle, node, local, around)


#: What the completion condition sees besides, BPMN 2.0.2 table 10.30.
_COUNTS = frozenset(
    f"numberOf{what}Instances" for what in ("", "Active", "Completed", "Terminated")
)


def _loop_uses(node: Node, local: frozenset[str], around: frozenset[str]) -> Iterator[Use]:
    loop = node.loop
    if loop is None:
        return
    texts = (
        ("Die Liste", "The input collection", loop.get("inputCollection"), around),
        ("Der Ausgabewert", "The output element", loop.get("outputElement"), local),
        ("Die Endbedingung", "The completion condition", loop.completion, local | _COUNTS),
        ("Die Schleifenbedingung", "The loop condition", loop.condition, local | {"loopCounter"}),
    )
    for role_de, role_en, text, names in texts:
        if text:
            yield Use(
                at=node,
                line=loop.line,
                role_de=role_de,
                role_en=role_en,
                text=text,
                must_be_feel=True,
                local=names,
            )


def _inputs(node: Node, entering: frozenset[str]) -> Iterator[Use]:
    """Yield the input mappings; each knows what the ones above it have set."""
    names = set(entering)
    for mapping in node.inputs:
        yield _mapping(node, mapping, frozenset(names))
        names.add(root(mapping.get("target")))


def _outputs(node: Node, local: frozenset[str], hidden: frozenset[str]) -> Iterator[Use]:
    """Yield the output mappings; each knows what the ones above it have set."""
    names = set(local)
    for mapping in node.outputs:
        yield _mapping(node, mapping, frozenset(names), hidden - names)
        names.add(root(mapping.get("target")))


def _mapping(
    node: Node, mapping: Extension, local: frozenset[str], hidden: frozenset[str] = frozenset()
) -> Use:
    incoming = mapping.tag == "zeebe:input"
    target = mapping.get("target")
    return Use(
        at=node,
        line=mapping.line,
        role_de=f"Die {'Eingabe' if incoming else 'Ausgabe'} „{target}“",
        role_en=f"The {'input' if incoming else 'output'} “{target}”",
        text=mapping.get("source"),
        must_be_feel=False,
        local=local,
        hidden=hidden,
    )


def _event_uses(
    bundle: Bundle, node: Node, local: frozenset[str], around: frozenset[str]
) -> Iterator[Use]:
    waits = node.event is not None and node.event.tag == "conditionalEventDefinition"
    if node.event is not None and node.event.text:
        yield Use(
            at=node,
            line=node.event.line,
            role_de="Die Bedingung" if waits else "Die Zeitangabe",
            role_en="The condition" if waits else "The timer",
            text=node.event.text,
            must_be_feel=waits,
            local=around if waits else local,
        )
    message = bundle.message(node)
    if message is not None and message.correlation_key and node.is_awaited:
        yield Use(
            at=node,
            line=message.line,
            role_de=f"Der Zuordnungsschlüssel der Nachricht „{message.name}“",
            role_en=f"The correlation key of the message “{message.name}”",
            text=message.correlation_key,
            must_be_feel=True,
            local=local,
        )
