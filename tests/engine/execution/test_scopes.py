"""Variables: subprocesses, called processes, mappings; straight and reloaded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.engine.execution.lab import NOW, Lab

from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.scope import evaluate


def test_variables_of_a_subprocess_end_with_it() -> None:
    case = Lab(
        """
        knows total
        sub s
        user a
        asks n number
        out part = n
        s.start>a a>s.end
        close
        in part = 0
        out total = total + part
        start>s s>end
        """,
        total=Decimal(10),
    )

    assert case.complete("a", n=Decimal(5)).ended
    assert case.variables == {"total": Decimal(15)}


def test_what_a_subprocess_has_no_variable_for_is_written_to_the_case() -> None:
    case = Lab(
        "sub s\nuser a\nasks n number\nout found = n\ns.start>a a>s.end\nclose\nuser b\n"
        "start>s s>b b>end"
    )

    assert case.complete("a", n=Decimal(5)).waits == ["b"]
    assert case.variables == {"found": Decimal(5)}


def test_an_empty_subprocess_still_maps_its_inputs_to_its_outputs() -> None:
    case = Lab("sub s\ns.start>s.end\nclose\nin part = 3\nout total = part + 1\nstart>s s>end")

    assert case.ended
    assert case.variables == {"total": Decimal(4)}


CALL = """
knows order, secret
call c other {flags}
in amount = 7
{out}
user last
start>c c>last last>end
process other
knows amount, order
script t result = amount * 2
other.start>t t>other.end
"""


def test_a_called_process_sees_its_inputs_and_returns_its_outputs() -> None:
    case = Lab(CALL.format(flags="", out="out doubled = result"), order="4711", secret="x")

    assert case.variables == {"order": "4711", "secret": "x", "doubled": Decimal(14)}


def test_a_called_process_returns_nothing_unless_it_is_asked_to() -> None:
    case = Lab(CALL.format(flags="", out=""), order="4711", secret="x")

    assert case.variables == {"order": "4711", "secret": "x"}


def test_a_called_process_returns_everything_where_that_is_said() -> None:
    case = Lab(CALL.format(flags="up", out=""), order="4711", secret="x")

    assert case.variables == {
        "order": "4711",
        "secret": "x",
        "amount": Decimal(7),
        "result": Decimal(14),
    }


def test_a_called_process_sees_the_callers_variables_only_where_that_is_said() -> None:
    model = """
    knows order
    call c other {flags}
    start>c c>end
    process other
    knows order
    receive r paid order
    other.start>r r>other.end
    """

    assert Lab(model.format(flags="down"), order="4711").waits == ["r"]
    held = Lab(model.format(flags=""), order="4711")
    assert held.causes[0].startswith("Der Ausdruck „order“ ergibt keinen Wert")


def test_a_target_with_dots_writes_into_a_context() -> None:
    case = Lab(
        """
        user a
        asks city
        out address.city = city
        out address.country = "DE"
        start>a a>end
        """
    )

    assert case.complete("a", city="Musterstadt").ended
    assert case.variables == {"address": {"city": "Musterstadt", "country": "DE"}}


def test_parallel_branches_write_by_name_and_never_into_each_other() -> None:
    case = Lab(
        """
        knows state
        and split
        user a
        asks x
        out state.a = x
        user b
        asks y
        out state.b = y
        and join
        user last
        start>split split>a split>b a>join b>join join>last last>end
        """,
        state={"a": "", "b": ""},
    )

    case.complete("b", y="2").complete("a", x="1")

    assert case.variables == {"state": {"a": "1", "b": "2"}}


def test_a_failing_output_of_a_subprocess_holds_the_token_and_can_be_mended() -> None:
    case = Lab(
        """
        knows rate
        sub s
        user a
        asks n number
        out part = n
        s.start>a a>s.end
        close
        in part = 0
        out total = part + rate
        user last
        start>s s>last last>end
        """,
        rate="zwei",
    ).complete("a", n=Decimal(5))

    assert case.waits == ["s"]
    assert case.causes[0].startswith("Der Ausdruck „part + rate“ ergibt keinen Wert")
    assert case.set(rate=Decimal(2)).retry("s").waits == ["last"]
    assert case.variables["total"] == Decimal(7)


def test_a_failing_input_of_a_subprocess_holds_its_first_element() -> None:
    case = Lab(
        """
        knows rate
        sub s
        user a
        s.start>a a>s.end
        close
        in part = 1 + rate
        start>s s>end
        """,
        rate="zwei",
    )

    assert case.causes[0].startswith("Der Ausdruck „1 + rate“ ergibt keinen Wert")
    assert case.set(rate=Decimal(2)).retry("a").waits == ["a"]
    assert case.complete("a").ended


def test_a_variable_that_is_too_large_holds_the_token() -> None:
    case = Lab("knows text\nscript s big = text + text\nstart>s s>end", text="x" * 10_000)

    assert case.causes == [
        (
            "Die Variable „big“ ist 20002 Bytes groß, erlaubt sind 16384. Große Inhalte gehören "
            "in ein Dokument."
        )
    ]


def test_a_context_that_grows_by_its_parts_is_measured_whole() -> None:
    case = Lab(
        "knows c, text\nscript s p = 1\nout c.more = text\nstart>s s>end",
        c={"old": "x" * 10_000},
        text="x" * 10_000,
    )

    assert case.causes[0].startswith("Die Variable „c“ ist 20")


def test_loops_of_interrupted_subprocesses_leave_no_variables_behind() -> None:
    case = Lab(
        """
        sub s
        user a
        s.start>a a>s.end
        close
        in part = 1
        boundary b s timer P1D
        start>s s>end b>s
        """
    )

    for _ in range(20):
        case.fire("b")

    assert case.scopes == 2
    assert case.kept_tasks() < 60


@pytest.mark.parametrize(
    "text",
    ['if amount > "viel" then "zahlen" else "prüfen"', 'count([amount + "x", 1])', '[1 < "a"]'],
)
def test_an_error_inside_an_expression_is_an_incident_whatever_comes_out(text: str) -> None:
    """Else the case would quietly take the other branch (DESIGN decision 2)."""
    with pytest.raises(Unevaluable, match="ergibt keinen Wert"):
        evaluate(text, {"amount": Decimal(1)}, now=NOW, element="a")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("if amount = null then 1 else 2", Decimal(1)),
        ("get or else(amount, 3)", Decimal(3)),
        ("is defined(amount)", True),
        ("false and amount > 1", False),
    ],
)
def test_asking_for_null_is_no_error(text: str, value: object) -> None:
    assert evaluate(text, {"amount": None}, now=NOW, element="a") == value
