"""The text format of Prometheus, version 0.0.4: a writer of fifty lines.

Not prometheus-client: what is told comes from the database and from other processes at the
moment of asking, for which its registry is made neither, and an exposition is little text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from laufzettel.measures import BOUNDS_S, Histogram

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES: Final = {"\\": r"\\", '"': r"\"", "\n": r"\n"}
_SPECIAL: Final = re.compile(r'[\\"\n]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number under its labels."""

    labels: Mapping[str, str]
    value: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric: every sample of one name."""

    name: str  # without the common prefix
    kind: str  # gauge, counter, histogram
    doc: str
    samples: tuple[Sample, ...] = ()
    histograms: tuple[tuple[Mapping[str, str], Histogram], ...] = ()


def exposition(families: Iterable[Family]) -> str:
    r"""Return the families as text; those without a sample are left out.

    >>> one = Sample(labels={"code": 'a"b'}, value=2)
    >>> print(exposition([Family(name="open", kind="gauge", doc="Open.", samples=(one,))]), end="")
    # HELP laufzettel_open Open.
    # TYPE laufzettel_open gauge
    laufzettel_open{code="a\"b"} 2
    """
    lines: list[str] = []
    for family in families:
        if not family.samples and not family.histograms:
            continue
        name = f"laufzettel_{family.name}"
        lines += [f"# HELP {name} {family.doc}", f"# TYPE {name} {family.kind}"]
        lines += [f"{name}{_labels(one.labels)} {one.value}" for one in family.samples]
        for labels, histogram in family.histograms:
            lines += _histogram(name, labels, histogram)
    return "".join(f"{line}\n" for line in lines)


def _histogram(name: str, labels: Mapping[str, str], histogram: Histogram) -> list[str]:
    lines, below = [], 0
    ends = [*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"]
    for end, count in zip(ends, histogram.buckets, strict=True):
        below += count
        lines.append(f"{name}_bucket{_labels({**labels, 'le': end})} {below}")
    lines.append(f"{name}_sum{_labels(labels)} {seconds(histogram.microseconds)}")
    lines.append(f"{name}_count{_labels(labels)} {below}")
    return lines


def seconds(microseconds: int) -> str:
    """Return microseconds as seconds, exactly.

    >>> seconds(1_500_000), seconds(7)
    ('1.500000', '0.000007')
    """
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = [f'{name}="{_escaped(value)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _escaped(value: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], value)
