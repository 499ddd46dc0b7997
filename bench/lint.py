"""How long a model takes from bytes to findings and definition, beside stock SpiffWorkflow.

    ./run bench lint [--json] [--rounds N] [--models FOLDER …]

Ours reads safely, lints with every rule, forms and FEEL included, and compiles. The rival is
SpiffWorkflow's own parser from the same bytes to its specs; it checks next to nothing, and what
it refuses is left out of the ratio. Models: our processes, the largest that is allowed, and
every BPMN file of ``shared/data/bpmn`` beside the checkout. Goal: p99 below 50 ms a model.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser

from laufzettel.engine.handler import Handlers, Services
from laufzettel.engine.model.check import check
from laufzettel.engine.model.sources import Sources, load_file, load_folder
from laufzettel.handlers import modules

ROOT: Final = Path(__file__).resolve().parents[1]
PUBLIC: Final = ROOT.parent / "shared" / "data" / "bpmn"
GOAL_P99_MS: Final = 50.0


@dataclass(slots=True, kw_only=True)
class Model:
    """A model and what its rounds took, in milliseconds."""

    name: str
    sources: Sources
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    rival: list[float] = field(default_factory=list)  # empty: the rival refuses it

    @property
    def ratio(self) -> float | None:
        """Our processor time over the rival's."""
        if not self.rival:
            return None
        return statistics.median(self.processor) / statistics.median(self.rival)


def main(argv: list[str]) -> int:
    """Print a line a model, then all together; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--models", type=Path, nargs="*", default=[PUBLIC])
    args = parser.parse_args(argv)
    models = gathered(args.models)
    measure(models, args.rounds)
    figures = summary(models)
    show(models, figures)
    if args.json:
        print(json.dumps(figures))
    return 0 if figures["cpu_p99_ms"] < GOAL_P99_MS else 1


def gathered(folders: list[Path]) -> list[Model]:
    """Return our own processes, the largest model, and what the folders hold."""
    own = {path.parent.name: load_folder(path.parent) for path in ROOT.glob("bpmn/*/model.bpmn")}
    own |= {path.parent.name: load_folder(path.parent) for path in ROOT.glob("examples/*/*.bpmn")}
    public = {path.stem: load_file(path) for each in folders for path in each.rglob("*.bpmn")}
    found = own | {"298 steps": Sources(files={"model.bpmn": largest().encode()})} | public
    return [Model(name=name, sources=sources) for name, sources in sorted(found.items())]


def largest() -> str:
    """Return a model of 298 tasks with a gateway each third step."""
    steps = range(298)
    nodes = "".join(
        f'<exclusiveGateway id="n{step}" default="f{step}"/>'
        if step % 3 == 0
        else f'<task id="n{step}"/>'
        for step in steps
    )
    ids = ["begin", *(f"n{step}" for step in steps), "last"]
    flows = "".join(
        f'<sequenceFlow id="f{number - 1}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(itertools.pairwise(ids))
    )
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
        f'<process id="p" isExecutable="true"><startEvent id="begin"/>{nodes}'
        f'<endEvent id="last"/>{flows}</process></definitions>'
    )


def measure(models: list[Model], rounds: int) -> None:
    """Take turns, so that both sides meet the same neighbours."""
    contracts = Handlers(modules(), Services()).contracts
    for model in models:
        check(model.sources, handlers=contracts)  # the first expression parsed is no figure
    for _ in range(rounds):
        for model in models:
            wall = perf_counter()
            model.processor.append(timed(partial(check, model.sources, handlers=contracts)))
            model.wall.append((perf_counter() - wall) * 1000)
            _measure_rival(model)


def _measure_rival(model: Model) -> None:
    try:
        model.rival.append(timed(lambda: stock_parse(model.sources)))
    except Exception:  # noqa: BLE001 - whatever it raises, it does not read this model
        model.rival.clear()


def timed(act: Callable[[], object]) -> float:
    """Return the processor time of an act in milliseconds."""
    before = process_time()
    act()
    return (process_time() - before) * 1000


def stock_parse(sources: Sources) -> None:
    """Do what an application of stock SpiffWorkflow does with the bytes."""
    parser = BpmnParser()
    for name, content in sources.named(".bpmn").items():
        parser.add_bpmn_xml(etree.fromstring(content), filename=name)
    for process in parser.get_process_ids():
        parser.get_spec(process)


def summary(models: list[Model]) -> dict[str, Any]:
    """Return the figures of all models together."""
    cpu = sorted(ms for model in models for ms in model.processor)
    wall = sorted(ms for model in models for ms in model.wall)
    ratios = [model.ratio for model in models if model.ratio is not None]
    return {
        "models": len(models),
        "cpu_p50_ms": statistics.median(cpu),
        "cpu_p99_ms": cpu[int(len(cpu) * 0.99)],
        "wall_p50_ms": statistics.median(wall),
        "wall_p99_ms": wall[int(len(wall) * 0.99)],
        "rival_reads": len(ratios),
        "ratio_median": statistics.median(ratios) if ratios else None,
    }


def show(models: list[Model], figures: dict[str, Any]) -> None:
    """Print machine, a line a model, and the figures."""
    print(f"{platform.machine()}, Python {platform.python_version()}")
    for model in models:
        ours = statistics.median(model.processor)
        if model.rival:
            stock = f"{statistics.median(model.rival):6.1f} ms, {model.ratio:4.1f} times it"
        else:
            stock = "refuses it"
        print(f"{model.name:24} {ours:6.1f} ms (processor); SpiffWorkflow's parser {stock}")
    for name, value in figures.items():
        print(f"{name:14} {value if value is None or isinstance(value, int) else round(value, 2)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
