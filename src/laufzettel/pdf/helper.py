"""One running printing server, seen from the program that started it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from typing import Final

from laufzettel.pdf import child, errand
from laufzettel.pdf.errand import Ended, Errand
from laufzettel.pdf.process import PREFIX, command, environment

#: So long after a page's deadline the server may need to say that it ended the page.
_GRACE_S: Final = 2.0
#: So long a server may need to end by itself.
_END_S: Final = 2.0


class Helper:
    """A server and its process group. Starts at once, gets ready while the first page waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix=PREFIX)
        self._door, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command("laufzettel.pdf.server", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=environment(self._folder),
                start_new_session=True,  # a group of its own, to be ended as a whole
            )
        self._surroundings = environment("")
        self._watcher = threading.Thread(target=self._watch, name="pdf-server", daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the server is known to have ended."""
        return self._process.returncode is not None

    def serves(self, surroundings: dict[str, str]) -> bool:
        """Return whether the server runs, and with what we know of libraries and fonts now."""
        return not self.has_ended and self._surroundings == surroundings

    def _watch(self) -> None:
        """Wait for the server's end; take pages that it left behind, and its folder, along."""
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            # Before it is reaped, for until then nobody else can have its id.
            self._kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the server and every page in it now."""
        with self._lock:
            if not self.has_ended:
                self._kill()

    def retire(self) -> None:
        """Take no further page; those under way come to their end."""
        with self._lock:
            self._door.close()

    def stop(self) -> None:
        """Leave no process behind."""
        self.retire()
        self._watcher.join(_END_S)
        self.kill()
        self._watcher.join()

    def forget(self) -> None:
        """Let go of a server that belongs to the process which this one was forked from."""
        self._door.close()
        # Not our child: there is nothing to wait for, and nothing to warn of.
        self._process.returncode = 0

    def draw(self, job: bytes, wanted: Errand) -> Ended | None:
        """Return how the page ended, None where the server ended first."""
        page, page_there = socket.socketpair()
        verdict, verdict_there = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with page, verdict:
            with page_there, verdict_there:
                try:
                    # Not while the door is being closed: its number may be another file's then.
                    with self._lock:
                        errand.send(self._door, wanted, page_there, verdict_there)
                except OSError:  # the door is closed, on whichever side
                    return None
            try:
                return _answer(page, verdict, job, wanted.deadline + _GRACE_S)
            except TimeoutError:  # the server does not even keep to the deadline
                self.kill()
                return Ended(child.LATE, b"")


def _answer(
    page: socket.socket, verdict: socket.socket, job: bytes, deadline: float
) -> Ended | None:
    _be_patient(page, deadline)
    # Who ends without reading everything says why in the verdict.
    with contextlib.suppress(ConnectionError):
        page.sendall(job)
        page.shutdown(socket.SHUT_WR)
    output = bytearray()
    with contextlib.suppress(ConnectionError):
        while chunk := page.recv(1 << 18):
            output += chunk
            _be_patient(page, deadline)
    _be_patient(verdict, deadline)
    ended = errand.receive_verdict(verdict)
    return Ended(ended.code, ended.output or bytes(output)) if ended else None


def _be_patient(end: socket.socket, deadline: float) -> None:
    # Zero would mean: not at all.
    end.settimeout(max(0.001, deadline - time.monotonic()))
