"""The process that has WeasyPrint loaded and forks one process for each page; Linux only.

It sees no page: job and PDF go between the program and the process of the page, by a socket
that the server hands on and closes. So no page can be read by those forked after it. What a
page may do is settled in its own process: limits first, then no network and no processes,
and only then the job is read.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from laufzettel.pdf import child, errand
from laufzettel.pdf.errand import Ended, Errand, Received
from laufzettel.pdf.job import Attachment, DrawJob, Variant

#: After so long without a page the server ends; the next page starts another.
IDLE_S: Final = 300.0
#: Drawn once before the first page: whatever our papers use is read and translated by then.
_FIRST: Final = DrawJob(
    html="""<html lang="de"><title>x</title><p class="top">x</p><h1>Größe</h1>
<p><b>5 €</b> <i>x</i> <a href="https://x.invalid/">x</a></p><div><p>1</p><p>2</p></div>
<p class="thin">Zeile und Zeile<br>x</p><table><tr><th>1<th>2<tr><td>1<td>2</table>""",
    css="""@page { @top-left { content: element(top) } @bottom-right { content: counter(page) } }
.top { position: running(top) } body { font: 9pt/1.35 "DejaVu Sans", sans-serif }
div { display: flex; flex-wrap: wrap } table { border-collapse: collapse; width: 100% }
.thin { width: 4em; border: 1px solid; white-space: pre-line; overflow-wrap: anywhere }""",
    variant=Variant.A_3B,
    attachments=(Attachment(name="x", data=b"x", changed_at=datetime(2026, 1, 1, tzinfo=UTC)),),
)


@dataclass(slots=True, kw_only=True)
class _Page:
    """A page that is being drawn."""

    pid: int
    verdict: socket.socket
    deadline: float
    is_late: bool = False
    is_over: bool = False  # it was killed and will be reaped


class Server:
    """Draws what comes through the door, each page in a process of its own."""

    def __init__(self, door: socket.socket, trouble: str = "", idle_s: float = IDLE_S) -> None:
        self._door = door
        self._trouble = trouble
        self._idle_s = idle_s
        self._is_open = True
        self._pages: dict[int, _Page] = {}  # by process id
        self._bell, self._clapper = socket.socketpair()
        self._poll = select.poll()
        self._poll.register(door, select.POLLIN)
        self._poll.register(self._bell, select.POLLIN)

    def run(self) -> None:
        """Serve until the door is closed, or nobody came for a while; leave no page behind."""
        self._clapper.setblocking(False)
        signal.set_wakeup_fd(self._clapper.fileno(), warn_on_full_buffer=False)
        # A handler there must be, or the end of a page would not ring.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while self._is_open or self._pages:
            events = dict(self._poll.poll(self._patience_ms()))
            if not events and not self._pages:
                return
            if self._bell.fileno() in events:
                self._bell.recv(4096)
            self._end_overdue(events)
            self._reap()
            if self._door.fileno() in events:
                self._answer_door()

    def _patience_ms(self) -> int:
        now = time.monotonic()
        ends = (page.deadline for page in self._pages.values() if not page.is_over)
        return max(0, math.ceil((min(ends, default=now + self._idle_s) - now) * 1000))

    def _end_overdue(self, events: dict[int, int]) -> None:
        """Kill the pages whose time is up, and those that nobody waits for any more."""
        now = time.monotonic()
        for page in self._pages.values():
            is_forsaken = page.verdict.fileno() in events
            page.is_late = page.is_late or page.deadline <= now
            if not page.is_over and (page.is_late or is_forsaken):
                page.is_over = True
                self._poll.unregister(page.verdict)
                os.kill(page.pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Say how the pages ended that have ended."""
        while self._pages:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            page = self._pages.pop(pid)
            code = child.LATE if page.is_late else os.waitstatus_to_exitcode(status)
            if not page.is_over:
                self._poll.unregister(page.verdict)
            with page.verdict:
                errand.send_verdict(page.verdict, Ended(code, b""))

    def _answer_door(self) -> None:
        received = errand.receive(self._door)
        if received is None:
            self._is_open = False
            self._poll.unregister(self._door)
            return
        refusal = self._refusal(received.errand)
        if refusal is None:
            self._begin(received)
        else:
            with received.page, received.verdict:
                errand.send_verdict(received.verdict, refusal)

    def _refusal(self, wanted: Errand) -> Ended | None:
        if self._trouble:
            return Ended(child.UNAVAILABLE, self._trouble.encode(errors="replace"))
        return Ended(child.LATE, b"") if wanted.deadline <= time.monotonic() else None

    def _begin(self, received: Received) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            with received.page, received.verdict:
                errand.send_verdict(received.verdict, Ended(child.FAILED, str(error).encode()))
            return
        if pid == 0:
            self._become_page(received)
        received.page.close()
        self._pages[pid] = _Page(
            pid=pid, verdict=received.verdict, deadline=received.errand.deadline
        )
        # Nothing is ever sent to us there: what remains to be reported is the other side's end.
        self._poll.register(received.verdict, 0)

    def _become_page(self, received: Received) -> NoReturn:
        """Draw the page in the process that was forked for it; whatever happens, end there."""
        code = 1
        try:
            child.limit(received.errand.cpu_s, received.errand.memory)
            self._leave()
            received.verdict.close()
            _settle(received.errand.folder)
            code = _draw(received.page)
        finally:
            os._exit(code)

    def _leave(self) -> None:
        """Close what belongs to the server and to other pages."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for page in self._pages.values():
            page.verdict.close()
        for each in (self._door, self._bell, self._clapper):
            each.close()


def _settle(folder: str) -> None:
    """Make ``folder`` the place of everything that is written, and close the process up."""
    os.chdir(folder)
    os.environ.update(TMPDIR=folder, HOME=folder)
    tempfile.tempdir = None
    child.close_up()


def _draw(page: socket.socket) -> int:
    with open(page.fileno(), "rb", closefd=False) as stream:
        data = stream.read()
    code, output = child.answer(data)
    with open(page.fileno(), "wb", closefd=False) as stream:
        stream.write(output)
    return code


def warm_up() -> str:
    """Load and use everything once; return why that is impossible, ``""`` once it is done."""
    if trouble := child.load():
        return trouble
    child.answer(_FIRST.to_bytes())
    # What is there by now is looked through by no page's collector, and so stays shared.
    gc.collect()
    gc.freeze()
    return ""


def main(number: int) -> None:
    """Serve at the door with that number; take along the folder that was made for the server."""
    # Ctrl+C is for the program, which closes the door.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with contextlib.closing(socket.socket(fileno=number)) as door:
            Server(door, warm_up()).run()
    finally:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
