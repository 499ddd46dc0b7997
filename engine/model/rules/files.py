"""Rules about whole files: readable, harmless, one main process, ids that can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.limits import PROCESSES_MAX, excess
from laufzettel.engine.model.normalise import ADDED, ENDINGS
from laufzettel.engine.model.rules.table import Hit, at_file, in_file, listed, rule
from laufzettel.engine.model.source import Place
from laufzettel.engine.model.vocabulary import PLATFORM

_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
#: Names that the executor gives to its own steps, and endings the normaliser adds.
_RESERVED: Final = frozenset({"Root", "Start", "End", "StartEventSplit", "StartEventJoin"})
_ENDINGS: Final = (".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin", *ADDED)


@rule(
    "unreadable-file",
    Severity.ERROR,
    de="{reason_de}",
    en="{reason_en}",
    remedy_de="Öffnen Sie die Datei im Modeler und speichern Sie sie neu.",
    remedy_en="Open the file in the Modeler and save it again.",
)
def unreadable_file(bundle: Bundle) -> Iterator[Hit]:
    """Every BPMN file is well-formed, harmless and BPMN."""
    for file in bundle.files:
        if file.problem is not None:
            yield Hit(
                at=at_file(file, line=file.problem.line),
                values={"reason_de": file.problem.text_de, "reason_en": file.problem.text_en},
            )


@rule(
    "secret-in-model",
    Severity.ERROR,
    de="Das Modell nennt ein Geheimnis ({{{{secrets.…}}}}).",
    en="The model names a secret ({{{{secrets.…}}}}).",
    remedy_de="Geheimnisse gehören in die Einstellungen der Verbindung, nie in ein Modell.",
    remedy_en="Secrets belong to the connector's settings, never to a model.",
)
def secret_in_model(bundle: Bundle) -> Iterator[Hit]:
    """No model names a secret."""
    for file in bundle.files:
        for line in file.secrets:
            yield Hit(at=at_file(file, line=line))


@rule(
    "execution-platform",
    Severity.INFO,
    de="Die Datei nennt als Plattform „{platform}“; der Modeler prüft sie nicht für „{wanted}“.",
    en="The file names the platform “{platform}”; the Modeler does not check it for “{wanted}”.",
    remedy_de="Legen Sie das Modell im Camunda Modeler als „Camunda 8“-Diagramm an.",
    remedy_en="Create the model as a “Camunda 8” diagram in the Camunda Modeler.",
)
def execution_platform(bundle: Bundle) -> Iterator[Hit]:
    """A model names the platform whose profile the Modeler checks."""
    for file in bundle.files:
        if file.problem is None and file.platform != PLATFORM:
            platform = file.platform or "–"
            yield Hit(at=at_file(file), values={"platform": platform, "wanted": PLATFORM})


@rule(
    "no-process",
    Severity.ERROR,
    de="Die Datei enthält keinen ausführbaren Prozess.",
    en="The file contains no executable process.",
    remedy_de="Haken Sie am Prozess „Executable“ an.",
    remedy_en="Tick “Executable” at the process.",
)
def no_process(bundle: Bundle) -> Iterator[Hit]:
    """Every model holds an executable process."""
    for file in bundle.files:
        if file.problem is None and not any(each.executable for each in file.processes):
            yield Hit(at=at_file(file))
    if not bundle.files:
        yield Hit(at=in_file("model.bpmn"))


@rule(
    "ambiguous-main",
    Severity.ERROR,
    de="{what} ist nicht der einzige, mit dem ein Vorgang beginnen könnte: {others}.",
    en="{what} is not the only one that a case could begin with: {others}.",
    remedy_de="Lassen Sie einen Prozess den anderen aufrufen, oder teilen Sie die Datei.",
    remedy_en="Let one process call the other, or split the file.",
)
def ambiguous_main(bundle: Bundle) -> Iterator[Hit]:
    """The main model holds exactly one process that nobody calls."""
    mains = {each.id: each for each in bundle.mains if each.executable}
    if len(mains) > 1:
        first, *others = mains.values()
        yield Hit(at=first, values={"others": listed([each.name or each.id for each in others])})


@rule(
    "too-large",
    Severity.ERROR,
    de="{what} hat {count} {things_de}; möglich sind {most}.",
    en="{what} has {count} {things_en}; {most} are possible.",
    remedy_de="Teilen Sie den Prozess: Aufrufaktivitäten fassen Schritte zusammen.",
    remedy_en="Split the process: call activities bundle steps.",
)
def too_large(bundle: Bundle) -> Iterator[Hit]:
    """A process stays so small that it can be checked, parsed and drawn."""
    processes = list(bundle.everything)
    for process in processes:
        for each in excess(process):
            values = {"count": str(each.count), "most": str(each.most)}
            things = {"things_de": each.things_de, "things_en": each.things_en}
            yield Hit(at=each.at, values=values | things)
    if len(processes) > PROCESSES_MAX:
        values = {"count": str(len(processes)), "most": str(PROCESSES_MAX)}
        things = {"things_de": "Prozesse", "things_en": "processes"}
        yield Hit(at=at_file(bundle.files[0]), values=values | things)


@rule(
    "missing-id",
    Severity.ERROR,
    de="{what} hat keine Id.",
    en="{what} has no id.",
    remedy_de="Öffnen und speichern Sie die Datei im Modeler; er vergibt Ids.",
    remedy_en="Open and save the file in the Modeler; it gives ids.",
)
def missing_id(bundle: Bundle) -> Iterator[Hit]:
    """Every process, node and flow has an id."""
    yield from (Hit(at=place) for place in _places(bundle) if not place.id)


@rule(
    "unusable-id",
    Severity.ERROR,
    de="Die Id „{id}“ kann nicht verwendet werden.",
    en="The id “{id}” cannot be used.",
    remedy_de="Ändern Sie die Id: ASCII-Buchstaben, Ziffern und Unterstrich, nicht „Start“, „End“ "
    "oder „Root“, ohne die Endungen {endings}.",
    remedy_en="Change the id: ASCII letters, digits and underscores, not “Start”, “End” or “Root”, "
    "without the endings {endings}.",
)
def unusable_id(bundle: Bundle) -> Iterator[Hit]:
    """No id collides with the names of the executor."""
    for place in _places(bundle):
        known = _ID.fullmatch(place.id) and len(place.id) <= 100 and place.id not in _RESERVED
        if place.id and (not known or place.id.endswith(_ENDINGS)):
            yield Hit(at=place, values={"id": place.id, "endings": listed(list(ENDINGS))})


@rule(
    "duplicate-id",
    Severity.ERROR,
    de="Die Id „{id}“ kommt mehrmals vor, zuerst in {file}, Zeile {line}.",
    en="The id “{id}” occurs more than once, first in {file}, line {line}.",
    remedy_de="Geben Sie jedem Element eine eigene Id.",
    remedy_en="Give each element an id of its own.",
)
def duplicate_id(bundle: Bundle) -> Iterator[Hit]:
    """An id is unique in its file, and those of processes and nodes in the whole bundle."""
    for file in bundle.files:
        seen: dict[str, int] = {}
        for found, line in file.ids:
            if found in seen:
                values = {"id": found, "file": file.name, "line": str(seen[found])}
                at = Place(id=found, line=line, file=file.name, tag="")
                yield Hit(at=at, values=values)
            seen.setdefault(found, line)
    yield from _across_files(bundle)


def _across_files(bundle: Bundle) -> Iterator[Hit]:
    seen: dict[str, Place] = {}
    for place in _places(bundle):
        first = seen.setdefault(place.id, place)
        if place.id and first.file != place.file:
            values = {"id": place.id, "file": first.file, "line": str(first.line)}
            yield Hit(at=place, values=values)


def _places(bundle: Bundle) -> Iterator[Place]:
    for process in bundle.everything:
        yield process
        yield from process.nodes
        yield from process.flows
