"""Task sheets: what the page of a task shows, and to whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import orjson
import pytest
from tests.engine.execution.desk import BEGIN, TENANT, Desk
from tests.engine.execution.draw import drawn
from tests.second_person import deployed

from laufzettel.engine.api import Ahead, FormError, TaskSheet
from laufzettel.engine.handler import Facets, Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tasks.rules import ConflictSet
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.errors import ForbiddenError, NotFoundError
from laufzettel.identity import Actor, Right

NRW = ConflictSet(
    name="nrw",
    rule="Wer feststellt, ordnet nicht an.",
    sides={"sachlich": "feststellung", "anordnung": "anordnung"},
)
#: Certified, ordered, above a limit countersigned; each may be given back to where it came from.
CHAIN = """
knows amount
xor again
user certify
asks decision radio yes,no
asks note
out certified = decision
mark duty = sachlich
mark signs = decision=yes
xor ok
service limit lab.double
in number = amount
out twice = twice
user order
asks decision radio yes,no
out ordered = decision
mark duty = anordnung
mark signs = decision=yes
xor done
xor above
user countersign
mark duty = mitzeichnung
xor join
service send lab.send
start>again again>certify certify>ok
ok>limit[certified = "yes"] ok>end*
limit>order order>done
done>above[ordered = "yes"] done>again*
above>countersign[twice > 100] above>join*
countersign>join join>send send>end
"""


def _sheet(desk: Desk, element: str, who: str = "yilmaz") -> TaskSheet:
    return desk.engine.task(desk.person(who), desk.task(element).id)


def _ahead(sheet: TaskSheet) -> list[tuple[str, bool]]:
    return [(one.element, one.is_certain) for one in sheet.upcoming]


def test_the_form_comes_with_what_the_case_knows(desk: Desk) -> None:
    desk.start(
        "knows total, day, is_new, words, many\nuser a\nasks total number\nasks day datetime\n"
        "asks is_new checkbox\nasks words\nasks many\nasks other\nstart>a a>end",
        total=Decimal("1234.50"),
        day=date(2026, 11, 23),
        is_new=True,
        words="zwei Worte",
        many=["a"],
    )

    sheet = _sheet(desk, "a")

    assert sheet.form is not None
    assert list(sheet.form.inputs()) == ["total", "day", "is_new", "words", "many", "other"]
    assert sheet.values == {
        "total": "1234,50",
        "day": "2026-11-23",
        "is_new": "true",
        "words": "zwei Worte",
    }


def test_what_the_sheet_shows_can_be_sent_back(desk: Desk) -> None:
    desk.start(
        "knows total, day\nuser a\nasks total number\nasks day datetime\nstart>a a>end",
        total=Decimal("1234.5"),
        day=date(2026, 11, 23),
    )

    desk.complete("a", **_sheet(desk, "a").values)

    assert desk.tasks() == []


def test_a_signing_answer_is_never_given_beforehand(desk: Desk) -> None:
    desk.start(
        CHAIN.replace("knows amount", "knows amount, decision, note"),
        decision="yes",
        note="alt",
        amount=Decimal(1),
    )

    sheet = _sheet(desk, "certify")

    assert sheet.signs == ("decision", "yes")
    assert sheet.values == {"note": "alt"}


def test_who_comes_after_is_told_up_to_what_goes_out(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    desk.start(CHAIN, amount=Decimal(60))

    assert _ahead(_sheet(desk, "certify")) == [
        ("order", True),
        ("countersign", False),  # whether it is above the limit is not known yet
        ("send", True),
    ]
    assert _sheet(desk, "certify").upcoming[0] == Ahead(
        element="order",
        name="order",
        duties=("anordnung",),
        is_certain=True,
        is_effect=False,
        candidates=("Jens Brandt",),  # who certifies does not order
    )


def test_what_is_known_by_now_is_certain(desk: Desk) -> None:
    desk.start(CHAIN, amount=Decimal(60))
    desk.complete("certify", decision="yes")

    assert _ahead(_sheet(desk, "order", "brandt")) == [("countersign", True), ("send", True)]


def test_what_is_known_not_to_come_is_not_told(desk: Desk) -> None:
    desk.start(CHAIN, amount=Decimal(40))
    desk.complete("certify", decision="yes")

    assert _ahead(_sheet(desk, "order", "brandt")) == [("send", True)]


def test_ways_that_meet_again_hide_nobody_who_must_sign(desk: Desk) -> None:
    """One way is longer than the other: what follows lies nearer to the start than its end."""
    desk.start(
        "user a\nmark duty = sachlich\nand split\nuser b\nmark duty = sachlich\nuser c\nand join\n"
        "user d\nmark duty = anordnung\nstart>a a>split split>b split>c c>join b>join join>d d>end"
    )

    assert _ahead(_sheet(desk, "a")) == [("b", True), ("d", True)]


def test_a_way_round_makes_a_signature_uncertain(desk: Desk) -> None:
    desk.start(
        "user a\nuser b\nmark duty = sachlich\nboundary late b timer P3D\nuser c\n"
        "mark duty = anordnung\nstart>a a>b b>c c>end late>end"
    )

    assert _ahead(_sheet(desk, "a")) == [("b", False), ("c", False)]


def test_errors_and_reminders_make_nothing_uncertain(desk: Desk) -> None:
    desk.start(
        "user a\nservice s lab.fail\nboundary e s error\nuser b\nmark duty = sachlich\n"
        "boundary r b timer P3D calm\nstart>a a>s s>b b>end e>end r>end"
    )

    assert _ahead(_sheet(desk, "a")) == [("b", True)]


def test_who_signs_inside_a_subprocess_comes_after_as_well(desk: Desk) -> None:
    desk.start(
        "user a\nsub s\nuser b\nmark duty = sachlich\ns.start>b b>s.end\nclose\n"
        "user c\nmark duty = anordnung\nstart>a a>s s>c c>end"
    )

    assert _ahead(_sheet(desk, "a")) == [("b", True), ("c", True)]


def test_who_acted_before_is_told_with_what_he_signed(desk: Desk) -> None:
    desk.start(CHAIN, amount=Decimal(60))
    desk.complete("certify", "yilmaz", decision="no", note="x")
    assert desk.tasks() == []

    desk.start(key="object:2", amount=Decimal(60))
    desk.complete("certify", "yilmaz", decision="yes")
    desk.complete("order", "brandt", decision="no")

    acts = _sheet(desk, "certify").history
    assert [(one.person, one.name, one.duties, one.at) for one in acts] == [
        ("yilmaz", "certify", ("sachlich",), BEGIN),
        ("brandt", "order", (), BEGIN),
    ]


def test_who_may_not_sign_reads_why_and_who_may(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    desk.start(CHAIN, amount=Decimal(60))
    assert _sheet(desk, "certify").objection is None
    desk.complete("certify", "yilmaz", decision="yes")

    objection = _sheet(desk, "order", "yilmaz").objection
    assert objection is not None
    assert objection.text_de == (
        "„Anordnung“ ist nicht möglich: Sie haben am 23.11.2026 um 09:00 bereits „Sachlich“ "
        "gezeichnet. Wer feststellt, ordnet nicht an. Zeichnen dürfen: Jens Brandt."
    )
    assert (objection.rule, objection.allowed) == (NRW.rule, ("Jens Brandt",))
    assert _sheet(desk, "order", "brandt").objection is None
    without_power = _sheet(desk, "order", "azubi").objection
    assert without_power is not None
    assert without_power.text_de.startswith("Ohne Befugnis.")


def test_looking_takes_no_side(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    desk.start(CHAIN, amount=Decimal(60))
    desk.complete("certify", "brandt", decision="yes")

    _sheet(desk, "order", "yilmaz")
    desk.complete("order", "yilmaz", decision="no")
    desk.complete("certify", "yilmaz", decision="yes")

    assert desk.tasks() == ["order"]


def test_the_sheet_of_a_task_that_is_over_names_who_was_faster(desk: Desk) -> None:
    desk.start(CHAIN, amount=Decimal(60))
    task_id = desk.task("certify").id
    desk.complete("certify", "brandt", decision="yes")

    sheet = desk.engine.task(desk.person("yilmaz"), task_id)

    assert (sheet.task.status, sheet.task.ended_by) == (TaskStatus.COMPLETED, "brandt")
    assert sheet.task.ended_at == BEGIN
    assert (sheet.upcoming, sheet.objection, sheet.history) == ((), None, ())


def test_a_case_that_has_ended_still_has_its_sheets(desk: Desk) -> None:
    desk.start("user a\nasks note\nstart>a a>end")
    task_id = desk.task("a").id
    desk.complete("a", note="x")

    assert desk.engine.task(desk.person("yilmaz"), task_id).case.end == "end"


def test_a_field_hidden_by_what_the_case_shows_needs_no_answer(desk: Desk) -> None:
    files = _hiding_form()
    deployed(desk.engine, desk.all, files, tenant=TENANT)
    desk.start(kind="kurz")
    assert _sheet(desk, "a").hidden({}) == {"why"}
    desk.complete("a")
    assert desk.tasks() == []

    desk.start(key="object:2", kind="lang")
    assert _sheet(desk, "a").hidden({}) == frozenset()
    with pytest.raises(FormError) as raised:
        desk.complete("a")
    assert raised.value.fields == {"why": "why: Bitte füllen Sie dieses Feld aus."}


def _hiding_form() -> Sources:
    drawn_files = drawn("knows kind\nuser a\nasks kind\nasks why\nstart>a a>end")
    form = orjson.loads(drawn_files["forms/a.form"])
    form["components"][0]["readonly"] = True
    form["components"][1] |= {
        "validate": {"required": True},
        "conditional": {"hide": '=kind = "kurz"'},
    }
    return Sources(files=drawn_files | {"forms/a.form": orjson.dumps(form)})


# --- who may look ------------------------------------------------------------------------

STRANGER = Actor(tenant=TENANT, person="fremd", groups=frozenset({"bauamt"}))


def _secret(desk: Desk) -> str:
    desk.deploy("user a\nuser b rpa\nstart>a a>b b>end")
    facets = Facets(confidential=True, subject="Personalakte", remarks="duplicate")
    start = Start(process_id="main", business_key="object:1", variables={}, facets=facets)
    return desk.engine.start(desk.all, start)


def _with(actor: Actor, *rights: Right) -> Actor:
    return Actor(
        tenant=actor.tenant, person=actor.person, groups=actor.groups, rights=frozenset(rights)
    )


def test_what_is_offered_to_others_is_not_shown(desk: Desk) -> None:
    desk.start("user a\nstart>a a>end")
    task_id = desk.task("a").id

    with pytest.raises(ForbiddenError, match="ist Ihnen nicht zugewiesen"):
        desk.engine.task(STRANGER, task_id)
    assert not desk.engine.task(_with(STRANGER, Right.OPERATE), task_id).is_offered
    assert not desk.engine.task(_with(STRANGER, Right.READ), task_id).is_offered


def test_a_task_of_another_tenant_has_no_sheet(desk: Desk) -> None:
    desk.start("user a\nstart>a a>end")
    elsewhere = Actor(tenant="anderswo", person="yilmaz", groups=frozenset({"kasse"}))

    with pytest.raises(NotFoundError):
        desk.engine.task(elsewhere, desk.task("a").id)


def test_a_confidential_case_is_there_only_for_those_it_concerns(desk: Desk) -> None:
    case_id = _secret(desk)
    task_id = desk.task("a").id

    for actor in (STRANGER, _with(STRANGER, Right.WORK, Right.OPERATE)):
        assert desk.engine.cases(actor) == []
        for look in (
            lambda who: desk.engine.timeline(who, case_id),
            lambda who: desk.engine.drawing(who, case_id),
            lambda who: desk.engine.task(who, task_id),
        ):
            with pytest.raises(NotFoundError):
                look(actor)
    auditor = _with(STRANGER, Right.READ)
    for actor in (desk.person("yilmaz"), auditor):
        assert [one.subject for one in desk.engine.cases(actor)] == ["Personalakte"]
        assert desk.engine.timeline(actor, case_id)[0].kind == "case.started"
        assert desk.engine.task(actor, task_id).task.confidential
        assert desk.engine.task(actor, task_id).task.remarks == ("duplicate",)


def test_who_has_passed_a_confidential_case_on_reads_on_no_more(desk: Desk) -> None:
    case_id = _secret(desk)
    desk.complete("a")

    assert desk.engine.cases(desk.person("yilmaz")) == []
    rpa = Actor(tenant=TENANT, person="pruefer", groups=frozenset({"rpa"}))
    assert [one.id for one in desk.engine.cases(rpa)] == [case_id]


def test_the_unit_where_a_confidential_case_lies_sees_it(desk: Desk) -> None:
    desk.deploy("user a\nstart>a a>end")
    facets = Facets(confidential=True, unit="jugendamt")
    start = Start(process_id="main", business_key="object:2", variables={}, facets=facets)
    case_id = desk.engine.start(desk.all, start)

    theirs = Actor(tenant=TENANT, person="damm", groups=frozenset({"jugendamt"}))
    others = Actor(tenant=TENANT, person="damm", groups=frozenset({"schulamt"}))
    assert [one.id for one in desk.engine.cases(theirs)] == [case_id]
    assert desk.engine.cases(others) == []


def test_other_cases_are_seen_by_everybody_who_works_there(desk: Desk) -> None:
    case_id = desk.start("user a\nstart>a a>end")

    assert [one.id for one in desk.engine.cases(STRANGER)] == [case_id]
    assert desk.engine.timeline(STRANGER, case_id)
