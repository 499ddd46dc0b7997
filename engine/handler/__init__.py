"""What handlers import: the three decorators, their contexts, and the errors they raise.

A handler is one typed function (inline, work) or one class (effect). Its signature is its
contract: parameter names and types are what models map, ``results`` what they get back.

>>> from decimal import Decimal
>>> @inline("demo.double", results=("twice",))
... def double(step: Inline, *, number: Decimal) -> Values:
...     return {"twice": number * 2}
>>> double.contract.parameters["number"].type
'Decimal'
"""

from __future__ import annotations

from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.pending import GuardFailedError, NotAllowedError, Pending
from laufzettel.engine.handler.contexts import (
    CLEAR,
    Clear,
    Decided,
    Decisions,
    Entry,
    Facets,
    Inline,
    Services,
    Start,
    StartCase,
    Values,
    Work,
)
from laufzettel.engine.handler.effects import Consignment, Contents, Effect, HeldParcel, Parcel
from laufzettel.engine.handler.errors import BpmnError, NotSentError, Refused, UndecidedError
from laufzettel.engine.handler.fields import Asked, FormFields, Given, Noted, Offered
from laufzettel.engine.handler.registry import Handler, Handlers, effect, inline, work
from laufzettel.engine.model.forms import Field, FieldKind, Limits, Option
from laufzettel.engine.outbox.numbers import last_number, next_number
from laufzettel.engine.tasks.duties import Signed
from laufzettel.engine.tasks.news import Pressure, change_remarks, urge

__all__ = [
    "CLEAR",
    "Asked",
    "BpmnError",
    "Clear",
    "Consignment",
    "Contents",
    "Decided",
    "Decisions",
    "Effect",
    "Entry",
    "Event",
    "Facets",
    "Field",
    "FieldKind",
    "FormFields",
    "Given",
    "GuardFailedError",
    "Handler",
    "Handlers",
    "HeldParcel",
    "Inline",
    "Limits",
    "NotAllowedError",
    "NotSentError",
    "Noted",
    "Offered",
    "Option",
    "Parcel",
    "Pending",
    "Pressure",
    "Refused",
    "Services",
    "Signed",
    "Start",
    "StartCase",
    "UndecidedError",
    "Values",
    "Work",
    "change_remarks",
    "effect",
    "inline",
    "last_number",
    "next_number",
    "urge",
    "work",
]
