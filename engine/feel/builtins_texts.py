"""Built-in functions on texts; positions count characters from 1."""

from __future__ import annotations

from decimal import Decimal

from laufzettel.engine.feel import patterns
from laufzettel.engine.feel.builtins_numbers import whole
from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.runtime import STRING_LENGTH_MAX, Code, Refusal, Runtime
from laufzettel.engine.feel.signatures import builtin
from laufzettel.engine.feel.values import Value


@builtin("substring", "string: string, start position: number, length: number?")
def _substring(runtime: Runtime, string: str, start: Decimal, length: Decimal | None = None) -> str:
    first = whole(start, "start position")
    count = len(string) if length is None else whole(length, "length")
    if first == 0 or abs(first) > len(string) or count < 1:
        raise Refusal(Code.BAD_ARGUMENT, "Diese Stelle gibt es in dem Text nicht.")
    begin = first - 1 if first > 0 else len(string) + first
    return string[begin : begin + count]


@builtin("string length", "string: string")
def _string_length(runtime: Runtime, string: str) -> Decimal:
    return Decimal(len(string))


@builtin("upper case", "string: string")
def _upper_case(runtime: Runtime, string: str) -> str:
    return string.upper()


@builtin("lower case", "string: string")
def _lower_case(runtime: Runtime, string: str) -> str:
    return string.lower()


@builtin("substring before", "string: string, match: string")
def _substring_before(runtime: Runtime, string: str, match: str) -> str:
    head, found, _ = string.partition(match) if match else ("", "", "")
    return head if found else ""


@builtin("substring after", "string: string, match: string")
def _substring_after(runtime: Runtime, string: str, match: str) -> str:
    _, found, tail = string.partition(match) if match else ("", "", string)
    return tail if found or not match else ""


@builtin("contains", "string: string, match: string")
def _contains(runtime: Runtime, string: str, match: str) -> bool:
    return match in string


@builtin("starts with", "string: string, match: string")
def _starts_with(runtime: Runtime, string: str, match: str) -> bool:
    return string.startswith(match)


@builtin("ends with", "string: string, match: string")
def _ends_with(runtime: Runtime, string: str, match: str) -> bool:
    return string.endswith(match)


@builtin("matches", "input: string, pattern: string, flags: string?")
def _matches(runtime: Runtime, text: str, pattern: str, flags: str | None = None) -> bool:
    return patterns.ready(pattern, flags or "").fits(text, runtime.spend)


@builtin("replace", "input: string, pattern: string, replacement: string, flags: string?")
def _replace(
    runtime: Runtime, text: str, pattern: str, replacement: str, flags: str | None = None
) -> str:
    found = patterns.ready(pattern, flags or "", may_be_empty=False)
    put_in = patterns.replacement(replacement, found.groups)
    pieces: list[str] = []
    length, end = 0, 0
    for match in found.finditer(text, runtime.spend):
        pieces += (text[end : match.start()], put_in(match))
        end = match.end()
        length += len(pieces[-1]) + len(pieces[-2])
        if length > STRING_LENGTH_MAX:
            raise FeelBudgetError(f"Ein Text ist länger als {STRING_LENGTH_MAX} Zeichen.")
    return "".join([*pieces, text[end:]])


@builtin("split", "string: string, delimiter: string")
def _split(runtime: Runtime, string: str, delimiter: str) -> list[str]:
    found = patterns.ready(delimiter, "", may_be_empty=False)
    parts: list[str] = []
    end = 0
    for match in found.finditer(string, runtime.spend):
        parts.append(string[end : match.start()])
        end = match.end()
    return [*parts, string[end:]]


@builtin("string join", "list: list, delimiter: string?, prefix: string?, suffix: string?")
def _string_join(
    runtime: Runtime,
    items: list[Value],
    delimiter: str | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
) -> str:
    texts = [item for item in items if item is not None]
    if any(type(text) is not str for text in texts):
        raise Refusal(Code.WRONG_TYPE, "In der Liste steht etwas anderes als Text.")
    between = delimiter or ""
    length = sum(len(text) for text in texts) + len(between) * len(texts)
    if length > STRING_LENGTH_MAX:
        raise FeelBudgetError(f"Ein Text ist länger als {STRING_LENGTH_MAX} Zeichen.")
    return (prefix or "") + between.join(texts) + (suffix or "")
