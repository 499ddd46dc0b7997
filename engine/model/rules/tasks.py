"""Rules about tasks: handlers and their parameters, forms, decisions, called processes."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle, called_process, calls_handler, is_bound_late
from laufzettel.engine.model.contract import HandlerContract
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph
from laufzettel.engine.model.rules.table import Hit, listed, rule
from laufzettel.engine.model.source import Node
from laufzettel.engine.model.variables import form_id, root, variables_of


@rule(
    "no-handler",
    Severity.ERROR,
    de="{what} nennt keinen Handler.",
    en="{what} names no handler.",
    remedy_de="Tragen Sie unter „Task definition: Type“ den Namen des Handlers ein, zum Beispiel "
    "über eine Elementvorlage.",
    remedy_en="Enter the handler's name under “Task definition: Type”, for example by an element "
    "template.",
)
def no_handler(bundle: Bundle) -> Iterator[Hit]:
    """Whatever acts on its own names its handler."""
    for _, node in bundle.nodes():
        if calls_handler(node) and not node.handler:
            yield Hit(at=node)


@rule(
    "unsendable-message",
    Severity.ERROR,
    de="{what} sendet eine Nachricht, nennt aber weder einen Handler noch eine Nachricht mit "
    "Zuordnungsschlüssel.",
    en="{what} sends a message but names neither a handler nor a message with correlation key.",
    remedy_de="Nach außen: tragen Sie unter „Task definition: Type“ den Handler ein. An einen "
    "anderen Vorgang: wählen Sie eine Nachricht mit „Subscription correlation key“.",
    remedy_en="To the outside: enter the handler under “Task definition: Type”. To another case: "
    "choose a message with a subscription correlation key.",
)
def unsendable_message(bundle: Bundle) -> Iterator[Hit]:
    """A thrown message goes out by a handler, or to the case that its key names."""
    for _, node in bundle.nodes("intermediateThrowEvent", "endEvent"):
        message = bundle.message(node)
        sends = node.event is not None and node.event.tag == "messageEventDefinition"
        keyed = message is not None and message.name and message.correlation_key
        if sends and not keyed and not calls_handler(node):
            yield Hit(at=node)


@rule(
    "computed-handler",
    Severity.ERROR,
    de="{what} berechnet den Namen des Handlers ({handler}); Daten dürfen nicht bestimmen, "
    "welcher Code läuft.",
    en="{what} computes the handler's name ({handler}); data must not decide which code runs.",
    remedy_de="Tragen Sie den Namen wörtlich ein und unterscheiden Sie mit einem Gateway.",
    remedy_en="Enter the name literally and decide with a gateway.",
)
def computed_handler(bundle: Bundle) -> Iterator[Hit]:
    """The handler's name is a literal."""
    for _, node in bundle.nodes():
        if node.handler.startswith("="):
            yield Hit(at=node, values={"handler": node.handler})


@rule(
    "unknown-handler",
    Severity.ERROR,
    de="{what} ruft den Handler „{handler}“ auf; diesen gibt es nicht.",
    en="{what} calls the handler “{handler}”, which does not exist.",
    remedy_de="Verwenden Sie einen der vorhandenen Handler: {known}.",
    remedy_en="Use one of the existing handlers: {known}.",
)
def unknown_handler(bundle: Bundle) -> Iterator[Hit]:
    """Every handler that a model names exists."""
    if bundle.handlers is None:
        return
    for _, node in bundle.nodes():
        name = node.handler if calls_handler(node) else ""
        if name and not name.startswith("=") and name not in bundle.handlers:
            known = _near(name, list(bundle.handlers))
            yield Hit(at=node, values={"handler": name, "known": listed(known)})


def _near(name: str, names: list[str]) -> list[str]:
    """Return the names of the same family first: all when there is none."""
    family = name.partition(".")[0]
    return [each for each in names if each.partition(".")[0] == family] or names


