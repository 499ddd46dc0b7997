"""The one route: figures of the database and of every process, for whoever may see them.

A token sees its own tenant and the installation; this machine itself, where the setting says
so, sees every tenant. Labels are ids, kinds and codes, never names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from flask import Flask, Response

from laufzettel.identity import SHARED
from laufzettel.measures import MEASURES, Snapshot
from laufzettel.records import processes
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api.bearer import tenant_of_caller
from laufzettel.web.auth.guard import by_token
from laufzettel.web.metrics import queries
from laufzettel.web.metrics.queries import Jobs, Standing
from laufzettel.web.metrics.text import MEDIA_TYPE, Family, Sample, exposition
from laufzettel.web.parts import parts

#: Name of a figure of the processes → what it means.
_DOCS: Final = {
    "lost_races": "Compare-and-sets that another one won; computed again.",
    "failed_jobs": "Attempts at jobs that failed.",
    "write_wait_seconds": "How long writers waited for the write lock.",
    "write_held_seconds": "How long the write lock was held.",
    "step_seconds": "How long steps of cases took.",
    "job_seconds": "How long attempts at jobs took.",
    "inline_handler_seconds": "How long inline handlers took; at most 5 ms are meant.",
    "request_seconds": "How long requests took.",
}


def register(app: Flask) -> None:
    """Answer ``/metrics``."""

    @app.get("/metrics")
    @by_token(Scope.METRICS)
    def metrics() -> Response:
        """Return every figure as text."""
        text = exposition([*_of_database(tenant_of_caller()), *_of_processes()])
        return Response(text, content_type=MEDIA_TYPE)


def _of_database(only: str | None) -> Iterator[Family]:
    db = parts().db
    with db.read() as connection:
        now = db.now(connection)
        shown = [only] if only else queries.tenants(connection)
        found = [queries.standing(connection, one, now) for one in shown]
        jobs = queries.jobs(connection, [*shown, SHARED], now)
    yield from _standings(found, now)
    yield from _jobs(jobs, now)


def _standings(found: Sequence[Standing], now: datetime) -> Iterator[Family]:
    yield _gauge(
        "open_cases",
        "Cases that run.",
        [({"tenant": one.tenant}, one.open_cases) for one in found],
    )
    yield _gauge(
        "open_incidents",
        "Incidents that wait for a person.",
        [
            ({"tenant": one.tenant, "code": code}, number)
            for one in found
            for code, number in one.incidents.items()
        ],
    )
    yield _gauge(
        "broken_promises",
        "What the last proof found lost or doubled (laufzettel prove), every quarter of an hour.",
        [({"tenant": one.tenant}, one.incidents.get("zusage_gebrochen", 0)) for one in found],
    )
    yield _gauge(
        "oldest_unknown_effect_seconds",
        "Since when nobody knows what became of a handover.",
        [({"tenant": one.tenant}, _age(one.oldest_unknown, now)) for one in found],
    )
    yield _gauge(
        "audit_unsealed_seconds",
        "Age of the oldest event that no seal covers; beyond 60 the sealer stands still.",
        [({"tenant": one.tenant}, _age(one.unsealed_since, now)) for one in found],
    )
    yield _gauge(
        "overdue_subscriptions",
        "Tokens that have waited for a message for more than 30 days.",
        [({"tenant": one.tenant}, one.overdue_messages) for one in found],
    )
    yield from _documents(found, now)


def _documents(found: Sequence[Standing], now: datetime) -> Iterator[Family]:
    yield _gauge(
        "document_faults",
        "Documents that are missing or changed.",
        [({"tenant": one.tenant}, one.document_faults) for one in found],
    )
    whole = [one for one in found if one.documents_checked is not None]
    yield _gauge(
        "documents_checked",
        "Documents hashed again in the last whole round.",
        [({"tenant": one.tenant}, one.documents_checked or 0) for one in whole],
    )
    yield _gauge(
        "documents_checked_age_seconds",
        "How long ago the last whole round over all documents ended.",
        [({"tenant": one.tenant}, _age(one.documents_checked_at, now)) for one in whole],
    )


def _jobs(found: Sequence[Jobs], now: datetime) -> Iterator[Family]:
    yield _gauge(
        "jobs",
        "Jobs by how they stand: due now, leased, waiting for later, parked for a person.",
        [
            ({"tenant": one.tenant, "kind": one.kind, "state": state}, getattr(one, state))
            for one in found
            for state in ("due", "leased", "waiting", "parked")
        ],
    )
    yield _gauge(
        "oldest_due_job_seconds",
        "How long the oldest due job (kind timer: the oldest due timer) could have run.",
        [({"tenant": one.tenant, "kind": one.kind}, _age(one.oldest_due, now)) for one in found],
    )


def _of_processes() -> Iterator[Family]:
    db = parts().db
    with db.read() as connection:
        kept = processes.load(connection, now=db.now(connection))
    figures = {**kept, processes.this_process(): MEASURES.snapshot()}
    for name in sorted({one.name for shot in figures.values() for one in shot.counters}):
        yield Family(
            name=f"{name}_total",
            kind="counter",
            doc=_DOCS.get(name, name),
            samples=tuple(_counters(figures, name)),
        )
    for name in sorted({one.name for shot in figures.values() for one in shot.histograms}):
        yield Family(
            name=name,
            kind="histogram",
            doc=_DOCS.get(name, name),
            histograms=tuple(
                ({**one.labels, "process": process}, one)
                for process, shot in figures.items()
                for one in shot.histograms
                if one.name == name
            ),
        )


def _counters(figures: Mapping[str, Snapshot], name: str) -> Iterator[Sample]:
    for process, shot in figures.items():
        for one in shot.counters:
            if one.name == name:
                yield Sample(labels={**one.labels, "process": process}, value=one.value)


def _gauge(name: str, doc: str, values: Sequence[tuple[dict[str, str], int]]) -> Family:
    samples = tuple(Sample(labels=labels, value=value) for labels, value in values)
    return Family(name=name, kind="gauge", doc=doc, samples=samples)


def _age(since: datetime | None, now: datetime) -> int:
    """Return the age in whole seconds, 0 where there is nothing."""
    return 0 if since is None else max(0, int((now - since).total_seconds()))
