"""Pages of the inbox: who sees what, in which order, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from tests.web.inbox.desk_rows import NOW, day, reader, task, write

from laufzettel.db import Database
from laufzettel.errors import InputError
from laufzettel.web.inbox.queries import (
    Basket,
    Cursor,
    Due,
    Filters,
    Page,
    Reader,
    Remarked,
    counts,
    page,
)

Written = Callable[..., Database]


@pytest.fixture
def written(migrated_url: str) -> Iterator[Written]:
    """Writes tasks into a database of each kind and returns it."""
    opened: list[Database] = []

    def call(*tasks: Mapping[str, Any]) -> Database:
        opened.append(write(migrated_url, tasks))
        return opened[-1]

    yield call
    for db in opened:
        db.close()


def look(
    db: Database,
    basket: Basket,
    filters: Filters | None = None,
    who: Reader | None = None,
    after: Cursor | None = None,
    size: int = 50,
) -> Page:
    with db.read() as connection:
        return page(connection, who or reader(), basket, filters or Filters(), after, size)


def subjects(found: Page) -> list[str]:
    return [row.subject for row in found.rows]


def test_the_earliest_last_day_to_act_comes_first_and_none_at_all_last(written: Written) -> None:
    db = written(task(1), task(2, act_by=day(5)), task(3, act_by=day(1)), task(4, act_by=day(1)))

    assert subjects(look(db, Basket.GROUP)) == ["RE-3", "RE-4", "RE-2", "RE-1"]


def test_each_basket_has_its_own(written: Written) -> None:
    db = written(
        task(1, assignee="yilmaz"),
        task(2),
        task(3, assignee="brandt"),
        task(4, group_="kasse", groups=["kasse"]),
        task(5, assignee="yilmaz", follow_up=day(3)),
        task(6, follow_up=day(3)),
        task(7, follow_up=NOW),
        task(8, status="completed", assignee="yilmaz"),
        task(9, tenant="anderswo"),
    )

    assert subjects(look(db, Basket.MINE)) == ["RE-1"]
    assert subjects(look(db, Basket.GROUP)) == ["RE-2", "RE-7"]
    assert subjects(look(db, Basket.FOLLOW_UP)) == ["RE-5", "RE-6"]


def test_an_offer_to_a_second_group_or_to_a_person_is_seen_once(written: Written) -> None:
    both = {"groups": ["bauamt", "kasse"]}
    db = written(
        task(1, **both),
        task(2, **both, users=["yilmaz"]),
        task(3, group_="", groups=[], users=["yilmaz"]),
        task(4, **both, assignee="brandt"),
        task(5, group_="rpa", groups=["rpa", "kasse"], follow_up=day(2)),
    )

    assert subjects(look(db, Basket.GROUP)) == ["RE-1", "RE-2", "RE-3"]
    kasse = reader("reineke", "kasse")
    assert subjects(look(db, Basket.GROUP, who=kasse)) == ["RE-1", "RE-2"]
    assert subjects(look(db, Basket.FOLLOW_UP, who=kasse)) == ["RE-5"]
    with db.read() as connection:
        everything = reader("yilmaz", "bauamt", "kasse")
        assert counts(connection, everything).baskets[Basket.GROUP] == 3
        assert counts(connection, kasse).baskets[Basket.GROUP] == 2


def test_pages_lead_to_the_end_and_back_without_a_gap(written: Written) -> None:
    db = written(*(task(number, act_by=day(number // 4)) for number in range(23)))
    pages = [look(db, Basket.GROUP, size=5)]
    while (after := pages[-1].next) is not None:
        pages.append(look(db, Basket.GROUP, after=after, size=5))
    back = [pages[-1]]
    while (before := back[-1].previous) is not None:
        back.append(look(db, Basket.GROUP, after=before, size=5))

    forwards = [subject for one in pages for subject in subjects(one)]
    backwards = [subject for one in reversed(back) for subject in subjects(one)]
    assert forwards == [f"RE-{number}" for number in range(23)]
    assert backwards == forwards
    assert pages[0].previous is None
    assert len(back) == len(pages) == 5


def test_behind_the_last_row_there_is_a_way_back(written: Written) -> None:
    db = written(task(1))
    behind = Cursor(sort_at=day(4000), id="t9")
    far = Cursor(sort_at=look(db, Basket.GROUP).rows[0].sort_at, id="t9")

    assert subjects(look(db, Basket.GROUP, after=behind)) == ["RE-1"]
    empty = look(db, Basket.GROUP, after=far)
    assert (empty.rows, empty.next) == ((), None)
    assert subjects(look(db, Basket.GROUP, after=empty.previous)) == ["RE-1"]


def test_before_the_first_row_there_is_a_way_on(written: Written) -> None:
    db = written(task(1, act_by=day(1)))
    first = Cursor(sort_at=day(1), id="t000001", is_backward=True)

    empty = look(db, Basket.GROUP, after=first)
    assert (empty.rows, empty.previous) == ((), None)
    assert empty.next is not None


def test_a_row_shows_what_the_line_needs(written: Written) -> None:
    facets = {"amount": Decimal("18432.60"), "currency": "EUR", "unit": "66"}
    db = written(
        task(
            1,
            **facets,
            act_by=day(2),
            stake=Decimal("368.65"),
            assignee="yilmaz",
            remarks="finding=BR-DE-15,duplicate",
            duties="sachlich,rechnerisch",
        )
    )

    row = look(db, Basket.MINE).rows[0]

    assert (row.amount, row.currency, row.unit, row.stake) == (
        Decimal("18432.60"),
        "EUR",
        "66",
        Decimal("368.65"),
    )
    assert (row.assignee_name, row.group) == ("M. Yılmaz", "bauamt")
    assert row.remarks == ("finding=BR-DE-15", "duplicate")
    assert row.duties == ("sachlich", "rechnerisch")
    assert row.act_by == row.sort_at == day(2)


@pytest.mark.parametrize(
    ("due", "found"),
    [
        (Due.OVERDUE, ["RE-1"]),
        (Due.TODAY, ["RE-2"]),
        (Due.THREE_DAYS, ["RE-2", "RE-3"]),
        (Due.WEEK, ["RE-2", "RE-3", "RE-4"]),
        (Due.SKONTO, ["RE-3", "RE-5"]),
    ],
)
def test_what_is_urgent_is_told_by_days_of_the_office(
    due: Due, found: list[str], written: Written
) -> None:
    stake = {"stake": Decimal("10.00")}
    db = written(
        task(1, act_by=day(-1), **stake),
        task(2, act_by=day(0)),
        task(3, act_by=day(3), **stake),
        task(4, act_by=day(6)),
        task(5, act_by=day(7), **stake),
        task(6),
    )

    assert subjects(look(db, Basket.GROUP, Filters(due=due))) == found
    with db.read() as connection:
        assert counts(connection, reader(), Basket.GROUP).due[due] == len(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tiefbau", ["RE-1", "RE-2"]),
        ("TIEFBAU re-2", ["RE-2"]),
        ("kramer sachlich", ["50%_RE"]),
        ("müller", ["RE-4"]),
        ("Öztürk", ["RE-5"]),
        ("50%_", ["50%_RE"]),
        ("%", ["50%_RE"]),
        ("_", ["50%_RE"]),
        ("\\", []),
        ("18.432,60", ["RE-2"]),
        ("432,60", []),
        ("haus", ["RE-4"]),
        ("", ["RE-1", "RE-2", "50%_RE", "RE-4", "RE-5"]),
    ],
)
def test_every_word_is_searched_for_and_is_nothing_but_a_word(
    text: str, found: list[str], written: Written
) -> None:
    db = written(
        task(1),
        task(2, amount=Decimal("18432.60"), currency="EUR"),
        task(3, party="Büro Kramer OHG", subject="50%_RE"),
        task(4, party="MÜLLER und Söhne", unit="Bauhaus"),
        task(5, party="ÖZTÜRK Bau"),
    )

    assert subjects(look(db, Basket.GROUP, Filters(text=text))) == found


def test_filters_narrow_together(written: Written) -> None:
    rows = [
        task(
            number, amount=Decimal(number), unit=str(number % 2), remarks="duplicate" * (number > 3)
        )
        for number in range(1, 7)
    ]
    db = written(*rows, task(7, name="Anordnen"))

    def found(**filters: Any) -> list[str]:
        return subjects(look(db, Basket.GROUP, Filters(**filters)))

    assert found(amount_min=Decimal(2), amount_max=Decimal(3)) == ["RE-2", "RE-3"]
    assert found(unit="1", amount_min=Decimal(2)) == ["RE-3", "RE-5"]
    assert found(task_name="Anordnen") == ["RE-7"]
    assert found(remarks=Remarked.WITH) == ["RE-4", "RE-5", "RE-6"]
    assert found(remarks=Remarked.WITHOUT, unit="0") == ["RE-2"]


def test_filters_hold_for_offers_as_well(written: Written) -> None:
    both = {"group_": "rpa", "groups": ["rpa", "bauamt"]}
    db = written(task(1, **both, stake=Decimal("5.00"), act_by=day(1)), task(2, **both))

    assert subjects(look(db, Basket.GROUP, Filters(due=Due.SKONTO))) == ["RE-1"]
    assert subjects(look(db, Basket.GROUP, Filters(text="re-2"))) == ["RE-2"]
    with db.read() as connection:
        assert counts(connection, reader(), Basket.GROUP).due[Due.SKONTO] == 1


def test_counts_are_true_up_to_999(written: Written) -> None:
    db = written(
        *(task(number) for number in range(1001)),
        *(task(2000 + number, assignee="yilmaz") for number in range(999)),
        task(3001, follow_up=day(1)),
    )

    with db.read() as connection:
        found = counts(connection, reader())
    assert found.baskets == {Basket.MINE: 999, Basket.GROUP: 1000, Basket.FOLLOW_UP: 1}


def test_nobody_without_groups_sees_anything_by_mistake(written: Written) -> None:
    db = written(task(1, group_="", groups=[], users=["brandt"]), task(2))
    nobody = Reader(tenant="musterstadt", person="fremd", groups=frozenset(), now=NOW)

    assert [subjects(look(db, basket, who=nobody)) for basket in Basket] == [[], [], []]
    with db.read() as connection:
        assert set(counts(connection, nobody).baskets.values()) == {0}


@pytest.mark.parametrize("filters", [Filters(text="x" * 201), Filters(text="a\0b")])
def test_an_unreadable_search_text_is_refused(filters: Filters, written: Written) -> None:
    with pytest.raises(InputError, match="Suchtext"):
        look(written(task(1)), Basket.GROUP, filters)


@pytest.mark.parametrize("size", [0, 201])
def test_a_page_has_some_rows_and_not_too_many(size: int, written: Written) -> None:
    with pytest.raises(InputError, match="1 bis 200"):
        look(written(task(1)), Basket.GROUP, size=size)