def _contracts(bundle: Bundle) -> Iterator[tuple[Graph, Node, HandlerContract]]:
    for graph, node in bundle.nodes():
        contract = bundle.contract(node)
        if contract is not None:
            yield graph, node, contract


def _headers(node: Node) -> list[str]:
    return [each.get("key") for each in node.inside("taskHeaders", "header")]


@rule(
    "missing-parameter",
    Severity.ERROR,
    de="{what} gibt dem Handler „{handler}“ den Wert „{parameter}“ nicht mit.",
    en="{what} does not give the handler “{handler}” the value “{parameter}”.",
    remedy_de="Legen Sie eine Eingabe mit dem Ziel „{parameter}“ ({type}) an.",
    remedy_en="Add an input mapping with the target “{parameter}” ({type}).",
)
def missing_parameter(bundle: Bundle) -> Iterator[Hit]:
    """Every required parameter is an input, a header, or a variable of the same name."""
    variables = variables_of(bundle)
    for graph, node, contract in _contracts(bundle):
        given = {root(each.get("target")) for each in node.inputs} | set(_headers(node))
        given |= variables.known(graph) | variables.entering(graph, node)
        for name, spec in contract.parameters.items():
            if spec.required and name not in given:
                values = {"handler": contract.name, "parameter": name, "type": spec.type}
                yield Hit(at=node, values=values)


@rule(
    "unknown-parameter",
    Severity.ERROR,
    de="{what} gibt dem Handler „{handler}“ den Wert „{parameter}“, den er nicht kennt.",
    en="{what} gives the handler “{handler}” the value “{parameter}”, which it does not know.",
    remedy_de="Der Handler kennt: {known}.",
    remedy_en="The handler knows: {known}.",
)
def unknown_parameter(bundle: Bundle) -> Iterator[Hit]:
    """Every input of a handler's task, and every header, is one of its parameters."""
    for _, node, contract in _contracts(bundle):
        given = [(root(each.get("target")), each.line) for each in node.inputs]
        given += [(key, node.line) for key in _headers(node)]
        for name, line in given:
            if name and name not in contract.parameters:
                known = listed(list(contract.parameters))
                values = {"handler": contract.name, "parameter": name, "known": known}
                yield Hit(at=node, line=line, values=values)


@rule(
    "code-in-script",
    Severity.ERROR,
    de="{what} enthält Programmcode; Modelle führen keinen Code aus.",
    en="{what} contains program code; models run no code.",
    remedy_de="Stellen Sie die Aufgabe auf „FEEL expression“ um, oder verwenden Sie eine "
    "Service-Aufgabe mit einem Handler.",
    remedy_en="Change the task to “FEEL expression”, or use a service task with a handler.",
)
def code_in_script(bundle: Bundle) -> Iterator[Hit]:
    """No model carries a script in a programming language."""
    for _, node in bundle.nodes():
        if node.code:
            yield Hit(at=node)


@rule(
    "empty-script",
    Severity.ERROR,
    de="{what} hat keinen FEEL-Ausdruck oder nennt keine Variable für das Ergebnis.",
    en="{what} has no FEEL expression or names no result variable.",
    remedy_de="Tragen Sie den Ausdruck (mit = davor) und die Ergebnisvariable ein.",
    remedy_en="Enter the expression (with a leading =) and the result variable.",
)
def empty_script(bundle: Bundle) -> Iterator[Hit]:
    """A script task evaluates a FEEL expression and stores its result."""
    for _, node in bundle.nodes("scriptTask"):
        whole = node.attribute("script", "expression") and node.attribute(
            "script", "resultVariable"
        )
        if not whole and not node.code and node.first("taskDefinition") is None:
            yield Hit(at=node)


