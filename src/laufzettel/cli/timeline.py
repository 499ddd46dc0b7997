"""The timeline of a case, a line for each event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from laufzettel.app import App
from laufzettel.clock import office_time
from laufzettel.engine.views import Happening
from laufzettel.identity import OPERATOR
from laufzettel.records import people
from laufzettel.web.case.sentences import sentence

_NAMES: Final = {"system": "System", OPERATOR: "Betrieb"}


def told(app: App, tenant: str, happenings: Sequence[Happening]) -> Iterator[str]:
    """Yield a line for each: time, person, what happened."""
    with app.db.read() as connection:
        for one in happenings:
            named = _NAMES.get(one.actor)
            actor = named or people.name_of(connection, tenant, one.actor)
            yield f"{office_time(one.at)}  {actor:<12} {sentence(one)}"
