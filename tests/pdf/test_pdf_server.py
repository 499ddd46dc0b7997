"""The printing server: quick, and no page can tell that there were others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from laufzettel import pdf
from laufzettel.pdf import Limits
from laufzettel.pdf.errand import Errand
from laufzettel.pdf.helper import Helper
from laufzettel.pdf.job import DrawJob, Variant
from laufzettel.pdf.press import PRESS, Press
from laufzettel.pdf.process import draw_alone

pytestmark = [
    pytest.mark.usefixtures("can_render"),
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each page is drawn alone"),
]

LONG = "".join(f"<p>Zeile {number} der Kostenstelle</p>" for number in range(20_000))
#: A server whose pages tell what they see instead of drawing.
SPY = """
import json, os, resource, socket, sys, tempfile, time
from pathlib import Path
from laufzettel.pdf import child, server

def refused(what):
    try:
        what()
    except PermissionError:
        return True
    return False

def spy(data):
    while data == b"wait" and not Path("go").exists():
        time.sleep(0.02)
    paths = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
    seen = [os.readlink(path) for path in paths if os.path.lexists(path)]
    return 0, json.dumps({
        "files": sorted(name.partition(":")[0] for name in seen),
        "cwd": os.getcwd(),
        "home": os.environ["HOME"],
        "temp": tempfile.gettempdir(),
        "names": sorted(os.environ),
        "cpu": resource.getrlimit(resource.RLIMIT_CPU),
        "memory": resource.getrlimit(resource.RLIMIT_AS),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "refused": [
            refused(socket.socket),
            refused(os.fork),
            refused(lambda: os.system("true")),
        ],
    }).encode()

def warm_up(real=server.warm_up):
    trouble = real()
    child.answer = spy
    return trouble

server.warm_up = warm_up
server.main(int(sys.argv[1]))
"""


def text(data: bytes) -> str:
    return PdfReader(BytesIO(data)).pages[0].extract_text()


def soon(is_true: Callable[[], bool]) -> bool:
    """Return whether it comes true within twenty seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(0.02)
    return False


def is_gone(pid: int) -> bool:
    """Return whether there is no such process, not even as a zombie."""
    return not Path(f"/proc/{pid}").exists()


def pages_of(pid: int | None) -> list[int]:
    """Return the processes of the pages that a server is drawing."""
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def press(can_render: None) -> Iterator[Press]:
    """A press of these tests' own, so that its server can be hurt."""
    press = Press()
    yield press
    press.close()


@pytest.fixture
def spying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Helper]:
    monkeypatch.setattr(
        "laufzettel.pdf.helper.command", lambda module, number: [sys.executable, "-c", SPY, number]
    )
    helper = Helper()
    yield helper
    helper.stop()


def ask(helper: Helper, job: bytes, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    deadline = time.monotonic() + 30
    wanted = Errand(cpu_s=7, memory=1 << 30, deadline=deadline, folder=str(folder))
    ended = helper.draw(job, wanted)
    assert ended is not None
    assert ended.code == 0
    seen: dict[str, Any] = json.loads(ended.output)
    return seen


def job(html: str) -> bytes:
    return DrawJob(html=html, css="", variant=Variant.A_3B).to_bytes()


def test_the_server_draws_what_a_process_alone_draws() -> None:
    page = job("<h1>Anordnung</h1><p>Größe <b>5 €</b> <i>brutto</i></p>")

    drawn = [PRESS.draw(page, Limits()), draw_alone(page, Limits()), PRESS.draw(page, Limits())]

    assert drawn[0].code == 0
    assert drawn[0] == drawn[1] == drawn[2]


def test_one_server_draws_many_pages() -> None:
    pdf.render("<p>x</p>")
    before = PRESS.pid

    pdf.render("<p>y</p>")

    assert PRESS.pid == before


def test_threads_get_each_its_own_page() -> None:
    names = [f"Kostenstelle {number}" for number in range(8)]

    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda name: pdf.render(f"<p>{name}</p>"), names))

    assert [text(data) for data in drawn] == names


