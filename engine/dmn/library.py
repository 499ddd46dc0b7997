"""Several DMN files together: references resolved, circles refused, trees compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import laufzettel.engine.dmn.tables  # noqa: F401 - for what it registers
from laufzettel.engine.dmn.build import Builder, Text
from laufzettel.engine.dmn.nodes import Placed, TableNode
from laufzettel.engine.dmn.read import read_model
from laufzettel.engine.dmn.source import (
    Decision,
    Flaw,
    InputData,
    Key,
    Knowledge,
    Model,
    Service,
)
from laufzettel.engine.dmn.types import Type, Types
from laufzettel.engine.feel.compiler import Run, compile_node
from laufzettel.engine.feel.nodes import Name, Node, height, size
from laufzettel.engine.feel.parser import HEIGHT_MAX

Requirable: TypeAlias = InputData | Decision | Knowledge | Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What an element requires, and where its expressions find it: ``prefix.name``."""

    key: Key
    prefix: str  # the name of the import, or empty
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A decision or knowledge model, ready to run."""

    item: Decision | Knowledge
    model: Model
    uses: tuple[Use, ...]
    run: Run
    cost: int
    wanted: Type
    texts: tuple[Text, ...]
    tables: tuple[TableNode, ...]


class Library:
    """The elements of some files by key; ``flaws`` hold what is wrong, by file."""

    def __init__(self, models: Iterable[Model]) -> None:
        self.models = tuple(models)
        self.flaws: dict[str, list[Flaw]] = {model.file: list(model.flaws) for model in self.models}
        self._by_namespace = {model.namespace: model for model in reversed(self.models)}
        self.elements: dict[Key, Requirable] = {}
        self._owners: dict[Key, Model] = {}
        for model in self.models:
            self._index(model)
        self._types = _all_types(self.models, self._by_namespace)
        self.compiled: dict[Key, Compiled] = {}
        for model in self.models:
            self._compile_all(model)

    def decision(self, name: str, namespace: str = "") -> Decision | None:
        """Return the decision of that id, else of that name."""
        found = self._found(name, namespace, Decision)
        return found if isinstance(found, Decision) else None

    def invocable(self, name: str) -> Service | Knowledge | None:
        """Return the decision service or knowledge model of that id, else of that name."""
        found = self._found(name, "", Service) or self._found(name, "", Knowledge)
        return found if isinstance(found, (Service, Knowledge)) else None

    def owner(self, key: Key) -> Model:
        """Return the file of an element."""
        return self._owners[key]

    def types(self, model: Model) -> Types:
        """Return the types of a file."""
        return self._types[model.file]

    def wanted(self, element: InputData | Decision | Service) -> Type:
        """Return the type that an input, a result or a service's answer is to have."""
        return self._types[self._owners[element.key].file].get(element.type_ref)

    def column_types(self, compiled: Compiled, table: TableNode) -> list[Type | None]:
        """Return the type of each input that is a bare name of something required."""
        known = {use.name: self.elements[use.key] for use in compiled.uses if not use.prefix}
        found: list[Type | None] = []
        for node in table.inputs:
            body = node.body if isinstance(node, Placed) else node
            element = known.get(body.name) if isinstance(body, Name) else None
            found.append(
                self.wanted(element) if isinstance(element, (InputData, Decision)) else None
            )
        return found

    def below(self, key: Key) -> set[Key]:
        """Return the element and all that it requires, directly or not."""
        seen: set[Key] = set()
        waiting = [key]
        while waiting:
            current = waiting.pop()
            if current in self.elements and current not in seen:
                seen.add(current)
                waiting.extend(_required(self.elements[current]))
        return seen

    def _found(self, name: str, namespace: str, kind: type) -> Requirable | None:
        fitting = [
            each
            for key, each in self.elements.items()
            if isinstance(each, kind) and (not namespace or key[0] == namespace)
        ]
        by_id = (each for each in fitting if each.key[1] == name)
        return next(by_id, None) or next((e for e in fitting if e.name == name), None)

    def _index(self, model: Model) -> None:
        for element in _elements(model):
            if element.key in self.elements:
                first = self._owners[element.key].file
                self._note(model, element, "duplicate", id=element.key[1], file=first)
                continue
            self.elements[element.key] = element
            self._owners[element.key] = model

    def _note(self, model: Model, element: Requirable, code: str, **values: str) -> None:
        flaw = Flaw(
            code=code,
            line=element.line,
            element=element.key[1],
            name=element.name,
            values=values,
        )
        self.flaws[model.file].append(flaw)

    def _compile_all(self, model: Model) -> None:
        types = self._types[model.file]
        self.flaws[model.file].extend(types.flaws)
        types.flaws.clear()
        typed: tuple[InputData | Service, ...] = (*model.inputs, *model.services)
        for each in typed:
            builder = Builder(types, each.key[1], each.name)
            builder.type(each.type_ref, each.line)
            self.flaws[model.file].extend(builder.flaws)
        for service in model.services:
            self._references(model, service)
        items: tuple[Decision | Knowledge, ...] = (*model.knowledge, *model.decisions)
        for item in items:
            if self._owners.get(item.key) is model:
                self.compiled[item.key] = self._compile(model, item, types)

    def _compile(self, model: Model, item: Decision | Knowledge, types: Types) -> Compiled:
        uses = self._references(model, item)
        is_circular = self._is_circular(item.key)
        if is_circular:
            self._note(model, item, "circular", path=item.name)
        builder = Builder(types, item.key[1], item.name)
        names = frozenset(name for use in uses for name in (use.prefix or use.name, use.name))
        node = _tree(builder, item, names, is_empty=is_circular)
        if height(node) > 2 * HEIGHT_MAX:
            self._note(model, item, "nested-too-deeply", most=str(2 * HEIGHT_MAX))
            node = _tree(builder, item, names, is_empty=True)
        wanted = builder.type(item.type_ref, item.line)
        self.flaws[model.file].extend(builder.flaws)
        return Compiled(
            item=item,
            model=model,
            uses=uses,
            run=compile_node(node),
            cost=size(node),
            wanted=wanted,
            texts=tuple(builder.texts),
            tables=tuple(builder.tables),
        )

    def _references(self, model: Model, element: Requirable) -> tuple[Use, ...]:
        """Return what the element requires; what does not exist is a flaw."""
        imports = {each.namespace: each.name for each in model.imports}
        uses: list[Use] = []
        for key in _required(element):
            found = self.elements.get(key)
            if found is None:
                self._note(model, element, "unknown-reference", reference=key[1])
                continue
            prefix = imports.get(key[0], "") if key[0] != model.namespace else ""
            uses.append(Use(key=key, prefix=prefix, name=found.name))
        return tuple(uses)

    def _is_circular(self, key: Key) -> bool:
        """Return whether the element requires itself, directly or through others."""
        seen: set[Key] = set()
        waiting = list(_required(self.elements[key]))
        while waiting:
            current = waiting.pop()
            if current == key:
                return True
            if current in self.elements and current not in seen:
                seen.add(current)
                waiting.extend(_required(self.elements[current]))
        return False


