"""``laufzettel demo [--once]``: a fictitious town, the story of three invoices, its pages.

Sets everything up, tells the story while it happens, then proves the booking: timeline,
where the files lie, the verified audit. Without ``--once`` the town then gets three dozen
invoices in every state, and the pages are served until Ctrl-C. Ends with 0 only if the
booking is proven.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from laufzettel import settings
from laufzettel.db import schema
from laufzettel.settings import Settings

if TYPE_CHECKING:
    from laufzettel.app import App


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "demo", help="spielt Rechnungen vom Eingang bis zur Zahlung und zeigt die Oberfläche"
    )
    parser.add_argument(
        "--once", action="store_true", help="nur die Geschichte, ohne Pausen und ohne Oberfläche"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Tell the story; return 0 only if every booking is proven."""
    # Here and not above: ``laufzettel --help`` need not load the whole program.
    from laufzettel.cli import web
    from laufzettel.compose import compose

    given = settings.load(is_demo=True)
    if not args.once:
        web.require_port(given)  # said now, not after the story
    schema.upgrade(given.database_url)
    _open_folder(given)
    with compose(given, distributed=False) as app:
        # One process, calls of milliseconds: after a kill nobody waits a minute for its lease.
        usual, app.jobs.lease_factor = app.jobs.lease_factor, 0.1
        is_proven = _tell(app, 0 if args.once else 0.4)
        if args.once or not is_proven:
            return 0 if is_proven else 1
        _fill(app)
        app.jobs.lease_factor = usual
        return _show(app, given)


def _open_folder(given: Settings) -> None:
    """The town has a watched folder to play with; whoever has written channels down keeps them."""
    if not given.channels.exists():
        given.channels.write_text(_CHANNELS.format(path=json.dumps(str(_inbox(given)))), "utf-8")


def _inbox(given: Settings) -> Path:
    return given.data / "eingang"


def _tell(app: App, pause_s: float) -> bool:
    """Tell the story and prove it."""
    from laufzettel.cli.demo import proof, story, town

    town.found(app)
    app.intake.create(town.TENANT)
    _say(f"\nMusterstadt (erfunden), {len(town.PEOPLE)} Personen. Drei Rechnungen treffen ein:\n")
    begun = time.monotonic()
    cases = story.Story(app, _say, pause_s).play()
    _say(f"\nFertig nach {time.monotonic() - begun:.1f} Sekunden.\n")
    return proof.show(app, cases, _say)


def _fill(app: App) -> None:
    from laufzettel.cli.demo import seed

    _say("\nIn Musterstadt liegt noch mehr auf den Schreibtischen; das dauert einige Sekunden …")
    # One invoice cannot be checked, which is part of the play and no news for the terminal.
    logging.getLogger("laufzettel.engine.jobs.runner").setLevel(logging.ERROR)
    begun = time.monotonic()
    number = seed.seed(app)
    logging.getLogger("laufzettel.engine.jobs.runner").setLevel(logging.NOTSET)
    came = f"{number} Rechnungen sind eingetroffen" if number else "Es ist schon alles da"
    _say(f"{came} ({time.monotonic() - begun:.1f} Sekunden).")


def _show(app: App, given: Settings) -> int:
    """Serve the pages, and let the jobs and the HKR go on beside them."""
    from laufzettel.cli import web
    from laufzettel.cli.demo import hkr

    web.stop_on_signals()
    _say(_NEXT.format(data=_short(given.data)))
    return web.serve(
        app,
        given,
        beside=[web.jobs_of(app), partial(hkr.run, app)],
        announce=lambda address: _say(_ADDRESS.format(address=address)),
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


_CHANNELS = """# Die Eingänge der Vorführung; Erklärung in docs/operating.md.
[musterstadt.folders.eingang]
path = {path}
sender = "Eingangsordner der Vorführung"
settle_s = 2
"""

_NEXT = """
Weiter geht es zum Beispiel so, auch neben der Oberfläche in einem zweiten Fenster:
  ./run -- cases                      alle Vorgänge
  ./run -- cases VORGANG              der Verlauf eines Vorgangs
  ./run -- validate RECHNUNG.xml      eine eigene Rechnung prüfen
  ./run -- receive RECHNUNG.xml       eine eigene Rechnung einreichen
  cp RECHNUNG.xml {data}/eingang      dasselbe über den Eingangsordner, binnen 20 Sekunden
  ./run -- tasks                      offene Aufgaben
  ./run -- lint bpmn/eingangsrechnung das Modell prüfen
  ./run -- audit verify               das Protokoll nachrechnen
  ./run test                          die Tests

Alle Daten liegen in {data}; der Ordner darf gelöscht werden, dann beginnt alles von vorn."""

_ADDRESS = """
════════════════════════════════════════════════════════════════════════════
  VORFÜHRUNG: Alle Personen, Firmen und Rechnungen sind erfunden. Jede Person
  meldet sich mit einem Klick an, ohne Kennwort. Nicht für echte Daten.

  Die Oberfläche läuft: {address} – Strg-C beendet
════════════════════════════════════════════════════════════════════════════"""