@rule(
    "no-decision",
    Severity.ERROR,
    de="{what} nennt keine Entscheidungstabelle oder keine Variable für das Ergebnis.",
    en="{what} names no decision or no result variable.",
    remedy_de="Tragen Sie unter „Called decision“ die Id der Entscheidung wörtlich und die "
    "Ergebnisvariable ein.",
    remedy_en="Enter the decision's id literally and the result variable under “Called decision”.",
)
def no_decision(bundle: Bundle) -> Iterator[Hit]:
    """A business rule task names its decision and the variable for the result."""
    for _, node in bundle.nodes("businessRuleTask"):
        decision = node.attribute("calledDecision", "decisionId")
        result = node.attribute("calledDecision", "resultVariable")
        named = decision and not decision.startswith("=") and result
        if not named and node.first("taskDefinition") is None:
            yield Hit(at=node)


@rule(
    "unknown-decision",
    Severity.ERROR,
    de="{what} verwendet die Entscheidung „{decision}“; diese gibt es nicht.",
    en="{what} uses the decision “{decision}”, which does not exist.",
    remedy_de="Legen Sie die Entscheidung in decisions.dmn an. Vorhanden sind: {known}.",
    remedy_en="Add the decision to decisions.dmn. There are: {known}.",
)
def unknown_decision(bundle: Bundle) -> Iterator[Hit]:
    """Every decision that a model names exists."""
    known = set(bundle.decisions) | bundle.known_decisions
    for _, node in bundle.nodes("businessRuleTask"):
        decision = node.attribute("calledDecision", "decisionId")
        if decision and not decision.startswith("=") and decision not in known:
            yield Hit(at=node, values={"decision": decision, "known": listed(known)})


@rule(
    "decision-binding",
    Severity.ERROR,
    de="{what} bindet die Entscheidung „{decision}“ so, dass es keine gibt: {reason_de}.",
    en="{what} binds the decision “{decision}” so that there is none: {reason_en}.",
    remedy_de="Wählen Sie als „Binding“ „deployment“ für die Entscheidung aus demselben Ordner, "
    "„latest“ für die neueste, oder „versionTag“ mit einer Fassung.",
    remedy_en="Choose “deployment” as binding for the decision in the same folder, “latest” for "
    "the newest, or “versionTag” with a tag.",
)
def decision_binding(bundle: Bundle) -> Iterator[Hit]:
    """What a task binds can be found when it is reached."""
    for _, node in bundle.nodes("businessRuleTask"):
        decision = node.attribute("calledDecision", "decisionId")
        binding = node.attribute("calledDecision", "bindingType") or "latest"
        tag = node.attribute("calledDecision", "versionTag")
        de, en = "", ""
        if binding not in ("deployment", "latest", "versionTag"):
            de, en = f"„{binding}“ ist keine Bindung", f"“{binding}” is no binding"
        elif binding == "versionTag" and not tag:
            de, en = "die Fassung (versionTag) fehlt", "the version tag is missing"
        elif binding == "deployment" and decision in bundle.known_decisions - set(bundle.decisions):
            de, en = "sie liegt nicht bei diesem Modell", "it does not lie beside this model"
        if decision and de:
            values = {"decision": decision, "reason_de": de, "reason_en": en}
            yield Hit(at=node, values=values)


@rule(
    "no-called-process",
    Severity.ERROR,
    de="{what} nennt keinen Prozess, oder berechnet seinen Namen.",
    en="{what} names no process, or computes its name.",
    remedy_de="Tragen Sie unter „Called element“ die Id des Prozesses wörtlich ein.",
    remedy_en="Enter the id of the process literally under “Called element”.",
)
def no_called_process(bundle: Bundle) -> Iterator[Hit]:
    """A call activity names the process it calls."""
    for _, node in bundle.nodes("callActivity"):
        called = called_process(node)
        computed = node.attribute("calledElement", "processIdExpression")
        if not called or called.startswith("=") or computed:
            yield Hit(at=node)


