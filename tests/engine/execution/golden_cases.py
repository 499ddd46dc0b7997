"""Golden blobs: what this version stores at every wait of a sample process.

Every later version must load and finish them (DESIGN decision 7). A release writes its own
folder once, and no folder is ever changed::

    python -m tests.engine.execution.golden_cases 0.2
"""

from __future__ import annotations

import base64
import sys
import textwrap
import zlib
from decimal import Decimal
from pathlib import Path

from tests.engine.execution.lab import Lab

from laufzettel.engine.model import codec

FOLDER = Path(__file__).parent / "golden"
#: Every kind of wait there is, and what has to survive around it.
SAMPLE = """
knows order, amount, hint
user check
asks ok checkbox
boundary beside check timer R3/P3D calm
user remind
xor g
service work lab.slow
out answer = answer
and split
sub inner
user sign
inner.start>sign sign>inner.end
close
in local = amount * 2
out total = local
boundary late inner timer P14D
service send lab.send
or meet
call other called
in amount = amount
out result = result
race first
catch paid message paid order
catch overdue timer P30D
xor last
script held bad = amount + hint
start>check check>g g>work[ok] g>check* beside>remind remind>end
work>split split>inner split>send inner>meet late>meet send>meet
meet>other other>first first>paid first>overdue paid>last overdue>last last>held held>end
process called
knows amount
receive answered answered "key"
script s result = amount
called.start>answered answered>s s>called.end
"""
EVENTS = ("beside", "answered", "paid", "late", "overdue")
#: One way through the sample that meets every wait.
WAY = "check beside check work send sign answered paid"
RESULTS: dict[str, dict[str, object]] = {
    "check": {"ok": True},
    "work": {"answer": "ja"},
    "send": {"receipt": "R1"},
}


def begin() -> Lab:
    return Lab(SAMPLE, order="4711", amount=Decimal(21), hint="kein Betrag")


def move(case: Lab, element: str, **values: object) -> None:
    """Let what waits at the element happen."""
    if element in EVENTS:
        case.fire(element)
    else:
        case.complete(element, **{**RESULTS.get(element, {}), **values})


def finish(case: Lab) -> None:
    """Let happen what is left, boundary events aside, until the case has ended."""
    while not case.ended:
        if "held" in case.waits:
            case.set(hint=case.variables["amount"]).retry("held")
        else:
            element = next(one for one in case.waits if one not in ("beside", "late", "overdue"))
            move(case, element)


def write(release: str) -> None:
    """Write the release's folder; refuses to change one that is there."""
    folder = FOLDER / release
    folder.mkdir(parents=True)
    case = begin()
    store(folder / "definition.txt", zlib.compress(codec.to_json(case.definition)))
    for number, element in enumerate(WAY.split()):
        store(folder / f"{number}_before_{element}.txt", case.blob())
        move(case, element, **({"ok": False} if number == 0 else {}))
    store(folder / "8_held.txt", case.blob())


def read(file: Path) -> bytes:
    return base64.b64decode(file.read_text())


def store(file: Path, data: bytes) -> None:
    """Write a blob as text."""
    lines = textwrap.wrap(base64.b64encode(data).decode(), 100)
    file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write(sys.argv[1])
