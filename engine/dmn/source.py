"""What was read from a DMN file, with line numbers, before anything is judged or parsed.

The names are those of DMN 1.5, clauses 6 (requirements), 7 (boxed expressions, item
definitions) and 8 (decision tables). A reference is ``(namespace, id)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

#: Namespace and id of an element; the namespace is that of its file.
Key: TypeAlias = tuple[str, str]


class HitPolicy(StrEnum):
    """What several matching rules mean (DMN 1.5, 8.2.8)."""

    UNIQUE = "UNIQUE"  # at most one rule may match
    ANY = "ANY"  # all that match say the same
    PRIORITY = "PRIORITY"  # the output that stands first in the output values
    FIRST = "FIRST"  # the first rule that matches
    COLLECT = "COLLECT"  # all, or one number made of them
    RULE_ORDER = "RULE ORDER"  # all, in the order of the rules
    OUTPUT_ORDER = "OUTPUT ORDER"  # all, in the order of the output values


class Aggregation(StrEnum):
    """What COLLECT makes of the outputs."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something wrong in a file: ``code`` names the rule, ``values`` fill its texts."""

    code: str
    line: int
    element: str = ""  # id of the decision, or empty
    name: str = ""  # its name
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A literal expression or a cell of a table: FEEL text and where it starts."""

    text: str
    line: int
    type_ref: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputClause:
    """A column of conditions."""

    label: str
    expression: Literal
    values: Literal | None  # the allowed values
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClause:
    """A column of results; ``name`` is empty where there is only one."""

    name: str
    label: str
    type_ref: str
    values: Literal | None  # the possible values, in order of priority
    default: Literal | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table."""

    id: str
    inputs: tuple[Literal, ...]
    outputs: tuple[Literal, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A decision table."""

    id: str
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A named place for a value: formal parameter, entry of a context, variable."""

    name: str
    type_ref: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a boxed context; without a slot it is the context's result."""

    slot: Slot | None
    value: Boxed


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A boxed context."""

    entries: tuple[Entry, ...]
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxedList:
    """A boxed list."""

    items: tuple[Boxed, ...]
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A boxed relation: a list of contexts written as a table."""

    columns: tuple[Slot, ...]
    rows: tuple[tuple[Boxed, ...], ...]
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionBox:
    """A boxed function; ``kind`` FEEL is the only one that runs."""

    kind: str
    parameters: tuple[Slot, ...]
    body: Boxed | None
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A boxed invocation: what is called and the values of its parameters by name."""

    callee: Boxed
    bindings: tuple[tuple[str, Boxed], ...]
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """A boxed if."""

    condition: Boxed
    then: Boxed
    otherwise: Boxed
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBox:
    """A boxed filter."""

    source: Boxed
    match: Boxed
    line: int
    type_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterator:
    """A boxed for, some or every."""

    kind: str  # "for", "some", "every"
    variable: str
    source: Boxed
    body: Boxed
    line: int
    type_ref: str = ""


#: Any boxed expression (DMN 1.5, 7.3).
Boxed: TypeAlias = (
    Literal
    | Table
    | Context
    | BoxedList
    | Relation
    | FunctionBox
    | Invocation
    | Conditional
    | FilterBox
    | Iterator
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition:
    """A type of the file (DMN 1.5, 7.3.3)."""

    name: str
    type_ref: str  # of what it is made, or empty with components
    components: tuple[ItemDefinition, ...]
    is_collection: bool
    allowed: Literal | None  # what the value, or each item of a collection, may be
    constraint: Literal | None  # what the value, or the whole collection, may be
    function_result: str  # type that a function item answers with
    is_function: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData:
    """A value that comes from outside."""

    key: Key
    name: str
    type_ref: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision with what it requires."""

    key: Key
    name: str
    type_ref: str
    requires: tuple[Key, ...]  # input data and decisions
    knowledge: tuple[Key, ...]  # business knowledge models and services
    logic: Boxed | None
    line: int
    question: str = ""
    version_tag: str = ""  # zeebe:versionTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """A business knowledge model: a function that decisions call."""

    key: Key
    name: str
    type_ref: str
    knowledge: tuple[Key, ...]
    logic: FunctionBox | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A decision service: decisions of the file as a function."""

    key: Key
    name: str
    type_ref: str
    outputs: tuple[Key, ...]
    inputs: tuple[Key, ...]
    input_decisions: tuple[Key, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Another DMN file whose elements are used under a name; an empty name adds none."""

    name: str
    namespace: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One DMN file."""

    file: str
    namespace: str
    name: str = ""
    sha256: str = ""  # of its canonical XML
    xml: str = ""  # the document as text
    imports: tuple[Import, ...] = ()
    types: tuple[ItemDefinition, ...] = ()
    inputs: tuple[InputData, ...] = ()
    decisions: tuple[Decision, ...] = ()
    knowledge: tuple[Knowledge, ...] = ()
    services: tuple[Service, ...] = ()
    flaws: tuple[Flaw, ...] = ()
