"""A deployment that changes duties, effects, powers or limits needs a second person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.draw import drawn

from laufzettel.engine.api import Deployed, ModelChange, Reviewed, Sources
from laufzettel.engine.handler import Start
from laufzettel.engine.tables import bundle, model_change
from laufzettel.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LaufzettelError,
    NotFoundError,
)
from laufzettel.identity import OPERATOR, SHARED, Actor

SIGNED = "user a\nmark duty = sachlich\nstart>a a>end"
UNSIGNED = SIGNED.replace("sachlich", "keine")
PLAIN = "user a\nstart>a a>end"


def who(desk: Desk, person: str | None, tenant: str = TENANT, machine: str | None = None) -> Actor:
    return replace(desk.all, person=person, tenant=tenant, machine=machine)


def deploy(desk: Desk, model: str, by: str | None = "sommer", **more: Any) -> Deployed:
    return desk.engine.deploy(who(desk, by), Sources(files=drawn(model)), **more)


def waiting(desk: Desk, by: str = "lohmann") -> ModelChange:
    (found,) = desk.engine.model_changes(who(desk, by))
    return found


def running(desk: Desk) -> str:
    """The duty that the task of a new case carries."""
    case_id = desk.start(key="object:9")
    with desk.db.read() as connection:
        bundle_id = desk.case(case_id).bundle_id
        return desk.engine._bundles.load(connection, bundle_id).definition.elements["a"].duty


def release(desk: Desk, by: str | None = "lohmann", **more: Any) -> ModelChange:
    change = waiting(desk)
    given = {"seen": change.seen} | more
    return desk.engine.release_change(who(desk, by), change.id, "gesehen", **given)


@pytest.fixture
def signed(desk: Desk) -> Desk:
    """A town whose process has a duty, and a case."""
    deploy(desk, SIGNED)
    desk.start()
    return desk


def test_a_duty_that_goes_waits_and_is_in_force_after_a_second_person(signed: Desk) -> None:
    made = deploy(signed, UNSIGNED, reason="Probe")

    assert (made.waits, made.number) == (True, 0)
    assert running(signed) == "sachlich"
    assert len(signed.engine.models(signed.all)) == 1
    change = waiting(signed)
    assert (change.by, change.reason, change.weight) == (
        "sommer",
        "Probe",
        ("Schritt „a“ ändert sich: Pflicht „sachlich“ wird „keine“",),
    )

    done = release(signed)

    assert running(signed) == "keine"
    newest = signed.engine.models(signed.all)[0]
    assert (newest.number, newest.bundle_id, newest.sha256) == (2, done.bundle_id, change.sha256)
    told = [(one.kind, one.actor) for one in signed.engine.timeline(signed.all, "models")]
    assert told == [
        ("model.deployed", "sommer"),
        ("model.proposed", "sommer"),
        ("model.deployed", "lohmann"),
    ]
    last = signed.engine.timeline(signed.all, "models")[-1]
    assert (last.data["wanted_by"], last.data["way"]) == ("sommer", "second")
    assert (last.data["change"], last.data["seen"]) == (change.id, change.seen)
    assert last.texts == {"reason": "gesehen"}


def test_what_weighs_nothing_is_in_force_at_once(signed: Desk) -> None:
    made = deploy(signed, SIGNED + "\nversion 1.1")

    assert (made.waits, made.number) == (False, 2)
    assert signed.engine.timeline(signed.all, "models")[-1].data["way"] == "light"


@pytest.mark.parametrize("by", [None, "sommer"])
def test_it_makes_no_difference_who_deploys(signed: Desk, by: str | None) -> None:
    assert deploy(signed, UNSIGNED, by).waits


def test_who_deploys_does_not_release(signed: Desk) -> None:
    deploy(signed, UNSIGNED)

    with pytest.raises(ForbiddenError, match="zweite Person"):
        release(signed, "sommer")
    with pytest.raises(ForbiddenError, match="nur eine Person"):
        release(signed, None)
    with pytest.raises(ForbiddenError):
        change = waiting(signed)
        signed.engine.release_change(
            signed.person("yilmaz"), change.id, "gesehen", seen=change.seen
        )
    with pytest.raises(InputError, match="Grund"):
        change = waiting(signed)
        signed.engine.release_change(who(signed, "lohmann"), change.id, " ", seen=change.seen)

    assert running(signed) == "sachlich"


def test_what_a_program_deploys_is_released_by_a_person(signed: Desk) -> None:
    files = Sources(files=drawn(UNSIGNED))
    signed.engine.deploy(who(signed, None, machine="token"), files)

    assert waiting(signed).by == "token"
    assert release(signed, "lohmann").decided_by == "lohmann"


def test_the_second_of_two_persons_deploys_at_once(signed: Desk) -> None:
    assert deploy(signed, UNSIGNED, "sommer", wanted_by="sommer").waits
    signed.engine.decline_change(who(signed, "sommer"), waiting(signed).id, "zurück")
    assert deploy(signed, UNSIGNED, None, wanted_by="sommer").waits
    signed.engine.decline_change(who(signed, "lohmann"), waiting(signed).id, "nein")

    made = deploy(signed, UNSIGNED, "lohmann", wanted_by="sommer")

    assert not made.waits
    assert signed.engine.timeline(signed.all, "models")[-1].data["wanted_by"] == "sommer"


def test_who_proposed_takes_it_back_and_another_declines(signed: Desk) -> None:
    deploy(signed, UNSIGNED)
    change = waiting(signed)
    with pytest.raises(ForbiddenError, match="wer es vorschlug"):
        signed.engine.decline_change(who(signed, None), change.id, "aufräumen")

    done = signed.engine.decline_change(who(signed, "sommer"), change.id, "Irrtum")

    assert (done.status, done.decided_by, done.decided_reason) == ("declined", "sommer", "Irrtum")
    assert signed.engine.model_changes(signed.all) == []
    with pytest.raises(ConflictError, match="schon entschieden"):
        signed.engine.release_change(who(signed, "lohmann"), change.id, "doch", seen=change.seen)
    assert running(signed) == "sachlich"
    told = signed.engine.timeline(signed.all, "models")[-1]
    assert (told.kind, told.data["wanted_by"], told.texts) == (
        "model.declined",
        "sommer",
        {"reason": "Irrtum"},
    )


def test_the_same_again_is_the_same_proposal_and_another_is_refused(signed: Desk) -> None:
    first = deploy(signed, UNSIGNED)

    again = deploy(signed, UNSIGNED, "lohmann")

    assert (again.change_id, again.is_new) == (first.change_id, False)
    assert waiting(signed).by == "sommer"
    with pytest.raises(ConflictError, match="wartet schon eine Änderung auf eine zweite Person"):
        deploy(signed, PLAIN.replace("user a", "user a rpa"))


def test_it_is_weighed_anew_against_what_is_in_force_when_released(desk: Desk) -> None:
    desk.engine._weigher._reviewed = _ours(SIGNED, PLAIN)
    deploy(desk, SIGNED, tenant=SHARED)
    desk.start()
    deploy(desk, UNSIGNED.replace("user a", "user a rpa"))
    looked_at = waiting(desk)
    assert looked_at.weight == (
        'Schritt „a“ ändert sich: Pflicht „sachlich“ wird „keine“, Zuordnung „"kasse"“ wird „"rpa"“',
    )
    deploy(desk, PLAIN, tenant=SHARED)  # an update that comes with the program

    with pytest.raises(ConflictError, match="Inzwischen gilt eine andere Fassung"):
        release(desk, seen=looked_at.seen)

    assert waiting(desk).weight == ('Schritt „a“ ändert sich: Zuordnung „"kasse"“ wird „"rpa"“',)
    assert release(desk).status == "done"


def test_a_row_that_was_tampered_with_is_not_released(signed: Desk) -> None:
    deploy(signed, UNSIGNED)
    with signed.db.read() as connection:
        other = connection.execute(sa.select(bundle.c.compiled, bundle.c.sources)).one()
    values = {"compiled": other.compiled, "sources": other.sources}
    signed.write(lambda connection: connection.execute(sa.update(model_change).values(values)))

    with pytest.raises(ConflictError, match="etwas anderes, als vorgeschlagen"):
        release(signed)


def test_of_two_who_decide_at_once_one_does(signed: Desk) -> None:
    deploy(signed, UNSIGNED)
    change = waiting(signed)
    came: list[str] = []

    def attempt(act: Callable[[], ModelChange]) -> None:
        try:
            came.append(str(act().status))
        except LaufzettelError as error:
            came.append(type(error).__name__)

    def by(person: str) -> Callable[[], ModelChange]:
        return lambda: signed.engine.release_change(
            who(signed, person), change.id, "gesehen", seen=change.seen
        )

    threads = [
        threading.Thread(target=attempt, args=[act])
        for act in (
            by("lohmann"),
            by("vogt"),
            lambda: signed.engine.decline_change(who(signed, "brandt"), change.id, "nein"),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert came.count("ConflictError") == 2
    is_released = "done" in came
    assert len(signed.engine.models(signed.all)) == (2 if is_released else 1)


def test_a_version_tag_that_is_taken_is_refused_when_it_is_proposed(signed: Desk) -> None:
    deploy(signed, SIGNED + "\nversion 1.0")

    with pytest.raises(ConflictError, match=r"„1\.0“ von „main“ gibt es schon"):
        deploy(signed, UNSIGNED + "\nversion 1.0")


def test_a_version_that_waits_cannot_be_started_or_chosen(signed: Desk) -> None:
    made = deploy(signed, UNSIGNED + "\nversion 2.0")
    start = Start(process_id="main", business_key="o:1", variables={}, version_tag="2.0")

    with pytest.raises(NotFoundError):
        signed.engine.start(signed.all, start)
    with pytest.raises(NotFoundError):
        signed.engine.pin(signed.all, "main", made.change_id, "so")


# --- what no version precedes ------------------------------------------------------------------


def test_the_first_version_is_the_setup_until_a_case_has_begun(desk: Desk) -> None:
    assert not deploy(desk, SIGNED).waits
    assert desk.engine.timeline(desk.all, "models")[-1].data["way"] == "setup"
    desk.start()

    second = drawn(SIGNED)
    other = {name: data.replace(b'id="main"', b'id="other"') for name, data in second.items()}
    assert desk.engine.deploy(who(desk, "sommer"), Sources(files=other)).waits
    assert waiting(desk).weight == ("Neuer Prozess: „a“ zeichnet die Pflicht „sachlich“",)


def test_a_new_process_that_only_asks_is_in_force_at_once(signed: Desk) -> None:
    other = {name: data.replace(b'id="main"', b'id="other"') for name, data in drawn(PLAIN).items()}

    assert not signed.engine.deploy(who(signed, "sommer"), Sources(files=other)).waits


def test_a_tenants_own_version_is_weighed_against_the_shared_one(desk: Desk) -> None:
    deploy(desk, SIGNED, tenant=SHARED)

    assert deploy(desk, UNSIGNED).waits
    assert running(desk) == "sachlich"


# --- what comes with the program ---------------------------------------------------------------


def _ours(*models: str) -> Reviewed:
    """The models of releases, the last of them of this one."""
    hashes = [Sources(files=drawn(one)).sha256 for one in models]
    return Reviewed(now=frozenset(hashes[-1:]), ever=frozenset(hashes))


def test_a_model_of_the_release_takes_the_place_of_one_of_an_earlier_release(
    signed: Desk,
) -> None:
    signed.engine._weigher._reviewed = _ours(SIGNED, UNSIGNED)

    made = deploy(signed, UNSIGNED, None)

    assert not made.waits
    assert signed.engine.timeline(signed.all, "models")[-1].data["way"] == "release"
    assert deploy(signed, SIGNED, None).waits  # back to the earlier one is a change like any other


def test_a_model_of_the_release_does_not_take_the_place_of_ones_own_unseen(signed: Desk) -> None:
    signed.engine._weigher._reviewed = _ours(UNSIGNED)

    assert deploy(signed, UNSIGNED, None).waits


# --- for the whole installation ----------------------------------------------------------------


def _shared(desk: Desk) -> ModelChange:
    deploy(desk, SIGNED, tenant=SHARED)
    desk.start()
    assert deploy(desk, UNSIGNED, None, tenant=SHARED).waits
    return waiting(desk)


def test_what_is_for_all_is_released_by_one_town_only_where_there_is_no_other(desk: Desk) -> None:
    change = _shared(desk)
    assert change.is_shared

    every = [TENANT, "anderswo"]
    with pytest.raises(ForbiddenError, match="für alle Mandanten"):
        release(desk, every=every)
    with pytest.raises(ForbiddenError, match="für alle Mandanten"):
        desk.engine.decline_change(who(desk, "lohmann"), change.id, "nein", every=every)
    assert release(desk, every=[TENANT]).status == "done"

    assert running(desk) == "keine"


def test_at_the_machine_a_person_releases_for_all(desk: Desk) -> None:
    change = _shared(desk)

    desk.engine.release_change(
        who(desk, "lohmann", machine=OPERATOR), change.id, "gesehen", seen=change.seen
    )

    assert running(desk) == "keine"
    told = desk.engine.timeline(replace(desk.all, tenant=SHARED), "models")[-1]
    assert (told.actor, told.data["of"]) == ("lohmann", TENANT)


def test_the_changes_of_a_town_are_nobody_elses(signed: Desk) -> None:
    deploy(signed, UNSIGNED)
    change = waiting(signed)
    other = who(signed, "lohmann", tenant="anderswo")

    assert signed.engine.model_changes(other) == []
    with pytest.raises(NotFoundError):
        signed.engine.release_change(other, change.id, "gesehen", seen=change.seen)
