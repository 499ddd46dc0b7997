"""Ending a case: what waits is taken back, what is being sent is waited for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.lab_handlers import Send, behaviour

from laufzettel.engine.handler import Refused
from laufzettel.engine.tables import effect, incident, parcel
from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import Actor

SENDS = "service e lab.send\nuser a\nstart>e e>a a>end"


def _kinds(desk: Desk, case_id: str) -> list[str]:
    return [one.kind for one in desk.engine.timeline(desk.all, case_id)]


def _sending(desk: Desk) -> str:
    """A case whose effect lies in a parcel that has not gone out yet."""
    case_id = desk.start(SENDS)
    desk.jobs.run_due(limit=1)
    assert [row.status for row in desk.rows(effect)] == ["sending"]
    return case_id


def test_what_is_pending_is_withdrawn_and_the_case_has_ended(desk: Desk) -> None:
    case_id = desk.start(SENDS)

    assert desk.engine.cancel(desk.all, case_id, "Irrtum") == "cancelled"

    desk.run_jobs()
    assert [row.status for row in desk.rows(effect)] == ["withdrawn"]
    assert desk.case(case_id).ended_at == desk.clock.now()
    assert ("sent" in behaviour, desk.is_sound()) == (False, True)


def test_a_case_with_an_effect_on_its_way_ends_when_that_has_arrived(desk: Desk) -> None:
    case_id = _sending(desk)

    assert desk.engine.cancel(desk.all, case_id, "Irrtum") == "cancelling"

    assert (desk.case(case_id).status, desk.case(case_id).ended_at) == ("cancelling", None)
    assert desk.is_sound()
    desk.run_jobs(minutes=1)
    assert desk.case(case_id).status == "cancelled"
    assert desk.case(case_id).ended_at == desk.clock.now()
    assert _kinds(desk, case_id) == [
        "case.started",
        "case.cancelling",
        "effect.done",
        "case.cancelled",
    ]
    assert desk.is_sound()


def test_what_arrives_late_is_a_persons_to_judge(desk: Desk) -> None:
    case_id = _sending(desk)
    desk.engine.cancel(desk.all, case_id, "Irrtum")
    desk.run_jobs()

    found = desk.incidents[0]
    assert (found.code, found.case_id) == ("spaeter_erfolg", case_id)
    assert found.cause.startswith("„object:1:e“ ist angekommen, nachdem")
    assert found.next_step.startswith("Entscheiden, ob das Angekommene gilt")
    with pytest.raises(InputError, match="nichts zu wiederholen"):
        desk.engine.retry(desk.all, found.id)

    desk.engine.settle(desk.all, found.id, "Storno im HKR veranlasst")

    assert desk.incidents == []
    assert _kinds(desk, case_id)[-1] == "incident.settled"
    with pytest.raises(NotFoundError):
        desk.engine.settle(desk.all, found.id, "noch einmal")


def test_what_is_refused_late_needs_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Send, goods: Any) -> Any:
        raise Refused("NEIN", "So nicht.")

    monkeypatch.setattr(Send, "send", refuse)
    case_id = _sending(desk)
    desk.engine.cancel(desk.all, case_id, "Irrtum")
    desk.run_jobs()

    assert (desk.case(case_id).status, desk.incidents) == ("cancelled", [])
    assert _kinds(desk, case_id)[-2:] == ["effect.refused", "case.cancelled"]


def test_it_waits_for_every_effect_on_its_way(desk: Desk) -> None:
    case_id = desk.start(
        "and s\nservice e lab.send\nservice f lab.send\nand j\nstart>s s>e s>f e>j f>j j>end"
    )
    desk.jobs.run_due(limit=1)
    second, first = sorted(desk.rows(effect), key=lambda row: str(row.status))
    assert (first.status, second.status) == ("sending", "pending")
    desk.write(
        lambda c: c.execute(
            sa.update(effect).where(effect.c.id == second.id).values(status="unknown")
        )
    )
    desk.engine.cancel(desk.all, case_id, "Irrtum")
    with desk.db.write() as connection:
        connection.execute(
            sa.update(effect).where(effect.c.id == first.id).values(status="done", result={})
        )
        desk.jobs.submit(connection, "outcome", first.id, tenant=TENANT, case_id=case_id)
        desk.jobs.cancel(connection, "parcel", first.parcel_id)
    desk.run_jobs()

    assert desk.case(case_id).status == "cancelling"


def test_an_unknown_outcome_ends_the_case_when_a_person_has_looked(desk: Desk) -> None:
    case_id = _sending(desk)
    sent = desk.rows(parcel)[0]
    with desk.db.write() as connection:
        desk.jobs.cancel(connection, "parcel", sent.id)
        connection.execute(sa.update(parcel).values(status="unknown"))
        connection.execute(sa.update(effect).values(status="unknown"))
    desk.engine.cancel(desk.all, case_id, "Irrtum")
    assert desk.case(case_id).status == "cancelling"

    desk.engine.resolve(_person(desk), sent.id, has_arrived=True, reason="nachgesehen")
    desk.run_jobs()

    assert desk.case(case_id).status == "cancelled"
    assert [one.code for one in desk.incidents] == ["spaeter_erfolg"]


def _person(desk: Desk) -> Actor:
    return replace(desk.all, person="yilmaz")


def test_a_result_that_is_known_but_not_yet_told_is_not_lost(desk: Desk) -> None:
    """The effect is done, its outcome still a job, when the case is ended."""
    case_id = _sending(desk)
    desk.jobs.run_due(limit=1)
    assert [row.status for row in desk.rows(effect)] == ["done"]

    assert desk.engine.cancel(desk.all, case_id, "Irrtum") == "cancelled"
    desk.run_jobs()

    assert [row.code for row in desk.rows(incident)] == ["spaeter_erfolg"]


def test_a_result_held_for_a_suspended_case_is_not_lost_either(desk: Desk) -> None:
    case_id = _sending(desk)
    desk.engine.suspend(desk.all, case_id, "Prüfung")
    desk.run_jobs()

    desk.engine.cancel(desk.all, case_id, "Irrtum")
    desk.run_jobs()

    assert [row.code for row in desk.rows(incident)] == ["spaeter_erfolg"]
    assert desk.is_sound()


def test_ending_twice_is_refused_by_name(desk: Desk) -> None:
    case_id = _sending(desk)
    desk.engine.cancel(desk.all, case_id, "Irrtum")

    with pytest.raises(ConflictError, match="wird schon abgebrochen"):
        desk.engine.cancel(desk.all, case_id, "Irrtum")
    with pytest.raises(ConflictError, match="wird gerade abgebrochen"):
        desk.engine.suspend(desk.all, case_id, "Irrtum")
    desk.run_jobs()
    with pytest.raises(ConflictError, match="schon beendet"):
        desk.engine.cancel(desk.all, case_id, "Irrtum")
