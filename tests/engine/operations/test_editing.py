"""A variable is mended with reason, by somebody who has looked, in its own kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.engine.execution.desk import Desk

from laufzettel.engine.execution import codec
from laufzettel.engine.tables import audit_event
from laufzettel.errors import ConflictError, ForbiddenError, InputError

WAITS = "knows total, unit, who\nuser a\nasks note\nstart>a a>end"
WHY = "Tippfehler im Antrag"


def _variables(desk: Desk, case_id: str) -> Any:
    return codec.decode(desk.case(case_id).state)["scopes"][""]


@pytest.mark.parametrize(
    ("text", "value"),
    [("746.13", Decimal("746.13")), ("null", None), ("2 * 21", Decimal(42))],
    ids=["number", "null", "expression"],
)
def test_a_number_takes_a_number_or_null(desk: Desk, text: str, value: Any) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))

    desk.engine.edit_variable(desk.all, case_id, "total", text, WHY)

    assert _variables(desk, case_id)["total"] == value
    assert desk.tasks() == ["a"]


def test_a_variable_that_the_model_knows_may_be_set_for_the_first_time(desk: Desk) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))

    desk.engine.edit_variable(desk.all, case_id, "unit", '"40"', WHY)
    desk.engine.edit_variable(desk.all, case_id, "note", '"aus dem Formular"', WHY)
    desk.engine.edit_variable(desk.all, case_id, "who", '{"name": "X", "posts": [1, 2]}', WHY)

    assert _variables(desk, case_id) == {
        "total": Decimal(7),
        "unit": "40",
        "note": "aus dem Formular",
        "who": {"name": "X", "posts": [Decimal(1), Decimal(2)]},
    }


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("total", '"sieben"', "„total“ ist von der Art „Zahl“, der neue Wert von der Art „Text“"),
        ("total", "sieben", "nicht lesbar"),
        ("total", "1 +", "nicht lesbar"),
        ("nichts", "1", "Eine Variable „nichts“ kennt das Modell nicht. Es kennt: note, total"),
        ("unit", '"' + "x" * 16_383 + '"', "zu lang; möglich sind 16384 Zeichen"),
        ("unit", '"' + "ä" * 9_000 + '"', "Bytes groß, erlaubt sind 16384"),
    ],
    ids=["kind", "name", "syntax", "unknown", "long", "large"],
)
def test_what_does_not_fit_is_refused_by_name(desk: Desk, name: str, text: str, cause: str) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))

    with pytest.raises(InputError, match=cause):
        desk.engine.edit_variable(desk.all, case_id, name, text, WHY)
    assert _variables(desk, case_id) == {"total": Decimal(7)}


def test_the_audit_has_digests_in_the_chain_and_the_values_beside_it(desk: Desk) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))
    desk.engine.edit_variable(desk.all, case_id, "total", "746.13", WHY)

    happened = desk.engine.timeline(desk.all, case_id)[-1]

    assert happened.kind == "case.variable_edited"
    assert happened.data["variable"] == "total"
    assert set(happened.data["digests"]) == {"old", "new", "reason"}
    assert happened.texts == {
        "reason": WHY,
        "old": '{"$":"n","v":"7"}',
        "new": '{"$":"n","v":"746.13"}',
    }
    chained = desk.rows(audit_event, audit_event.c.kind == "case.variable_edited")[0].data
    assert "746.13" not in chained  # "746" alone may stand in a digest
    assert desk.engine.verify(desk.all).is_sound


def test_who_looked_at_an_earlier_state_is_told(desk: Desk) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))
    desk.engine.edit_variable(desk.all, case_id, "total", "8", WHY, seen=0)

    with pytest.raises(ConflictError, match="seit Sie ihn angesehen haben"):
        desk.engine.edit_variable(desk.all, case_id, "total", "9", WHY, seen=0)
    assert _variables(desk, case_id)["total"] == 8


def test_a_mended_variable_lets_a_held_decision_go_on(desk: Desk) -> None:
    case_id = desk.start(
        "knows limit\nxor g\nuser b\nstart>g g>b[limit > 5] g>end* b>end", limit="fünf"
    )
    assert [one.code for one in desk.incidents] == ["ausdruck"]
    desk.engine.edit_variable(desk.all, case_id, "limit", "null", WHY)
    desk.engine.edit_variable(desk.all, case_id, "limit", "6", WHY)

    desk.engine.retry(desk.all, desk.incidents[0].id)

    assert (desk.tasks(), desk.incidents) == (["b"], [])


def test_a_suspended_case_is_mended_and_stays_suspended(desk: Desk) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))
    desk.engine.suspend(desk.all, case_id, WHY)

    desk.engine.edit_variable(desk.all, case_id, "total", "8", WHY)

    assert (desk.case(case_id).status, desk.tasks()) == ("suspended", [])
    desk.engine.resume(desk.all, case_id, WHY)
    assert (_variables(desk, case_id)["total"], desk.tasks()) == (8, ["a"])


def test_a_variable_of_a_subprocess_is_named_by_a_step_in_it(desk: Desk) -> None:
    case_id = desk.start(
        "knows n\nsub s\nuser a\ns.start>a a>s.end\nclose\nin m = 1\nstart>s s>end",
        n=Decimal(1),
    )

    desk.engine.edit_variable(desk.all, case_id, "n", "5", WHY, at="a")

    assert _variables(desk, case_id)["n"] == 5
    with pytest.raises(InputError, match="Bei „b“ wartet der Vorgang nicht"):
        desk.engine.edit_variable(desk.all, case_id, "n", "6", WHY, at="b")


def test_an_ended_case_is_not_mended(desk: Desk) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))
    desk.complete("a")

    with pytest.raises(ConflictError, match="schon beendet"):
        desk.engine.edit_variable(desk.all, case_id, "total", "8", WHY)


def test_only_operators_mend(desk: Desk) -> None:
    case_id = desk.start(WAITS, total=Decimal(7))

    with pytest.raises(ForbiddenError):
        desk.engine.edit_variable(desk.person("yilmaz"), case_id, "total", "8", WHY)
