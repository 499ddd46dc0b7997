"""The town after the story: invoices in every state, once for ever, and pages over it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.cli.programs import Place, call, looked_at, started, stopped, wait_until

from laufzettel import failpoints
from laufzettel.app import App
from laufzettel.cli import prove
from laufzettel.cli.demo import seed, town
from laufzettel.cli.demo.samples import generator
from laufzettel.compose import compose
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.tables import case, job, user_task
from laufzettel.identity import Actor, Right
from laufzettel.records import people
from laufzettel.records.tables import account, cash_order, deputy, document, invoice, person

READER = Actor(tenant=town.TENANT, rights=frozenset({Right.READ}))
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # WeasyPrint's profile


@contextlib.contextmanager
def opened(place: Place) -> Iterator[App]:
    """The installation, composed as the demo does."""
    with compose(place.settings(), distributed=False) as app:
        yield app


@pytest.fixture(scope="module")
def seeded(told: tuple[Place, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, int]:
    """A filled town, and how many invoices came; read only."""
    data = tmp_path_factory.mktemp("town") / "data"
    shutil.copytree(told[0].data, data)
    place = Place(data=data, rules=told[0].rules)
    with opened(place) as app:
        return place, seed.seed(app)


@pytest.fixture
def filled(seeded: tuple[Place, int], tmp_path: Path) -> Place:
    """A copy of the filled town that is this test's alone."""
    shutil.copytree(seeded[0].data, tmp_path / "data")
    return Place(data=tmp_path / "data", rules=seeded[0].rules)


