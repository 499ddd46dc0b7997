"""Who may change what follows from a finding, from when, and when it takes two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.einvoice.policy import Policy, Treatment
from laufzettel.einvoice.policy_change import Change, applied
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.records import policy_changes, settings
from laufzettel.records.policy_changes import PolicyChange, Status
from laufzettel.records.tables import tenant

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
STRONGER = Change(
    subject="LZ-DATUM-ALT",
    treatment=Treatment.LOOK,
    why="",
    holds_from=date(2026, 12, 1),
)
LIGHTER = Change(subject="LZ-IBAN", treatment=Treatment.NOTE, why="", holds_from=date(2026, 12, 1))
ONE = Actor(tenant="musterstadt", person="sommer", rights=frozenset({Right.DEPLOY}))
OTHER = Actor(tenant="musterstadt", person="lohmann", rights=frozenset({Right.DEPLOY}))


class Desk:
    """The verbs over one database, with what they told the audit."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.told: list[tuple[str, Mapping[str, Any], Mapping[str, str]]] = []

    def __call__(
        self, verb: Callable[..., PolicyChange], actor: Actor, *given: Any, now: datetime = NOW
    ) -> PolicyChange:
        note = lambda *event: self.told.append(event)
        with self.db.write() as connection:
            return verb(connection, actor, *given, now=now, note=note)

    @property
    def policy(self) -> Policy:
        with self.db.read() as connection:
            return settings.load(connection, "musterstadt").findings


@pytest.fixture
def desk(migrated_url: str) -> Iterator[Desk]:
    db = Database(migrated_url)
    with db.write() as connection:
        for town in ("musterstadt", "nachbar"):
            row: dict[str, Any] = {"id": town, "name": town, "settings": {}, "created_at": NOW}
            connection.execute(sa.insert(tenant), row)
    yield Desk(db)
    db.close()


def test_more_of_a_finding_holds_by_one_person(desk: Desk) -> None:
    made = desk(policy_changes.change, ONE, STRONGER, " DA Rechnungen  Nr. 4 ")

    (row,) = desk.policy.rows
    assert (made.status, made.proposed_by, made.decided_by) == (Status.DONE, "sommer", None)
    assert (row.subject, row.treatment, row.why) == (
        "LZ-DATUM-ALT",
        Treatment.LOOK,
        "DA Rechnungen Nr. 4",
    )
    assert row.valid_from == date(2026, 12, 1)
    (told,) = desk.told
    assert told[0] == "policy.changed"
    assert told[1]["from"] == "2026-12-01"
    assert told[2]["table_before"] == "[]"


def test_less_of_a_finding_waits_for_another_person_and_changes_nothing(desk: Desk) -> None:
    made = desk(policy_changes.change, ONE, LIGHTER, "Wir rufen an")

    assert (made.status, made.lighter) == (Status.OPEN, ("LZ-IBAN",))
    assert desk.policy == Policy()
    with pytest.raises(ForbiddenError, match="gibt sie nicht selbst frei"):
        desk(policy_changes.release, ONE, made.id, "ja")
    done = desk(policy_changes.release, OTHER, made.id, "Verfügung vom 12.11.")
    assert (done.status, done.decided_by, done.decided_reason) == (
        Status.DONE,
        "lohmann",
        "Verfügung vom 12.11.",
    )
    assert [row.subject for row in desk.policy.rows] == ["LZ-IBAN"]
    assert [kind for kind, _data, _texts in desk.told] == ["policy.proposed", "policy.changed"]
    assert desk.told[1][1]["proposed_by"] == "sommer"


def test_released_late_it_holds_from_that_day(desk: Desk) -> None:
    made = desk(policy_changes.change, ONE, LIGHTER, "Wir rufen an")
    late = datetime(2026, 12, 24, 8, 0, tzinfo=UTC)

    done = desk(policy_changes.release, OTHER, made.id, "ja", now=late)

    assert done.holds_from == date(2026, 12, 24)
    assert [row.valid_from for row in desk.policy.rows] == [date(2026, 12, 24)]


def test_it_is_decided_once(desk: Desk) -> None:
    made = desk(policy_changes.change, ONE, LIGHTER, "Wir rufen an")

    back = desk(policy_changes.decline, ONE, made.id, "doch nicht")

    assert (back.status, back.decided_by) == (Status.DECLINED, "sommer")
    with pytest.raises(ConflictError, match="schon entschieden"):
        desk(policy_changes.release, OTHER, made.id, "ja")
    assert desk.policy == Policy()


