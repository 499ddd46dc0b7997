"""Our FEEL and that of feelin, which others wrote and know from the same standard, agree."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from laufzettel.engine import feel

from .conftest import Node
from .feel_expressions import expressions

KINDS = {"d": "date", "dt": "date and time", "t": "time", "p": "duration", "ym": "duration"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_expressions_by_chance_are_worth_the_same(seed: int, node: Node, tmp_path: Path) -> None:
    texts = expressions(seed, 3000, depth=3)
    (tmp_path / "texts.json").write_text(json.dumps(texts), "utf-8")

    theirs = node("feel_oracle.mjs", tmp_path / "texts.json")

    assert len(theirs) == len(texts) > 2000
    differ = [
        (text, ours, found)
        for text, found in zip(texts, theirs, strict=True)
        if not same(ours := plain(feel.evaluate(text, {}).value), found.get("value", found))
    ]
    assert differ == []
    assert sum(found.get("value") is not None for found in theirs) > len(texts) / 2


def plain(value: Any) -> Any:
    """Return a value of ours in the form that ``feel_oracle.mjs`` gives to theirs."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        entries = sorted([key, plain(one)] for key, one in value.items())
        return {"kind": "context", "entries": entries}
    form = feel.to_json(value)
    return {"kind": KINDS[form["$"]], "text": form["v"]}


def same(ours: Any, theirs: Any) -> bool:
    """Say whether the values are the same; theirs are binary fractions, ours decimal ones."""
    if isinstance(ours, float) and type(theirs) in (int, float):
        return math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict) and "entries" in ours:
        return same(ours["entries"], theirs.get("entries"))
    return type(ours) is type(theirs) and bool(ours == theirs)
