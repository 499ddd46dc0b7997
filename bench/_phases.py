"""Where the processor's time of a life goes, by samples of what is being run.

A sample belongs to the innermost place that a rule knows; what the standard library does
belongs to who called it. Sampling costs next to nothing, so unlike ``--profile`` it does not
make small functions look dear.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from time import process_time
from types import FrameType
from typing import Final

_PERIOD_S: Final = 0.001

#: Part of a file's path, function ("" is any) -> phase; the first that fits.
_RULES: Final = (
    ("db/connections.py", "_cursor_of", "SQL: the database itself"),
    ("db/connections.py", "_sent", "SQL: the database itself"),
    ("db/connections.py", "execute", "SQL: values in, rows out"),
    ("db/connections.py", "_run", "SQL: values in, rows out"),
    ("db/connections.py", "end_write", "commits"),
    ("db/connections.py", "", "begin and end of transactions, connections"),
    ("db/lent.py", "", "begin and end of transactions, connections"),
    ("engine/default.py", "do_commit", "commits"),
    ("engine/default.py", "do_rollback", "begin and end of transactions, connections"),
    ("db/database.py", "", "begin and end of transactions, connections"),
    ("db/lock.py", "", "begin and end of transactions, connections"),
    ("sqlalchemy/pool", "", "begin and end of transactions, connections"),
    ("sqlalchemy/engine/base.py", "", "begin and end of transactions, connections"),
    ("sqlalchemy/engine/util.py", "", "begin and end of transactions, connections"),
    ("db/prepared.py", "", "SQL: values in, rows out"),
    ("db/types.py", "", "SQL: values in, rows out"),
    ("sqlalchemy", "", "SQL: values in, rows out"),
    ("SpiffWorkflow", "", "tokens (SpiffWorkflow behind the port)"),
    ("execution/spiff", "", "tokens (SpiffWorkflow behind the port)"),
    ("engine/feel", "", "FEEL"),
    ("execution/codec.py", "", "state: packing and unpacking"),
    ("engine/audit", "", "audit"),
    ("laufzettel/logs.py", "", "logs and figures"),
    ("laufzettel/measures.py", "", "logs and figures"),
    ("engine/execution", "", "steps"),
    ("engine/tasks", "", "tasks, forms, duties"),
    ("engine/model", "", "tasks, forms, duties"),
    ("engine/work", "", "jobs, outbox, messages"),
    ("engine/jobs", "", "jobs, outbox, messages"),
    ("engine/messages", "", "jobs, outbox, messages"),
    ("engine/outbox", "", "jobs, outbox, messages"),
    ("/handlers/", "", "handlers and records"),
    ("/records/", "", "handlers and records"),
    ("/connectors/", "", "handlers and records"),
    ("/bench/", "", "the bench itself"),
)
_REST: Final = "everything else"


def phases(live: Callable[[], None], lives: int) -> dict[str, float]:
    """Return the milliseconds of processor time that a life spends in each phase."""
    found: Counter[str] = Counter()

    def note(_signal: int, frame: FrameType | None) -> None:
        found[_phase(frame)] += 1

    before = signal.signal(signal.SIGPROF, note)
    begin = process_time()
    signal.setitimer(signal.ITIMER_PROF, _PERIOD_S, _PERIOD_S)
    try:
        for _ in range(lives):
            live()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    each_ms = (process_time() - begin) * 1000 / lives / max(found.total(), 1)
    return {name: round(count * each_ms, 2) for name, count in found.most_common()}


def _phase(frame: FrameType | None) -> str:
    while frame is not None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        for part, function, phase in _RULES:
            if part in path and function in ("", name):
                return phase
        frame = frame.f_back
    return _REST
