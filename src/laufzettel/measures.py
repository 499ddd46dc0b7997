"""What this process has counted and timed since it began; ``/metrics`` and doctor show it.

Only numbers under fixed names: labels are kinds, codes and handlers of the program, never a
tenant's data. Counting costs a lock of microseconds and never touches the database;
``records.processes`` keeps the figures of a process beside those of the others.

>>> measures = Measures()
>>> measures.count("lost_races", point="step")
>>> measures.observe("step_seconds", 0.004)
>>> [(one.name, one.labels, one.buckets[3]) for one in measures.snapshot().histograms]
[('step_seconds', {}, 1)]
"""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

#: Upper ends of the histograms' buckets in seconds; the last bucket has no end.
BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
#: Different label sets of one name; beyond it nothing new is counted, so that memory is bounded.
SERIES_MAX: Final = 500

_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A number that only grows while the process lives."""

    name: str
    labels: Mapping[str, str]
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How often something took how long."""

    name: str
    labels: Mapping[str, str]
    buckets: tuple[int, ...]  # one more than BOUNDS_S; each counts what fell between its ends
    microseconds: int  # of all together
    longest: int  # microseconds of the slowest

    @property
    def count(self) -> int:
        """How often it happened."""
        return sum(self.buckets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The figures of one process at one moment."""

    counters: tuple[Counter, ...] = ()
    histograms: tuple[Histogram, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain data that ``of_json`` reads."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what ``as_json`` wrote."""
        return cls(
            counters=tuple(Counter(**one) for one in data["counters"]),
            histograms=tuple(
                Histogram(**{**one, "buckets": tuple(one["buckets"])}) for one in data["histograms"]
            ),
        )


@dataclass(slots=True)
class _Times:
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    microseconds: int = 0
    longest: int = 0


class Measures:
    """Counters and histograms of one process."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._counts: dict[_Key, int] = {}
        self._times: dict[_Key, _Times] = {}

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to a counter."""
        key = (name, tuple(labels.items()))
        with self._mutex:
            if key in self._counts or len(self._counts) < SERIES_MAX:
                self._counts[key] = self._counts.get(key, 0) + by

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note how long something took."""
        key, took = (name, tuple(labels.items())), round(seconds * 1_000_000)
        place = bisect.bisect_left(BOUNDS_S, seconds)
        with self._mutex:
            times = self._times.get(key)
            if times is None:
                if len(self._times) >= SERIES_MAX:
                    return
                times = self._times[key] = _Times()
            times.buckets[place] += 1
            times.microseconds += took
            times.longest = max(times.longest, took)

    @contextmanager
    def timed(self, name: str, **labels: str) -> Iterator[None]:
        """Note how long the block takes, also where it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(name, time.perf_counter() - began, **labels)

    def snapshot(self) -> Snapshot:
        """Return the figures of this moment, by name and labels."""
        with self._mutex:
            counts = sorted(self._counts.items())
            times = [
                (key, list(one.buckets), one)
                for key, one in sorted(self._times.items(), key=_by_key)
            ]
            return Snapshot(
                counters=tuple(
                    Counter(name=name, labels=dict(labels), value=value)
                    for (name, labels), value in counts
                ),
                histograms=tuple(
                    Histogram(
                        name=name,
                        labels=dict(labels),
                        buckets=tuple(buckets),
                        microseconds=one.microseconds,
                        longest=one.longest,
                    )
                    for (name, labels), buckets, one in times
                ),
            )


def _by_key(item: tuple[_Key, _Times]) -> _Key:
    return item[0]


#: The figures of this process: what happens in it is counted in one place.
MEASURES: Final = Measures()
