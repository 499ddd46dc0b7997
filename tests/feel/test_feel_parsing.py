"""What the parser reads, where everything stands, and what it says when it cannot."""

from __future__ import annotations

import pytest

from laufzettel.engine.feel import (
    FeelSyntaxError,
    Node,
    evaluate,
    parse_expression,
    parse_unary_tests,
)
from laufzettel.engine.feel.nodes import (
    AnyInput,
    Arithmetic,
    Call,
    Comparison,
    ContextNode,
    Filter,
    For,
    FunctionDefinition,
    InstanceOf,
    ListNode,
    Literal,
    Logic,
    Name,
    Path,
    RangeNode,
    walk,
)


@pytest.mark.parametrize(
    ("text", "names", "read"),
    [
        ("Monthly Salary * 12", ["Monthly Salary"], ["Monthly Salary"]),
        ("Monthly   Salary", ["Monthly Salary"], ["Monthly Salary"]),
        ("a-b", ["a-b"], ["a-b"]),
        ("a-b", ["a", "b"], ["a", "b"]),
        ("a - b", ["a-b"], ["a", "b"]),
        ("a-bc", ["a-b"], ["a", "bc"]),
        ("a-b-c", ["a-b", "a-b-c"], ["a-b-c"]),
        ("Student's name", ["Student's name"], ["Student's name"]),
        ("Kosten/Leistung + 1", ["Kosten/Leistung"], ["Kosten/Leistung"]),
        ("Vor- und Nachname", ["Vor- und Nachname"], ["Vor- und Nachname"]),
        ("profit and loss and b", ["profit and loss"], ["profit and loss", "b"]),
        ("größe + Maß", [], ["größe", "Maß"]),
        ("unbekannter name + 1", [], ["unbekannter name"]),
        ("for mein wert in x return mein wert", [], ["x", "mein wert"]),
        ("{a-b: 1, c: a-b}", [], ["a-b"]),
        ("function(erster wert) erster wert", [], ["erster wert"]),
        ("some a-b in x satisfies a-b", [], ["x", "a-b"]),
    ],
)
def test_the_longest_name_in_scope_wins(text: str, names: list[str], read: list[str]) -> None:
    """Names may hold blanks and operators where somebody declared them."""
    tree = parse_expression(text, names)

    assert [node.name for node in walk(tree) if isinstance(node, Name)] == read


@pytest.mark.parametrize(
    ("text", "kind", "line", "column"),
    [
        ("1 + 2", Arithmetic, 1, 3),
        ("a\n  > 5", Comparison, 2, 3),
        ("a and\nb", Logic, 1, 3),
        ("  foo(1)", Call, 1, 3),
        ("a.\n b", Path, 2, 2),
        ("xs [1]", Filter, 1, 4),
        (" [1, 2]", ListNode, 1, 2),
        ("{a: 1}", ContextNode, 1, 1),
        ("\n\n[1..2]", RangeNode, 3, 1),
        ("// Kommentar\r\n7", Literal, 2, 1),
        ("/* a\nb */ 7", Literal, 2, 6),
        ("x instance of number", InstanceOf, 1, 3),
        (" for i in x return i", For, 1, 2),
        (" function(a) a", FunctionDefinition, 1, 2),
    ],
)
def test_every_node_knows_where_it_stands(
    text: str, kind: type[Node], line: int, column: int
) -> None:
    """Infix nodes stand at their operator, all others at their first character."""
    tree = parse_expression(text)

    assert type(tree) is kind
    assert (tree.at.line, tree.at.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "offset", "line", "column", "message"),
    [
        ("", 0, 1, 1, "Hier fehlt ein Wert, gefunden: das Ende."),
        ("1 +", 3, 1, 4, "Hier fehlt ein Wert, gefunden: das Ende."),
        ("1 + * 2", 4, 1, 5, "Hier fehlt ein Wert, gefunden: „*“."),
        ("1\n2", 2, 2, 1, "Hier fehlt ein Operator oder der Ausdruck endet; gefunden: „2“."),
        (
            '"offen',
            0,
            1,
            1,
            'Dieser Text wird nicht mit einem Anführungszeichen (") beendet.',
        ),
        (
            "a > 5 und b",
            6,
            1,
            7,
            "Hier fehlt ein Operator oder der Ausdruck endet; gefunden: „und b“.",
        ),
        (
            "(1",
            2,
            1,
            3,
            "Die Klammer wird nicht geschlossen. Erwartet wird „)“, gefunden: das Ende.",
        ),
        (
            "[1, 2",
            5,
            1,
            6,
            "Die Liste wird nicht geschlossen. Erwartet wird „]“, gefunden: das Ende.",
        ),
        ("if a 1", 5, 1, 6, "Zu „if“ fehlt „then“. Erwartet wird „then“, gefunden: „1“."),
        ("a # b", 2, 1, 3, "Das Zeichen „#“ gehört nicht hierher."),
        ("f(1, b: 2)", 5, 1, 6, "Parameter stehen entweder alle mit Namen oder alle ohne Namen."),
        ("1 /* offen", 2, 1, 3, "Dieser Kommentar wird nicht mit „*/“ beendet."),
        ("1e9999", 0, 1, 1, "Diese Zahl ist zu groß."),
        ("@5", 1, 1, 2, 'Hinter „@“ fehlt ein Text in Anführungszeichen, etwa @"2026-11-23".'),
        ("a.", 2, 1, 3, "Hinter dem Punkt fehlt der Name des Eintrags."),
        ("{1: 2}", 1, 1, 2, "Hier fehlt der Name eines Eintrags, gefunden: „1“."),
        ("for x return 1", 4, 1, 5, "Hier fehlt „Name in Liste“, gefunden: „x“."),
    ],
)
def test_an_error_says_where_and_what(
    text: str, offset: int, line: int, column: int, message: str
) -> None:
    """A designer sees the place and a German sentence."""
    with pytest.raises(FeelSyntaxError) as caught:
        parse_expression(text)

    error = caught.value
    assert (error.offset, error.line, error.column) == (offset, line, column)
    assert error.message_de == message
    assert str(error) == f"Zeile {line}, Spalte {column}: {message}"