@pytest.mark.parametrize(
    ("actor", "message"),
    [
        (Actor(tenant="musterstadt", person="yilmaz"), "fehlt Ihnen das Recht"),
        (
            Actor(tenant="musterstadt", person="vogt", rights=frozenset({Right.READ})),
            "fehlt Ihnen das Recht",
        ),
        (
            Actor(tenant="musterstadt", machine="token", rights=frozenset({Right.DEPLOY})),
            "nur Personen",
        ),
    ],
)
def test_the_verb_asks_who_it_is(desk: Desk, actor: Actor, message: str) -> None:
    with pytest.raises(ForbiddenError, match=message):
        desk(policy_changes.change, actor, STRONGER, "x")


@pytest.mark.parametrize(
    ("change", "reason", "message"),
    [
        (STRONGER, " ", "Bitte nennen Sie den Grund"),
        (
            Change(subject="bank", treatment=Treatment.LOOK, why="", holds_from=date(2026, 11, 29)),
            "x",
            "frühestens ab heute",
        ),
        (
            Change(
                subject="LZ-LEISTUNGSZEIT",
                treatment=Treatment.IGNORE,
                why="",
                holds_from=date(2026, 12, 1),
            ),
            "x",
            "§ 14 Abs. 4 Nr. 6 UStG",
        ),
        (
            Change(subject="datei", treatment=Treatment.NOTE, why="", holds_from=date(2026, 12, 1)),
            "x",
            "nie angenommen",
        ),
        (
            Change(subject="nicht lesbar", treatment=Treatment.NOTE, why="", holds_from=NOW.date()),
            "x",
            "ist keine Regel",
        ),
        (
            Change(subject="bank", treatment=None, why="", holds_from=date(2026, 12, 1)),
            "x",
            "gilt schon so",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    desk: Desk, change: Change, reason: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        desk(policy_changes.change, ONE, change, reason)
    assert desk.policy == Policy()
    assert desk.told == []


def test_a_neighbour_sees_and_releases_nothing(desk: Desk) -> None:
    made = desk(policy_changes.change, ONE, LIGHTER, "Wir rufen an")
    stranger = Actor(tenant="nachbar", person="alles", rights=frozenset(Right))

    with desk.db.read() as connection:
        assert policy_changes.waiting(connection, stranger) == []
        assert [one.id for one in policy_changes.waiting(connection, OTHER)] == [made.id]
    with pytest.raises(NotFoundError):
        desk(policy_changes.release, stranger, made.id, "ja")


OPERATOR = Actor(tenant="musterstadt", machine="operator", rights=frozenset({Right.DEPLOY}))


def test_a_whole_table_that_only_makes_more_holds_at_once(desk: Desk) -> None:
    stronger = applied(Policy(), replace(STRONGER, why="x"))

    made = desk(policy_changes.replaced, OPERATOR, stronger, "DA 4")

    assert (made.subject, made.status, made.proposed_by) == ("", Status.DONE, "operator")
    assert desk.policy == stronger


def test_a_whole_table_that_makes_less_of_a_finding_waits_for_a_person(desk: Desk) -> None:
    desk(policy_changes.change, ONE, STRONGER, "x")
    before = desk.policy

    made = desk(policy_changes.replaced, OPERATOR, Policy(), "wie vorher")

    assert (made.status, made.lighter) == (Status.OPEN, ("LZ-DATUM-ALT",))
    assert desk.policy == before
    done = desk(policy_changes.release, OTHER, made.id, "gesehen")
    assert (done.status, done.decided_by, done.after) == (Status.DONE, "lohmann", [])
    assert desk.policy == Policy()
    assert [kind for kind, _data, _texts in desk.told[1:]] == ["policy.proposed", "policy.changed"]


def test_a_whole_table_made_of_another_one_is_not_released(desk: Desk) -> None:
    desk(policy_changes.change, ONE, STRONGER, "x")
    made = desk(policy_changes.replaced, OPERATOR, Policy(), "wie vorher")
    desk(policy_changes.change, ONE, replace(STRONGER, treatment=Treatment.REJECT), "noch mehr")
    between = desk.policy

    with pytest.raises(ConflictError, match="inzwischen eine andere"):
        desk(policy_changes.release, OTHER, made.id, "gesehen")

    assert desk.policy == between
