"""Rules about our marks: duties on tasks, duties before handlers, closed lists."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle, called_process
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph, Walk
from laufzettel.engine.model.rules.table import Hit, listed, rule
from laufzettel.engine.model.source import Node, Place
from laufzettel.engine.model.variables import form_id
from laufzettel.engine.model.vocabulary import DUTIES, PROPERTIES, PROPERTY_VALUES

DUTY = "laufzettel:duty"
SIGNS = "laufzettel:signs"


def duties(node: Node) -> tuple[str, ...]:
    """Return the duties of a user task, without ``keine``."""
    names = [each.strip() for each in node.properties.get(DUTY, "").split(",")]
    return tuple(each for each in names if each and each != "keine")


def _places(bundle: Bundle) -> Iterator[Place]:
    for graph in bundle.graphs:
        yield graph.process
        yield from graph.process.nodes


@rule(
    "missing-duty",
    Severity.ERROR,
    de="{what} trägt keine Pflicht, obwohl der Prozess Pflichten verlangt.",
    en="{what} carries no duty although the process requires duties.",
    remedy_de="Tragen Sie die Eigenschaft laufzettel:duty ein: {known}.",
    remedy_en="Add the property laufzettel:duty: {known}.",
)
def missing_duty(bundle: Bundle) -> Iterator[Hit]:
    """Where duties are required, each user task has one or says „keine“."""
    for graph, node in bundle.nodes("userTask"):
        required = graph.process.properties.get("laufzettel:duties") == "required"
        if required and not node.properties.get(DUTY):
            yield Hit(at=node, values={"known": listed(DUTIES)})


@rule(
    "unknown-duty",
    Severity.ERROR,
    de="{what} nennt als Pflicht „{duty}“; das geht so nicht.",
    en="{what} names the duty “{duty}”, which is not possible.",
    remedy_de="Möglich sind, auch mehrere mit Komma: {known}. „keine“ steht allein.",
    remedy_en="Possible, several with commas: {known}. “keine” stands alone.",
)
def unknown_duty(bundle: Bundle) -> Iterator[Hit]:
    """Duties come from a closed list, literally."""
    for _, node in bundle.nodes("userTask"):
        text = node.properties.get(DUTY, "")
        names = [each.strip() for each in text.split(",")] if text else []
        mixed = [text] if "keine" in names and len(names) > 1 else []
        for name in [each for each in names if each not in DUTIES] + mixed:
            yield Hit(at=node, values={"duty": name, "known": listed(DUTIES)})


@rule(
    "unknown-signing-answer",
    Severity.ERROR,
    de="{what} nennt in laufzettel:signs „{value}“; das ist keine Antwort ihres Formulars, oder "
    "sie trägt keine Pflicht.",
    en="{what} names “{value}” in laufzettel:signs, which is no answer of its form, or it "
    "carries no duty.",
    remedy_de="Schreiben Sie Feld=Wert mit einem Auswahlfeld des Formulars, zum Beispiel "
    "decision=anordnen, und die Pflicht daneben.",
    remedy_en="Write field=value with a choice of the form, such as decision=anordnen, and the "
    "duty beside it.",
)
def unknown_signing_answer(bundle: Bundle) -> Iterator[Hit]:
    """What signs a duty is an answer that the form really offers."""
    for _, node in bundle.nodes("userTask"):
        mark = node.properties.get(SIGNS, "")
        key, _, value = mark.partition("=")
        form = bundle.forms.get(form_id(node))
        field = form.inputs().get(key) if form else None
        offered = field is not None and value in [option.value for option in field.options]
        if mark and not (offered and duties(node)):
            yield Hit(at=node, values={"value": mark})


@rule(
    "unknown-property",
    Severity.ERROR,
    de="{what} trägt die Eigenschaft „{property}“, die es dort nicht gibt.",
    en="{what} carries the property “{property}”, which does not exist there.",
    remedy_de="Dort gibt es: {known}. Berichtigen Sie den Namen oder entfernen Sie die Eigenschaft.",
    remedy_en="There are: {known}. Correct the name or remove the property.",
)
def unknown_property(bundle: Bundle) -> Iterator[Hit]:
    """Our marks have names of a closed list, and stand where they have a meaning."""
    for place in _places(bundle):
        for name in place.properties:
            known = place.tag in PROPERTIES.get(name, ())
            if name.startswith("laufzettel:") and not known:
                here = [each for each, tags in PROPERTIES.items() if place.tag in tags]
                yield Hit(at=place, values={"property": name, "known": listed(here)})


@rule(
    "property-value",
    Severity.ERROR,
    de="{what} setzt „{property}“ auf „{value}“.",
    en="{what} sets “{property}” to “{value}”.",
    remedy_de="Möglich ist wörtlich: {known}.",
    remedy_en="Possible, literally: {known}.",
)
def property_value(bundle: Bundle) -> Iterator[Hit]:
    """Our marks have literal values of a closed list."""
    for place in _places(bundle):
        for name, value in place.properties.items():
            allowed = PROPERTY_VALUES.get(name)
            if allowed is not None and value not in allowed:
                values = {"property": name, "value": value, "known": listed(allowed)}
                yield Hit(at=place, values=values)


@rule(
    "repeated-property",
    Severity.ERROR,
    de="{what} trägt die Eigenschaft „{property}“ mehrmals.",
    en="{what} carries the property “{property}” more than once.",
    remedy_de="Lassen Sie eine stehen.",
    remedy_en="Keep one.",
)
def repeated_property(bundle: Bundle) -> Iterator[Hit]:
    """A mark says one thing only."""
    for place in _places(bundle):
        names = [each.get("name") for each in place.inside("properties", "property")]
        for name in sorted({each for each in names if names.count(each) > 1}):
            yield Hit(at=place, values={"property": name})


@rule(
    "duty-not-before",
    Severity.ERROR,
    de="{what} ruft „{handler}“ auf, doch nicht auf jedem Weg dorthin wurde „{duty}“ geleistet.",
    en="{what} calls “{handler}”, but not every path to it has passed the duty “{duty}”.",
    remedy_de="Führen Sie jeden Weg über eine Benutzeraufgabe mit laufzettel:duty = {duty}.",
    remedy_en="Lead every path over a user task with laufzettel:duty = {duty}.",
)
def duty_not_before(bundle: Bundle) -> Iterator[Hit]:
    """Handlers that order or book run only after the duties they demand."""
    demanded = {
        duty
        for _, node in bundle.nodes()
        if (contract := bundle.contract(node)) is not None
        for duty in contract.requires_duties
    }
    for duty in sorted(demanded):
        for node in _reached_without(bundle, duty):
            contract = bundle.contract(node)
            if contract is not None and duty in contract.requires_duties:
                yield Hit(at=node, values={"handler": contract.name, "duty": duty})


def _reached_without(bundle: Bundle, duty: str) -> Iterator[Node]:
    """Yield every node that a case can reach without having passed a duty."""
    paths = _Paths(bundle, duty)
    entered: set[str] = set()
    begins = {process.id for process in bundle.mains}
    ids = (graph.process.id for graph in bundle.graphs)
    todo = [each for each in ids if each in begins or each not in bundle.called]
    while todo:
        process = todo.pop()
        graph = bundle.processes.get(process)
        if graph is not None and process not in entered:
            entered.add(process)
            reached = paths.walk(graph).reached
            for node in graph.process.nodes:
                if node.id in reached:
                    yield node
                    if node.tag == "callActivity":
                        todo.append(called_process(node))


class _Paths:
    """The paths on which a duty is never done; each process is walked through once."""

    def __init__(self, bundle: Bundle, duty: str) -> None:
        self._bundle = bundle
        self._duty = duty
        self._walks: dict[str, Walk] = {}
        self._open: set[str] = set()

    def walk(self, graph: Graph) -> Walk:
        """Return what is reached in a process, entered without the duty."""
        process = graph.process.id
        if process not in self._walks:
            self._open.add(process)
            walk = Walk(graph, completes=self._completes)
            self._walks[process] = walk.run(graph.entries(process))
        return self._walks[process]

    def _completes(self, node: Node) -> bool:
        """Say whether a node can be left without the duty; a repetition may have no items."""
        if node.may_be_empty:
            return True
        if node.tag == "userTask":
            return self._duty not in duties(node)
        if node.tag != "callActivity":
            return True
        graph = self._bundle.processes.get(called_process(node))
        # Unknown or recursive: named by other rules, and never taken for the duty.
        if graph is None or (graph.process.id in self._open - self._walks.keys()):
            return True
        return graph.process.id in self.walk(graph).ended
