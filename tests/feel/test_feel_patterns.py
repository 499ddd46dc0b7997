"""Regular expressions: the XPath flavour, and no pattern that takes years."""

from __future__ import annotations

import time

import pytest

from laufzettel.engine.feel import evaluate


def matches(text: str, pattern: str, flags: str = "") -> object:
    variables = {"t": text, "p": pattern, "f": flags}
    return evaluate("matches(t, p, f)", variables).value


@pytest.mark.parametrize(
    ("text", "pattern", "flags", "expected"),
    [
        ("abc", "b", "", True),
        ("abc", "^b", "", False),
        ("abc\n", "c$", "", False),
        ("abc\ndef", "c$", "m", True),
        ("a\nb", "a.b", "", False),
        ("a\nb", "a.b", "s", True),
        ("ABC", "abc", "i", True),
        ("abc", "a b c", "x", True),
        ("äöü", r"^\p{L}+$", "", True),
        ("a-b", r"^[a\-b]+$", "", True),
        ("a$b", r"a\$b", "", True),
        ("a$b", "[$]", "", True),
        ("x", "^[^a-c]$", "", True),
        ("DE02120300000000202051", r"^DE\d{20}$", "", True),
        ("1.234,50", r"^\d{1,3}(\.\d{3})*(,\d{1,2})?$", "", True),
        ("04011000-1234512345-06", r"^\d{2,12}(-[A-Z0-9]{1,30})?-\d{2}$", "", True),
        ("max@muster.de", r"^[^@\s]+@[^@\s]+$", "", True),
    ],
)
def test_patterns_of_xpath_are_translated(
    text: str, pattern: str, flags: str, expected: bool
) -> None:
    """``$`` stands at the very end, ``.`` takes no line break."""
    assert matches(text, pattern, flags) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|a)*b",
        "(a|ab)*c",
        "(.*a){20}",
        "((ab)+c)+",
        "a{1,1000}{1,1000}",
        "a?" * 30 + "a" * 30,
        "a*" * 20 + "b",
        r"(a)\1",
        "(?=a)",
        "(?P<n>a)",
        "[a-z-[aeiou]]",
        r"\p{Lu}",
        "a**",
        "a{2000}",
        "(a",
        "a)",
        "[a",
        "*a",
        "a{x}",
        "^*",
        r"\b",
        "\\",
        "[z-a]",
        "a" * 501,
    ],
)
def test_costly_and_foreign_patterns_are_refused(pattern: str) -> None:
    """A refused pattern is null with an error, never a guess and never a wait."""
    outcome = evaluate("matches(t, p)", {"t": "a" * 30, "p": pattern})

    assert outcome.value is None
    assert [warning.code for warning in outcome.errors] == ["refused_pattern"]


@pytest.mark.parametrize(
    "pattern", ["^a*a*b$", "a*b", "(a|b)*c", "[ab]+[bc]+[cd]+e", "^(.*),(.*),(.*)$", "a?a?a?b"]
)
def test_what_is_allowed_is_quick_on_the_worst_text(pattern: str) -> None:
    """Either the text is too long for the pattern, or the answer comes at once."""
    for length in (50, 150, 500, 2_000, 20_000, 100_000):
        start = time.process_time()
        matches("a" * length, pattern)
        assert time.process_time() - start < 1.0


def test_a_text_too_long_for_the_pattern_is_refused() -> None:
    """Two repetitions that have to guess allow a shorter text than none."""
    outcome = evaluate("matches(t, p)", {"t": "a" * 5_000, "p": "^a*a*b$"})

    assert outcome.errors[0].text_de.startswith(
        "Dieses Suchmuster wird nicht ausgeführt: bei diesem Muster darf der Text höchstens"
    )


def test_a_pattern_that_matches_nothing_cannot_split_or_replace() -> None:
    """XPath calls that an error, and so do we."""
    for text in ('split("abc", "x*")', 'replace("abc", "x*", "-")'):
        assert evaluate(text, {}).errors[0].code == "refused_pattern"