def test_a_page_sees_its_own_folder_and_socket_and_is_closed_up(
    spying: Helper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAUFZETTEL_DATABASE_URL", "geheim")
    folder = tmp_path / "page"

    seen = ask(spying, b"", folder)

    assert {seen["cwd"], seen["home"], seen["temp"]} == {str(folder)}
    assert seen["files"] == ["/dev/null"] * 3 + ["socket"]
    assert seen["refused"] == [True, True, True]
    assert seen["cpu"] == [7, 8]
    assert seen["memory"] == [1 << 30, 1 << 30]
    assert seen["core"] == [0, 0]
    assert "LAUFZETTEL_DATABASE_URL" not in seen["names"]


def test_a_page_has_no_way_to_one_that_is_drawn_beside_it(spying: Helper, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(ask, spying, b"wait", tmp_path / "first")
        assert soon(lambda: len(pages_of(spying.pid)) == 1)
        second = ask(spying, b"", tmp_path / "second")
        (tmp_path / "first" / "go").touch()

    assert second["files"] == first.result()["files"] == ["/dev/null"] * 3 + ["socket"]


#: Between what a small page needs (240 MB, more where fonts are listed anew) and the long one (600).
SCANT = 400 * 1024 * 1024


@pytest.mark.parametrize(
    "limits",
    [Limits(cpu_s=1), Limits(memory=SCANT), Limits(wall_s=0.5)],
    ids=["processor", "memory", "time"],
)
def test_a_page_that_runs_into_a_limit_does_not_hurt_the_next(limits: Limits, press: Press) -> None:
    assert press.draw(job("<p>x</p>"), Limits()).code == 0
    server = press.pid

    hurt = press.draw(job(LONG), limits)

    assert hurt.code != 0
    assert press.draw(job("<p>x</p>"), Limits(memory=SCANT)).code == 0
    assert press.pid == server
    assert pages_of(server) == []


def test_a_page_whose_process_is_killed_is_an_error_and_the_next_is_drawn(press: Press) -> None:
    press.draw(job("<p>x</p>"), Limits())
    server = press.pid

    with ThreadPoolExecutor(1) as threads:
        hurt = threads.submit(press.draw, job(LONG), Limits())
        assert soon(lambda: bool(pages_of(server)))
        os.kill(pages_of(server)[0], signal.SIGKILL)

    assert hurt.result().code == -signal.SIGKILL
    assert press.draw(job("<p>x</p>"), Limits()).code == 0
    assert press.pid == server


def test_a_server_that_was_killed_between_two_pages_is_replaced(press: Press) -> None:
    first = press.draw(job("<p>x</p>"), Limits())
    before = press.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)

    second = press.draw(job("<p>x</p>"), Limits())

    assert second == first
    assert press.pid != before
    assert soon(lambda: is_gone(before))


def test_a_page_whose_server_is_killed_is_drawn_by_another(press: Press) -> None:
    press.draw(job("<p>x</p>"), Limits())
    before = press.pid
    assert before is not None
    page = job("<p>Kostenstelle</p>" * 1000)

    with ThreadPoolExecutor(1) as threads:
        drawn = threads.submit(press.draw, page, Limits())
        assert soon(lambda: bool(pages_of(before)))
        orphan = pages_of(before)[0]
        os.kill(before, signal.SIGKILL)

    assert drawn.result().code == 0
    assert soon(lambda: is_gone(before) and is_gone(orphan))


def test_a_server_that_does_not_answer_is_ended_in_time(press: Press) -> None:
    press.draw(job("<p>x</p>"), Limits())
    server = press.pid
    assert server is not None
    os.kill(server, signal.SIGSTOP)

    begun = time.monotonic()
    ended = press.draw(job("<p>x</p>"), Limits(wall_s=0.2))

    assert ended.code == 6
    assert time.monotonic() - begun < 15
    assert soon(lambda: is_gone(server))
    assert press.draw(job("<p>x</p>"), Limits()).code == 0


def test_a_server_for_which_nobody_has_work_ends() -> None:
    code = (
        "import socket; from laufzettel.pdf.server import Server\n"
        "ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)\n"
        "Server(theirs, idle_s=0.1).run(); print('ended')"
    )

    output, _ = python(code).communicate(timeout=30)

    assert output == "ended\n"


def test_no_process_and_no_folder_is_left_when_the_program_ends(tmp_path: Path) -> None:
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
        "from laufzettel import pdf; from laufzettel.pdf.press import PRESS\n"
        "pdf.render('<p>x</p>'); print(PRESS.pid)"
    )

    output, _ = python(code).communicate(timeout=60)

    assert is_gone(int(output))
    assert list(tmp_path.iterdir()) == []


def test_a_server_ends_with_a_program_that_was_killed(tmp_path: Path) -> None:
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
        "from laufzettel import pdf; from laufzettel.pdf.press import PRESS\n"
        "pdf.render('<p>x</p>'); print(PRESS.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        server = int(program.stdout.readline())
        program.kill()

    # Its zombie, if any, is for the first process of the machine to reap.
    assert soon(lambda: list(tmp_path.iterdir()) == [])
    assert soon(lambda: is_gone(server) or "Z" in Path(f"/proc/{server}/stat").read_text())


def test_a_forked_program_has_a_server_of_its_own() -> None:
    code = (
        "import os; from laufzettel import pdf; from laufzettel.pdf.press import PRESS\n"
        "pdf.render('<p>x</p>'); before = PRESS.pid\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    pdf.render('<p>x</p>')\n"
        "    own = PRESS.pid; PRESS.close(); os._exit(0 if own not in (None, before) else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "pdf.render('<p>x</p>'); print(PRESS.pid == before)"
    )

    output, _ = python(code).communicate(timeout=60)

    assert output.split() == ["0", "True"]


def test_pages_wait_for_their_turn(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more processes at a time than the machine can feed, however many threads ask."""
    monkeypatch.setattr(press, "_turns", threading.BoundedSemaphore(1))
    press.draw(job("<p>x</p>"), Limits())
    server, most = press.pid, 0

    with ThreadPoolExecutor(4) as threads:
        drawn = [threads.submit(press.draw, job("<p>y</p>" * 50), Limits()) for _ in range(4)]
        while not all(each.done() for each in drawn):
            most = max(most, len(pages_of(server)))
            time.sleep(0.005)

    assert [each.result().code for each in drawn] == [0] * 4
    assert most == 1
