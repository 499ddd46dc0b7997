"""What each running process has counted, kept where every other one can read it.

A row a process, written every quarter of a minute and not waited for by any disk; whoever has
said nothing for minutes is gone, and its figures with it, as after a restart.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.measures import MEASURES, Snapshot
from laufzettel.records.tables import process_measure

log = logging.getLogger(__name__)

#: How often the figures are kept, in seconds; a process silent for so long is not shown.
EVERY_S: Final = 15
SILENT_MAX: Final = timedelta(minutes=2)


@cache
def this_process() -> str:
    """Return the name of this process: machine and number."""
    return f"{socket.gethostname()[:60]}-{os.getpid()}"


def keep(connection: sa.Connection, process: str, figures: Snapshot, *, now: datetime) -> None:
    """Write what the process has counted, and forget those that are gone."""
    values = {"at": now, "figures": figures.as_json()}
    mine = process_measure.c.process == process
    if connection.execute(sa.update(process_measure).where(mine).values(values)).rowcount == 0:
        connection.execute(sa.insert(process_measure).values(process=process, **values))
    gone = process_measure.c.at < now - 5 * SILENT_MAX
    connection.execute(sa.delete(process_measure).where(gone))


def forget(connection: sa.Connection, process: str) -> None:
    """Forget what the process has counted."""
    connection.execute(sa.delete(process_measure).where(process_measure.c.process == process))


def load(connection: sa.Connection, *, now: datetime) -> Mapping[str, Snapshot]:
    """Return the figures of every process that has told some lately, by its name."""
    rows = connection.execute(
        sa.select(process_measure)
        .where(process_measure.c.at >= now - SILENT_MAX)
        .order_by(process_measure.c.process)
    )
    return {row.process: Snapshot.of_json(row.figures) for row in rows}


@contextmanager
def kept(db: Database) -> Iterator[None]:
    """Keep the figures of this process while the block runs."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(EVERY_S):
            keep_now(db)

    thread = threading.Thread(target=work, name="measures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def keep_now(db: Database) -> None:
    """Write the figures of this process; a database that does not answer is tried again later."""
    try:
        with db.write(durable=False) as connection:
            keep(connection, this_process(), MEASURES.snapshot(), now=db.now(connection))
    except sa.exc.SQLAlchemyError as error:
        log.warning("figures not kept: %s", type(error).__name__)
