"""Everything the lint looks at: all files of a bundle, read and indexed, nothing judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from laufzettel.engine.dmn.gaps import Analysis, analyse
from laufzettel.engine.dmn.library import Compiled, Library
from laufzettel.engine.dmn.nodes import TableNode
from laufzettel.engine.dmn.source import Decision
from laufzettel.engine.model.contract import HandlerContract
from laufzettel.engine.model.decisions import DecisionFile, read_dmn
from laufzettel.engine.model.forms import Form, FormProblem, parse_form
from laufzettel.engine.model.graph import Graph
from laufzettel.engine.model.limits import PROCESSES_MAX, excess
from laufzettel.engine.model.read import read_bpmn
from laufzettel.engine.model.source import File, Flow, Message, Named, Node, Process
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.model.vocabulary import CALLING

_SENDING = "messageEventDefinition"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """One form file with what is wrong in it."""

    name: str
    form: Form | None
    problems: list[FormProblem]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """The files of a bundle, indexed for the rules; equal to itself alone."""

    files: tuple[File, ...]
    form_files: tuple[FormFile, ...]
    decision_files: tuple[DecisionFile, ...]
    handlers: Mapping[str, HandlerContract] | None  # None: not known, nothing is said of them
    known_decisions: frozenset[str]  # deployed elsewhere, bound when reached
    known_processes: frozenset[str]

    @cached_property
    def graphs(self) -> tuple[Graph, ...]:
        """The executable processes of usable size; where none is marked so, all."""
        every = [each for each in self.everything if next(excess(each), None) is None]
        executable = [each for each in every if each.executable]
        return tuple(Graph(each) for each in (executable or every)[:PROCESSES_MAX])

    @cached_property
    def processes(self) -> dict[str, Graph]:
        """The same by process id; the first of equal ids."""
        return {graph.process.id: graph for graph in reversed(self.graphs)}

    @cached_property
    def forms(self) -> dict[str, Form]:
        """The readable forms by id."""
        return {each.form.id: each.form for each in self.form_files if each.form is not None}

    @cached_property
    def library(self) -> Library:
        """The decision files together, their references resolved."""
        return Library(file.model for file in self.decision_files)

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """The decisions by id; the last of equal ids."""
        return {each.key[1]: each for file in self.decision_files for each in file.model.decisions}

    @cached_property
    def _analyses(self) -> dict[TableNode, Analysis]:
        return {}

    def analysis(self, compiled: Compiled, table: TableNode) -> Analysis:
        """Return gaps and overlaps of a decision table, looked for once."""
        if table not in self._analyses:
            known = self.library.column_types(compiled, table)
            self._analyses[table] = analyse(table, known)
        return self._analyses[table]

    @cached_property
    def called(self) -> frozenset[str]:
        """The ids of all processes that are called."""
        return frozenset(called_process(node) for _, node in self.nodes("callActivity"))

    @cached_property
    def mains(self) -> tuple[Process, ...]:
        """The processes of the first file that none of its others calls: there should be one."""
        name = self.files[0].name if self.files else ""
        first = [graph.process for graph in self.graphs if graph.process.file == name]
        return tuple(
            process
            for process in first
            if not any(process.id in self.reach(each.id) - {each.id} for each in first)
        )

    def reach(self, process: str) -> set[str]:
        """Return a process and all that it calls, directly or through others."""
        seen: set[str] = set()
        todo = [process]
        while todo:
            graph = self.processes.get(name := todo.pop())
            if graph is not None and name not in seen:
                seen.add(name)
                calls = (each for each in graph.process.nodes if each.tag == "callActivity")
                todo.extend(map(called_process, calls))
        return seen

    @property
    def everything(self) -> Iterator[Process]:
        """Yield every process, also those that are not executed."""
        return (process for file in self.files for process in file.processes)

    def nodes(self, *tags: str) -> Iterator[tuple[Graph, Node]]:
        """Yield the nodes of these kinds (all without a kind) with their process."""
        for graph in self.graphs:
            for node in graph.process.nodes:
                if not tags or node.tag in tags:
                    yield graph, node

    def flows(self) -> Iterator[tuple[Graph, Flow]]:
        """Yield every sequence flow with its process."""
        return ((graph, flow) for graph in self.graphs for flow in graph.process.flows)

    def contract(self, node: Node) -> HandlerContract | None:
        """Return the contract of the handler that a node calls, if it is known."""
        return (self.handlers or {}).get(node.handler) if calls_handler(node) else None

    def message(self, node: Node) -> Message | None:
        """Return the message that an event or receive task names."""
        event = node.event
        found = event is not None and event.tag == "messageEventDefinition"
        return self._file(node.file).messages.get(event.ref) if event and found else None

    def named(self, node: Node) -> Named | None:
        """Return the error, escalation or signal that an event names."""
        return self._file(node.file).named.get(node.event.ref) if node.event else None

    def _file(self, name: str) -> File:
        return next(each for each in self.files if each.name == name)


def calls_handler(node: Node) -> bool:
    """Say whether a node calls a handler when it is reached."""
    if node.tag in ("serviceTask", "sendTask"):
        return True
    event = node.event
    silent = node.tag.endswith("Event") and (event is None or event.tag != _SENDING)
    return node.tag in CALLING and not silent and node.first("taskDefinition") is not None


def called_process(node: Node) -> str:
    """Return the process id that a call activity names."""
    return node.attribute("calledElement", "processId")


def is_bound_late(node: Node) -> bool:
    """Say whether a call binds what is deployed when it is reached, not what lies beside it."""
    binding = node.attribute("calledElement", "bindingType")
    return node.tag == "callActivity" and binding in ("latest", "versionTag")


def read_bundle(
    sources: Sources,
    *,
    handlers: Mapping[str, HandlerContract] | None,
    known_decisions: Collection[str] = (),
    known_processes: Collection[str] = (),
) -> Bundle:
    """Return the bundle of these files."""
    forms = sources.named(".form")
    return Bundle(
        files=tuple(read_bpmn(name, data) for name, data in sources.named(".bpmn").items()),
        form_files=tuple(_form_file(name, data) for name, data in forms.items()),
        decision_files=tuple(read_dmn(*each) for each in sources.named(".dmn").items()),
        handlers=handlers,
        known_decisions=frozenset(known_decisions),
        known_processes=frozenset(known_processes),
    )


def _form_file(name: str, data: bytes) -> FormFile:
    form, problems = parse_form(name, data)
    return FormFile(name=name, form=form, problems=problems)