@pytest.mark.parametrize(
    ("text", "low_closed", "high_closed"),
    [
        ("[1..2]", True, True),
        ("(1..2)", False, False),
        ("]1..2[", False, False),
        ("[1..2[", True, False),
        ("]1..2]", False, True),
        ("[1..2)", True, False),
        ("(1..2]", False, True),
        ("[ 1 .. 2 ]", True, True),
        ("(<= 5)", False, True),
        ("(< 5)", False, False),
        ("(>= 5)", True, False),
        ("(> 5)", False, False),
    ],
)
def test_a_range_has_its_brackets(text: str, low_closed: bool, high_closed: bool) -> None:
    """Round and reversed brackets are open, square ones closed."""
    tree = parse_expression(text)

    assert isinstance(tree, RangeNode)
    assert (tree.low_closed, tree.high_closed) == (low_closed, high_closed)


def test_a_filter_may_stand_at_the_end_of_a_range() -> None:
    """A ``[`` closes a range only where no filter could follow."""
    assert evaluate("3 in [1..xs[1]]", {"xs": [5]}).value is True
    assert evaluate("3 in [1..xs[1][", {"xs": [3]}).value is False
    assert evaluate("[1..3[ = [1..3)", {}).value is True
    assert evaluate("3 in ]1..3[ or true", {}).value is True


@pytest.mark.parametrize("depth", [61, 3_000])
@pytest.mark.parametrize(("left", "right"), [("(", ")"), ("[", "]"), ("-", ""), ("not(", ")")])
def test_deep_nesting_is_refused_not_a_crash(depth: int, left: str, right: str) -> None:
    """The stack of Python is never at the mercy of a text."""
    with pytest.raises(FeelSyntaxError, match="verschachtelt"):
        parse_expression(left * depth + "1" + right * depth)


def test_long_chains_of_conditions_are_fine_and_long_sums_are_refused() -> None:
    """„and“ and „or“ are kept flat; other operators get deeper with every use."""
    conditions = " or ".join(f'unit = "u{number}"' for number in range(500))

    assert evaluate(conditions, {"unit": "u499"}).value is True
    with pytest.raises(FeelSyntaxError, match="Bitte aufteilen"):
        parse_expression("+".join(["1"] * 1_000))


def test_a_text_beyond_the_limit_is_refused() -> None:
    """20,000 characters are enough for anybody."""
    with pytest.raises(FeelSyntaxError, match="länger als 20000 Zeichen"):
        parse_expression('"' + "a" * 20_000 + '"')


@pytest.mark.parametrize(
    ("text", "negated", "count"),
    [
        ("-", False, 1),
        ("-5", False, 1),
        ('"A", "B"', False, 2),
        ('not("A", "B")', True, 2),
        ("not(true) and false", False, 1),
        ("not(< 5, > 10)", True, 2),
        ("[1..5], ]7..9[, > 20", False, 3),
        ("? > 5 and ? < 7", False, 1),
        ("< 5, -", None, 0),
    ],
)
def test_a_cell_is_a_list_of_tests(text: str, negated: bool | None, count: int) -> None:
    """``-`` alone is any input; ``not(…)`` negates only when it is the whole cell."""
    if negated is None:
        with pytest.raises(FeelSyntaxError):
            parse_unary_tests(text)
        return
    tests = parse_unary_tests(text)

    assert (tests.negated, len(tests.tests)) == (negated, count)
    assert isinstance(tests.tests[0], AnyInput) is (text == "-")


def test_parsing_the_same_text_again_gives_the_same_tree() -> None:
    """The cache knows the text and those names that change how it is read."""
    assert parse_expression("a-b + 1", ["x"]) is parse_expression("a-b + 1", ["y"])
    assert parse_expression("a-b + 1", ["a-b"]) is not parse_expression("a-b + 1", [])


@pytest.mark.parametrize(
    "text",
    [
        "x instance of list<number>",
        "x instance of context<a: number, b b: list<string>>",
        "x instance of function<number, string> -> boolean",
        "x instance of range<date and time>",
        "x instance of years and months duration and y",
        "function(x: days and time duration, y: list<Any>) external {java: {class: x}}",
        "some x in [1], y in 1..x satisfies x = y",
        "every x in xs satisfies x in (< 5, [7..9], 11)",
        "for i in 3..1, j in [i] return partial",
        "if a then b",
        "f(erster wert: 1, b: {c: 2})",
        "[{a: 1}, {a: 2}][a > 1].a[1]",
        'date and time("2026-01-01T00:00:00").time offset',
        "a between 1 and 2 and b between c + 1 and d",
        "a in b and c in [1, 2]",
        "x in (1 + 2) * 3",
        "not(a) or -b ** -2 > .5e-3",
        '{"schlüssel mit blank": 1, b: [ ]}',
        "a /* x: y */ + 1",
        "f(a /* x: y */ + 1)",
    ],
)
def test_the_whole_grammar_is_read(text: str) -> None:
    """Every form of clause 10.3 has a tree."""
    assert parse_expression(text).at.line == 1
