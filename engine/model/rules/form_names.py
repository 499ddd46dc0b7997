"""Rules about forms in their process: what a field names is known where the form is shown."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.expressions import parsed
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.forms import Field, Form
from laufzettel.engine.model.rules.expressions import TEXT_MAX, guess
from laufzettel.engine.model.rules.table import Hit, in_file, rule
from laufzettel.engine.model.variables import form_id, variables_of


@rule(
    "form-unknown-variable",
    Severity.ERROR,
    de="Im Formular „{form}“ nennt das Feld „{field}“ die unbekannte Variable „{name}“. {guess_de}",
    en="In the form “{form}” the field “{field}” names the unknown variable “{name}”. {guess_en}",
    remedy_de="Berichtigen Sie den Namen im Formular. Bekannt ist, was die Aufgabe „{task}“ sieht, "
    "und was das Formular selbst fragt.",
    remedy_en="Correct the name in the form. What the task “{task}” sees is known, and what the "
    "form itself asks.",
)
def form_unknown_variable(bundle: Bundle) -> Iterator[Hit]:
    """A field hides itself by, and shows, what somebody brings."""
    variables = variables_of(bundle)
    names = {file.form.id: file.name for file in bundle.form_files if file.form is not None}
    for graph, node in bundle.nodes("userTask"):
        form = bundle.forms.get(form_id(node))
        if form is not None and not variables.is_open(graph):
            seen = variables.known(graph) | variables.local(graph, node)
            for field, name in _unknown(form, seen):
                values = {
                    "form": form.id,
                    "field": field.label or field.key or field.id,
                    "name": name,
                    "task": node.name or node.id,
                    **guess(name, seen),
                }
                at = in_file(names[form.id], line=form.line_of(field), tag="form")
                yield Hit(at=at, values=values)


def _unknown(form: Form, seen: frozenset[str]) -> Iterator[tuple[Field, str]]:
    """Yield each field with a name that neither the task nor the form brings."""
    known = seen | {key for key, each in form.inputs().items() if not each.read_only}
    for field in form.every():
        names = set(parsed(field.hide[:TEXT_MAX]).names) if field.hide else set()
        if field.read_only and field.key:
            names.add(field.key)  # it shows the variable, and asks nothing
        yield from ((field, name) for name in sorted(names - known))
