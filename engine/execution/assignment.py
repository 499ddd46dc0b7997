"""Who is offered a user task: the model's FEEL turned into groups, persons and dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from laufzettel.engine.execution.changes import NewTask
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.scope import evaluate
from laufzettel.engine.execution.timing import moment
from laufzettel.engine.model.definition import Assignment, Element

#: A duty that says: none.
NO_DUTY = "keine"
#: Longest name of a task, longest id of a person or group, as their columns.
NAME_LENGTH_MAX = 200
ID_LENGTH_MAX = 100
#: Longest part of an item that stands in a task's name.
ITEM_LENGTH_MAX = 60


def new_task(
    element: Element, activation: str, variables: Mapping[str, Any], *, now: datetime
) -> NewTask:
    """Return the task to offer; nobody to offer it to raises Unevaluable, never silence."""
    wanted = element.assignment or Assignment()

    def value(expression: str) -> Any:
        if not expression:
            return None
        return evaluate(expression, variables, now=now, element=element.id)

    def names(expression: str) -> tuple[str, ...]:
        return _names(value(expression), expression, element.id) if expression else ()

    groups, users = names(wanted.candidate_groups), names(wanted.candidate_users)
    is_left_open = bool(groups or users) and value(wanted.assignee) is None
    assignee = () if is_left_open else names(wanted.assignee)
    if len(assignee) > 1:
        raise Unevaluable(element.id, f"„{wanted.assignee}“ ergibt mehr als eine Person.")
    if not (assignee or groups or users):
        raise Unevaluable(
            element.id, f"„{element.name or element.id}“ wird niemandem angeboten: keine Zuweisung."
        )
    return NewTask(
        activation=activation,
        element=element.id,
        name=_name(element, variables)[:NAME_LENGTH_MAX],
        form=element.form,
        duties=duties(element),
        assignee=assignee[0] if assignee else None,
        groups=groups,
        users=users,
        due=_moment(value(wanted.due_date), element.id),
        follow_up=_moment(value(wanted.follow_up_date), element.id),
        priority=_priority(value(wanted.priority), element.id),
    )


def _name(element: Element, variables: Mapping[str, Any]) -> str:
    """Return the task's name; of several for the items of a list, the item tells them apart.

    >>> from laufzettel.engine.model.definition import Kind, Loop
    >>> each = Element(id="a", kind=Kind.USER, name="Prüfen", loop=Loop(element="unit"))
    >>> _name(each, {"unit": "Bauamt"})
    'Prüfen: Bauamt'
    """
    name = element.name or element.id
    if element.loop is None:
        return name
    item = variables.get(element.loop.element)
    told = item if isinstance(item, str | Decimal) else variables.get("loopCounter")
    return name if told is None else f"{name}: {str(told)[:ITEM_LENGTH_MAX]}"


def duties(element: Element) -> tuple[str, ...]:
    """Return the duties signed by completing the task.

    >>> duties(Element(id="a", kind="user", duty="sachlich, rechnerisch"))
    ('sachlich', 'rechnerisch')
    """
    named = (duty.strip() for duty in element.duty.split(","))
    return tuple(duty for duty in named if duty and duty != NO_DUTY)


def _names(value: Any, expression: str, element: str) -> tuple[str, ...]:
    """Return the names in a text with commas or a list of texts; nobody is an error."""
    entries = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(entry, str) for entry in entries):
        raise Unevaluable(element, f"Die Zuweisung „{expression}“ ergibt keine Namen.")
    names = tuple(name.strip() for entry in entries for name in entry.split(","))
    if not names or not all(0 < len(name) <= ID_LENGTH_MAX for name in names):
        raise Unevaluable(element, f"Die Zuweisung „{expression}“ ergibt niemanden.")
    return names


def _moment(value: Any, element: str) -> datetime | None:
    return None if value is None else moment(value, element)


def _priority(value: Any, element: str) -> int:
    if value is None:
        return 50
    if isinstance(value, Decimal) and 0 <= value <= 100:
        return int(value)
    raise Unevaluable(element, f"Die Priorität „{value}“ ist keine Zahl von 0 bis 100.")
