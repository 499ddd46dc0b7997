"""Duties: partitions, sides, signing again, races; the key of the table decides."""

from __future__ import annotations

import threading

import pytest
from tests.engine.execution.desk import BEGIN, TENANT, Desk

from laufzettel.engine.tables import duty_act
from laufzettel.engine.tasks.duties import Signature, sign
from laufzettel.engine.tasks.rules import ConflictSet, DutyConflictError, Matter, NoPowerError
from laufzettel.errors import ForbiddenError

MATTER = Matter(amount=None, currency=None, unit=None, at=BEGIN)
NRW = ConflictSet(
    name="nrw",
    rule="Wer feststellt, ordnet nicht an.",
    sides={"sachlich": "feststellung", "rechnerisch": "feststellung", "anordnung": "anordnung"},
)
STRICT = ConflictSet(
    name="streng",
    rule="Jede Unterschrift leistet eine andere Person.",
    sides={"sachlich": "sachlich", "rechnerisch": "rechnerisch", "anordnung": "anordnung"},
)


def _sign(desk: Desk, person: str, *duties: str, scope: str = "invoice:1") -> None:
    signature = Signature(
        tenant=TENANT,
        scope=scope,
        person=person,
        duties=duties,
        case_id="c1",
        task_id="-".join((scope[-10:], person[:3], *duties))[:26],
        deputy_for=None,
        at=BEGIN,
    )
    desk.write(lambda connection: sign(connection, desk.rules, signature, MATTER))


def test_duties_of_one_side_are_one_act_of_one_person(desk: Desk) -> None:
    desk.rules.sets = [NRW]

    _sign(desk, "yilmaz", "sachlich", "rechnerisch")

    assert [(row.person, row.side) for row in desk.rows(duty_act)] == [("yilmaz", "feststellung")]


def test_the_strict_preset_parts_what_nrw_lets_one_person_do(desk: Desk) -> None:
    desk.rules.sets = [STRICT]

    with pytest.raises(ForbiddenError, match="Rechnerisch"):
        _sign(desk, "yilmaz", "sachlich", "rechnerisch")
    assert desk.rows(duty_act) == []


def test_who_certified_cannot_order_and_hears_who_can(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    _sign(desk, "yilmaz", "sachlich")

    with pytest.raises(DutyConflictError) as raised:
        _sign(desk, "yilmaz", "anordnung")

    assert raised.value.allowed == ("Jens Brandt",)
    assert str(raised.value) == (
        "„Anordnung“ ist nicht möglich: Sie haben am 23.11.2026 um 09:00 bereits „Sachlich“ "
        "gezeichnet. Wer feststellt, ordnet nicht an. Zeichnen dürfen: Jens Brandt."
    )


def test_signing_the_same_side_again_changes_nothing(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    _sign(desk, "yilmaz", "sachlich")

    _sign(desk, "yilmaz", "rechnerisch")

    assert [row.duty for row in desk.rows(duty_act)] == ["sachlich"]


def test_another_object_is_another_matter(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    _sign(desk, "yilmaz", "sachlich")

    _sign(desk, "yilmaz", "anordnung", scope="invoice:2")

    assert len(desk.rows(duty_act)) == 2


def test_a_duty_outside_of_every_set_binds_nobody(desk: Desk) -> None:
    desk.rules.sets = [NRW]

    _sign(desk, "yilmaz", "visa")

    assert desk.rows(duty_act) == []


def test_each_set_the_duty_belongs_to_has_its_row(desk: Desk) -> None:
    desk.rules.sets = [NRW, STRICT]

    _sign(desk, "yilmaz", "sachlich")

    assert sorted(row.conflict_set for row in desk.rows(duty_act)) == ["nrw", "streng"]


def test_without_the_power_nobody_signs(desk: Desk) -> None:
    desk.rules.sets = [NRW]

    with pytest.raises(NoPowerError, match="Zeichnen dürfen: Aylin Yilmaz, Jens Brandt"):
        _sign(desk, "azubi", "sachlich")


def test_of_two_sides_signed_at_once_one_is_refused(postgres_desk: Desk) -> None:
    desk = postgres_desk
    desk.rules.sets = [NRW]

    for number in range(25):
        refused = _race(desk, f"invoice:{number}")
        assert len(refused) == 1

    assert len(desk.rows(duty_act)) == 25


def _race(desk: Desk, scope: str) -> list[Exception]:
    barrier, refused = threading.Barrier(2), list[Exception]()

    def run(duty: str) -> None:
        barrier.wait()
        try:
            _sign(desk, "yilmaz", duty, scope=scope)
        except DutyConflictError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(duty,)) for duty in ("sachlich", "anordnung")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_a_conflict_leaves_the_task_open_and_writes_nothing(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    desk.start("user a\nmark duty = sachlich\nuser b\nmark duty = anordnung\nstart>a a>b b>end")
    desk.complete("a", "yilmaz")

    with pytest.raises(DutyConflictError):
        desk.complete("b", "yilmaz")
    assert desk.tasks() == ["b"]
    desk.complete("b", "brandt")
    assert sorted((row.person, row.duty) for row in desk.rows(duty_act)) == [
        ("brandt", "anordnung"),
        ("yilmaz", "sachlich"),
    ]


def test_a_second_case_about_the_same_object_is_no_way_round(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    desk.start("user a\nmark duty = sachlich\nstart>a a>end", key="invoice:1")
    desk.complete("a", "yilmaz")
    desk.start("user b\nmark duty = anordnung\nstart>b b>end", key="invoice:1")

    with pytest.raises(DutyConflictError):
        desk.complete("b", "yilmaz")
