"""The handlers of the small models: one of each kind and some that fail."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.handler import (
    CLEAR,
    Asked,
    BpmnError,
    Contents,
    Effect,
    FormFields,
    Inline,
    NotAllowedError,
    Offered,
    Parcel,
    Values,
    Work,
    effect,
    inline,
    work,
)
from laufzettel.money import Money

#: A business record of the tests' own.
record = sa.Table(
    "test_record",
    sa.MetaData(),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
)
#: What the handlers below do next; each test fills it.
behaviour: dict[str, Any] = {}


class LabFields(FormFields):
    """Adds to forms what the test says."""

    name = "lab.fields"

    def offer(self, asked: Asked) -> Offered | None:
        make = behaviour.get("offer")
        return None if make is None else make(asked)


@inline("lab.double", results=("twice",))
def double(step: Inline, *, number: Decimal) -> Values:
    return {"twice": number * 2, "undeclared": True}


@inline("lab.spoil")
def spoil(step: Inline, *, items: list[Any], entry: dict[str, Any]) -> Values:
    """Change what it was given, as no handler should."""
    items.clear()
    entry["inner"].append("x")
    return {}


@inline("lab.fail")
def fail(step: Inline) -> Values:
    """Raise what the test ordered, after having wanted to write."""
    step.records.insert(record, id=f"fail-{step.element}", status="new")
    step.audit("lab.tried", {"element": step.element})
    step.set_facets(subject="tried", **behaviour.get("facets", {}))
    if "fail" in behaviour:
        raise behaviour["fail"]
    return {}


@inline("lab.stake")
def stake(step: Inline) -> Values:
    """Put something at stake."""
    step.set_facets(stake=Money.parse("746.13"), act_by=step.now, outer_date=step.now)
    return {}


@inline("lab.no_stake")
def no_stake(step: Inline) -> Values:
    """Have nothing at stake any more; the outer date stays."""
    step.set_facets(stake=CLEAR, act_by=CLEAR)
    return {}


@inline("lab.refuse")
def refuse(step: Inline) -> Values:
    raise NotAllowedError("Der Beleg ist schon gebucht.")


@inline("lab.raise", results=("never",))
def raise_(step: Inline, *, code: str) -> Values:
    raise BpmnError(code, "So geht es nicht.")


@inline("lab.write")
def write(step: Inline, *, record_id: str) -> Values:
    """Insert a record and, in the same step, change it."""
    step.records.insert(record, id=record_id, status="new")
    return {}


@inline("lab.change", results=("was",))
def change(step: Inline, *, record_id: str) -> Values:
    was = step.records.row(record, record_id)["status"]
    step.records.update(record, record_id, {"status": "changed"}, allowed={"status": ["new"]})
    return {"was": was}


@work("lab.slow", results=("answer",))
def slow(step: Work, *, number: Decimal | None = None) -> Values:
    """Answer, or raise what the test ordered; leaves the case's object in its behaviour."""
    behaviour["business_key"] = step.business_key
    behaviour["attempts"] = behaviour.get("attempts", 0) + 1
    if "slow" in behaviour:
        raise behaviour["slow"]
    return {"answer": "done"}


@effect
class Send(Effect):
    """An effect that succeeds at once."""

    name = "lab.send"
    channel = "lab"
    results = ("receipt",)

    def prepare(self, step: Inline, **parameters: Any) -> tuple[str, Mapping[str, Any]]:
        return f"{step.business_key}:{step.element}", {"of": step.business_key}

    def pack(self, parcel: Parcel) -> Contents:
        return Contents(data=b"x")

    def send(self, parcel: Parcel) -> Values:
        behaviour["sent"] = behaviour.get("sent", 0) + 1
        return {"receipt": "R1"}

    def query(self, parcel: Parcel) -> Values | None:
        return None


@effect
class Pay(Send):
    """An effect that wants a signature before it."""

    name = "lab.pay"
    requires_duties = ("anordnung",)
