"""Rules about what is thrown: errors, escalations, signals, and who catches them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from laufzettel.engine.model.bundle import Bundle, calls_handler
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph
from laufzettel.engine.model.rules.events import definitions, host_of
from laufzettel.engine.model.rules.table import Hit, rule
from laufzettel.engine.model.source import Node
from laufzettel.engine.model.vocabulary import CASE, OWN

_THROWING: Final = ("intermediateThrowEvent", "endEvent")


@rule(
    "error-without-code",
    Severity.ERROR,
    de="{what} löst einen Fehler ohne Code aus.",
    en="{what} throws an error without a code.",
    remedy_de="Wählen Sie unter „Error“ einen Fehler mit Code.",
    remedy_en="Choose an error with a code under “Error”.",
)
def error_without_code(bundle: Bundle) -> Iterator[Hit]:
    """A thrown error has a code by which it is caught."""
    for _, node, event in definitions(bundle, "errorEventDefinition"):
        error = bundle.named(node)
        coded = error is not None and error.key and not error.key.startswith("=")
        if node.tag == "endEvent" and (not event.ref or (error is not None and not coded)):
            yield Hit(at=node, line=event.line)


@rule(
    "cannot-raise",
    Severity.ERROR,
    de="{what} fängt einen Fehler von „{host}“; dieser Schritt kann keinen auslösen.",
    en="{what} catches an error of “{host}”, which cannot raise one.",
    remedy_de="Fehler kommen aus Service-Aufgaben, Teilprozessen und Aufrufaktivitäten. Bei "
    "Personen unterscheiden Sie mit einem Feld im Formular und einem Gateway.",
    remedy_en="Errors come from service tasks, subprocesses and call activities. With people, "
    "decide by a form field and a gateway.",
)
def cannot_raise(bundle: Bundle) -> Iterator[Hit]:
    """An error boundary hangs on something that can raise an error."""
    for graph, node, _ in definitions(bundle, "errorEventDefinition"):
        host = host_of(graph, node)
        if node.tag == "boundaryEvent" and host is not None and not _can_raise(host):
            yield Hit(at=node, values={"host": host.name or host.id})


def _can_raise(host: Node) -> bool:
    return calls_handler(host) or host.tag in ("subProcess", "callActivity")


@rule(
    "error-not-interrupting",
    Severity.ERROR,
    de="{what} fängt einen Fehler, soll aber nicht unterbrechen.",
    en="{what} catches an error but is not to interrupt.",
    remedy_de="Machen Sie das Ereignis unterbrechend; nach einem Fehler geht der Schritt nicht "
    "weiter.",
    remedy_en="Make the event interrupting; after an error the activity does not go on.",
)
def error_not_interrupting(bundle: Bundle) -> Iterator[Hit]:
    """An error boundary interrupts, as BPMN demands."""
    for _, node, _ in definitions(bundle, "errorEventDefinition"):
        if node.tag in ("boundaryEvent", "startEvent") and not node.interrupting:
            yield Hit(at=node)


@rule(
    "uncaught-error",
    Severity.WARNING,
    de="Den Fehler „{code}“ von {to} fängt niemand auf; der Vorgang bliebe als Störung stehen.",
    en="Nobody catches the error “{code}” of {to}; the case would stop as an incident.",
    remedy_de="Fangen Sie ihn am Rand des Teilprozesses, oder verwenden Sie ein einfaches "
    "Endereignis.",
    remedy_en="Catch it at the boundary of the subprocess, or use a plain end event.",
)
def uncaught_error(bundle: Bundle) -> Iterator[Hit]:
    """A thrown error is caught around the place where it is thrown."""
    for graph, node, _ in definitions(bundle, "errorEventDefinition"):
        error = bundle.named(node)
        outside = graph.process.id in bundle.called  # a caller may catch it
        if node.tag == "endEvent" and error is not None and error.key and not outside:
            caught = _caught(bundle, graph, node, "errorEventDefinition")
            if not caught & {"", error.key}:
                yield Hit(at=node, values={"code": error.key})


def _caught(bundle: Bundle, graph: Graph, node: Node, tag: str) -> set[str]:
    """Return the codes that are caught around a throwing event; empty catches all."""
    scopes = [node.scope, *(each.scope for each in graph.around(node))]
    catching = [start for scope in scopes for each in graph.armed(scope) for start in each]
    catching += [one for host in graph.around(node) for one in graph.boundaries.get(host.id, ())]
    found = [one for one in catching if one.event is not None and one.event.tag == tag]
    return {named.key if (named := bundle.named(one)) else "" for one in found}


@rule(
    "own-case-throws",
    Severity.ERROR,
    de="{what} wirft die Eskalation „{code}“ aus einem eigenen Vorgang hinaus; den Aufrufer erreicht "
    "das nicht.",
    en="{what} throws the escalation “{code}” out of a case of its own; that does not reach the "
    "caller.",
    remedy_de="Fangen Sie sie in diesem Prozess, werfen Sie einen Fehler, oder lassen Sie den Prozess "
    "im Vorgang des Aufrufers laufen (laufzettel:case entfernen).",
    remedy_en="Catch it in this process, throw an error, or let the process run in the caller's case "
    "(remove laufzettel:case).",
)
def own_case_throws(bundle: Bundle) -> Iterator[Hit]:
    """An escalation stays in its case; results and errors reach the caller."""
    tag = "escalationEventDefinition"
    for graph, node, _ in definitions(bundle, tag):
        code = found.key if (found := bundle.named(node)) is not None else ""
        throws_out = node.tag in _THROWING and code and _is_own(bundle, graph)
        if throws_out and not _caught(bundle, graph, node, tag) & {"", code}:
            yield Hit(at=node, values={"code": code})


def _is_own(bundle: Bundle, graph: Graph) -> bool:
    called = graph.process.id in bundle.called
    return called and graph.process.properties.get(CASE) == OWN


@rule(
    "escalation-without-code",
    Severity.ERROR,
    de="{what} löst eine Eskalation ohne Code aus.",
    en="{what} throws an escalation without a code.",
    remedy_de="Wählen Sie unter „Escalation“ eine Eskalation mit Code.",
    remedy_en="Choose an escalation with a code under “Escalation”.",
)
def escalation_without_code(bundle: Bundle) -> Iterator[Hit]:
    """A thrown escalation has a code by which it is caught."""
    for _, node, event in definitions(bundle, "escalationEventDefinition"):
        found = bundle.named(node)
        coded = found is not None and found.key and not found.key.startswith("=")
        dangling = bool(event.ref) and found is None  # named by its own rule
        if node.tag in _THROWING and not coded and not dangling:
            yield Hit(at=node, line=event.line)


@rule(
    "uncaught-escalation",
    Severity.WARNING,
    de="Die Eskalation „{code}“ {of} fängt niemand auf; sie bewirkt nichts.",
    en="Nobody catches the escalation “{code}” of {it}; it has no effect.",
    remedy_de="Fangen Sie sie am Rand des Teilprozesses oder mit einem Ereignis-Teilprozess, oder "
    "entfernen Sie sie.",
    remedy_en="Catch it at the boundary of the subprocess or by an event subprocess, or remove it.",
)
def uncaught_escalation(bundle: Bundle) -> Iterator[Hit]:
    """A thrown escalation is caught around the place where it is thrown."""
    for graph, node, _ in definitions(bundle, "escalationEventDefinition"):
        found = bundle.named(node)
        outside = graph.process.id in bundle.called  # a caller may catch it
        if node.tag in _THROWING and found is not None and found.key and not outside:
            caught = _caught(bundle, graph, node, "escalationEventDefinition")
            if not caught & {"", found.key}:
                yield Hit(at=node, values={"code": found.key})


@rule(
    "cannot-escalate",
    Severity.ERROR,
    de="{what} fängt eine Eskalation von „{host}“; dieser Schritt kann keine auslösen.",
    en="{what} catches an escalation of “{host}”, which cannot throw one.",
    remedy_de="Eskalationen kommen aus Teilprozessen und Aufrufaktivitäten. Für eine überschrittene "
    "Frist verwenden Sie ein nicht unterbrechendes Zeitereignis.",
    remedy_en="Escalations come from subprocesses and call activities. For a missed deadline use a "
    "non-interrupting timer.",
)
def cannot_escalate(bundle: Bundle) -> Iterator[Hit]:
    """An escalation boundary hangs on something that can throw one."""
    for graph, node, _ in definitions(bundle, "escalationEventDefinition"):
        host = host_of(graph, node)
        if host is not None and host.tag not in ("subProcess", "callActivity"):
            yield Hit(at=node, values={"host": host.name or host.id})


@rule(
    "no-signal",
    Severity.ERROR,
    de="{what} nennt kein Signal mit wörtlichem Namen.",
    en="{what} names no signal with a literal name.",
    remedy_de="Wählen Sie unter „Signal“ ein Signal und tragen Sie seinen Namen ohne = ein.",
    remedy_en="Choose a signal under “Signal” and enter its name without =.",
)
def no_signal(bundle: Bundle) -> Iterator[Hit]:
    """A signal has a name, written in the model."""
    for _, node, event in definitions(bundle, "signalEventDefinition"):
        found = bundle.named(node)
        dangling = bool(event.ref) and found is None  # named by its own rule
        is_named = found is not None and found.key and not found.key.startswith("=")
        if not is_named and not dangling:
            yield Hit(at=node, line=event.line)
