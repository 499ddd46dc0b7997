"""Golden blobs of what lies inside: event subprocesses, repetitions, repeating timers, signals.

As ``golden_cases``, for the second layout of a case. A release writes its own folder once::

    python -m tests.engine.execution.golden_inner 0.2
"""

from __future__ import annotations

import sys
import zlib
from decimal import Decimal
from typing import Final

from tests.engine.execution.golden_cases import FOLDER, store
from tests.engine.execution.lab import Lab

from laufzettel.engine.model import codec

#: Folders of these blobs end with it.
ENDING: Final = "-inner"
SAMPLE: Final = """
knows order, units, amount
and split
sub part
user ask
asks answer textfield
user sign
part.start>ask ask>sign sign>part.end
watch noted message noted order calm
user read
noted.start>read read>noted.end
close
close
each units
boundary remind part timer R3/P1D calm
user call
user each_in_turn
asks said textfield
each [1, 2] in turn
catch closed signal closing
catch enough conditional amount > 100
user raise_it
and meet
start>split split>part split>each_in_turn split>closed split>enough split>raise_it
part>meet remind>call call>end each_in_turn>meet closed>meet enough>meet raise_it>meet meet>end
"""
EVENTS: Final = ("remind", "noted.start", "closed", "enough")
#: One way through the sample that meets every wait.
WAY: Final = "ask noted.start read remind call sign each_in_turn closed ask each_in_turn sign"


def begin() -> Lab:
    return Lab(SAMPLE, order="4711", units=["a", "b"], amount=Decimal(1))


def move(case: Lab, element: str) -> None:
    """Let what waits at the element happen."""
    if element in EVENTS:
        case.fire(element)
    else:
        case.complete(element)


def finish(case: Lab) -> None:
    """Let happen what is left, events beside it aside, until the case has ended."""
    if "enough" in case.waits:
        case.set(amount=Decimal(101))
    while not case.ended:
        beside = ("remind", "noted.start")
        move(case, next(one for one in case.waits if one not in beside))


def write(release: str) -> None:
    """Write the release's folder; refuses to change one that is there."""
    folder = FOLDER / f"{release}{ENDING}"
    folder.mkdir(parents=True)
    case = begin()
    store(folder / "definition.txt", zlib.compress(codec.to_json(case.definition)))
    for number, element in enumerate(WAY.split()):
        store(folder / f"{number:02}_before_{element}.txt", case.blob())
        move(case, element)
    store(folder / f"{len(WAY.split()):02}_last.txt", case.blob())


if __name__ == "__main__":
    write(sys.argv[1])