def rows(app: App, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    with app.db.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def states(app: App) -> dict[str, int]:
    """Return how many cases stand or ended where, the story's three among them."""
    tasks = Counter(task.element for task in app.engine.tasks(READER))
    ends = Counter(view.end for view in app.engine.cases(READER) if view.end)
    orders = Counter(status for (status,) in rows(app, sa.select(cash_order.c.status)))
    waiting = {"issued": orders["issued"], "accepted": orders["accepted"]}
    return {**tasks, **ends, **waiting, "incident": len(app.engine.incidents(READER))}


#: Of 36 invoices and the three of the story.
STATES = {
    "capture": 1,
    "certify": 15,
    "order": 4,
    "countersign": 1,
    "check_duplicate": 1,
    "correct_accounts": 1,
    "issued": 1,
    "accepted": 2,
    "paid_and_archived": 3 + 2,
    "rejected": 6 + 1,
    "filed_as_duplicate": 1,
    "incident": 0,
}


def test_the_town_has_invoices_in_every_state(seeded: tuple[Place, int]) -> None:
    place, number = seeded

    with looked_at(place) as app:
        assert number == 36
        assert states(app) == STATES
        assert prove.breaches(app, town.TENANT) == []


def test_a_second_time_nothing_comes_and_nothing_moves(filled: Place) -> None:
    with opened(filled) as app:
        before = rows(app, sa.select(case.c.id, case.c.version).order_by(case.c.id))

        assert seed.seed(app) == 0

        assert rows(app, sa.select(case.c.id, case.c.version).order_by(case.c.id)) == before
        originals = sa.select(sa.func.count()).where(document.c.kind == "original")
        assert rows(app, originals) == [(36 + 3,)]


def test_what_a_visitor_did_stays_as_he_left_it(filled: Place) -> None:
    """A task given back is not taken again, an order signed is not unsigned."""
    with opened(filled) as app:
        tasks = {task.subject: task for task in app.engine.tasks(READER)}
        app.engine.unclaim(actor(app, "brandt"), tasks["Rechnung KL-90112"].id)
        app.engine.complete(
            actor(app, "brandt"),
            tasks["Rechnung NL-88391"].id,
            {"decision": "zurueckgeben", "note": "Bitte warten."},
        )

        seed.seed(app)

        after = {task.subject: task for task in app.engine.tasks(READER)}
        assert after["Rechnung KL-90112"].assignee is None
        assert after["Rechnung NL-88391"].element == "certify"


@pytest.mark.parametrize(
    ("place_of_death", "visit"), [("receive.stored", 20), ("step.written", 90)]
)
def test_a_killed_filling_goes_on_where_it_was(
    told: tuple[Place, str], tmp_path: Path, place_of_death: str, visit: int
) -> None:
    shutil.copytree(told[0].data, tmp_path / "data")
    place = Place(data=tmp_path / "data", rules=told[0].rules)
    failpoints.arm(place_of_death, visit)
    try:
        with pytest.raises(failpoints.Crash), opened(place) as app:
            seed.seed(app)
    finally:
        failpoints.disarm()

    with opened(place) as app:
        with app.db.write() as connection:  # the lease of the dead one has run out
            connection.execute(
                sa.update(job).where(job.c.is_leased).values(due=app.db.now(connection))
            )
        seed.seed(app)

        assert states(app) == STATES
        assert prove.breaches(app, town.TENANT) == []


def test_without_the_libraries_for_pdf_the_rest_arrives_and_the_pdf_later(
    told: tuple[Place, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = generator()
    content = made.content

    def without_pango(one: Any) -> bytes:
        if one.file_name.endswith(".pdf"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        data: bytes = content(one)
        return data

    shutil.copytree(told[0].data, tmp_path / "data")
    with opened(Place(data=tmp_path / "data", rules=told[0].rules)) as app:
        monkeypatch.setattr(made, "content", without_pango)
        first = seed.seed(app)
        monkeypatch.undo()

        assert (first, seed.seed(app)) == (33, 3)


def test_no_list_names_a_child_of_the_jugendamt(seeded: tuple[Place, int]) -> None:
    with looked_at(seeded[0]) as app:
        shown = str(rows(app, sa.select(case.c.subject, case.c.party, case.c.confidential)))
        shown += str(rows(app, sa.select(user_task.c.subject, user_task.c.party)))
        orders = rows(app, sa.select(cash_order.c.purpose))

    assert shown.count("Vertraulich E-2026-") >= 4
    assert not [name for name in ("Lina", "Jonas", "Sonnenhang") if name in shown]
    assert "Vertraulich" in str(orders)


def test_ten_people_have_an_account_each_with_its_rights(seeded: tuple[Place, int]) -> None:
    with looked_at(seeded[0]) as app:
        found = {
            login: set(rights)
            for login, rights in rows(app, sa.select(account.c.login, account.c.rights))
        }
        names = rows(app, sa.select(person.c.name))

    assert len(names) == len(found) == 10
    assert found["vogt"] == {"read"}
    assert found["okafor"] == found["wiebusch"] == {"work", "operate"}
    assert found["kranz"] == {"work", "start"}
    assert found["sommer"] == {"operate", "deploy", "read"}
    assert found["lohmann"] == {"work", "deploy"}  # the second person beside the designer
    assert found["yilmaz"] == found["reineke"] == found["damm"] == {"work"}


def test_a_colleague_represents_another_for_a_fortnight(seeded: tuple[Place, int]) -> None:
    with looked_at(seeded[0]) as app:
        ((who, represents, start, end),) = rows(
            app,
            sa.select(
                deputy.c.person, deputy.c.represents, deputy.c.valid_from, deputy.c.valid_until
            ),
        )

    assert (who, represents, (end - start).days) == ("yilmaz", "brandt", 14)


def test_a_town_of_an_earlier_version_gets_what_it_lacks(filled: Place) -> None:
    with looked_at(filled) as app:
        with app.db.write() as connection:
            connection.execute(sa.delete(account))
            connection.execute(sa.delete(deputy))

        town.found(app)

        assert len(rows(app, sa.select(account.c.login))) == 10
        assert len(rows(app, sa.select(deputy.c.id))) == 1
        assert len(rows(app, sa.select(person.c.id))) == 10


def test_the_demo_ends_with_pages_on_which_work_goes_on_by_itself(filled: Place) -> None:
    """What somebody orders is accepted by the HKR after seconds, without another command."""
    with started(filled, "demo") as demo, looked_at(filled) as app:
        address = announced(demo)
        with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
            assert answer.read() == b'{"status":"ok"}\n'
        tasks = {task.subject: task for task in app.engine.tasks(READER)}

        app.engine.complete(
            actor(app, "brandt"), tasks["Rechnung NL-88391"].id, {"decision": "anordnen"}
        )

        wait_until(lambda: stage(app, "NL-88391") == "accepted", "the answer of the HKR")
        errors = stopped(demo)
    assert (demo.returncode, errors) == (0, "")


def announced(demo: subprocess.Popen[str]) -> str:
    """Read on until the address is said; return it."""
    assert demo.stdout is not None
    text = ""
    for line in demo.stdout:
        text += line
        if "Die Oberfläche läuft: " in line:
            assert "VORFÜHRUNG: Alle Personen, Firmen und Rechnungen sind erfunden." in text
            assert line.endswith(" – Strg-C beendet\n")
            return line.split()[3]
    raise AssertionError(f"no address in: {text}")


def actor(app: App, who: str) -> Actor:
    with app.db.read() as connection:
        return people.actor(connection, town.TENANT, who, at=app.db.now(connection))


def stage(app: App, number: str) -> str:
    ((found,),) = rows(app, sa.select(invoice.c.stage).where(invoice.c.number == number))
    return str(found)


def test_a_port_that_is_taken_is_said_before_the_story(filled: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        place = Place(data=filled.data, rules=filled.rules, extra=(("LAUFZETTEL_PORT", taken),))

        done = call(place, "demo")

    assert (done.returncode, done.stdout) == (2, "")
    assert f"127.0.0.1:{taken} ist nicht benutzbar" in done.stderr


def test_the_open_cases_are_all_somebodys(seeded: tuple[Place, int]) -> None:
    """23 wait for people, 3 for the HKR."""
    with looked_at(seeded[0]) as app:
        open_cases = [view for view in app.engine.cases(READER) if view.status is CaseStatus.OPEN]

        assert len(open_cases) == 23 + 3
