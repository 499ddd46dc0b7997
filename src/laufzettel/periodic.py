"""The periodic work of an installation: what its jobs do, and how often."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from functools import partial

from laufzettel.app import App, intake_job
from laufzettel.archive.integrity import PORTION_S
from laufzettel.engine.jobs.port import Job, Lost

log = logging.getLogger(__name__)

#: How often acknowledgements are fetched and streams are sealed, in seconds. An event that no
#: seal covers after a minute is an alarm.
COLLECT_S = 5
SEAL_S = 20
#: How often answers to suppliers are begun, in seconds.
ANSWER_S = 30
#: How often the ways in are looked into, in seconds; how many arrivals one lease covers, and it.
INTAKE_S = 15
INTAKE_PER_LEASE = 20
INTAKE_LEASE_S = 300
#: How often it is proved that nothing has disappeared, and the lease while one tenant is read.
PROVE_S = 900
PROVE_LEASE_S = 300
#: How often the next documents are hashed again, and the lease while one tenant's are.
DOCUMENTS_S = 60
DOCUMENTS_LEASE_S = 600
#: How often approved deletions are carried on, in seconds.
DELETION_S = 60
#: How often answers to programs that nobody will ask for again are forgotten, in seconds.
CLEAN_S = 3600


def schedule(app: App) -> None:
    """Have the periodic work of an installation done by its jobs."""

    def fetch(job: Job) -> None:
        app.collect()

    def close(job: Job) -> None:
        app.seal()

    def clean(job: Job) -> None:
        app.clean()

    app.jobs.schedule("collect", COLLECT_S, fetch)
    app.jobs.schedule("seal", SEAL_S, close)
    app.jobs.schedule("clean", CLEAN_S, clean)

    def prove(job: Job) -> None:
        def one(tenant: str) -> None:
            with app.db.write() as connection:
                job.extend(connection, PROVE_LEASE_S)
            app.prove(tenant)

        _for_each(app.tenants(), one)

    app.jobs.schedule("prove", PROVE_S, prove)
    app.jobs.schedule("deletion", DELETION_S, partial(_delete, app))
    app.jobs.schedule("documents", DOCUMENTS_S, partial(_check_documents, app))

    def answer(job: Job) -> None:
        _for_each(app.tenants(), app.answers.begin)

    def begin_papers(job: Job) -> None:
        _for_each(app.tenants(), app.papers.begin)

    app.jobs.schedule("answers", ANSWER_S, answer)
    app.jobs.schedule("papers", ANSWER_S, begin_papers)
    for tenant in app.intake.tenants:
        app.jobs.schedule(intake_job(tenant), INTAKE_S, partial(_take_in, app, tenant))


def _for_each(tenants: Sequence[str], work: Callable[[str], object]) -> None:
    """Do the work for each tenant; one where it fails holds up no other, and is told at the end."""
    failure: Exception | None = None
    for tenant in tenants:
        try:
            work(tenant)
        except Lost:
            raise  # another worker goes on
        except Exception as error:
            log.exception("periodic work for %s failed", tenant)
            failure = failure or error
    if failure is not None:
        raise failure


def _take_in(app: App, tenant: str, job: Job) -> None:
    """Take in what lies at the tenant's inlets; at once again while there is more."""

    if tenant not in app.tenants():
        return  # „laufzettel doctor“ says so: nothing is taken for whom there is not
    calls = itertools.count()

    def alive() -> None:
        if next(calls) % INTAKE_PER_LEASE == 0:
            with app.db.write() as connection:
                job.extend(connection, INTAKE_LEASE_S)

    if app.intake.collect(tenant, alive).has_more:
        with app.db.write() as connection:
            job.again(connection, app.db.now(connection))


def _delete(app: App, job: Job) -> None:
    """Carry out what two persons have approved, a portion for each tenant."""

    def one(tenant: str) -> None:
        with app.db.write() as connection:
            job.extend(connection, DOCUMENTS_LEASE_S)
        app.deletion.carry_on(tenant)

    _for_each(app.tenants(), one)


def _check_documents(app: App, job: Job) -> None:
    tenants = app.tenants()

    def one(tenant: str) -> None:
        with app.db.write() as connection:
            job.extend(connection, DOCUMENTS_LEASE_S)
        app.check_documents(tenant, seconds=PORTION_S / len(tenants))

    _for_each(tenants, one)
