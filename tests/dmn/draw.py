"""Small DMN files, written by a few words."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from laufzettel.engine.dmn import Library, read_library

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(
    *parts: str, namespace: str = "https://example.org/d", xmlns: str = NAMESPACE
) -> str:
    """Return a whole file, its parts on lines of their own."""
    inner = "\n".join(parts)
    return f'<definitions xmlns="{xmlns}" id="d" name="d" namespace="{namespace}">\n{inner}\n</definitions>'


def given(name: str, type_ref: str = "Any", item: str = "") -> str:
    """Return input data."""
    return (
        f"<inputData id={quoteattr(item or 'i_' + name)} name={quoteattr(name)}>"
        f"<variable name={quoteattr(name)} typeRef={quoteattr(type_ref)}/></inputData>"
    )


def decision(
    name: str,
    logic: str,
    *,
    needs: Sequence[str] = (),
    knows: Sequence[str] = (),
    type_ref: str = "Any",
) -> str:
    """Return a decision; what it needs are ids, those of input data begin with ``i_``."""
    requirements = "".join(
        "<informationRequirement>"
        + (
            f'<requiredInput href="#{each}"/>'
            if each.startswith("i_")
            else f'<requiredDecision href="#{each}"/>'
        )
        + "</informationRequirement>"
        for each in needs
    ) + "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>'
        for each in knows
    )
    return (
        f"<decision id={quoteattr(name)} name={quoteattr(name)}>"
        f"<variable name={quoteattr(name)} typeRef={quoteattr(type_ref)}/>{requirements}{logic}</decision>"
    )


def literal(text: str) -> str:
    """Return a literal expression."""
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def table(
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    inputs: Sequence[str] = ("x",),
    outputs: Sequence[str] = ("",),
    policy: str = "UNIQUE",
    aggregation: str = "",
    values: Sequence[str] = (),
    default: Sequence[str] = (),
) -> str:
    """Return a decision table: each rule on a line of its own."""
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    lines = [f'<decisionTable id="t" hitPolicy="{policy}"{extra}>']
    lines += [
        f"<input label={quoteattr(each)}><inputExpression><text>{escape(each)}</text></inputExpression></input>"
        for each in inputs
    ]
    for place, name in enumerate(outputs):
        inner = (
            f"<outputValues><text>{escape(values[place])}</text></outputValues>" if values else ""
        )
        if default:
            inner += (
                f"<defaultOutputEntry><text>{escape(default[place])}</text></defaultOutputEntry>"
            )
        lines.append(f"<output name={quoteattr(name)}>{inner}</output>")
    for number, (tests, results) in enumerate(rules, start=1):
        cells = "".join(f"<inputEntry><text>{escape(each)}</text></inputEntry>" for each in tests)
        cells += "".join(
            f"<outputEntry><text>{escape(each)}</text></outputEntry>" for each in results
        )
        lines.append(f'<rule id="r{number}">{cells}</rule>')
    return "\n".join([*lines, "</decisionTable>"])


def library(*parts: str) -> Library:
    """Return the library of one file ``d.dmn``."""
    return read_library({"d.dmn": definitions(*parts).encode()})
