"""No verb of an operator puts an order through that is not signed as it stands."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.test_who_may_sign import ORDER, certified
from tests.simulation.world import OPERATOR, TENANT, World

from laufzettel.engine.tables import effect
from laufzettel.engine.tasks.rules import UnsignedError
from laufzettel.errors import LaufzettelError
from laufzettel.records.tables import cash_order

WHY = "Eilt"


def refused_once(world: World) -> str:
    """Have the HKR refuse the signed order; return the case, whose next revision is drafted."""
    task = certified(world)
    world.complete("brandt", task, ORDER)
    world.work()
    ((order_id,),) = world.rows(sa.select(cash_order.c.id))
    answer = {"result": "refused", "document_no": None, "reason_code": "POWER_MISSING"}
    world.clock.advance(hours=1)  # type: ignore[attr-defined]
    world.app.engine.publish(
        OPERATOR,
        name="hkr.quittung",
        key=f"{TENANT}:{order_id}:auszahlung:1",
        payload={**answer, "reason_text": "Befugnis unbekannt"},
        source="test",
        message_id="1",
    )
    world.work()
    assert world.rows(sa.select(cash_order.c.status, cash_order.c.revision)) == [("draft", 2)]
    return task.case_id


def drafted(world: World, revision: int = 1) -> None:
    """Check that the order is a draft still, and that nothing more has gone out."""
    for _ in range(3):
        world.work()
    orders = sa.select(cash_order.c.status, cash_order.c.revision)
    assert world.rows(orders) == [("draft", revision)]
    keys = [key for (key,) in world.rows(sa.select(effect.c.key))]
    assert [key.rpartition(":")[2] for key in keys] == ["1"][: revision - 1]
    assert world.breaches() == []


def test_a_token_moved_past_the_second_signature_issues_nothing(new_world: NewWorld) -> None:
    """Above the limit the Mitzeichnung is asked for where the order is issued."""
    world = new_world()
    task = certified(world, name="GOOD")
    world.complete("brandt", task, ORDER)

    with pytest.raises(UnsignedError, match="fehlt die Unterschrift „Mitzeichnung“"):
        world.app.engine.move(OPERATOR, task.case_id, "countersign", "issue", WHY)

    assert [one.element for one in world.tasks()] == ["countersign"]
    drafted(world)


def test_a_variable_that_says_one_signature_is_enough_does_not_make_it_so(
    new_sqlite: NewWorld,
) -> None:
    """The amount of the order decides, not what the case says about it."""
    world = new_sqlite()
    task = certified(world, name="GOOD")
    world.app.engine.edit_variable(OPERATOR, task.case_id, "second_signature", "false", WHY)

    with pytest.raises(UnsignedError, match="fehlt die Unterschrift „Mitzeichnung“"):
        world.complete("brandt", task, ORDER)

    drafted(world)


def test_a_new_revision_is_not_issued_by_the_signature_of_the_old_one(
    new_world: NewWorld,
) -> None:
    """A revised order is another booking; what was signed before it was written is no order."""
    world = new_world()
    case_id = refused_once(world)

    with pytest.raises(UnsignedError, match="fehlt die Unterschrift „Anordnung“"):
        world.app.engine.move(OPERATOR, case_id, "order", "issue", WHY)

    drafted(world, revision=2)


def test_a_draft_is_not_handed_over_whoever_moves_the_token_there(new_sqlite: NewWorld) -> None:
    """Past the step that issues, and without the document, of the old or of no revision."""
    world = new_sqlite()
    case_id = refused_once(world)

    with pytest.raises(LaufzettelError):
        world.app.engine.move(OPERATOR, case_id, "order", "deliver", WHY)
    world.app.engine.edit_variable(OPERATOR, case_id, "order_document", "null", WHY)
    with pytest.raises(LaufzettelError, match="nicht ausgestellt"):
        world.app.engine.move(OPERATOR, case_id, "order", "deliver", WHY)

    drafted(world, revision=2)


def test_an_order_changed_after_it_was_signed_needs_another_signature(
    new_sqlite: NewWorld,
) -> None:
    """Between two signatures: the account is edited, the draft written anew, the token put back."""
    world = new_sqlite()
    task = certified(world, name="GOOD")
    world.complete("brandt", task, ORDER)
    world.clock.advance(hours=1)  # type: ignore[attr-defined]
    engine = world.app.engine
    engine.edit_variable(OPERATOR, task.case_id, "cost_center", '"9999"', WHY)
    engine.move(OPERATOR, task.case_id, "countersign", "prepare_order", WHY)
    engine.move(OPERATOR, task.case_id, "order", "countersign", WHY)
    (second,) = world.tasks("countersign")

    with pytest.raises(UnsignedError, match="fehlt die Unterschrift „Anordnung“"):
        world.complete("reineke", second, {"decision": "zeichnen"})

    drafted(world)


@pytest.mark.parametrize(
    ("name", "duty"), [("ordered_by", "Anordnung"), ("certified_by", "Sachlich")]
)
def test_an_order_names_nobody_who_has_not_signed_it(
    name: str, duty: str, new_sqlite: NewWorld
) -> None:
    """An edited variable cannot put another name under the order."""
    world = new_sqlite()
    task = certified(world, name="GOOD")
    world.complete("brandt", task, ORDER)
    engine = world.app.engine
    engine.edit_variable(OPERATOR, task.case_id, name, '"lohmann"', WHY)
    if name == "certified_by":
        engine.move(OPERATOR, task.case_id, "countersign", "prepare_order", WHY)
        (again,) = world.tasks("order")
        world.complete("brandt", again, ORDER)
    (second,) = world.tasks("countersign")

    with pytest.raises(UnsignedError, match=f"fehlt die Unterschrift „{duty}“"):
        world.complete("reineke", second, {"decision": "zeichnen"})

    drafted(world)
