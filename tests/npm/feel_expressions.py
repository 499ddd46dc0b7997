"""Expressions of FEEL by chance, typed so that most of them have a value.

Left out is where DMN 1.5 and feelin 8.2 are known to differ, each looked up in the standard:
durations with a sign, times a number or added to a date; the length of what holds characters
beyond the basic plane; lists of different length compared; null in ``sort``, ``mode`` and
``number("")``; what lies outside of a text in ``substring``; ranges whose end comes before
their start; a place counted from the end in ``remove``; months between two dates; ``median``, which sorts numbers as texts; what a condition
of ``some`` and ``every`` that is null makes of the whole; zero to the power of zero.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

#: What stands for a type when nothing more may be nested.
LEAVES: Final = {
    "number": ["0", "1", "2", "3", "-1", "7", "10", "2.5", "0.25", "-3.5", "100", "12.75"],
    "boolean": ["true", "false", "null"],
    "text": ['""', '"a"', '"ab"', '"Straße"', '"Öl 5W"', '"a,b"', '"x-y"', '"Ä"'],
    "date": ['date("2024-02-29")', 'date("2023-12-31")', "date(2025, 1, 31)", '@"2024-05-01"'],
    "moment": [
        'date and time("2024-02-29T10:15:30")',
        'date and time("2025-03-30T01:30:00")',
        'date and time("2023-12-31T23:59:59")',
    ],
    "days": [
        'duration("P1D")',
        'duration("PT36H")',
        'duration("-PT90M")',
        'duration("P2DT3H4M5S")',
        'duration("PT0S")',
    ],
    "months": ['duration("P1M")', 'duration("P14M")', 'duration("-P1Y")', 'duration("P0M")'],
    "numbers": ["[]", "[1, 2, 3]", "[2.5, -1]", "[7, 7, 0.25, 3]"],
    "texts": ["[]", '["a", "b"]', '["Ä", "x-y", "Ä"]'],
    "context": ['{a: 1, b: "x"}', "{a: 2.5, b: string(a)}"],
    "range": ["[0..3]", "(1..7]", "[-1..2)", "(2..10)"],
    "than": ["<", "<=", ">", ">="],
    "is": ["=", "!=", "<", "<=", ">", ">="],
    "place": ["1", "2", "-1", "-2"],
}
#: How a type is made of others.
FORMS: Final = {
    "number": [
        "({number} + {number})",
        "({number} - {number})",
        "({number} * {number})",
        "({number} / 4)",
        "({number} / -8)",
        "({number} / 0)",
        "({number} ** 3)",
        "-{number}",
        "(if {boolean} then {number} else {number})",
        "{numbers}[{place}]",
        "{numbers}[5]",
        "count({numbers})",
        "sum({numbers})",
        "product({numbers})",
        "min({numbers})",
        "max({numbers})",
        "mean({numbers})",
        "stddev([1, 2, 3, {number}])",
        "index of({numbers}, {number})[1]",
        "abs({number})",
        "floor({number})",
        "ceiling({number})",
        "decimal({number}, 1)",
        "round half up({number}, 1)",
        "round half down({number}, 1)",
        "round up({number}, 0)",
        "round down({number}, 1)",
        "modulo({number}, -3)",
        "modulo({number}, 2.5)",
        "string length({text})",
        'number("12.5")',
        'number("ab")',
        "{context}.a",
        "{date}.year",
        "{date}.weekday",
        "{days}.hours",
        "{months}.months",
        "day of year({date})",
        "week of year({date})",
    ],
    "boolean": [
        "({number} {is} {number})",
        "({text} {is} {text})",
        "({date} {is} {date})",
        "({moment} {than} {moment})",
        "({days} {than} {days})",
        "({any} = null)",
        "({any} instance of number)",
        "({any} instance of string)",
        "({any} instance of date)",
        "({boolean} and {boolean})",
        "({boolean} or {boolean})",
        "not({boolean})",
        "any([{boolean}, {boolean}])",
        "all([{boolean}, {boolean}])",
        "({number} between -2 and 3)",
        "({number} in {range})",
        "({number} in (2.5, < 1, {range}))",
        "(some x in [1, 2.5, -3] satisfies x {is} 2.5)",
        "(every x in [7, 0.25] satisfies x {is} 1)",
        "list contains({numbers}, {number})",
        "contains({text}, {text})",
        "starts with({text}, {text})",
        "ends with({text}, {text})",
        'matches({text}, "[a-z]+")',
        "overlaps({range}, {range})",
        "includes({range}, {number})",
        "before(1, {range})",
    ],
    "text": [
        "({text} + {text})",
        "(if {boolean} then {text} else {text})",
        'substring({text} + "xy", {place})',
        'substring({text} + "xy", 1, 2)',
        "substring before({text}, {text})",
        "substring after({text}, {text})",
        "upper case({text})",
        "lower case({text})",
        'replace({text}, "[ab]", "z")',
        'string join({texts}, ";")',
        "{texts}[1]",
        "{context}.b",
        "string({date})",
        "string({moment})",
        "string({days})",
        "string({months})",
        "string(-0.25)",
        "string({boolean})",
        "day of week({date})",
        "month of year({date})",
    ],
    "date": [
        "({date} + {months})",
        "({date} - {months})",
        "date({moment})",
        "(if {boolean} then {date} else {date})",
    ],
    "moment": [
        "({moment} + {days})",
        "({moment} - {days})",
        "({moment} + {months})",
        'date and time({date}, time("10:00:00"))',
    ],
    "days": [
        "({days} + {days})",
        "({days} - {days})",
        "({date} - {date})",
        "({moment} - {moment})",
    ],
    "months": ["({months} + {months})", "({months} - {months})"],
    "numbers": [
        "[{number}, {number}]",
        "[{number}, {number}, {number}]",
        "(for x in {numbers} return x * 2)",
        "(for x in 1..3, y in {numbers} return x + y)",
        "(for x in {numbers} return count(partial))",
        "{numbers}[item {than} {number}]",
        "[{{a: {number}}}, {{a: {number}}}].a",
        "concatenate({numbers}, {numbers})",
        "append({numbers}, {number})",
        "union({numbers}, {numbers})",
        "distinct values({numbers})",
        "flatten([{numbers}, [{numbers}]])",
        "reverse({numbers})",
        "remove([1, 2, 3], 2)",
        "insert before([1, 2], 2, {number})",
        "sublist([1, 2, 3, 4], {place}, 1)",
        "list replace([1, 2, 3], 2, {number})",
        "sort([3, -1, 2.5, 0], function(x, y) x {than} y)",
    ],
    "texts": [
        "[{text}, {text}]",
        'split({text}, ",")',
        "distinct values([{text}, {text}])",
        'sort(["b", "Ä", "a"], function(x, y) x < y)',
    ],
    "context": [
        "{{a: {number}, b: {text}}}",
        "{{a: {number}, b: string(a > 1)}}",
        'context put({{a: 1}}, "b", {text})',
        "context merge([{context}, {{a: {number}}}])",
        'context([{{key: "a", value: {number}}}])',
    ],
}
#: What ``{any}`` may be.
_VALUES: Final = ("number", "boolean", "text", "date", "moment", "days", "months", "numbers")
_PLACE: Final = re.compile(r"\{(\w+)\}")


def expressions(seed: int, count: int, *, depth: int) -> list[str]:
    """Return different expressions, at most ``count``, always the same for a seed.

    >>> expressions(1, 3, depth=1) == expressions(1, 3, depth=1)
    True
    """
    return list(dict.fromkeys(_drawn(random.Random(seed), count, depth)))


def _drawn(chance: random.Random, count: int, depth: int) -> Iterator[str]:
    for _ in range(count):
        text = _of("any", chance, depth)
        if len(text) <= 400:
            yield text


def _of(kind: str, chance: random.Random, depth: int) -> str:
    kind = chance.choice(_VALUES) if kind == "any" else kind
    forms = FORMS.get(kind, []) if depth > 0 else []
    if not forms or chance.random() < 0.15:
        return chance.choice(LEAVES[kind])
    form = chance.choice(forms)
    text = _PLACE.sub(lambda found: _of(found[1], chance, depth - 1), form.replace("{{", "\0"))
    return text.replace("\0", "{").replace("}}", "}")
