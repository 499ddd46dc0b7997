"""Random models, played by the engine and by the bare rules of the standard: both do the same.

Each seed is a model, values of its variables and what happens in it. ``LAUFZETTEL_SWEEP=all``
plays a hundred times as many.
"""

from __future__ import annotations

import os
import random
from decimal import Decimal
from typing import Any

import pytest
import yaml
from tests.bpmn.behaviour_run import linted
from tests.bpmn.random_models import VARIABLES, as_file, drawn
from tests.bpmn.token_game import Play, Scope, possible
from tests.engine.execution.lab import Lab

from laufzettel.engine.model.check import Checked

_MODELS = 40 * (100 if os.environ.get("LAUFZETTEL_SWEEP") == "all" else 1)
_ACTS_MAX = 12
_WAITS_MAX = 16


@pytest.mark.parametrize("batch", range(8))
def test_a_random_model_goes_as_the_bare_rules_say(batch: int) -> None:
    """After every act the same elements wait, and the process is over at the same time."""
    accepted = [
        _play(seed, chance, scope, checked)
        for seed in range(batch * _MODELS, (batch + 1) * _MODELS)
        for chance in [random.Random(seed)]
        for scope in [drawn(chance)]
        for checked in [linted(as_file(scope))]
        if checked.definition is not None  # one without an end is refused
    ]

    assert len(accepted) > _MODELS / 2
    assert sum(accepted) > _MODELS  # acts


def _play(seed: int, chance: random.Random, scope: Scope, checked: Checked) -> int:
    """Let things happen by chance; return how many. Of a join that starves the lint has warned."""
    assert checked.definition is not None
    warned = {one.element for one in checked.findings if one.rule == "laufzettel/waits-in-vain"}
    values = {name: chance.randint(0, 9) for name in VARIABLES}
    game = Play(scope, values)
    given: dict[str, Any] = {name: Decimal(value) for name, value in values.items()}
    lab = Lab(checked.definition, **given)
    acts: list[str] = []
    while True:
        told = f"seed {seed}, {values}, {acts}:\n{yaml.safe_dump(as_file(scope))}"
        due = [wait.element for wait in game.waits()]
        held = [trouble.element for trouble in lab.changes.troubles]
        is_stuck = not game.is_done and not any(wait.is_open_to_all for wait in game.waits())
        assert sorted(lab.waits) == sorted(due + held), told
        assert (lab.ended, bool(held)) == (game.is_done, is_stuck), told
        assert warned.issuperset(held), told
        waits = possible(game)
        if not waits or len(acts) == _ACTS_MAX or len(lab.waits) > _WAITS_MAX:
            return len(acts)
        acts.append(chance.choice(sorted(waits)))
        game.act(waits[acts[-1]])
        (lab.complete if acts[-1].startswith("user") else lab.fire)(acts[-1])
