"""Fields that a handler adds to the form of a task: about what no form file can know.

A form file asks the same of every case. What is to be asked of this one (the tax that a dated
table proposes, a correction that came in) a class of ``handlers`` says, from the records. Its
fields stand after those of the file, are drawn, kept as a draft, checked and named by the same
machinery; what follows from their answers is written with the step, never as variables of the
case. docs/designing.md tells designers which there are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.handler.contexts import Services
from laufzettel.engine.model.forms import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The task whose form is made."""

    connection: sa.Connection  # to read with
    tenant: str
    case_id: str
    business_key: str
    duties: tuple[str, ...]
    signs: tuple[str, str] | None  # field and answer that sign; None: every answer does
    now: datetime
    answered: frozenset[str] | None = None  # fields that a program answers; None: a person sees all

    @property
    def hide(self) -> str:
        """The condition that hides a field from whoever does not sign; empty: all sign."""
        return f'{self.signs[0]} != "{self.signs[1]}"' if self.signs else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Answers that were taken, before the step that they lead to: its handlers see what is kept."""

    records: Pending  # what is to be written with the step
    tenant: str
    person: str
    at: datetime
    answers: Mapping[str, Any]  # typed, without those of hidden fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An event about the answers, for the audit."""

    kind: str
    data: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    stream: str = ""  # of the tenant; empty: that of the case


def _nothing_wrong(answers: Mapping[str, Any]) -> Mapping[str, str]:
    return {}


def _nothing_kept(given: Given) -> Sequence[Noted]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What one handler adds to one form.

    ``fields`` have keys that no form file uses. ``shown`` is what the page shows beside them:
    it is signed with them, and answers to something else than was shown are refused.
    ``faults`` says what is wrong with the answers by field, ``keep`` writes them; neither is
    called where every field is hidden. ``about`` is for the page.
    """

    fields: tuple[Field, ...] = ()
    shown: tuple[str, ...] = ()
    faults: Callable[[Mapping[str, Any]], Mapping[str, str]] = _nothing_wrong
    keep: Callable[[Given], Sequence[Noted]] = _nothing_kept
    about: Any = None


class FormFields(ABC):
    """A handler that adds fields to forms; found by its name like every handler."""

    name: ClassVar[str]

    def __init__(self, services: Services) -> None:
        self.services = services

    @abstractmethod
    def offer(self, asked: Asked) -> Offered | None:
        """Return what the form of this task gets, None for nothing."""
