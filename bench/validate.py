"""How long the official check of an invoice takes, against parsing and XSD alone.

    python bench/validate.py [--json] [--repeat N]

The floor is what nobody can leave out: lxml's parse and the XML schema, in the same run over
the same files. Goals: warm median 10 ms, cold process 1 s (DESIGN 4).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from lxml import etree

from laufzettel.einvoice import child
from laufzettel.einvoice.examine import examine
from laufzettel.einvoice.report import Verdict
from laufzettel.einvoice.rule_install import install_rules
from laufzettel.einvoice.rule_set import default_rules_dir
from laufzettel.einvoice.scenarios import Schema
from laufzettel.einvoice.schema import load_schema
from laufzettel.einvoice.validator import Validator

ROOT = Path(__file__).resolve().parents[1]
COLD_RUNS = 5
GOAL_WARM_MS, GOAL_COLD_MS = 10.0, 1000.0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--repeat", type=int, default=5, help="rounds over all files")
    args = parser.parse_args(argv)
    rules_dir = default_rules_dir()
    install_rules(rules_dir, lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        files = invoices(Path(folder))
        figures = measure(files, rules_dir, args.repeat)
        figures |= cold(files[0], rules_dir)
    show(figures)
    if args.json:
        print(json.dumps(figures))
    return 0


def invoices(folder: Path) -> list[Path]:
    """Return our samples and, where it lies beside the checkout, KoSIT's test suite."""
    spec = importlib.util.spec_from_file_location("mk", ROOT / "examples" / "make_invoices.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ours = [path for path in module.write_samples(folder).values() if path.suffix == ".xml"]
    suite = ROOT.parent / "shared" / "data" / "xrechnung-testsuite"
    return ours + sorted(suite.rglob("*.xml"))


def measure(files: list[Path], rules_dir: Path, repeat: int) -> dict[str, float | int | str]:
    contents = [file.read_bytes() for file in files]
    validator = Validator(rules_dir)
    verdicts = [validator.validate(xml).verdict for xml in contents]  # also the warm-up
    checks = timed(validator.validate, contents, repeat)
    examined = timed(lambda xml: examine(xml, validator), contents, repeat)
    floor = timed(parse_and_schema, contents, repeat)
    warm, bare = statistics.median(checks), statistics.median(floor)
    # Each file's fastest round: what is left when the machine does something else meanwhile.
    best = [min(checks[n :: len(contents)]) for n in range(len(contents))]
    return {
        "files": len(files),
        "accepted": sum(verdict is Verdict.ACCEPTED for verdict in verdicts),
        "warm_median_ms": round(warm, 2),
        "warm_p95_ms": round(percentile(checks, 95), 2),
        "warm_best_median_ms": round(statistics.median(best), 2),
        "with_reading_median_ms": round(statistics.median(examined), 2),
        "floor_median_ms": round(bare, 2),
        "ratio": round(warm / bare, 1),
    }


def timed(work: Callable[[bytes], object], contents: list[bytes], repeat: int) -> list[float]:
    durations = []
    for _ in range(repeat):
        for xml in contents:
            start = perf_counter()
            work(xml)
            durations.append((perf_counter() - start) * 1000)
    return durations


def parse_and_schema(xml: bytes) -> None:
    """Do what no validator can leave out, without any of our checks."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, huge_tree=True))
    name = etree.QName(root).localname
    kinds = {"Invoice": Schema.UBL_INVOICE, "CreditNote": Schema.UBL_CREDIT_NOTE}
    load_schema(kinds.get(name, Schema.CII)).validate(root)


def cold(file: Path, rules_dir: Path) -> dict[str, float | int | str]:
    """Return what one invoice costs in a process of its own, start of Python included."""
    code = (
        "import sys; from pathlib import Path;"
        "from laufzettel.einvoice.validator import Validator;"
        "print(Validator(Path(sys.argv[1])).validate(Path(sys.argv[2]).read_bytes()).verdict)"
    )
    durations = []
    for _ in range(COLD_RUNS):
        start = perf_counter()
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, str(rules_dir), str(file)],
            env=child.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        durations.append((perf_counter() - start) * 1000)
        assert done.stdout.strip() == "accepted", done.stdout
    return {
        "cold_median_ms": round(statistics.median(durations)),
        "cold_best_ms": round(min(durations)),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 2),
    }


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def show(figures: dict[str, float | int | str]) -> None:
    get = figures.__getitem__
    print(f"{get('machine')}, load {get('load')}")
    print(f"{get('files')} invoices, {get('accepted')} accepted")
    print(f"warm   median {get('warm_median_ms')} ms, p95 {get('warm_p95_ms')} ms", end="")
    print(f"   (goal: median {GOAL_WARM_MS:g} ms)")
    print(f"       median of each file's fastest round {get('warm_best_median_ms')} ms")
    print(f"       with reading and our own layers: median {get('with_reading_median_ms')} ms")
    print(f"cold   median {get('cold_median_ms')} ms, best {get('cold_best_ms')} ms", end="")
    print(f"   (goal: {GOAL_COLD_MS:g} ms)")
    print(f"floor  median {get('floor_median_ms')} ms (lxml parse and XSD alone)")
    print(f"ratio  {get('ratio')} times the floor")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
