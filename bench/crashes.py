"""A hundred real deaths: two workers on PostgreSQL, killed by SIGKILL at drawn moments.

    ./run bench crashes [--deaths N] [--seed N] [--json]

Invoices live through their whole lives, one of them refused by the HKR, some sent back. A life
begins with every death, so there is always something in hand. Counted is what was lost (cases
that do not end, promises that do not hold) and what was doubled (orders booked, parcels and
letters that left the house); both must be 0, else the bench ends with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.simulation.deaths import Toll, many_deaths
from tests.simulation.world import World
from tools.throwaway_postgres import Server, throwaway_postgres

from bench.jobs import machine
from laufzettel.db import schema

#: Deaths in one town; then another is founded.
DEATHS_A_TOWN: Final = 20
PATIENCE_S: Final = 600


def town(server: Server, folder: Path) -> World:
    """Found a town on a database of its own."""
    url = server.create_database()
    schema.upgrade(url)
    world = World(folder=folder, url=url).found()
    world.die()
    return world


def main(arguments: list[str] | None = None) -> int:
    """Kill, count, print; return 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser(prog="./run bench crashes", description=__doc__)
    parser.add_argument("--deaths", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    sys.stdout.write(f"{machine()}\n")
    tolls: list[Toll] = []
    with throwaway_postgres() as server:
        left, seed = given.deaths, given.seed
        while left > 0:
            with tempfile.TemporaryDirectory() as folder:
                world = town(server, Path(folder))
                toll = many_deaths(world, min(left, DEATHS_A_TOWN), seed, patience_s=PATIENCE_S)
                world.die()
            tolls.append(toll)
            sys.stdout.write(f"seed {seed}: {toll}\n")
            sys.stdout.flush()
            left, seed = left - DEATHS_A_TOWN, seed + 1
    found = {
        name: sum(getattr(toll, name) for toll in tolls)
        for name in ("deaths", "cases", "lost", "doubled")
    }
    sys.stdout.write(f"{found}\n")
    if given.json:
        each = [asdict(toll) for toll in tolls]
        line = {"bench": "crashes", "machine": machine(), **found, "towns": each}
        sys.stdout.write(json.dumps(line) + "\n")
    is_short = found["deaths"] < given.deaths
    return 1 if found["lost"] or found["doubled"] or is_short else 0


if __name__ == "__main__":
    sys.exit(main())