def _elements(model: Model) -> tuple[Requirable, ...]:
    return (*model.inputs, *model.decisions, *model.knowledge, *model.services)


def _tree(
    builder: Builder, item: Decision | Knowledge, names: frozenset[str], *, is_empty: bool
) -> Node:
    """Return the tree of the element; ``is_empty`` leaves out what it cannot run."""
    if is_empty or item.logic is None:
        return builder.build(None, names, item.line)
    if isinstance(item, Knowledge):
        assert item.logic is not None  # noqa: S101 - said above
        return builder.function(item.logic, names, "")
    return builder.build(item.logic, names, item.line)


def _required(element: Requirable) -> tuple[Key, ...]:
    if isinstance(element, Decision):
        return (*element.requires, *element.knowledge)
    if isinstance(element, Knowledge):
        return element.knowledge
    if isinstance(element, Service):
        return (*element.inputs, *element.input_decisions, *element.outputs)
    return ()


def _all_types(models: tuple[Model, ...], by_namespace: Mapping[str, Model]) -> dict[str, Types]:
    """Return the types of every file; imports that go round in a circle end there."""
    made: dict[str, Types] = {}

    def make(model: Model, above: frozenset[str]) -> Types:
        if model.file in made:
            return made[model.file]
        imported = [
            (each.name, make(by_namespace[each.namespace], above | {model.file}))
            for each in model.imports
            if each.namespace in by_namespace
            and by_namespace[each.namespace].file not in above | {model.file}
        ]
        made[model.file] = Types(model, imported)
        return made[model.file]

    for model in models:
        make(model, frozenset())
    return made


def read_library(files: Mapping[str, bytes]) -> Library:
    """Return the library of these files, by name."""
    return Library(read_model(name, data) for name, data in sorted(files.items()))


def with_imports(name: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the file of that name and those of ``files`` that it imports, directly or not.

    A folder may hold decisions that have nothing to do with each other.
    """
    models = {other: read_model(other, data) for other, data in files.items()}
    wanted, waiting = {name}, [name]
    while waiting:
        spaces = {each.namespace for each in models[waiting.pop()].imports}
        for other, model in models.items():
            if model.namespace in spaces and other not in wanted:
                wanted.add(other)
                waiting.append(other)
    return {other: files[other] for other in sorted(wanted)}


def flaws_of(library: Library) -> Iterator[tuple[str, Flaw]]:
    """Yield every flaw with its file."""
    for file, flaws in library.flaws.items():
        for flaw in flaws:
            yield file, flaw
