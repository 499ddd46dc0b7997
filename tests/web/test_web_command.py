"""``laufzettel web`` serves over HTTP, works beside it on SQLite, and stops when told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.cli.programs import (
    ROOT,
    Place,
    call,
    first_line,
    found_town,
    looked_at,
    started,
    stopped,
    wait_until,
)
from tests.simulation.world import OPERATOR, TENANT, sample

from laufzettel.cli import prove
from laufzettel.einvoice.rule_install import install_rules


@pytest.fixture(scope="session")
def rules_dir() -> Path:
    """A folder with the official rules, installed there if need be."""
    folder = Path(os.environ.get("LAUFZETTEL_RULES_DIR") or ROOT / ".laufzettel" / "rules")
    install_rules(folder, lambda line: None)
    return folder


@pytest.fixture
def single(migrated_sqlite_file: Path, tmp_path: Path, rules_dir: Path) -> Place:
    """The demo town on SQLite."""
    place = Place(data=tmp_path / "data", rules=rules_dir)
    place.data.mkdir()
    shutil.copy(migrated_sqlite_file, place.data / "laufzettel.sqlite")
    found_town(place)
    return place


def asked(url: str, method: str = "GET") -> tuple[int, str]:
    """Return code and text of an answer over HTTP."""
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_pages_are_served_and_the_process_works_beside_them(
    single: Place, tmp_path: Path
) -> None:
    """An invoice that another process received is processed by the loop of this one."""
    (tmp_path / "re.xml").write_bytes(sample("GOOD", "RE-1"))

    with started(single, "web") as web, looked_at(single) as app:
        url = first_line(web)
        assert url.startswith("http://127.0.0.1:")
        assert asked(f"{url}/health") == (200, '{"status":"ok"}\n')
        assert asked(f"{url}/health", "POST")[0] == 405

        received = call(single, "receive", str(tmp_path / "re.xml"))
        wait_until(lambda: bool(app.engine.tasks(OPERATOR)), "a task at the Fachamt")
        errors = stopped(web)

        assert (received.returncode, received.stderr) == (0, "")
        assert [task.subject for task in app.engine.tasks(OPERATOR)] == ["Rechnung RE-1"]
        assert app.jobs.stats().counts  # the periodic ones wait
        assert [one for one in app.jobs.stats().counts if one.leased] == []
        assert prove.breaches(app, TENANT) == []
    assert (web.returncode, errors) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_signal_stops_it_at_once_with_zero(single: Place, number: signal.Signals) -> None:
    with started(single, "web") as web:
        first_line(web)
        errors = stopped(web, number)

    assert (web.returncode, errors) == (0, "")


def test_the_answers_do_not_name_the_server(single: Place) -> None:
    with started(single, "web") as web:
        url = first_line(web)
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            headers = dict(answer.headers)
        stopped(web)

    assert "Server" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_port_that_is_taken_is_said_plainly(single: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        place = Place(data=single.data, rules=single.rules, extra=(("LAUFZETTEL_PORT", taken),))

        done = call(place, "web")

    assert done.returncode == 2
    assert f"127.0.0.1:{taken} ist nicht benutzbar" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_does_not_exist_is_said_plainly(single: Place) -> None:
    place = Place(data=single.data, rules=single.rules, extra=(("LAUFZETTEL_PORT", "99999"),))

    done = call(place, "web")

    assert done.returncode == 2
    assert done.stderr == (
        "LAUFZETTEL_PORT ist „99999“, erwartet wird eine Zahl von 0 bis 65535.\n"
    )


def test_the_pages_end_when_the_jobs_beside_them_die(single: Place, tmp_path: Path) -> None:
    """Else invoices would be taken and never worked on: the process manager starts it anew."""
    dying = (
        "import sys; from laufzettel import failpoints; from laufzettel.__main__ import main\n"
        "failpoints.arm('job.claimed'); sys.exit(main(['web']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", dying],
        env=single.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "Crash: job.claimed" in done.stderr


def test_a_wsgi_server_finds_the_application(single: Place) -> None:
    asks = (
        "import json; from laufzettel.wsgi import application\n"
        "answer = application.test_client().get('/health')\n"
        "print(json.dumps([answer.status_code, answer.get_json()]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", asks],
        env=single.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert json.loads(done.stdout) == [200, {"status": "ok"}], done.stderr
