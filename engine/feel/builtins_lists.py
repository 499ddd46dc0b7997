"""Built-in functions on lists and contexts; positions count from 1, or back from -1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, Final

from laufzettel.engine.feel import operators
from laufzettel.engine.feel.builtins_numbers import whole
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime, checked_size, invoke
from laufzettel.engine.feel.signatures import builtin
from laufzettel.engine.feel.values import NUMBERS, Function, Value, kind_de

#: Values of these types are equal exactly when Python says so, which makes search by hash safe.
_HASHABLE: Final = (str, Decimal, bool)


def _equal(runtime: Runtime, left: Value, right: Value) -> bool:
    return operators.equal(left, right, runtime) is True


def _numbers(items: list[Value]) -> list[Decimal]:
    """Return the items. Raises Refusal when one is no number, or when there is none."""
    if not items:
        raise Refusal(Code.EMPTY_LIST, "Die Liste ist leer.", is_error=False)
    for item in items:
        if type(item) is not Decimal:
            raise Refusal(Code.WRONG_TYPE, f"In der Liste steht keine Zahl: {kind_de(item)}.")
    return items


@builtin("list contains", "list: list, element: any")
def _list_contains(runtime: Runtime, items: list[Value], element: Value) -> bool:
    return any(_equal(runtime, item, element) for item in items)


@builtin("count", "list: list", spread=True)
def _count(runtime: Runtime, items: list[Value]) -> Decimal:
    return Decimal(len(items))


def _extreme(items: list[Value], wanted: int) -> Value:
    if not items:
        raise Refusal(Code.EMPTY_LIST, "Die Liste ist leer.", is_error=False)
    best = items[0]
    for item in items if len(items) == 1 else items[1:]:
        if operators.compare(item, best) == wanted:
            best = item
    return best


@builtin("min", "list: list", spread=True)
def _min(runtime: Runtime, items: list[Value]) -> Value:
    return _extreme(items, -1)


@builtin("max", "list: list", spread=True)
def _max(runtime: Runtime, items: list[Value]) -> Value:
    return _extreme(items, 1)


def _fold(op: str, items: Iterable[Decimal], start: Decimal) -> Value:
    total = start
    for item in items:
        total = operators.calculate(op, total, item)
    return total


@builtin("sum", "list: list", spread=True)
def _sum(runtime: Runtime, items: list[Value]) -> Value:
    return _fold("+", _numbers(items), Decimal(0))


@builtin("product", "list: list", spread=True)
def _product(runtime: Runtime, items: list[Value]) -> Value:
    return _fold("*", _numbers(items), Decimal(1))


@builtin("mean", "list: list", spread=True)
def _mean(runtime: Runtime, items: list[Value]) -> Value:
    total = _fold("+", _numbers(items), Decimal(0))
    return operators.calculate("/", total, Decimal(len(items)))


@builtin("median", "list: list", spread=True)
def _median(runtime: Runtime, items: list[Value]) -> Value:
    ordered = sorted(_numbers(items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    both = operators.calculate("+", ordered[middle - 1], ordered[middle])
    return operators.calculate("/", both, Decimal(2))


@builtin("stddev", "list: list", spread=True)
def _stddev(runtime: Runtime, items: list[Value]) -> Value:
    if len(_numbers(items)) < 2:
        raise Refusal(Code.BAD_ARGUMENT, "Eine Standardabweichung braucht zwei Zahlen.")
    mean = _mean(runtime, items)
    squares = [
        operators.calculate("**", operators.calculate("-", item, mean), Decimal(2))
        for item in items
    ]
    total = _fold("+", squares, Decimal(0))
    return NUMBERS.sqrt(operators.calculate("/", total, Decimal(len(items) - 1)))


@builtin("mode", "list: list", spread=True)
def _mode(runtime: Runtime, items: list[Value]) -> list[Decimal]:
    if not items:
        return []
    counts: dict[Decimal, int] = {}
    for item in _numbers(items):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, count in counts.items() if count == most)


def _ternary(items: list[Value], decisive: bool) -> bool | None:
    """Return the ternary "or" (decisive true) or "and" of the items. Raises Refusal."""
    if any(item is decisive for item in items):
        return decisive
    strange = next((item for item in items if item is not None and type(item) is not bool), None)
    if strange is not None:
        raise Refusal(Code.WRONG_TYPE, f"Kein Wahrheitswert: {kind_de(strange)}.")
    return None if None in items else not decisive


@builtin("all", "list: list", spread=True)
def _all(runtime: Runtime, items: list[Value]) -> bool | None:
    return _ternary(items, False)


@builtin("any", "list: list", spread=True)
def _any(runtime: Runtime, items: list[Value]) -> bool | None:
    return _ternary(items, True)


def place(items: list[Value], position: Decimal, *, name: str = "position") -> int:
    """Return the index from 0 of a position. Raises Refusal when there is no such place."""
    number = whole(position, name)
    if number == 0 or abs(number) > len(items):
        raise Refusal(
            Code.BAD_ARGUMENT,
            f"Die Liste mit {len(items)} Einträgen hat keine Stelle {position}.",
        )
    return number - 1 if number > 0 else len(items) + number


@builtin("sublist", "list: list, start position: number, length: number?")
def _sublist(
    runtime: Runtime, items: list[Value], start: Decimal, length: Decimal | None = None
) -> list[Value]:
    first = place(items, start, name="start position")
    if length is None:
        return items[first:]
    count = whole(length, "length")
    if count < 0 or first + count > len(items):
        raise Refusal(Code.BAD_ARGUMENT, "So viele Einträge hat die Liste dort nicht.")
    return items[first : first + count]


@builtin("append", "list: list, item: any*")
def _append(runtime: Runtime, items: list[Value], *more: Value) -> list[Value]:
    return [*items, *more]


@builtin("concatenate", "list: list, list: list*")
def _concatenate(runtime: Runtime, *lists: list[Value]) -> list[Value]:
    return [item for items in lists for item in items]


@builtin("insert before", "list: list, position: number, newItem: any")
def _insert_before(
    runtime: Runtime, items: list[Value], position: Decimal, new: Value
) -> list[Value]:
    index = place(items, position)
    return [*items[:index], new, *items[index:]]


@builtin("remove", "list: list, position: number")
def _remove(runtime: Runtime, items: list[Value], position: Decimal) -> list[Value]:
    index = place(items, position)
    return [*items[:index], *items[index + 1 :]]


@builtin("list replace", "list: list, position: number, newItem: any")
def _list_replace(
    runtime: Runtime, items: list[Value], position: Decimal, new: Value
) -> list[Value]:
    index = place(items, position)
    return [*items[:index], new, *items[index + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any")
def _list_replace_matching(
    runtime: Runtime, items: list[Value], match: Function, new: Value
) -> list[Value]:
    return [new if _said(runtime, match, [item, new]) else item for item in items]


def _said(runtime: Runtime, function: Function, args: list[Value]) -> bool:
    answer = invoke(runtime, function, args)
    if type(answer) is not bool:
        raise Refusal(
            Code.WRONG_TYPE, f"Die Funktion ergibt keinen Wahrheitswert: {kind_de(answer)}."
        )
    return answer


@builtin("reverse", "list: list")
def _reverse(runtime: Runtime, items: list[Value]) -> list[Value]:
    return items[::-1]


@builtin("index of", "list: list, match: any")
def _index_of(runtime: Runtime, items: list[Value], match: Value) -> list[Decimal]:
    return [
        Decimal(position)
        for position, item in enumerate(items, start=1)
        if _equal(runtime, item, match)
    ]


def _distinct(runtime: Runtime, items: Iterable[Value]) -> list[Value]:
    kept: list[Value] = []
    seen: set[Any] = set()
    for item in items:
        if type(item) in _HASHABLE:
            key = (type(item), item)
            if key not in seen:
                seen.add(key)
                kept.append(item)
            continue
        runtime.spend(len(kept))
        if not any(_equal(runtime, item, other) for other in kept):
            kept.append(item)
    return kept


@builtin("distinct values", "list: list")
def _distinct_values(runtime: Runtime, items: list[Value]) -> list[Value]:
    return _distinct(runtime, items)


@builtin("union", "list: list, list: list*")
def _union(runtime: Runtime, *lists: list[Value]) -> list[Value]:
    return _distinct(runtime, (item for items in lists for item in items))


@builtin("flatten", "list: list")
def _flatten(runtime: Runtime, items: list[Value]) -> list[Value]:
    flat: list[Value] = []
    waiting = list(reversed(items))
    while waiting:
        item = waiting.pop()
        if type(item) is list:
            runtime.spend(1 + len(item))
            waiting.extend(reversed(item))
        else:
            flat.append(item)
    checked_size(flat)
    return flat


@builtin("sort", "list: list, precedes: function?")
def _sort(runtime: Runtime, items: list[Value], precedes: Function | None = None) -> list[Value]:
    order: Callable[[Value, Value], int] = operators.compare
    if precedes is not None:

        def order(left: Value, right: Value) -> int:
            if _said(runtime, precedes, [left, right]):
                return -1
            return 1 if _said(runtime, precedes, [right, left]) else 0

    return sorted(items, key=cmp_to_key(order))


@builtin("get value", "m: context, key: string")
def _get_value(runtime: Runtime, context: dict[str, Value], key: str) -> Value:
    if key not in context:
        raise Refusal(Code.MISSING_ENTRY, f"Den Eintrag „{key}“ gibt es nicht.")
    return context[key]


@builtin("get value", "m: context, keys: list")
def _get_deep_value(runtime: Runtime, context: dict[str, Value], keys: list[Value]) -> Value:
    value: Value = context
    for key in keys:
        if type(value) is not dict or type(key) is not str:
            raise Refusal(Code.MISSING_ENTRY, f"Den Eintrag „{key}“ gibt es nicht.")
        value = _get_value(runtime, value, key)
    return value


@builtin("get entries", "m: context")
def _get_entries(runtime: Runtime, context: dict[str, Value]) -> list[Value]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context", "entries: list")
def _context(runtime: Runtime, entries: list[Value]) -> dict[str, Value]:
    context: dict[str, Value] = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise Refusal(Code.BAD_ARGUMENT, "Ein Eintrag hat nicht „key“ und „value“.")
        if entry["key"] in context:
            raise Refusal(Code.DUPLICATE_KEY, f"Der Eintrag „{entry['key']}“ steht zweimal da.")
        context[entry["key"]] = entry["value"]
    return context


@builtin("context put", "context: context, key: string, value: any")
def _context_put(
    runtime: Runtime, context: dict[str, Value], key: str, value: Value
) -> dict[str, Value]:
    return {**context, key: value}


@builtin("context put", "context: context, keys: list, value: any")
def _context_put_deep(
    runtime: Runtime, context: dict[str, Value], keys: list[Value], value: Value
) -> dict[str, Value]:
    if not keys or any(type(key) is not str for key in keys):
        raise Refusal(Code.BAD_ARGUMENT, "„keys“ ist eine Liste von Namen und nicht leer.")
    runtime.spend(len(context))
    key, *rest = keys
    if not rest:
        return {**context, key: value}
    inner = context.get(key)
    if type(inner) is not dict:
        raise Refusal(Code.MISSING_ENTRY, f"Der Eintrag „{key}“ ist kein Kontext.")
    return {**context, key: _context_put_deep(runtime, inner, rest, value)}


@builtin("context merge", "contexts: list")
def _context_merge(runtime: Runtime, contexts: list[Value]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for context in contexts:
        if type(context) is not dict:
            raise Refusal(Code.WRONG_TYPE, f"Kein Kontext: {kind_de(context)}.")
        runtime.spend(len(context))
        merged.update(context)
    return merged
