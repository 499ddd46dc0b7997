"""Which open cases another version of the program would strand (DESIGN decision 7).

Handlers are code, and a bundle keeps the contracts that it was deployed with. Before another
version takes over, every bundle with open cases is held against what that version installs,
so that an upgrade is refused as a whole instead of failing case by case later.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.execution import codec
from laufzettel.engine.execution.spiff import SpiffExecutor
from laufzettel.engine.model import codec as definitions
from laufzettel.engine.model.contract import HandlerContract, as_data
from laufzettel.engine.tables import bundle, case
from laufzettel.errors import LaufzettelError

_OVER: Final = ("ended", "cancelled")
#: Only columns that every revision has: it is asked before the tables are migrated.
_OPEN: Final = (
    sa.select(
        bundle.c.id,
        bundle.c.tenant,
        bundle.c.process_id,
        bundle.c.number,
        sa.func.count(case.c.id).label("cases"),
    )
    .join(case, case.c.bundle_id == bundle.c.id)
    .where(case.c.status.not_in(_OVER))
    .group_by(bundle.c.id, bundle.c.tenant, bundle.c.process_id, bundle.c.number)
    .order_by(bundle.c.process_id, bundle.c.tenant, bundle.c.number)
)
_COMPILED: Final = sa.select(bundle.c.compiled).where(bundle.c.id == sa.bindparam("of_id"))
_STATES: Final = sa.select(case.c.id, case.c.state).where(
    case.c.bundle_id == sa.bindparam("of_bundle"), case.c.status.not_in(_OVER)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """A bundle whose open cases this program could not finish."""

    tenant: str
    process_id: str
    number: int
    cases: int
    problems: tuple[str, ...]  # German, each one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at, and what was found."""

    bundles: int
    cases: int
    stranded: tuple[Stranded, ...]


def check(connection: sa.Connection, contracts: Mapping[str, HandlerContract]) -> Checked:
    """Hold every bundle with open cases, and every open case's state, against this program."""
    rows = connection.execute(_OPEN).all()
    stranded = []
    for row in rows:
        problems = [*_of_bundle(connection, row.id, contracts), *_of_states(connection, row.id)]
        if problems:
            found = {"tenant": row.tenant, "process_id": row.process_id, "number": row.number}
            stranded.append(Stranded(**found, cases=row.cases, problems=tuple(problems)))
    return Checked(
        bundles=len(rows), cases=sum(row.cases for row in rows), stranded=tuple(stranded)
    )


def _of_bundle(
    connection: sa.Connection, bundle_id: str, contracts: Mapping[str, HandlerContract]
) -> list[str]:
    compiled = connection.execute(_COMPILED, {"of_id": bundle_id}).scalar_one()
    try:
        definition = definitions.from_json(zlib.decompress(compiled))
        SpiffExecutor(definition)
    except LaufzettelError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - whatever it is, its cases would stand still
        return [f"Das Modell lässt sich nicht laden: {error!r}"]
    return [
        text
        for name, kept in sorted(definition.handlers.items())
        for text in _of_handler(name, kept, contracts.get(name))
    ]


def _of_handler(name: str, kept: Mapping[str, Any], installed: HandlerContract | None) -> list[str]:
    """Return what of the contract that the bundle keeps does not hold any more."""
    if installed is None:
        return [f"Die Funktion „{name}“ fehlt."]
    now = as_data(installed)
    before, after = kept.get("parameters", {}), now["parameters"]
    found = [
        f"Die Funktion „{name}“ kennt die Angabe „{each}“ nicht mehr."
        for each in before.keys() - after.keys()
    ]
    found += [
        f"Die Funktion „{name}“ verlangt neu die Angabe „{each}“."
        for each in after.keys() - before.keys()
        if after[each]["required"]
    ]
    found += [
        f"Die Angabe „{each}“ der Funktion „{name}“ war {before[each]['type']} und ist jetzt "
        f"{after[each]['type']}."
        for each in before.keys() & after.keys()
        if before[each]["type"] != after[each]["type"]
    ]
    found += [
        f"Die Funktion „{name}“ liefert „{each}“ nicht mehr."
        for each in kept.get("results", [])
        if each not in now["results"]
    ]
    is_effect = {str(kept.get("kind")), str(now["kind"])}
    if "effect" in is_effect and len(is_effect) > 1:
        found.append(f"Die Funktion „{name}“ war {kept.get('kind')} und ist jetzt {now['kind']}.")
    return sorted(found)


def _of_states(connection: sa.Connection, bundle_id: str) -> list[str]:
    """Return why the state of some open case cannot be read, with the number of such cases."""
    reasons: dict[str, int] = {}
    for row in connection.execute(_STATES, {"of_bundle": bundle_id}):
        try:
            if row.state is not None:
                codec.decode(row.state)
        except (LaufzettelError, ValueError, zlib.error) as error:
            reasons[str(error)] = reasons.get(str(error), 0) + 1
    return [f"{number} Vorgänge: {reason}" for reason, number in sorted(reasons.items())]
