"""Regular expressions: the XPath flavour, and no pattern that takes years."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.engine.feel import FeelBudgetError, evaluate, patterns


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
        ("hello world", "hello[ ]world", "x", True),
        ("helloworld", "hello world", "x", True),
        ("e", "[a-z-[aeiou]]", "", False),
        ("f", "[a-z-[aeiou]]", "", True),
        ("f", "[^a-e-[x]]", "", True),
        ("x", "[^a-e-[x]]", "", False),
        ("Ä", r"^\p{Lu}$", "", True),
        ("ä", r"^\p{Lu}$", "i", False),
        ("ä", "^Ä$", "i", True),
        ("Q", "[^q]", "i", False),
        ("٣", r"^\d$", "", True),
        ("_", r"^\w$", "", False),
        ("a:b.c-1", r"^\i\c*$", "", True),
        ("é", r"^\p{IsLatin-1Supplement}$", "", True),
        ("€", r"^\P{L}$", "", True),
        ("a-b", r"^[a-]+$", "", False),
        ("a-", "^[a-]+$", "", True),
        ("ab\n", "^$", "m", False),
        ("\nab", "^$", "m", True),
        ("aaa", "^a{2,3}$", "", True),
        ("aaaa", "^a{2,3}$", "", False),
        ("", "^$", "", True),
        ("b", "a|", "", True),
        ("abc", "^(?:a|b|c)+$", "", True),
        ("ß", "^[A-Z]+$", "i", False),
        ("[a]", r"^\[ [ab] \]$", "x", True),
        ("ab", "^(?:(?:(?:(?:){1000}){1000}){1000}){1000}ab$", "", True),
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
        "a{1,1000}{1,1000}",
        "(.*a){2000}",
        "((a{100}){100}){100}",
        r"(a)\1",
        r"\p{Lx}",
        r"\p{IsNowhere}",
        r"\pL",
        "a{2,1}",
        "a]",
        "a}",
        "[]",
        "[a-z-[]]",
        r"[\d-z]",
        "(" * 50 + "a" + ")" * 50,
        "(?i)a",
        "(?=a)",
        "(?P<n>a)",
        "a**",
        "a{2000}",
        "(a",
        "a)",
        "[a",
        "*a",
        "a{x}",
        "a{1,²}",
        "a{1,٣}",
        "^*",
        r"\b",
        "\\",
        "[z-a]",
        "a" * 501,
    ],
)
def test_foreign_and_endless_patterns_are_refused(pattern: str) -> None:
    """A refused pattern is null with an error, never a guess and never a wait."""
    outcome = evaluate("matches(t, p)", {"t": "a" * 30, "p": pattern})

    assert outcome.value is None
    assert [warning.code for warning in outcome.errors] == ["refused_pattern"]


@pytest.mark.parametrize(
    "pattern",
    [
        *("^a*a*b$", "a*b", "(a|b)*c", "[ab]+[bc]+[cd]+e", "^(.*),(.*),(.*)$", "a?a?a?b"),
        *("(a+)+$", "(a*)*b", "(a|a)*b", "(a|ab)*c", "(.*a){20}b", "((ab)+c)+"),
        *("a?" * 30 + "b", "a*" * 20 + "b", "(a|aa)+$", "(x+x+)+y"),
    ],
)
def test_no_text_makes_a_pattern_slow(pattern: str) -> None:
    """What takes other engines years grows here with the text, or with the budget at most."""
    for text in ("a" * 100_000, "a" * 50_000 + "b", "ab" * 50_000, "x" * 30_000):
        start = time.process_time()
        with suppress(FeelBudgetError):
            matches(text, pattern)
        assert time.process_time() - start < 2.0


@pytest.mark.parametrize("pattern", ["(" + "|" * 480 + ")x", "[^q]*" * 80 + "q", "((a?){20}){20}q"])
def test_many_different_characters_end_with_the_budget(pattern: str) -> None:
    """Nothing can be remembered here: every character is a new one."""
    text = "".join(chr(0x4E00 + n) for n in range(20_000))
    start = time.process_time()
    with suppress(FeelBudgetError):
        matches(text, pattern)
    assert time.process_time() - start < 3.0


def test_what_a_pattern_remembers_is_bounded() -> None:
    """Every character is a new one, and every set of places larger than the one before."""
    program = patterns.ready("[^q]{0,1000}q", "")
    program.fits("".join(chr(0x4E00 + n) for n in range(800)), lambda steps: None)

    assert sum(map(len, program._moves.values())) <= 200_000


@pytest.mark.parametrize("pattern", ["(a+)+b", "a.*c|a", "(a|aa)*$", "x"])
def test_replacing_and_splitting_end_with_the_budget(pattern: str) -> None:
    """The places of all brackets cost more; the budget is the end of it."""
    start = time.process_time()
    with suppress(FeelBudgetError):
        evaluate("split(t, p)", {"t": "a" * 50_000, "p": pattern})
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("text", "pattern", "put_in", "expected"),
    [
        ("abracadabra", "bra", "*", "a*cada*"),
        ("abracadabra", "a.*a", "*", "*"),
        ("abracadabra", "a.*?a", "*", "*c*bra"),
        ("abracadabra", "a(.)", "a$1$1", "abbraccaddabbra"),
        ("AAAA", "A+", "b", "b"),
        ("AAAA", "A+?", "b", "bbbb"),
        ("darted", "^(.*?)d(.*)$", "$1c$2", "carted"),
        ("abcd", "(ab)|(a)", "[1=$1][2=$2]", "[1=ab][2=]cd"),
        ("a.b.c", r"\.", r"\$", "a$b$c"),
        ("abcdefghijk", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "$10", "jk"),
        ("abc", "(a)", "$12", "a2bc"),
    ],
)
def test_replacing_takes_the_leftmost_by_the_order_of_choices(
    text: str, pattern: str, put_in: str, expected: str
) -> None:
    """The examples of XPath 2.0, 7.6.3."""
    found = evaluate("replace(t, p, r)", {"t": text, "p": pattern, "r": put_in})

    assert (found.value, found.warnings) == (expected, ())


#: Patterns that Python reads in the same way.
ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "(?:ab)", "(a)", "(b|c)", "(?:a|)"])
QUANTIFIERS = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])
BRANCHES = st.lists(st.tuples(ATOMS, QUANTIFIERS).map("".join), max_size=4).map("".join)
PATTERNS = st.builds(
    lambda start, branches, end: start + "|".join(branches) + end,
    st.sampled_from(["", "^"]),
    st.lists(BRANCHES, min_size=1, max_size=3),
    st.sampled_from(["", "$"]),
)


@given(pattern=PATTERNS, text=st.text("abcd", max_size=10))
def test_the_engine_agrees_with_that_of_python(pattern: str, text: str) -> None:
    """On what both know: whether and where the first match is."""
    expected = re.search(pattern.replace("$", r"\Z"), text)
    program = patterns.ready(pattern, "")

    found = next(program.finditer(text, lambda steps: None), None)

    assert program.fits(text, lambda steps: None) is (expected is not None)
    assert (found and (found.start(), found.end())) == (expected and expected.span())


def test_a_pattern_that_matches_nothing_cannot_split_or_replace() -> None:
    """XPath calls that an error, and so do we."""
    for text in ('split("abc", "x*")', 'replace("abc", "x*", "-")'):
        assert evaluate(text, {}).errors[0].code == "refused_pattern"
