"""Rules about forms that come with a model."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, in_file, rule
from laufzettel.engine.model.source import Place


@rule(
    "form-content",
    Severity.ERROR,
    de="{text_de}",
    en="{text_en}",
    remedy_de="Möglich sind: Text, mehrzeiliger Text, Zahl, Häkchen, Auswahlliste, Optionsfelder, "
    "Datum, Gruppe, Textanzeige. Berichtigen Sie das Formular im Modeler.",
    remedy_en="Possible are: text field, text area, number, checkbox, select, radio, date, group, "
    "text view. Correct the form in the Modeler.",
)
def form_content(bundle: Bundle) -> Iterator[Hit]:
    """Every form can be drawn as it was designed."""
    for file in bundle.form_files:
        for problem in file.problems:
            at = Place(id=problem.component, line=problem.line or 1, file=file.name, tag="form")
            values = {"text_de": problem.text_de, "text_en": problem.text_en}
            yield Hit(at=at, values=values)


@rule(
    "duplicate-form",
    Severity.ERROR,
    de="Die Formular-Id „{form}“ kommt auch in {file} vor.",
    en="The form id “{form}” also occurs in {file}.",
    remedy_de="Geben Sie jedem Formular eine eigene Id.",
    remedy_en="Give each form an id of its own.",
)
def duplicate_form(bundle: Bundle) -> Iterator[Hit]:
    """A form id is unique in its bundle."""
    seen: dict[str, str] = {}
    for file in bundle.form_files:
        form = file.form
        if form is not None and form.id and form.id in seen:
            values = {"form": form.id, "file": seen[form.id]}
            yield Hit(at=in_file(file.name, tag="form"), values=values)
        if form is not None:
            seen.setdefault(form.id, file.name)