@rule(
    "unknown-process",
    Severity.ERROR,
    de="{what} ruft den Prozess „{process}“ auf; diesen gibt es nicht.",
    en="{what} calls the process “{process}”, which does not exist.",
    remedy_de="Legen Sie das Modell des Prozesses in denselben Ordner. Vorhanden sind: {known}.",
    remedy_en="Put the model of the process into the same folder. There are: {known}.",
)
def unknown_process(bundle: Bundle) -> Iterator[Hit]:
    """Every process that a model calls exists."""
    known = set(bundle.processes) | bundle.known_processes
    for _, node in bundle.nodes("callActivity"):
        called = called_process(node)
        is_here = called in known or is_bound_late(node)  # that is looked for when it is reached
        if called and not called.startswith("=") and not is_here:
            yield Hit(at=node, values={"process": called, "known": listed(known)})


@rule(
    "called-binding",
    Severity.ERROR,
    de="{what} bindet den Prozess so, dass keiner gefunden wird: {reason_de}.",
    en="{what} binds the process so that none is found: {reason_en}.",
    remedy_de="Wählen Sie als „Binding“ „deployment“ für den Prozess aus demselben Ordner, „latest“ "
    "für die Fassung, die für neue Vorgänge gilt, oder „versionTag“ mit einer Fassung.",
    remedy_en="Choose “deployment” as binding for the process in the same folder, “latest” for the "
    "version that new cases run, or “versionTag” with a tag.",
)
def called_binding(bundle: Bundle) -> Iterator[Hit]:
    """What a call binds can be found when it is reached."""
    for _, node in bundle.nodes("callActivity"):
        binding = node.attribute("calledElement", "bindingType") or "deployment"
        de, en = "", ""
        if binding not in ("deployment", "latest", "versionTag"):
            de, en = f"„{binding}“ ist keine Bindung", f"“{binding}” is no binding"
        elif binding == "versionTag" and not node.attribute("calledElement", "versionTag"):
            de, en = "die Fassung (versionTag) fehlt", "the version tag is missing"
        if de:
            yield Hit(at=node, values={"reason_de": de, "reason_en": en})


@rule(
    "business-id",
    Severity.ERROR,
    de="{what} setzt einen Geschäftsschlüssel (businessId); das wird noch nicht ausgeführt.",
    en="{what} sets a business id, which is not executed yet.",
    remedy_de="Geben Sie den Schlüssel als Eingabe mit.",
    remedy_en="Hand the key over as an input.",
)
def business_id(bundle: Bundle) -> Iterator[Hit]:
    """A business id of a called process is refused until it has a meaning."""
    for _, node in bundle.nodes("callActivity"):
        if node.attribute("calledElement", "businessId"):
            yield Hit(at=node)


@rule(
    "implicit-propagation",
    Severity.WARNING,
    de="{what} sagt nicht, ob alle Variablen zum aufgerufenen Prozess und zurück gehen.",
    en="{what} does not say whether all variables go to the called process and back.",
    remedy_de="Setzen Sie „Propagate all variables“ für beide Richtungen ausdrücklich (ohne Angabe "
    "gilt: hin ja, zurück nein).",
    remedy_en="Set “Propagate all variables” for both directions (default: there yes, back no).",
)
def implicit_propagation(bundle: Bundle) -> Iterator[Hit]:
    """A call activity says which variables it hands over."""
    settings = ("propagateAllParentVariables", "propagateAllChildVariables")
    for _, node in bundle.nodes("callActivity"):
        if called_process(node) and not all(
            node.attribute("calledElement", each) for each in settings
        ):
            yield Hit(at=node)


@rule(
    "recursive-call",
    Severity.ERROR,
    de="{what} ruft über „{process}“ den eigenen Prozess wieder auf.",
    en="{what} calls its own process again through “{process}”.",
    remedy_de="Zeichnen Sie die Wiederholung als Schleife im Prozess.",
    remedy_en="Draw the repetition as a loop inside the process.",
)
def recursive_call(bundle: Bundle) -> Iterator[Hit]:
    """No process calls itself, directly or through others."""
    for graph, node in bundle.nodes("callActivity"):
        if graph.process.id in bundle.reach(called_process(node)):
            yield Hit(at=node, values={"process": called_process(node)})


