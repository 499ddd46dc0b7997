"""The demo can be told again, killed and continued; it ends with 0 only if it is proven."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import sqlalchemy as sa
from tests.cli.programs import Place, call, looked_at

from laufzettel.engine.tables import job

PROVEN = "2 gebucht, 2 erfasst: jede genau einmal, alles stimmt."


def subjects(place: Place) -> list[str]:
    """Return the subjects of all cases, sorted."""
    lines = call(place, "cases", "--json").stdout.splitlines()
    return sorted(str(json.loads(line)["subject"]) for line in lines)


def end_leases(place: Place) -> None:
    """Let the time pass after which nobody believes any more that the dead one works."""
    with looked_at(place) as app, app.db.write() as connection:
        ended = connection.execute(
            sa.update(job).where(job.c.is_leased).values(due=app.db.now(connection))
        )
        assert ended.rowcount >= 1


def test_the_story_names_its_people_and_ends_proven(told: tuple[Place, str]) -> None:
    text = told[1]

    assert "Musterstadt (erfunden)" in text
    assert "formal in Ordnung" in text
    assert "M. Yılmaz" in text and "T. Reineke" in text
    assert "Rückläufer des HKR" in text
    assert PROVEN in text


def test_the_story_told_again_has_other_invoice_numbers(place: Place) -> None:
    before = subjects(place)

    again = call(place, "demo", "--once")

    assert (again.returncode, "Traceback" in again.stderr) == (0, False)
    assert "4 gebucht, 4 erfasst: jede genau einmal, alles stimmt." in again.stdout
    assert len(set(subjects(place))) == 6
    assert set(before) < set(subjects(place))


def test_a_killed_demo_goes_on_where_it_was(tmp_path: Path, rules_dir: Path) -> None:
    """Killed after the order was handed over and before anybody noted it.

    The minute until the lease of the dead process runs out is not waited for.
    """
    place = Place(data=tmp_path / "data", rules=rules_dir)
    doomed = Place(data=place.data, rules=rules_dir, extra=(("FAILPOINT", "outbox.sent:1=kill"),))

    killed = call(doomed, "demo", "--once")
    end_leases(place)
    after = call(place, "demo", "--once")

    assert killed.returncode == -signal.SIGKILL
    assert (after.returncode, "Traceback" in after.stderr) == (0, False)
    assert PROVEN in after.stdout
    assert len(subjects(place)) == 3
    assert call(place, "prove").stdout == "Mandant „musterstadt“: Alles stimmt.\n"
