"""The three invoices of the story, fresh in every round.

The generator lies in ``examples/`` and is no part of the installed program. A round is one
telling of the story: the second gets other invoice numbers, an unfinished one is continued.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

import sqlalchemy as sa

import laufzettel
from laufzettel.app import App
from laufzettel.cli.demo import town
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.tables import case
from laufzettel.errors import NotFoundError
from laufzettel.records.tables import invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An invoice of the story."""

    title: str
    file_name: str
    data: bytes
    is_refused: bool  # the HKR refuses its first order


#: (title, file of the generator, whether the HKR refuses it first)
_STORY: Final = (
    ("Tiefbau", "gut.xml", False),
    ("fehlerhaft", "fehlerhaft.xml", False),
    ("Rückläufer", "ruecklaeufer.xml", True),
)


def samples(app: App) -> list[Sample]:
    """Return the invoices of the round that is not finished yet."""
    originals = _written()
    number = 1
    while True:
        round_ = [_of_round(sample, number) for sample in originals]
        if not _is_finished(app, round_):
            return round_
        number += 1


@cache
def generator() -> ModuleType:
    """Return the generator of the sample invoices."""
    file = Path(laufzettel.__file__).resolve().parents[2] / "examples" / "make_invoices.py"
    spec = importlib.util.spec_from_file_location("make_invoices", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise NotFoundError(
            "Die Vorführung braucht den Ordner „examples“ aus dem Quelltext von Laufzettel."
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _written() -> list[Sample]:
    files = generator().story_samples()
    return [
        Sample(title=title, file_name=name, data=files[name], is_refused=is_refused)
        for title, name, is_refused in _STORY
    ]


def _of_round(sample: Sample, number: int) -> Sample:
    """Return the sample with another invoice number from the second round on."""
    if number == 1:
        return sample
    start = sample.data.index(b"<cbc:ID>") + len(b"<cbc:ID>")
    end = sample.data.index(b"</cbc:ID>", start)
    data = sample.data[:end] + b"-" + str(number).encode() + sample.data[end:]
    return Sample(
        title=sample.title,
        file_name=sample.file_name.replace(".", f"-{number}."),
        data=data,
        is_refused=sample.is_refused,
    )


def _is_finished(app: App, round_: list[Sample]) -> bool:
    digests = [hashlib.sha256(sample.data).hexdigest() for sample in round_]
    with app.db.read() as connection:
        ended = connection.execute(
            sa.select(sa.func.count())
            .select_from(invoice)
            .join(case, case.c.business_key == sa.literal("invoice:").concat(invoice.c.id))
            .where(
                invoice.c.tenant == town.TENANT,
                invoice.c.sha256.in_(digests),
                case.c.status != CaseStatus.OPEN,
            )
        ).scalar_one()
    return ended == len(round_)
