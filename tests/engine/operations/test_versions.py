"""Which version of a process a tenant's cases run, and who has chosen it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.execution.desk import Desk
from tests.second_person import pinned

from laufzettel.engine.api import Happening
from laufzettel.engine.handler import Start
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import SHARED

ONE = "user a\nstart>a a>end"
TWO = "user b\nstart>b b>end"
THREE = "user c\nstart>c c>end"


def _tagged(model: str, tag: str) -> str:
    return f"{model}\nversion {tag}"


def _running(desk: Desk) -> str:
    return desk.tasks(desk.start())[0]


def test_the_list_tells_of_each_version_and_its_open_cases(desk: Desk) -> None:
    desk.deploy(ONE, tenant=SHARED)
    desk.start()
    desk.deploy(TWO, tenant=SHARED)
    desk.start()
    desk.start()

    found = desk.engine.models(desk.all)

    assert [(one.number, one.open_cases, one.is_current) for one in found] == [
        (2, 2, True),
        (1, 1, False),
    ]
    assert {one.is_shared for one in found} == {True}
    assert {one.deployed_by for one in found} == {"system"}
    assert all(len(one.sha256) == 64 for one in found)


def test_a_tenants_own_version_shadows_the_shared_one(desk: Desk) -> None:
    desk.deploy(ONE, tenant=SHARED)
    desk.deploy(TWO)
    desk.deploy(THREE, tenant=SHARED)

    assert _running(desk) == "b"
    found = desk.engine.models(desk.all, "main")
    assert [(one.is_shared, one.number, one.is_current) for one in found] == [
        (False, 1, True),
        (True, 2, False),
        (True, 1, False),
    ]


def test_a_pinned_version_stays_until_the_tenant_follows_again(desk: Desk) -> None:
    first = desk.deploy(ONE, tenant=SHARED).bundle_id
    pinned(desk.engine, desk.all, "main", first, "Freigabe durch das RPA steht aus")
    desk.deploy(TWO, tenant=SHARED)

    assert _running(desk) == "a"
    chosen = [one for one in desk.engine.models(desk.all) if one.is_pinned]
    assert [(one.bundle_id, one.is_current) for one in chosen] == [(first, True)]

    pinned(desk.engine, desk.all, "main", None, "freigegeben")
    assert _running(desk) == "b"
    told = _told(desk)
    assert [one.kind for one in told] == [
        "model.pinned",
        "model.pin_wanted",
        "model.followed",
    ]
    assert told[0].texts == {"reason": "Freigabe durch das RPA steht aus"}


def test_a_tenant_may_pin_the_shared_version_over_its_own(desk: Desk) -> None:
    shared = desk.deploy(ONE, tenant=SHARED).bundle_id
    desk.deploy(TWO)
    pinned(desk.engine, desk.all, "main", shared, "zurück zum gemeinsamen Modell")

    assert _running(desk) == "a"


def test_a_persons_choice_that_weighs_waits_for_another_person(desk: Desk) -> None:
    first = desk.deploy(ONE).bundle_id
    desk.deploy(TWO)
    one, two = (replace(desk.all, person=each) for each in ("sommer", "lohmann"))

    assert desk.engine.pin(one, "main", first, "Fehler in der zweiten") is False
    (waiting,) = desk.engine.model_changes(two)
    assert (waiting.bundle_id, waiting.by, waiting.reason) == (
        first,
        "sommer",
        "Fehler in der zweiten",
    )
    assert waiting.weight[:2] == ("Schritt „a“ kommt hinzu", "Schritt „b“ entfällt")
    assert _running(desk) == "b"
    with pytest.raises(ConflictError, match="wartet schon"):
        desk.engine.pin(two, "main", first, "auch ich")
    with pytest.raises(ForbiddenError, match="zweite Person"):
        desk.engine.release_change(one, waiting.id, "ja", seen=waiting.seen)
    desk.engine.release_change(two, waiting.id, "gesehen", seen=waiting.seen)

    assert _running(desk) == "a"
    assert desk.engine.model_changes(two) == []
    told = [(one.kind, one.actor, one.data.get("wanted_by")) for one in _told(desk)]
    assert told == [
        ("model.pin_wanted", "sommer", None),
        ("model.pinned", "lohmann", "sommer"),
    ]
    with pytest.raises(ConflictError, match="schon entschieden"):
        desk.engine.release_change(two, waiting.id, "noch einmal", seen=waiting.seen)


@pytest.mark.parametrize("chooses", ["machine", "nobody"])
def test_what_no_person_chooses_waits_for_one_as_well(desk: Desk, chooses: str) -> None:
    first = desk.deploy(ONE).bundle_id
    desk.deploy(TWO)
    machine = replace(desk.all, machine="token" if chooses == "machine" else None)

    assert desk.engine.pin(machine, "main", first, "Fehler") is False

    assert _running(desk) == "b"
    (waiting,) = desk.engine.model_changes(desk.all)
    with pytest.raises(ForbiddenError, match="nur eine Person"):
        desk.engine.release_change(machine, waiting.id, "ja", seen=waiting.seen)


def test_a_choice_is_looked_at_again_when_something_else_is_in_force(desk: Desk) -> None:
    first = desk.deploy(ONE, tenant=SHARED).bundle_id
    desk.deploy(TWO, tenant=SHARED)
    one, two = (replace(desk.all, person=each) for each in ("sommer", "lohmann"))
    desk.engine.pin(one, "main", first, "Fehler")
    (looked_at,) = desk.engine.model_changes(two)
    desk.deploy(THREE, tenant=SHARED)

    with pytest.raises(ConflictError, match="noch einmal an"):
        desk.engine.release_change(two, looked_at.id, "gesehen", seen=looked_at.seen)

    (anew,) = desk.engine.model_changes(two)
    assert anew.weight[:2] == ("Schritt „a“ kommt hinzu", "Schritt „c“ entfällt")
    desk.engine.release_change(two, anew.id, "gesehen", seen=anew.seen)
    assert _running(desk) == "a"


def test_who_has_chosen_takes_it_back_alone(desk: Desk) -> None:
    first = desk.deploy(ONE).bundle_id
    desk.deploy(TWO)
    one = replace(desk.all, person="sommer")
    desk.engine.pin(one, "main", first, "Fehler")
    (waiting,) = desk.engine.model_changes(one)

    desk.engine.decline_change(one, waiting.id, "doch nicht")

    assert desk.engine.model_changes(one) == []
    assert _running(desk) == "b"
    assert [one.kind for one in _told(desk)] == ["model.pin_wanted", "model.pin_declined"]


def test_a_choice_between_versions_that_do_the_same_holds_by_one_person(desk: Desk) -> None:
    shared = desk.deploy(ONE, tenant=SHARED).bundle_id
    desk.deploy(_tagged(ONE, "1.1"))

    held = desk.engine.pin(replace(desk.all, person="sommer"), "main", shared, "so")

    assert held is True
    assert [one.is_shared for one in desk.engine.models(desk.all) if one.is_pinned] == [True]


def _told(desk: Desk) -> list[Happening]:
    found = desk.engine.timeline(desk.all, "models")
    return [one for one in found if one.kind not in ("model.deployed", "model.proposed")]


def test_only_what_the_tenant_has_and_who_may_deploy(desk: Desk) -> None:
    desk.deploy(ONE)
    foreign = desk.deploy(TWO, tenant="anderswo").bundle_id

    for bundle_id in (foreign, "nichts"):
        with pytest.raises(NotFoundError):
            desk.engine.pin(desk.all, "main", bundle_id, "so")
    with pytest.raises(NotFoundError):
        desk.engine.pin(desk.all, "anders", None, "so")
    with pytest.raises(ForbiddenError):
        desk.engine.pin(desk.person("yilmaz"), "main", None, "so")
    with pytest.raises(InputError, match="Grund"):
        desk.engine.pin(desk.all, "main", None, " ")
    with pytest.raises(ConflictError, match="nur ein Mandant"):
        desk.engine.pin(replace(desk.all, tenant=SHARED), "main", None, "so")


def test_a_case_may_begin_by_a_version_tag(desk: Desk) -> None:
    desk.deploy(_tagged(ONE, "1.0"), tenant=SHARED)
    desk.deploy(_tagged(TWO, "2.0"), tenant=SHARED)
    start = Start(process_id="main", business_key="o:1", variables={}, version_tag="1.0")

    assert desk.tasks(desk.engine.start(desk.all, start)) == ["a"]
    with pytest.raises(NotFoundError, match=r"nicht in der Fassung „3\.0“"):
        desk.engine.start(desk.all, replace(start, version_tag="3.0"))
    desk.deploy(_tagged(THREE, "1.0"))
    assert desk.tasks(desk.engine.start(desk.all, start)) == ["c"]


def test_a_version_tag_stands_for_one_content_for_ever(desk: Desk) -> None:
    first = desk.deploy(_tagged(ONE, "1.0"))

    with pytest.raises(ConflictError, match=r"„1\.0“ von „main“ gibt es schon \(Nr\. 1\)"):
        desk.deploy(_tagged(TWO, "1.0"))
    assert desk.deploy(_tagged(ONE, "1.0")).bundle_id == first.bundle_id
    desk.deploy(_tagged(TWO, "2.0"))
    with pytest.raises(ConflictError, match=r"„1\.0“ von „main“ gibt es schon"):
        desk.deploy(_tagged(ONE, "1.0"))
    assert desk.deploy(_tagged(TWO, "1.0"), tenant="anderswo").number == 1
