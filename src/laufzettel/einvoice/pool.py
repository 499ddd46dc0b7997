"""Warm validators in processes of their own: killable, replaced after a while, started late."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import IO, Any, Final, Self

from laufzettel import safe_xml
from laufzettel.einvoice.child import command, environment
from laufzettel.einvoice.frames import read_frame, write_frame
from laufzettel.einvoice.report import Own, Report, Verdict, stopped

_RETRY: Final = "Bitte die Prüfung wiederholen; bleibt es dabei, die Rechnung von Hand prüfen."


class _Worker:
    """One slot of the pool: a process that is started when it is first needed."""

    def __init__(self, rules_dir: Path, timeout_s: float, recycle_after: int) -> None:
        self._rules_dir = rules_dir
        self._timeout_s = timeout_s
        self._recycle_after = recycle_after
        self._process: subprocess.Popen[bytes] | None = None
        self._served = 0

    @property
    def pid(self) -> int | None:
        """The process id, None while there is no process."""
        return self._process.pid if self._process else None

    def validate(self, xml: bytes) -> Report:
        """Return the report, a technical error where the process died or was too slow."""
        start = perf_counter()
        process = self._running()
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            process.kill()

        # A kill ends a blocked write as well as a blocked read, whatever the child does.
        timer = threading.Timer(self._timeout_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            answer = _ask(process, xml)
        finally:
            timer.cancel()
            timer.join()
        self._served += 1
        is_spent = answer is not None and (answer["retire"] or self._served >= self._recycle_after)
        if answer is None or is_spent or timed_out.is_set():
            self.stop()
        if answer is None:
            return _too_slow(self._timeout_s) if timed_out.is_set() else _crashed()
        report = Report.from_dict(answer["report"])
        waited = round((perf_counter() - start) * 1000, 3)
        return replace(report, timings={**report.timings, "total": waited})

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command("laufzettel.einvoice.worker", str(self._rules_dir)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        return self._process

    def stop(self) -> None:
        """Leave no process behind."""
        process, self._process, self._served = self._process, None, 0
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                _close(stream)


class ValidationPool:
    """Checks invoices like Validator does, but survives whatever they do to the checker.

    May be called from any number of threads; ``workers`` of them are served at a time. Use it
    as a context manager or call ``close``.
    """

    def __init__(
        self,
        rules_dir: Path,
        *,
        workers: int = 1,
        timeout_s: float = 30,
        recycle_after: int = 500,
    ) -> None:
        self._workers = [_Worker(rules_dir, timeout_s, recycle_after) for _ in range(workers)]
        # Last in, first out: the warm process is used before a cold one is started.
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in reversed(self._workers):
            self._free.put(worker)
        self._closed = False

    def validate(self, xml: bytes) -> Report:
        """Return the verdict on a UBL or CII file, whatever the file is. Never raises."""
        if len(xml) > safe_xml.SIZE_MAX:
            text = f"Die Datei ist größer als {safe_xml.SIZE_MAX // 1048576} MB."
            return stopped(Verdict.REJECTED, Own.UNSAFE, text)
        worker = self._free.get()
        try:
            return _closed_report() if self._closed else worker.validate(xml)
        finally:
            if self._closed:
                worker.stop()
            self._free.put(worker)

    @property
    def pids(self) -> list[int]:
        """The processes that are running."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def close(self) -> None:
        """End every process, having let the checks under way come to their end."""
        self._closed = True
        # Each slot is taken, so that no check is under way, emptied and given back for those
        # who still wait: they are told that the pool is closed.
        for _ in self._workers:
            self._free.get().stop()
        for worker in self._workers:
            self._free.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _ask(process: subprocess.Popen[bytes], xml: bytes) -> dict[str, Any] | None:
    """Return the answer of the process, None where it died on the way."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101
    try:
        write_frame(process.stdin, xml)
        data = read_frame(process.stdout)
    except OSError:  # the pipe is broken: the process has ended
        return None
    if data is None:
        return None
    answer: dict[str, Any] = json.loads(data)
    return answer


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:  # what was not sent any more is lost with the process
        return


def _too_slow(timeout_s: float) -> Report:
    text = f"Die Prüfung wurde nach {timeout_s:g} Sekunden abgebrochen."
    return stopped(Verdict.TECHNICAL_ERROR, Own.TIMEOUT, text, remedy_de=_RETRY)


def _crashed() -> Report:
    text = "Das Prüfprogramm ist während der Prüfung ausgefallen."
    return stopped(Verdict.TECHNICAL_ERROR, Own.CHECKER, text, remedy_de=_RETRY)


def _closed_report() -> Report:
    text = "Die Prüfung wurde nicht mehr begonnen: Das Programm wird gerade beendet."
    return stopped(Verdict.TECHNICAL_ERROR, Own.CHECKER, text, remedy_de=_RETRY)
