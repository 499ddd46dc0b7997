"""Several decisions, knowledge models, services, imports, types, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.dmn.draw import decision, definitions, given, library, literal

from laufzettel.engine.dmn import evaluate, flaws_of, invoke, read_library, read_model
from laufzettel.engine.feel import Code, FeelBudgetError
from laufzettel.errors import NotFoundError

BKM = """<businessKnowledgeModel id="twice" name="twice"><variable name="twice"/>
<encapsulatedLogic><formalParameter name="n" typeRef="number"/>
<literalExpression><text>n * 2</text></literalExpression></encapsulatedLogic>
</businessKnowledgeModel>"""


def test_a_required_decision_is_evaluated_once_and_stands_first_in_the_trace() -> None:
    """B and C need A; D needs both."""
    one = library(
        given("x"),
        decision("A", literal("x + 1"), needs=["i_x"]),
        decision("B", literal("A * 2"), needs=["A"]),
        decision("C", literal("A * 3"), needs=["A"]),
        decision("D", literal("B + C"), needs=["B", "C"]),
    )

    result = evaluate(one, "D", {"x": 1})

    assert result.value == Decimal(10)
    assert [each.decision for each in result.trace] == ["A", "B", "C", "D"]


def test_decisions_that_require_each_other_in_a_circle_are_refused() -> None:
    """Neither of the two can be first (DMN 1.5, 6.2.2.1)."""
    one = library(
        decision("A", literal("B"), needs=["B"]), decision("B", literal("A"), needs=["A"])
    )

    assert [(flaw.code, flaw.element) for _, flaw in flaws_of(one)] == [
        ("circular", "A"),
        ("circular", "B"),
    ]


def test_a_missing_input_and_an_input_of_the_wrong_type_are_errors() -> None:
    """Null, and a sentence that says why."""
    one = library(given("x", "number"), decision("D", literal("x"), needs=["i_x"]))

    missing, wrong = evaluate(one, "D", {}), evaluate(one, "D", {"x": "1"})

    assert (missing.value, missing.errors[0].text_de) == (None, "Der Eingangswert „x“ fehlt.")
    assert wrong.value is None
    assert wrong.errors[0].text_de == (
        "Der Eingangswert „x“ ist kein erlaubter Wert für „number“: Text."
    )


def test_a_variable_that_the_file_does_not_declare_is_seen_as_process_modelers_expect() -> None:
    """But one that it declares is seen only by what requires it."""
    one = library(
        given("x"),
        decision("D", literal("amount + 1")),
        decision("E", literal("x")),
    )

    assert evaluate(one, "D", {"amount": 1}).value == Decimal(2)
    assert evaluate(one, "E", {"x": 1}).errors[0].text_de == "Den Namen „x“ gibt es hier nicht."


def test_a_knowledge_model_is_a_function_whose_arguments_have_types() -> None:
    """A text is no number, and the answer is null."""
    one = library(
        BKM,
        decision("D", literal("twice(4)"), knows=["twice"]),
        decision("E", literal('twice("a")'), knows=["twice"]),
        decision("F", literal("twice(n: 5)"), knows=["twice"]),
    )

    assert [evaluate(one, name, {}).value for name in "DEF"] == [Decimal(8), None, Decimal(10)]
    assert (
        evaluate(one, "E", {}).errors[0].text_de == "Der Parameter „n“ ist kein Wert für „number“."
    )
    assert invoke(one, "twice", {"n": 3}).value == Decimal(6)


TYPES = """<itemDefinition name="tColour"><typeRef>string</typeRef>
<allowedValues><text>"red","green"</text></allowedValues></itemDefinition>
<itemDefinition name="tColours" isCollection="true"><typeRef>tColour</typeRef>
<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>
<itemDefinition name="tPerson"><itemComponent name="full name"><typeRef>string</typeRef></itemComponent>
<itemComponent name="age"><typeRef>number</typeRef><allowedValues><text>&gt;= 0</text></allowedValues>
</itemComponent></itemDefinition>"""


@pytest.mark.parametrize(
    ("type_ref", "value", "expected"),
    [
        ("tColour", "red", "red"),
        ("tColour", "blue", None),
        ("tColours", ["red", "green"], ["red", "green"]),
        ("tColours", "red", None),
        ("tColours", ["red", "blue"], None),
        ("tColours", ["red", "red", "red"], None),
        ("number", [Decimal(1)], Decimal(1)),
        ("tPerson", {"full name": "A", "age": Decimal(3)}, {"full name": "A", "age": Decimal(3)}),
        ("tPerson", {"full name": "A", "age": Decimal(-3)}, None),
        ("tPerson", {"full name": 1}, None),
    ],
)
def test_values_are_held_against_their_item_definitions(
    type_ref: str, value: object, expected: object
) -> None:
    """Allowed values hold for each item, a type constraint for the whole (DMN 1.5, 7.3.3)."""
    one = library(TYPES, given("x", type_ref), decision("D", literal("x"), needs=["i_x"]))

    result = evaluate(one, "D", {"x": value})

    assert result.value == expected
    assert bool(result.errors) is (expected is None)


def test_another_file_of_the_bundle_is_imported_by_its_namespace() -> None:
    """Its elements stand behind the name of the import."""
    base = definitions(given("x", "number"), namespace="urn:base")
    main = definitions(
        '<import name="base" namespace="urn:base" importType="x"/>',
        '<decision id="D" name="D"><variable name="D"/><informationRequirement>'
        '<requiredInput href="urn:base#i_x"/></informationRequirement>'
        f"{literal('base.x + 1')}</decision>",
        namespace="urn:main",
    )
    one = read_library({"a.dmn": base.encode(), "b.dmn": main.encode()})

    assert evaluate(one, "D", {"x": 1}).value == Decimal(2)


def test_the_hash_does_not_depend_on_how_the_file_is_written() -> None:
    """Canonical XML: quotes and the declaration say nothing."""
    text = definitions(decision("D", literal("1")))
    other = "<?xml version='1.0' encoding='UTF-8'?>\n" + text.replace('id="D"', "id='D'")

    assert read_model("a", text.encode()).sha256 == read_model("b", other.encode()).sha256


@pytest.mark.parametrize(
    ("xmlns", "codes"),
    [
        ("http://www.omg.org/spec/DMN/20180521/MODEL/", []),
        ("https://www.omg.org/spec/DMN/20191111/MODEL/", []),
        ("https://www.omg.org/spec/DMN/20211108/MODEL/", []),
        ("https://www.omg.org/spec/DMN/20230324/MODEL/", []),
        ("http://www.omg.org/spec/DMN/20151101/dmn.xsd", ["not-dmn"]),
    ],
)
def test_dmn_1_2_to_1_5_are_read(xmlns: str, codes: list[str]) -> None:
    """An older version is refused by name instead of being half understood."""
    model = read_model("d", definitions(decision("D", literal("1")), xmlns=xmlns).encode())

    assert [flaw.code for flaw in model.flaws] == codes


def test_hostile_xml_is_a_flaw_and_not_an_exception() -> None:
    """DOCTYPE, and what is no XML at all."""
    found = [read_model("d", data).flaws[0].code for data in (b"<!DOCTYPE a><a/>", b"<a", b"")]

    assert found == ["unreadable", "unreadable", "unreadable"]


def test_what_computes_too_long_is_stopped() -> None:
    """The budget is that of FEEL, shared by all that is required."""
    one = library(decision("D", literal("count(for a in 1..500, b in 1..500 return a * b)")))

    with pytest.raises(FeelBudgetError):
        evaluate(one, "D", {})


def test_an_unknown_decision_is_said_so() -> None:
    """Neither an id nor a name."""
    with pytest.raises(NotFoundError, match="Die Entscheidung „X“ gibt es nicht"):
        evaluate(library(), "X", {})


def test_instance_of_knows_the_types_of_the_file() -> None:
    """A parameter of a function may have one of them, too (DMN 1.5, 10.3.2.9)."""
    one = library(
        TYPES,
        decision("A", literal('"red" instance of tColour')),
        decision("B", literal('"blue" instance of tColour')),
        decision("C", literal('(function(c: tColour) c)("blue")')),
        decision("D", literal('"red" instance of tNothing')),
    )

    found = [evaluate(one, name, {}) for name in "ABCD"]

    assert [each.value for each in found] == [True, False, None, None]
    assert found[3].errors[0].text_de == "Den Typ „tNothing“ gibt es hier nicht."


def test_a_component_may_be_constrained_by_its_siblings() -> None:
    """The end is not before the start (DMN 1.5, 7.3.3)."""
    types = """<itemDefinition name="tStay"><itemComponent name="first day"><typeRef>date</typeRef>
    </itemComponent><itemComponent name="last day"><typeRef>date</typeRef>
    <typeConstraint><text>? &gt;= first day</text></typeConstraint></itemComponent></itemDefinition>"""
    one = library(types, given("x", "tStay"), decision("D", literal("x.last day"), needs=["i_x"]))
    day, before = date(2026, 11, 23), date(2026, 11, 22)

    right = evaluate(one, "D", {"x": {"first day": before, "last day": day}})
    wrong = evaluate(one, "D", {"x": {"first day": day, "last day": before}})

    assert (right.value, right.errors) == (day, ())
    assert wrong.errors[0].code is Code.BAD_INPUT


def test_imports_without_a_name_add_their_elements_as_they_are() -> None:
    """Several of them, with types (DMN 1.5, 6.3.3)."""
    first = definitions(TYPES, given("x", "tColour"), namespace="urn:a")
    second = definitions(decision("B", literal("1")), namespace="urn:b")
    main = definitions(
        '<import name="" namespace="urn:a" importType="x"/>',
        '<import name="" namespace="urn:b" importType="x"/>',
        '<decision id="D" name="D"><variable name="D" typeRef="tColour"/><informationRequirement>'
        '<requiredInput href="urn:a#i_x"/></informationRequirement><informationRequirement>'
        f'<requiredDecision href="urn:b#B"/></informationRequirement>{literal("if B = 1 then x else null")}'
        "</decision>",
        namespace="urn:main",
    )
    one = read_library({"a": first.encode(), "b": second.encode(), "c": main.encode()})

    assert list(flaws_of(one)) == []
    assert evaluate(one, "D", {"x": "red"}).value == "red"


SERVICE = """<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#C"/>
<encapsulatedDecision href="#B"/><inputDecision href="#A"/><inputData href="#i_x"/></decisionService>"""


def test_a_decision_service_is_a_function_of_its_inputs_and_input_decisions() -> None:
    """By position inputs come first (DMN 1.5, 10.4); an input decision is given, not made."""
    one = library(
        given("x"),
        decision("A", literal("100"), needs=["i_x"], type_ref="number"),
        decision("B", literal("A * 2"), needs=["A"]),
        decision("C", literal("B + x"), needs=["B", "i_x"]),
        SERVICE,
        decision("D", literal("s(1, 10)"), knows=["s"]),
        decision("E", literal("s(A: 1, x: 10)"), knows=["s"]),
    )

    assert [evaluate(one, name, {}).value for name in "DE"] == [Decimal(21), Decimal(12)]
    assert invoke(one, "s", {"x": 5, "A": 1}).value == Decimal(7)
    assert invoke(one, "s", {"x": 5, "A": "1"}).errors[0].code is Code.BAD_INPUT
    assert evaluate(one, "C", {"x": 1}).value == Decimal(201)


def test_a_function_in_a_box_sees_its_parameters_and_what_is_around_it() -> None:
    """A boxed context whose entry is a function, called by its result."""
    logic = f"""<context><contextEntry><variable name="f"/><functionDefinition>
    <formalParameter name="n" typeRef="number"/>{literal("n * factor")}</functionDefinition></contextEntry>
    <contextEntry>{literal("f(2) + f(n: 3)")}</contextEntry></context>"""
    one = library(given("factor"), decision("D", logic, needs=["i_factor"]))

    assert evaluate(one, "D", {"factor": 10}).value == Decimal(50)


def test_a_relation_is_a_list_of_contexts_and_an_invocation_names_its_parameters() -> None:
    """Columns with types; the knowledge model is called by binding."""
    relation = f"""<relation><column name="name" typeRef="string"/><column name="n" typeRef="number"/>
    <row>{literal('"a"')}{literal("1")}</row><row>{literal('"b"')}{literal('"x"')}</row></relation>"""
    call = f"""<invocation>{literal("twice")}<binding><parameter name="n"/>{literal("21")}</binding>
    </invocation>"""
    one = library(BKM, decision("R", relation), decision("I", call, knows=["twice"]))

    found = evaluate(one, "R", {})

    assert found.value == [{"name": "a", "n": Decimal(1)}, {"name": "b", "n": None}]
    assert [each.code for each in found.errors] == [Code.WRONG_TYPE]
    assert evaluate(one, "I", {}).value == Decimal(42)
