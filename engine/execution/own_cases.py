"""What a call whose cases are its own hands to each of them, and what it takes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from laufzettel.engine.execution.repetition import Evaluate, items_of, variables_of
from laufzettel.engine.feel import free_names, parse_expression
from laufzettel.engine.model.definition import Element
from laufzettel.engine.model.definition import Mapping as IoMapping


def at_entry(element: Element, seen: Mapping[str, Any], evaluate: Evaluate) -> dict[str, Any]:
    """Return what the caller keeps while it waits: the items, or what the one case gets."""
    if element.loop is not None:
        return {"items": items_of(element, seen, evaluate)}
    return _mapped(element.inputs, seen, evaluate)


def handed_over(
    element: Element,
    seen: Mapping[str, Any],
    kept: Mapping[str, Any],
    number: int,
    evaluate: Evaluate,
) -> dict[str, Any]:
    """Return the variables with which the case of an item begins; may raise Unevaluable."""
    if element.loop is None:
        return {**(seen if element.propagate_parent else {}), **kept}
    outer = {**seen, **variables_of(element, kept["items"], number)}
    inherited = outer if element.propagate_parent else {}
    return {**inherited, **_mapped(element.inputs, outer, evaluate)}


def collected(
    element: Element,
    seen: Mapping[str, Any],
    kept: Mapping[str, Any],
    results: list[dict[str, Any]],
    evaluate: Evaluate,
) -> dict[str, Any]:
    """Return what the caller writes when all cases of a repeated call have ended."""
    loop = element.loop
    if loop is None or not loop.output_collection:
        return {}
    outputs = []
    for number, result in enumerate(results, start=1):
        inside = {**seen, **variables_of(element, kept["items"], number)}
        inner = {**inside, **whole(element, inside, result)}
        brought = _brought(element, inner, result, evaluate)
        outputs.append(evaluate(loop.output_element, {**inside, **brought}))
    return {loop.output_collection: outputs}


def whole(element: Element, seen: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a called case has left, with null for what the outputs name and it left empty.

    A case keeps no empty variables, and one that a person has ended may have none at all; null
    is then what it has left, not an error in the model.
    """
    named = {name for each in element.outputs for name in free_names(parse_expression(each.source))}
    return {**dict.fromkeys(named - seen.keys()), **result}


def _brought(
    element: Element, inner: Mapping[str, Any], result: dict[str, Any], evaluate: Evaluate
) -> dict[str, Any]:
    if element.outputs:
        return _mapped(element.outputs, inner, evaluate)
    return result if element.propagate_child else {}


def _mapped(
    mappings: Iterable[IoMapping], seen: Mapping[str, Any], evaluate: Evaluate
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for mapping in mappings:
        made[mapping.target] = evaluate(mapping.source, {**seen, **made})
    return made
