"""Hit policies: from the rules that matched to the value of the table (DMN 1.5, 8.2.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.engine.dmn.source import Aggregation, HitPolicy
from laufzettel.engine.feel import operators
from laufzettel.engine.feel.builtins import call_with_values
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime
from laufzettel.engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched: its number from 1, its output, its rank by output values."""

    number: int
    output: Value
    rank: tuple[int, ...]


#: Policies whose answer is a list of outputs.
LISTS: Final = (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)


def answer(
    policy: HitPolicy,
    aggregation: Aggregation | None,
    matches: Sequence[Match],
    runtime: Runtime,
) -> Value:
    """Return what the matching rules, at least one, mean together. Raises Refusal."""
    if policy is HitPolicy.COLLECT and aggregation is not None:
        return aggregated(aggregation, [match.output for match in matches], runtime)
    return _ANSWERS[policy](matches, runtime)


def _unique(matches: Sequence[Match], runtime: Runtime) -> Value:
    if len(matches) > 1:
        numbers = ", ".join(str(match.number) for match in matches[:10])
        raise Refusal(
            Code.BAD_ARGUMENT, f"Mehrere Regeln treffen zu, erlaubt ist nur eine: {numbers}."
        )
    return matches[0].output


def _any(matches: Sequence[Match], runtime: Runtime) -> Value:
    first = matches[0]
    for match in matches[1:]:
        if operators.equal(first.output, match.output, runtime) is not True:
            raise Refusal(
                Code.BAD_ARGUMENT,
                f"Die Regeln {first.number} und {match.number} treffen beide zu und ergeben "
                "Verschiedenes.",
            )
    return first.output


def _first(matches: Sequence[Match], runtime: Runtime) -> Value:
    return matches[0].output


def _priority(matches: Sequence[Match], runtime: Runtime) -> Value:
    return min(matches, key=lambda match: match.rank).output


def _rule_order(matches: Sequence[Match], runtime: Runtime) -> Value:
    return [match.output for match in matches]


def _output_order(matches: Sequence[Match], runtime: Runtime) -> Value:
    return [match.output for match in sorted(matches, key=lambda match: match.rank)]


_ANSWERS: Final[dict[HitPolicy, Callable[[Sequence[Match], Runtime], Value]]] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.ANY: _any,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.FIRST: _first,
    HitPolicy.COLLECT: _rule_order,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.OUTPUT_ORDER: _output_order,
}


def aggregated(aggregation: Aggregation, outputs: list[Value], runtime: Runtime) -> Value:
    """Return the number that COLLECT makes of the outputs. Raises Refusal.

    >>> from decimal import Decimal
    >>> aggregated(Aggregation.SUM, [Decimal(1), Decimal(2)], Runtime(None, 100))
    Decimal('3')
    """
    return call_with_values(aggregation.lower(), runtime, [outputs])
