"""Workers that die at any moment by SIGKILL lose nothing and double nothing.

``./run bench crashes`` does the same a hundred times.
"""

from __future__ import annotations

import pytest
from tests.simulation.conftest import NewWorld
from tests.simulation.deaths import many_deaths


@pytest.mark.parametrize("seed", [1])
def test_two_workers_that_die_again_and_again_lose_and_double_nothing(
    seed: int, new_postgres: NewWorld
) -> None:
    toll = many_deaths(new_postgres(), 3, seed, patience_s=180)

    assert (toll.deaths, toll.lost, toll.doubled) == (3, 0, 0), toll
    assert toll.cases >= 13
