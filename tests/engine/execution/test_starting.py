"""What starts at each kind of element, and what holds a token when it cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.engine.execution.lab import Lab
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.handler import GuardFailedError


@pytest.fixture(autouse=True)
def _fresh_behaviour() -> Iterator[None]:
    behaviour.clear()
    yield
    behaviour.clear()


def test_an_inline_handler_gives_the_results_it_declares_and_no_more() -> None:
    case = Lab("knows number\nservice s lab.double\nuser a\nstart>s s>a a>end", number=Decimal(21))

    assert case.variables == {"number": Decimal(21), "twice": Decimal(42)}


def test_a_handler_that_changes_its_arguments_changes_nothing_of_the_case() -> None:
    model = "knows items, entry\nservice s lab.spoil\nuser a\nstart>s s>a a>end"
    case = Lab(model, items=["a", "b"], entry={"inner": ["c"]})

    assert case.variables == {"items": ["a", "b"], "entry": {"inner": ["c"]}}


def test_outputs_take_from_a_result_what_they_name() -> None:
    case = Lab("service s lab.double\nin number = 4\nout eight = twice\nuser a\nstart>s s>a a>end")

    assert case.variables == {"eight": Decimal(8)}


def test_a_work_handler_waits_as_a_job_with_its_arguments() -> None:
    case = Lab("service w lab.slow 3\nin number = 1\nout got = answer\nstart>w w>end")

    new = case.changes.work[0]
    assert (new.handler, new.arguments, new.max_attempts) == (
        "lab.slow",
        {"number": {"$": "n", "v": "1"}},
        3,
    )
    assert case.complete("w", answer="ja").ended
    assert case.variables == {"got": "ja"}


def test_an_effect_waits_with_the_key_of_its_business_record() -> None:
    case = Lab("service e lab.send\nuser a\nstart>e e>a a>end")

    new = case.changes.effects[0]
    assert (new.key, new.channel, new.payload) == ("object:1:e", "lab", {"of": "object:1"})
    assert case.complete("e", receipt="R1", more="x").variables == {"receipt": "R1"}


def test_a_missing_handler_holds_the_token_until_it_is_installed() -> None:
    case = Lab("service s lab.double\nin number = 4\nuser a\nstart>s s>a a>end")
    definition = case.definition
    broken = Lab(_renamed(definition, "s", "lab.gone"))

    assert broken.waits == ["s"]
    assert broken.causes == ["Die Funktion „lab.gone“ ist nicht installiert."]


def _renamed(definition: Any, element: str, handler: str) -> Any:
    process = definition.processes["main"]
    changed = replace(process.elements[element], handler=handler)
    elements = {**process.elements, element: changed}
    return replace(definition, processes={"main": replace(process, elements=elements)})


FAILS = "user a\nservice s lab.fail\nuser b\nstart>a a>s s>b b>end"


def test_a_bug_in_a_handler_keeps_what_led_there_and_leaves_nothing_of_it() -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    case = Lab(FAILS).complete("a")

    trouble = case.changes.troubles[0]
    assert case.waits == ["s"]
    assert trouble.code == "programmfehler"
    assert trouble.cause == "„s“ ist mit einem Programmfehler abgebrochen."
    assert trouble.detail == "ZeroDivisionError('by design')"
    assert (case.changes.entries, case.changes.facets, case.writes) == ([], [], 0)


def test_a_retry_after_the_fix_goes_on_and_writes_once() -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    case = Lab(FAILS).complete("a")
    behaviour.clear()

    assert case.retry("s").waits == ["b"]
    assert case.writes == 1
    assert [entry.kind for entry in case.changes.entries] == ["lab.tried"]
    assert [kind for _, kind in case.changes.gone] == []


def test_a_refusal_of_a_handler_is_told_in_its_own_words() -> None:
    case = Lab("service s lab.refuse\nstart>s s>end")

    assert case.causes == ["Der Beleg ist schon gebucht."]
    assert case.changes.troubles[0].code == "auftrag_gescheitert"


def test_a_failed_guard_is_not_held_but_computed_again() -> None:
    behaviour["fail"] = GuardFailedError()

    with pytest.raises(GuardFailedError):
        Lab(FAILS).complete("a")


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (None, "„lab.double“ braucht den Parameter „number“."),
        ("4", "Der Parameter „number“ von „lab.double“ ist str, erwartet wird Decimal."),
    ],
)
def test_a_wrong_argument_holds_the_token(given: Any, cause: str) -> None:
    case = Lab("knows number\nservice s lab.double\nstart>s s>end", number=given)

    assert case.causes == [cause]


def test_a_condition_that_cannot_be_evaluated_keeps_the_completion() -> None:
    case = Lab(
        """
        user a
        asks limit
        xor g
        user b
        start>a a>g g>b[limit > 5] g>end* b>end
        """
    ).complete("a", limit="fünf")

    assert case.waits == ["g"]
    assert case.causes[0].startswith("Der Ausdruck „limit > 5“ ergibt keinen Wert")
    assert case.set(limit=Decimal(6)).retry("g").waits == ["b"]


def test_a_condition_that_is_neither_true_nor_false_keeps_the_completion() -> None:
    case = Lab("knows x\nxor g\nuser b\nstart>g g>b[x] g>end* b>end", x="ja")

    assert case.causes == ["Die Bedingung „x“ ergibt weder wahr noch falsch."]


@pytest.mark.parametrize("retries", ["=x", "=1.5", "=0"])
def test_a_number_of_attempts_that_is_none_holds_the_token(retries: str) -> None:
    case = Lab(f"knows x\nservice w lab.slow {retries}\nstart>w w>end", x="drei")

    assert case.causes[0].startswith("Die Zahl der Versuche")


ASSIGNED = """
knows unit, day
user a
with <zeebe:assignmentDefinition {given}/>
with <zeebe:taskSchedule dueDate="=day"/>
start>a a>end
"""


@pytest.mark.parametrize(
    ("given", "unit", "groups"),
    [
        ('candidateGroups="=unit"', "hochbau", ("hochbau",)),
        ('candidateGroups="=unit"', "hochbau, tiefbau", ("hochbau", "tiefbau")),
        ('candidateGroups="=unit"', ["hochbau", "tiefbau"], ("hochbau", "tiefbau")),
    ],
)
def test_groups_come_from_the_variables(given: str, unit: Any, groups: tuple[str, ...]) -> None:
    case = Lab(ASSIGNED.format(given=given), unit=unit, day=None)

    assert case.changes.tasks[0].groups == groups


@pytest.mark.parametrize("unit", [None, "", [], " , ", "x" * 101])
@pytest.mark.parametrize("who", ["candidateGroups", "candidateUsers", "assignee"])
def test_a_task_that_would_be_offered_to_nobody_holds_the_token(who: str, unit: Any) -> None:
    case = Lab(ASSIGNED.format(given=f'{who}="=unit"'), unit=unit, day=None)

    assert case.causes == ["Die Zuweisung „unit“ ergibt niemanden."]


def test_a_task_has_no_due_date_where_the_case_has_none() -> None:
    task = Lab(ASSIGNED.format(given='assignee="=unit"'), unit="yilmaz", day=None).changes.tasks[0]

    assert (task.assignee, task.due) == ("yilmaz", None)


def test_a_due_day_begins_at_midnight_of_the_office() -> None:
    case = Lab(ASSIGNED.format(given='assignee="=unit"'), unit="yilmaz", day=date(2026, 12, 1))

    assert case.changes.tasks[0].due == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_task_without_a_person_yet_is_left_to_its_groups() -> None:
    given = 'assignee="=unit" candidateGroups="=&#34;hochbau&#34;"'

    task = Lab(ASSIGNED.format(given=given), unit=None, day=None).changes.tasks[0]

    assert (task.assignee, task.groups) == (None, ("hochbau",))
