"""Entscheidungen: how the decisions of a case came about, as the auditor asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from laufzettel.engine.api import DecisionStep, DecisionView, TableView
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api.operations import Call, operation
from laufzettel.web.api.shapes import Note, fill
from laufzettel.web.parts import parts

_FEEL = "Wie FEEL es schreibt."


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOut:
    """Eine ausgewertete Tabelle."""

    line: int
    inputs: Annotated[Mapping[str, str], Note(_FEEL)]
    rules: Annotated[tuple[int, ...], Note("Nummern der Regeln, die zutrafen.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStepOut:
    """Eine Entscheidung mit dem, was sie brauchte."""

    decision: str
    name: str
    inputs: Annotated[Mapping[str, str], Note(_FEEL)]
    tables: tuple[TableOut, ...]
    output: Annotated[str, Note(_FEEL)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOut:
    """Eine Entscheidung eines Vorgangs; „steps“ nennt die vorausgesetzten zuerst."""

    id: str
    element: str
    decision: str
    name: str
    sha256: Annotated[str, Note("Der ausgewerteten Datei.")]
    at: datetime
    value: Annotated[str, Note(_FEEL)]
    steps: tuple[DecisionStepOut, ...]
    shortened: Annotated[bool, Note("Die Werte waren zu groß; nur die Regeln sind da.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionList:
    """Die Entscheidungen eines Vorgangs, höchstens 200."""

    items: tuple[DecisionOut, ...]


@operation("GET", "/cases/<case_id>/decisions", scope=Scope.DECISIONS_READ, answer=DecisionList)
def list_decisions(call: Call, case_id: str) -> DecisionList:
    """Zeigt, welche Entscheidungen fielen, woraus und nach welchen Regeln."""
    found = parts().engine.decisions(call.actor, case_id)
    return DecisionList(items=tuple(_decision_of(view) for view in found))


def _decision_of(view: DecisionView) -> DecisionOut:
    return fill(DecisionOut, view, steps=tuple(_step_of(step) for step in view.steps))


def _step_of(step: DecisionStep) -> DecisionStepOut:
    return fill(DecisionStepOut, step, tables=tuple(_table_of(table) for table in step.tables))


def _table_of(table: TableView) -> TableOut:
    return fill(TableOut, table)
