"""Named places at which a test lets the program die, in process or by kill -9.

A place costs one dictionary look-up while nothing is armed. ``FAILPOINT=name:3=kill`` in
the environment kills the process with SIGKILL at the third visit of that place.
"""

from __future__ import annotations

import os
import signal
from typing import Final


class Crash(BaseException):
    """The program died here; nothing may catch this but the test that ordered it."""


#: Every place there is, with what is true when the program dies there.
POINTS: Final = {
    "intake.claimed": "die Datei ist aus dem Eingangsordner genommen, noch nicht angenommen",
    "intake.taken": "die Rechnung ist angenommen, die Datei noch nicht abgelegt",
    "intake.posted": "die Mail ist archiviert und hat ihre Nummer, gelesen ist sie nicht",
    "intake.settled": "was die Mail enthält, ist angenommen, verschoben ist sie nicht",
    "receive.stored": "das Dokument liegt im Speicher, nichts steht in der Datenbank",
    "step.computed": "der Schritt ist gerechnet, nichts ist geschrieben",
    "step.compared": "der Vorgang ist gesperrt, noch nichts ist bestätigt",
    "step.written": "alles ist geschrieben, noch nichts ist bestätigt",
    "step.committed": "der Schritt ist bestätigt, sein Auslöser weiß es noch nicht",
    "job.claimed": "der Auftrag ist geliehen, noch nicht begonnen",
    "work.done": "die Arbeit ist getan, ihr Ergebnis nicht gespeichert",
    "outbox.parcelled": "die Sendung ist gebildet und bestätigt, nicht gesendet",
    "outbox.sending": "gleich wird gesendet",
    "outbox.sent": "es ist gesendet, die Quittung nicht gespeichert",
    "outbox.recorded": "der Versand ist gespeichert, der Vorgang weiß es noch nicht",
    "message.published": "die Nachricht ist gespeichert, nicht zugestellt",
    "message.claimed": "die Nachricht ist beansprucht, noch nichts ist bestätigt",
    "acknowledgement.published": "die Quittung ist eingelesen, die Datei nicht abgelegt",
    "seal.written": "das Siegel ist geschrieben, noch nicht bestätigt",
}

_armed: dict[str, int] = {}
_kills = False
#: Visits so far, while something is armed or counting is on.
visits: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Die here if the test ordered it; otherwise do nothing."""
    if not _armed:
        return
    visits[name] = visits.get(name, 0) + 1
    if _armed.get(name) == visits[name]:
        if _kills:
            os.kill(os.getpid(), signal.SIGKILL)
        raise Crash(name)


def arm(name: str, visit: int = 1, *, kills: bool = False) -> None:
    """Let the program die at the ``visit``-th passing of the place."""
    global _kills
    if name not in POINTS:
        raise ValueError(f"no failpoint {name}")
    visits.clear()
    _armed.clear()
    _armed[name] = visit
    _kills = kills


def disarm() -> None:
    """Let nothing die any more."""
    _armed.clear()
    visits.clear()


def arm_from_environment() -> None:
    """Arm what ``FAILPOINT`` names, for processes that a test starts."""
    order = os.environ.get("FAILPOINT", "")
    if order:
        place, _, _ = order.partition("=")
        name, _, visit = place.partition(":")
        arm(name, int(visit or 1), kills=True)
