"""Every table that tells of an invoice or a case is erased after the term, or said to stay."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Final, cast

import laufzettel.archive.tables
import laufzettel.engine.tables  # noqa: F401 - declares
from laufzettel import records
from laufzettel.archive import personal
from laufzettel.db import metadata
from laufzettel.engine.operations import erasing
from laufzettel.records import search

#: What tells whose content a row is.
OWNERS: Final = {"invoice_id", "case_id", "task_id"}
#: Tables whose rows stay: why.
STAYS: Final = {
    "duty_act": "who signed what, by id: the proof that nobody combined two duties",
    "duty_signature": "who signed what, by id: the proof of an order",
    "once_started": "a key that must never be used again",
    "own_call": "numbers",
    "receipt_repeat": "an entry of the Eingangsbuch: channel and time",
    "retention_hold": "the reason of a hold is part of the protocol",
    "retention_item": "the deletion protocol itself",
    "signal_delivery": "states",
    "stack_part": "numbers of pages and ids",
    "submission": "a token and an id",
    "subscription": "gone when the case ends",
    "task_offer": "gone when the task ends",
    "job": "gone when the case ends",
}


def _erased() -> set[str]:
    statements = [*personal._ERASE, personal._MARK, personal._ERASE_MAIL, *erasing._ERASE]
    statements += [
        search._FORGET,
        erasing._ERASE_CASE,
        erasing._ERASE_EFFECTS,
        erasing._ERASE_PARCEL,
    ]
    return {cast(Any, statement).table.name for statement in statements}


def test_every_table_about_an_invoice_or_a_case_is_erased_or_said_to_stay() -> None:
    for module in pkgutil.walk_packages(records.__path__, "laufzettel.records."):
        importlib.import_module(module.name)
    telling = {
        table.name for table in metadata.tables.values() if OWNERS & {c.name for c in table.columns}
    }

    assert telling - _erased() - set(STAYS) == set()
    assert set(STAYS) & _erased() == set(), "what stays is not erased"
    assert set(STAYS) <= telling, "names a table that there is"
