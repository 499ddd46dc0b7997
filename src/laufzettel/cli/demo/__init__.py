"""``laufzettel demo [--once]``: a fictitious town and the story of three invoices.

Sets everything up, tells the story while it happens, then proves the booking: timeline,
where the files lie, the verified audit. Ends with 0 only if the booking is proven.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from laufzettel import settings
from laufzettel.db import schema


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("demo", help="spielt eine Rechnung vom Eingang bis zur Zahlung")
    parser.add_argument("--once", action="store_true", help="ohne Pausen und ohne Hinweise danach")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Tell the story; return 0 only if every booking is proven."""
    # Here and not above: ``laufzettel --help`` need not load the whole program.
    from laufzettel.cli.demo import proof, story, town
    from laufzettel.compose import compose

    given = settings.load(is_demo=True)
    schema.upgrade(given.database_url)
    with compose(given, distributed=False) as app:
        # One process, calls of milliseconds: after a kill nobody waits a minute for its lease.
        app.jobs.lease_factor = 0.1
        town.found(app)
        _say(
            f"\nMusterstadt (erfunden), {len(town.PEOPLE)} Personen. Drei Rechnungen treffen ein:\n"
        )
        begun = time.monotonic()
        cases = story.Story(app, _say, 0 if args.once else 0.4).play()
        _say(f"\nFertig nach {time.monotonic() - begun:.1f} Sekunden.\n")
        is_proven = proof.show(app, cases, _say)
    if not args.once:
        _say(_NEXT.format(data=_short(given.data)))
    return 0 if is_proven else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


_NEXT = """
Weiter geht es zum Beispiel so:
  ./run -- cases                      alle Vorgänge
  ./run -- cases VORGANG              der Verlauf eines Vorgangs
  ./run -- validate RECHNUNG.xml      eine eigene Rechnung prüfen
  ./run -- receive RECHNUNG.xml       eine eigene Rechnung einreichen
  ./run -- worker                     Eingereichtes abarbeiten (Strg-C beendet)
  ./run -- tasks                      offene Aufgaben
  ./run -- lint bpmn/eingangsrechnung das Modell prüfen
  ./run -- audit verify               das Protokoll nachrechnen
  ./run test                          die Tests

Alle Daten liegen in {data}; der Ordner darf gelöscht werden, dann beginnt alles von vorn."""
