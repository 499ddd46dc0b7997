"""Signing folders: every item seen, marked and signed for itself, and no way round anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from tests.engine.execution.desk import TENANT, Desk
from tests.engine.execution.draw import drawn
from tests.second_person import deployed

from laufzettel.engine.api import Folder, Outcome
from laufzettel.engine.handler import Facets, Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import audit_event, duty_signature, incident, user_task
from laufzettel.engine.tasks.rules import ConflictSet
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.failpoints import Crash, arm, disarm
from laufzettel.identity import Actor

ORDER = (
    "user a\nasks decision radio yes,no\nmark duty = anordnung\nmark signs = decision=yes\n"
    "start>a a>end"
)
NRW = ConflictSet(
    name="nrw",
    rule="Wer feststellt, ordnet nicht an.",
    sides={"sachlich": "feststellung", "anordnung": "anordnung"},
)
ONCE = "the-folders-own-token"
SHOWN = "5" * 64


def _start(desk: Desk, number: int, *, remarks: str = "") -> str:
    start = Start(
        process_id="main",
        business_key=f"object:{number}",
        variables={},
        facets=Facets(subject=f"RE-{number}", remarks=remarks),
    )
    return desk.task("a", desk.engine.start(desk.all, start)).id


def _tasks(desk: Desk, number: int) -> list[str]:
    desk.deploy(ORDER)
    return [_start(desk, one) for one in range(1, number + 1)]


def _shown(_task: str) -> str:
    return SHOWN


def _see(desk: Desk, folder_id: str, *tasks: str, who: str = "yilmaz") -> None:
    for task in tasks:
        desk.engine.show_item(desk.person(who), folder_id, task, SHOWN)
        desk.engine.mark_item(desk.person(who), folder_id, task)


def _sign(
    desk: Desk,
    folder_id: str,
    *,
    who: str = "yilmaz",
    once: str = ONCE,
    hash_of: Callable[[str], str] = _shown,
) -> tuple[Outcome, ...]:
    return desk.engine.sign_folder(desk.person(who), folder_id, once=once, hash_of=hash_of)


def _open(desk: Desk, who: str = "yilmaz") -> str:
    return desk.engine.open_folder(desk.person(who))


def _folder(desk: Desk, folder_id: str, who: str = "yilmaz") -> Folder:
    return desk.engine.folder(desk.person(who), folder_id)


def _completions(desk: Desk) -> list[dict[str, Any]]:
    events = desk.rows(audit_event, audit_event.c.kind == "task.completed")
    return [orjson.loads(one.data) for one in events]


def test_a_folder_signs_what_was_seen_and_marked_and_nothing_else(desk: Desk) -> None:
    first, second, third = _tasks(desk, 3)
    folder_id = _open(desk)
    _see(desk, folder_id, first, third)

    outcomes = _sign(desk, folder_id)

    assert [(one.subject, one.ok, one.text_de) for one in outcomes] == [
        ("RE-1", True, "gezeichnet"),
        ("RE-3", True, "gezeichnet"),
    ]
    assert [task.id for task in desk.engine.tasks(desk.all)] == [second]
    assert sorted(row.task_id for row in desk.rows(duty_signature)) == sorted([first, third])


def test_each_item_has_its_own_event_with_what_was_shown_and_when(desk: Desk) -> None:
    first, second = _tasks(desk, 2)
    folder_id = _open(desk)
    _see(desk, folder_id, first, second)
    desk.clock.advance(minutes=2)

    _sign(desk, folder_id)

    events = sorted(_completions(desk), key=lambda data: data["position"])
    assert [(one["task"], one["position"]) for one in events] == [(first, 1), (second, 2)]
    assert {one["folder"] for one in events} == {folder_id}
    assert {one["displayed"] for one in events} == {SHOWN}
    assert {one["displayed_at"] for one in events} == {"2026-11-23T08:00:00+00:00"}
    folder = _folder(desk, folder_id)
    assert folder.confirmed_at == desk.clock.now()
    assert [item.outcome for item in folder.items] == ["signed", "signed"]


def test_only_what_is_signed_by_signing_alone_lies_in_a_folder(desk: Desk) -> None:
    [plain] = _tasks(desk, 1)
    desk.deploy("user a\nstart>a a>end")  # signs nothing
    no_duty = _start(desk, 2)
    deployed(desk.engine, desk.all, _asking_more(), tenant=TENANT)
    more = _start(desk, 3)

    folder = _folder(desk, _open(desk))

    assert [item.task.id for item in folder.items] == [plain]
    assert folder.items[0].signs == ("decision", "yes")
    with pytest.raises(InputError, match="nichts, was in eine Unterschriftenmappe passt"):
        desk.engine.open_folder(desk.person("yilmaz"), [no_duty, more])


def _asking_more() -> Sources:
    """The same order, with an account that must be named."""
    files = drawn(ORDER.replace("mark duty", "asks account number\nmark duty"))
    form = orjson.loads(files["forms/a.form"])
    form["components"][1]["validate"] = {"required": True}
    return Sources(files=files | {"forms/a.form": orjson.dumps(form)})


def test_a_folder_holds_what_is_offered_and_not_put_off(desk: Desk) -> None:
    mine, others, later, second_group = _tasks(desk, 4)
    desk.engine.claim(desk.person("brandt"), others)
    desk.engine.follow_up(desk.person("yilmaz"), [later], date(2026, 12, 1))
    desk.engine.claim(desk.person("yilmaz"), second_group)
    stranger = Actor(tenant=TENANT, person="fremd", groups=frozenset({"bauamt"}))

    items = _folder(desk, _open(desk)).items

    assert [item.task.id for item in items] == [mine, second_group]
    with pytest.raises(InputError):
        desk.engine.open_folder(stranger)


def test_a_folder_finds_offers_to_second_groups_and_persons(desk: Desk) -> None:
    desk.deploy(ORDER.replace("user a", "user a rpa,kasse"))
    task = _start(desk, 1)

    assert [item.task.id for item in _folder(desk, _open(desk)).items] == [task]


def test_chosen_tasks_keep_the_order_of_the_choice(desk: Desk) -> None:
    first, second, third = _tasks(desk, 3)

    folder_id = desk.engine.open_folder(desk.person("yilmaz"), [third, first])

    items = _folder(desk, folder_id).items
    assert [(item.position, item.task.id) for item in items] == [(1, third), (2, first)]
    assert second not in {item.task.id for item in items}


def test_nothing_is_marked_unseen(desk: Desk) -> None:
    [one] = _tasks(desk, 1)
    folder_id = _open(desk)

    with pytest.raises(InputError, match="Bitte sehen Sie das erst an"):
        desk.engine.mark_item(desk.person("yilmaz"), folder_id, one)


def test_nothing_is_signed_unmarked(desk: Desk) -> None:
    [one] = _tasks(desk, 1)
    folder_id = _open(desk)
    _see(desk, folder_id, one)
    desk.engine.unmark_item(desk.person("yilmaz"), folder_id, one)

    with pytest.raises(InputError, match="nichts zum Zeichnen vorgemerkt"):
        _sign(desk, folder_id)


def test_what_is_shown_anew_is_marked_anew(desk: Desk) -> None:
    [one] = _tasks(desk, 1)
    folder_id = _open(desk)
    _see(desk, folder_id, one)

    desk.engine.show_item(desk.person("yilmaz"), folder_id, one, SHOWN)
    assert _folder(desk, folder_id).items[0].marked_at is not None
    desk.engine.show_item(desk.person("yilmaz"), folder_id, one, "6" * 64)
    assert _folder(desk, folder_id).items[0].marked_at is None


@pytest.mark.parametrize(
    ("remarks", "obstacle"),
    [
        ("finding=BR-DE-15", "Die Prüfung hat etwas gefunden. "),
        ("skonto,duplicate", "Es besteht der Verdacht einer Doppelrechnung. "),
        ("bank_changed", "Die Bankverbindung hat sich geändert. "),
    ],
)
def test_what_has_a_finding_is_signed_on_its_own_page(
    remarks: str, obstacle: str, desk: Desk
) -> None:
    desk.deploy(ORDER)
    task = _start(desk, 1, remarks=remarks)
    folder_id = _open(desk)
    desk.engine.show_item(desk.person("yilmaz"), folder_id, task, SHOWN)

    found = _folder(desk, folder_id).items[0].obstacle
    assert found == f"{obstacle}Bitte auf der Seite der Aufgabe entscheiden."
    with pytest.raises(ForbiddenError, match=obstacle):
        desk.engine.mark_item(desk.person("yilmaz"), folder_id, task)
    desk.engine.complete(desk.person("yilmaz"), task, {"decision": "yes"})


def test_who_may_not_sign_an_item_cannot_mark_it(desk: Desk) -> None:
    desk.rules.sets = [NRW]
    desk.deploy("user a\nmark duty = sachlich\nstart>a a>end")
    desk.engine.complete(desk.person("yilmaz"), _start(desk, 1), {})
    [task] = _tasks(desk, 1)
    folder_id = _open(desk)
    desk.engine.show_item(desk.person("yilmaz"), folder_id, task, SHOWN)

    with pytest.raises(ForbiddenError, match=r"bereits „Sachlich“.*Jens Brandt"):
        desk.engine.mark_item(desk.person("yilmaz"), folder_id, task)


def test_what_is_held_cannot_be_marked(desk: Desk) -> None:
    [task] = _tasks(desk, 1)
    folder_id = _open(desk)
    desk.engine.show_item(desk.person("yilmaz"), folder_id, task, SHOWN)
    _hold(desk, task)

    with pytest.raises(ForbiddenError, match="offene Störung"):
        desk.engine.mark_item(desk.person("yilmaz"), folder_id, task)


def _hold(desk: Desk, task: str) -> None:
    [row] = desk.rows(user_task, user_task.c.id == task)
    values = {"id": "i1", "tenant": TENANT, "case_id": row.case_id, "code": "ausdruck"}
    values |= {"cause": "x", "next_step": "x", "owner": "betrieb", "status": "open"}
    desk.write(
        lambda connection: connection.execute(
            sa.insert(incident).values(**values, created_at=desk.clock.now())
        )
    )


@pytest.mark.parametrize("what", ["held", "claimed", "done", "conflict"])
def test_what_came_up_after_marking_is_not_signed_and_says_so(what: str, desk: Desk) -> None:
    first, second = _tasks(desk, 2)
    folder_id = _open(desk)
    _see(desk, folder_id, first, second)
    if what == "held":
        _hold(desk, first)
    elif what == "claimed":
        desk.engine.claim(desk.person("brandt"), first)
    elif what == "done":
        desk.engine.complete(desk.person("brandt"), first, {"decision": "no"})
    else:
        desk.rules.sets = [NRW]
        desk.deploy("user a\nmark duty = sachlich\nstart>a a>end")
        desk.engine.complete(desk.person("yilmaz"), _start(desk, 1), {})

    refused, signed = _sign(desk, folder_id)

    texts = {
        "held": "offene Störung",
        "claimed": "hat Jens Brandt übernommen",
        "done": "hat Jens Brandt am",
        "conflict": "Wer feststellt, ordnet nicht an",
    }
    assert not refused.ok
    assert texts[what] in refused.text_de
    assert signed.ok
    item = _folder(desk, folder_id).items[0]
    assert (item.outcome, item.marked_at, item.signed_at) == ("refused", None, None)


def test_what_would_be_shown_differently_is_not_signed_and_says_so(desk: Desk) -> None:
    first, second = _tasks(desk, 2)
    folder_id = _open(desk)
    _see(desk, folder_id, first, second)

    outcomes = _sign(desk, folder_id, hash_of=lambda task: "7" * 64 if task == first else SHOWN)

    assert [one.ok for one in outcomes] == [False, True]
    assert outcomes[0].text_de.startswith("Der Vorgang hat sich seit der Anzeige geändert.")
    item = _folder(desk, folder_id).items[0]
    assert (item.displayed_at, item.marked_at) == (None, None)
    _see(desk, folder_id, first)
    assert [one.ok for one in _sign(desk, folder_id, once=ONCE + "-2")] == [True, True]


def test_a_case_that_moves_while_it_is_signed_is_looked_at_once_more(desk: Desk) -> None:
    """Between the last look and the signature, the case takes a step of its own."""
    reminded = "boundary r a timer P1D calm\nstart>a a>end r>end"
    desk.deploy(ORDER.replace("start>a a>end", reminded))
    task = _start(desk, 1)
    folder_id = _open(desk)
    _see(desk, folder_id, task)
    looks: list[str] = []

    def hash_of(task: str) -> str:
        looks.append(task)
        if len(looks) == 1:
            desk.run_jobs(days=1)
        return SHOWN

    [outcome] = _sign(desk, folder_id, hash_of=hash_of)

    assert outcome.ok
    assert looks == [task, task]


def test_the_same_confirmation_again_signs_nothing_again(desk: Desk) -> None:
    first, _ = _tasks(desk, 2)
    folder_id = _open(desk)
    _see(desk, folder_id, first)

    assert _sign(desk, folder_id) == _sign(desk, folder_id)

    assert len(_completions(desk)) == 1
    with pytest.raises(ConflictError, match="schon gezeichnet"):
        desk.engine.mark_item(desk.person("yilmaz"), folder_id, first)


@pytest.mark.parametrize("visit", [1, 2, 3])
@pytest.mark.parametrize("point", ["step.computed", "step.written", "step.committed"])
def test_broken_off_in_the_middle_it_goes_on_where_it_stopped(
    point: str, visit: int, desk: Desk
) -> None:
    tasks = _tasks(desk, 3)
    folder_id = _open(desk)
    _see(desk, folder_id, *tasks)
    arm(point, visit)
    with pytest.raises(Crash):
        _sign(desk, folder_id)
    disarm()

    outcomes = _sign(desk, folder_id)

    assert [one.ok for one in outcomes] == [True, True, True]
    assert len(_completions(desk)) == 3
    assert desk.tasks() == []


def test_confirmed_twice_at_once_each_item_is_signed_once(desk: Desk) -> None:
    tasks = _tasks(desk, 6)
    folder_id = _open(desk)
    _see(desk, folder_id, *tasks)
    barrier, found = threading.Barrier(2), list[tuple[Outcome, ...]]()

    def run() -> None:
        barrier.wait()
        found.append(_sign(desk, folder_id))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert len(_completions(desk)) == 6
    assert [item.outcome for item in _folder(desk, folder_id).items] == ["signed"] * 6


def test_a_folder_is_its_persons_alone(desk: Desk) -> None:
    [task] = _tasks(desk, 1)
    folder_id = _open(desk)
    brandt = desk.person("brandt")
    elsewhere = Actor(tenant="anderswo", person="yilmaz", groups=frozenset({"kasse"}))

    for actor in (brandt, elsewhere):
        for act in (
            lambda who: desk.engine.folder(who, folder_id),
            lambda who: desk.engine.show_item(who, folder_id, task, SHOWN),
            lambda who: desk.engine.mark_item(who, folder_id, task),
            lambda who: desk.engine.unmark_item(who, folder_id, task),
            lambda who: desk.engine.sign_folder(who, folder_id, once=ONCE, hash_of=_shown),
        ):
            with pytest.raises(NotFoundError):
                act(actor)
    with pytest.raises(ForbiddenError, match="nur Personen"):
        desk.engine.open_folder(desk.all)


def test_what_lies_in_no_folder_and_what_is_no_hash_is_refused(desk: Desk) -> None:
    first, second = _tasks(desk, 2)
    folder_id = desk.engine.open_folder(desk.person("yilmaz"), [first])

    with pytest.raises(NotFoundError, match="liegt nicht in der Mappe"):
        desk.engine.show_item(desk.person("yilmaz"), folder_id, second, SHOWN)
    with pytest.raises(InputError, match="Prüfsumme"):
        desk.engine.show_item(desk.person("yilmaz"), folder_id, first, "5" * 63)
    with pytest.raises(InputError, match="Seite neu"):
        _sign(desk, folder_id, once="kurz")
