"""What the database tells: its state, and whether the work gets done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from laufzettel.app import App
from laufzettel.cli.doctor.finding import Finding, Level, graded, looked_at
from laufzettel.clock import SystemClock, office_minute
from laufzettel.db import schema
from laufzettel.engine.outbox import gate
from laufzettel.engine.tables import job
from laufzettel.identity import SHARED, Actor, Right
from laufzettel.measures import BOUNDS_S, MEASURES, Histogram
from laufzettel.records import processes
from laufzettel.settings import Settings
from laufzettel.web.metrics import queries

#: Writes that are timed, and when their middle one is slow, in milliseconds.
WRITES: Final = 5
WRITE_WARN_MS: Final = 50
WRITE_BAD_MS: Final = 2_000
#: Difference of the clocks of database and machine, in milliseconds.
SKEW_WARN_MS: Final = 1_000
SKEW_BAD_MS: Final = 30_000
#: Age of a due job, of a lease that ran out, of an unsealed event, in seconds.
DUE_WARN_S: Final = 60
DUE_BAD_S: Final = 900
SEAL_WARN_S: Final = 60
SEAL_BAD_S: Final = 600
#: Longest time meant for an inline handler, and the share of slower calls that is worth a word.
INLINE_S: Final = 0.005
SLOW_PER_MILLE: Final = 10


def database(given: Settings) -> Iterator[Finding]:
    """Look whether the database answers and is exactly as the program needs it."""
    schema.check(given.database_url)
    kind = given.database_url.partition(":")[0].partition("+")[0]
    yield Finding(name="Datenbank", level=Level.OK, text=f"{kind}, Stand {schema.head()}")


def write(app: App) -> Iterator[Finding]:
    """Time durable writes of one row, as a step makes them."""
    times = []
    for _ in range(WRITES):
        began = time.monotonic()
        with app.db.write() as connection:
            figures, now = MEASURES.snapshot(), app.db.now(connection)
            processes.keep(connection, "doctor", figures, now=now)
        times.append(round((time.monotonic() - began) * 1000))
    with app.db.write() as connection:
        processes.forget(connection, "doctor")
    middle = sorted(times)[WRITES // 2]
    level = graded(middle, warn=WRITE_WARN_MS, bad=WRITE_BAD_MS)
    remedy = "Wer sonst schreibt und wie schnell die Platte ist, zeigt /metrics."
    yield Finding(
        name="Schreiben",
        level=level,
        text=f"{middle} ms für eine bestätigte Zeile",
        remedy="" if level is Level.OK else remedy,
    )


def clock(app: App) -> Iterator[Finding]:
    """Compare the database's clock, which decides about due times, with this machine's."""
    if app.db.is_sqlite:
        yield Finding(name="Uhr", level=Level.OK, text="dieselbe wie die der Datenbank")
        return
    with app.db.read() as connection:
        here = SystemClock().now()
        there = app.db.now(connection)
    skew_ms = abs(round((there - here).total_seconds() * 1000))
    level = graded(skew_ms, warn=SKEW_WARN_MS, bad=SKEW_BAD_MS)
    yield Finding(
        name="Uhr",
        level=level,
        text=f"{skew_ms} ms neben der der Datenbank",
        remedy="" if level is Level.OK else "Die Uhr dieses Rechners stellen (NTP).",
    )


def handlers(app: App) -> Iterator[Finding]:
    """Look whether every function is installed that open cases will need."""
    missing = {
        name for tenant in app.tenants() for name in app.engine.missing_handlers(_auditor(tenant))
    }
    if missing:
        yield Finding(
            name="Funktionen",
            level=Level.ERROR,
            text=f"offene Vorgänge brauchen {', '.join(sorted(missing))}; nicht installiert",
            remedy="Das Programm einspielen, das sie mitbringt, oder die Vorgänge umziehen.",
        )
        return
    number = len(app.handlers.contracts)
    yield Finding(name="Funktionen", level=Level.OK, text=f"{number} installiert, keine fehlt")


def jobs(app: App) -> Iterator[Finding]:
    """Look whether due work is done, and whether any was given up."""
    with app.db.read() as connection:
        now = app.db.now(connection)
        found = queries.jobs(connection, [*app.tenants(), SHARED], now)
        stale = connection.execute(_STALE, {"before": now - timedelta(seconds=60)}).scalar_one()
    oldest = min((one.oldest_due for one in found if one.oldest_due), default=now)
    late_s, due = round((now - oldest).total_seconds()), sum(one.due for one in found)
    level = graded(late_s, warn=DUE_WARN_S, bad=DUE_BAD_S)
    yield Finding(
        name="Aufträge",
        level=level,
        text=f"{due} fällig, der älteste seit {late_s} s",
        remedy="" if level is Level.OK else "Läuft „laufzettel worker“ (bei SQLite „web“)?",
    )
    if stale:
        yield Finding(
            name="Aufträge",
            level=Level.WARNING,
            text=f"{stale} abgelaufene Leihen, die niemand übernimmt",
            remedy="Ein Worker ist gestorben und kein anderer läuft: „laufzettel worker“ starten.",
        )
    if parked := sum(one.parked for one in found):
        yield Finding(
            name="Aufträge",
            level=Level.WARNING,
            text=f"{parked} aufgegeben",
            remedy="„laufzettel incidents“ nennt die Ursache.",
        )


def seals(app: App) -> Iterator[Finding]:
    """Look whether every event is sealed soon after it happened."""
    late_s = 0
    with app.db.read() as connection:
        now = app.db.now(connection)
        for tenant in queries.tenants(connection):
            since = queries.standing(connection, tenant, now).unsealed_since
            late_s = max(late_s, round((now - since).total_seconds()) if since else 0)
    level = graded(late_s, warn=SEAL_WARN_S, bad=SEAL_BAD_S)
    yield Finding(
        name="Siegel",
        level=level,
        text=f"das älteste ungesiegelte Ereignis ist {late_s} s alt",
        remedy="" if level is Level.OK else "Läuft „laufzettel worker“ (bei SQLite „web“)?",
    )


def sending(app: App) -> Iterator[Finding]:
    """Look whether anything may go out: after a restore nothing may until every peer was asked."""
    with app.db.read() as connection:
        current = gate.open_reconciliation(connection)
    if current is None:
        yield Finding(name="Versand", level=Level.OK, text="offen")
        return
    yield Finding(
        name="Versand",
        level=Level.WARNING,
        text=f"steht seit {office_minute(current.begun_at)}: {current.cause}",
        remedy="„laufzettel abgleich“ sagt, was noch zu klären ist.",
    )


def trouble(app: App) -> Iterator[Finding]:
    """Look at what waits for a person: incidents, handovers of which nobody knows."""
    for tenant in app.tenants():
        with app.db.read() as connection:
            now = app.db.now(connection)
            standing = queries.standing(connection, tenant, now)
        if broken := standing.incidents.get("zusage_gebrochen", 0):
            yield Finding(
                name="Zusagen",
                level=Level.ERROR,
                text=f"Mandant „{tenant}“: {broken} gebrochen",
                remedy=f"„laufzettel prove --tenant {tenant}“ nennt sie.",
            )
        if standing.oldest_unknown is not None:
            yield Finding(
                name="Übergaben",
                level=Level.WARNING,
                text=f"Mandant „{tenant}“: Ausgang unbekannt seit "
                f"{office_minute(standing.oldest_unknown)}",
                remedy="Beim Empfänger nachsehen und auf der Seite der Übergabe eintragen.",
            )
        number = sum(standing.incidents.values())
        yield Finding(
            name="Störungen",
            level=Level.WARNING if number else Level.OK,
            text=f"Mandant „{tenant}“: {number} offen",
            remedy=f"„laufzettel incidents --tenant {tenant}“" if number else "",
        )


def documents(app: App) -> Iterator[Finding]:
    """Look whether every document was found again lately, unchanged."""
    name = "Ablage"
    for tenant in app.tenants():
        with app.db.read() as connection:
            standing = queries.standing(connection, tenant, app.db.now(connection))
        if standing.document_faults:
            yield Finding(
                name=name,
                level=Level.ERROR,
                text=f"Mandant „{tenant}“: {standing.document_faults} fehlen oder sind verändert",
                remedy=f"„laufzettel documents verify --tenant {tenant}“ nennt sie; aus der "
                "Sicherung zurückholen.",
            )
        elif standing.documents_checked_at is None:
            yield Finding(name=name, level=Level.OK, text=f"Mandant „{tenant}“: erste Runde läuft")
        else:
            since = office_minute(standing.documents_checked_at)
            text = f"Mandant „{tenant}“: {standing.documents_checked} Dokumente stimmten am {since}"
            yield Finding(name=name, level=Level.OK, text=text)


def slow_handlers(app: App) -> Iterator[Finding]:
    """Name inline handlers that take longer than a step can wait for, as processes told lately."""
    with app.db.read() as connection:
        told = processes.load(connection, now=app.db.now(connection))
    times: dict[str, list[Histogram]] = {}
    for shot in told.values():
        for one in shot.histograms:
            if one.name == "inline_handler_seconds":
                times.setdefault(one.labels["handler"], []).append(one)
    slow = {name: worst for name, found in times.items() if (worst := _worst_ms(found))}
    for name, worst_ms in sorted(slow.items()):
        yield Finding(
            name="Langsam",
            level=Level.WARNING,
            text=f"„{name}“ braucht im Schritt bis zu {worst_ms} ms, gedacht sind 5",
            remedy="Als Arbeit (work) statt im Schritt (inline) ausführen.",
        )
    if not slow:
        text = f"keine Funktion im Schritt ({len(times)} gemessen)"
        yield Finding(name="Langsam", level=Level.OK, text=text)


def _worst_ms(found: list[Histogram]) -> int:
    """Return the longest call in milliseconds if more than one in a hundred was too long."""
    within = BOUNDS_S.index(INLINE_S) + 1
    calls = sum(one.count for one in found)
    late = calls - sum(sum(one.buckets[:within]) for one in found)
    longest = max(one.longest for one in found)
    return round(longest / 1000) if late * 1000 > calls * SLOW_PER_MILLE else 0


def _auditor(tenant: str) -> Actor:
    return Actor(tenant=tenant, name="Betrieb", rights=frozenset({Right.READ, Right.OPERATE}))


_STALE = (
    sa.select(sa.func.count())
    .select_from(job)
    .where(job.c.is_leased, job.c.due < sa.bindparam("before"))
)


#: What is looked at, by the name of its line.
def inlets(app: App) -> Iterator[Finding]:
    """Look into every way in and at every mail server of ours, taking and sending nothing."""
    name, known = "Eingänge", app.tenants()
    for tenant in app.intake.tenants:
        if tenant not in known:
            yield Finding(
                name=name,
                level=Level.ERROR,
                text=f"Mandant „{tenant}“ gibt es nicht; für ihn wird nichts abgeholt",
                remedy=f"{app.settings.channels} berichtigen.",
            )
            continue
        for inlet in app.intake.inlets(tenant):
            reached = partial(_reached, name, tenant, inlet.name, inlet.check)
            yield from looked_at(name, reached)
        mailer = app.intake.mailers(app.settings.mails).of(tenant)
        if mailer is not None:
            reached = partial(_reached, "Mailversand", tenant, "Mailserver", mailer.check)
            yield from looked_at("Mailversand", reached)


def _reached(name: str, tenant: str, place: str, check: Callable[[], None]) -> Iterator[Finding]:
    check()
    yield Finding(name=name, level=Level.OK, text=f"Mandant „{tenant}“: {place} erreichbar")


WORK: Final[dict[str, Callable[[App], Iterator[Finding]]]] = {
    "Schreiben": write,
    "Uhr": clock,
    "Funktionen": handlers,
    "Aufträge": jobs,
    "Siegel": seals,
    "Versand": sending,
    "Störungen": trouble,
    "Ablage": documents,
    "Langsam": slow_handlers,
    "Eingänge": inlets,
}