@rule(
    "user-task-implementation",
    Severity.WARNING,
    de="{what} ist nicht als „Camunda user task“ gekennzeichnet; sie wird so ausgeführt.",
    en="{what} is not marked as “Camunda user task”; it is executed as one.",
    remedy_de="Wählen Sie im Modeler unter „Implementation“ den Wert „Camunda user task“.",
    remedy_en="Choose “Camunda user task” under “Implementation” in the Modeler.",
)
def user_task_implementation(bundle: Bundle) -> Iterator[Hit]:
    """A user task carries ``zeebe:userTask``, which is assumed where it is missing."""
    for _, node in bundle.nodes("userTask"):
        if node.first("userTask") is None:
            yield Hit(at=node)


@rule(
    "embedded-form",
    Severity.ERROR,
    de="{what} verknüpft ihr Formular über „formKey“ oder mit einem Ausdruck.",
    en="{what} links its form by “formKey” or by an expression.",
    remedy_de="Verknüpfen Sie das Formular mit seiner Id (Form type „Camunda Form (linked)“).",
    remedy_en="Link the form by its id (form type “Camunda Form (linked)”).",
)
def embedded_form(bundle: Bundle) -> Iterator[Hit]:
    """A form is linked by its literal id."""
    for _, node in bundle.nodes("userTask"):
        if node.attribute("formDefinition", "formKey") or form_id(node).startswith("="):
            yield Hit(at=node)


@rule(
    "external-form",
    Severity.ERROR,
    de="{what} verweist auf ein fremdes Formular; es wird noch nicht gezeigt.",
    en="{what} refers to an external form, which is not shown yet.",
    remedy_de="Legen Sie das Formular in forms/ an und verknüpfen Sie es mit seiner Id.",
    remedy_en="Add the form to forms/ and link it by its id.",
)
def external_form(bundle: Bundle) -> Iterator[Hit]:
    """A form lies in the bundle."""
    for _, node in bundle.nodes("userTask"):
        if node.attribute("formDefinition", "externalReference"):
            yield Hit(at=node)


@rule(
    "unknown-form",
    Severity.ERROR,
    de="{what} zeigt das Formular „{form}“; dieses gibt es nicht.",
    en="{what} shows the form “{form}”, which does not exist.",
    remedy_de="Legen Sie die Datei forms/{form}.form mit der Id „{form}“ an. Vorhanden sind: "
    "{known}.",
    remedy_en="Add the file forms/{form}.form with the id “{form}”. There are: {known}.",
)
def unknown_form(bundle: Bundle) -> Iterator[Hit]:
    """Every form that a user task shows exists."""
    for graph in bundle.graphs:
        for place in (graph.process, *graph.process.nodes):
            for each in place.every("formDefinition"):
                form = each.get("formId")
                if form and not form.startswith("=") and form not in bundle.forms:
                    values = {"form": form, "known": listed(list(bundle.forms))}
                    yield Hit(at=place, line=each.line, values=values)


@rule(
    "nobody-assigned",
    Severity.ERROR,
    de="{what} ist niemandem zugewiesen; niemand würde sie sehen.",
    en="{what} is assigned to nobody; nobody would see it.",
    remedy_de="Tragen Sie unter „Assignment“ eine Gruppe oder eine Person ein.",
    remedy_en="Enter a group or a person under “Assignment”.",
)
def nobody_assigned(bundle: Bundle) -> Iterator[Hit]:
    """A user task is offered to somebody."""
    fields = ("assignee", "candidateGroups", "candidateUsers")
    for _, node in bundle.nodes("userTask"):
        if not any(node.attribute("assignmentDefinition", each) for each in fields):
            yield Hit(at=node)
