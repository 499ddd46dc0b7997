"""Every text of the pages is marked, extracted and translated, and nothing else is."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment, TemplateSyntaxError
from tools import texts

from laufzettel.web.i18n import LANGUAGES, catalogue

#: Words that templates may write by themselves: names, the same in every language.
NAMES: Final = {"Laufzettel", "IBAN", "SHA", "PDF", "JSON", "XML"}
#: Blocks that fill an attribute of the frame.
STYLED: Final = re.compile(r"{% block \w+_class %}.*?{% endblock %}")
#: Attributes that people hear or read.
SPOKEN: Final = {"aria-label", "alt", "title", "placeholder", "data-label"}
#: An attribute that a macro hands to a tag somewhere else.
HANDED: Final = re.compile(r'[\w-]+="[^"]*"')
#: Modules that a page uses, and whose errors no reader of a page can cause.
INSIDE: Final = {"inbox/queries.py"}
ENGLISH: Final = texts.TRANSLATIONS / "en.po"


def catalog_of(**translations: str) -> Catalog:
    """Return an English catalogue of these single texts."""
    catalog = Catalog(locale="en")
    for german, english in translations.items():
        catalog.add(german, english)
    return catalog


def test_every_text_of_the_pages_is_translated_and_every_translation_is_used() -> None:
    found = texts.extracted(texts.WEB)

    assert list(texts.problems(found, texts.load(ENGLISH))) == []
    assert {"Eingangskorb", "Bitte anmelden", ("%d Hinweis", "%d Hinweise")} <= found


def test_each_language_but_german_has_its_file() -> None:
    files = {path.stem for path in texts.TRANSLATIONS.iterdir()}

    assert files == set(LANGUAGES) - {"de"}


def test_the_file_is_as_the_tool_writes_it() -> None:
    catalog = texts.updated(texts.extracted(texts.WEB), texts.load(ENGLISH))

    assert texts.written(catalog).decode() == ENGLISH.read_text("utf-8")


def test_the_pages_use_the_english_singular_and_plural() -> None:
    english = catalogue("en")

    assert english.ngettext("%d Hinweis", "%d Hinweise", 1) == "%d remark"
    assert english.ngettext("%d Hinweis", "%d Hinweise", 0) == "%d remarks"
    assert english.gettext("Störungen") == "Incidents"


@pytest.mark.parametrize(
    ("english", "line"),
    [
        ("", "nicht übersetzt: Seit %(day)s"),
        ("Seit %(day)s", "gleicht dem deutschen Text: Seit %(day)s"),
        ("Since %(date)s", "andere Platzhalter: Seit %(day)s → Since %(date)s"),
        ("Since %(day)d", "andere Platzhalter: Seit %(day)s → Since %(day)d"),
    ],
)
def test_a_translation_that_no_page_can_use_is_named(english: str, line: str) -> None:
    catalog = catalog_of(**{"Seit %(day)s": english})

    assert list(texts.problems({"Seit %(day)s"}, catalog)) == [line]


def test_a_missing_a_superfluous_and_a_doubtful_translation_are_named() -> None:
    catalog = catalog_of(Alt="Old")
    catalog.add("Betrag", "Amount", flags=["fuzzy"])

    assert list(texts.problems({"Betrag", "Neu"}, catalog)) == [
        "unsicher (fuzzy): Betrag",
        "fehlt: Neu",
        "wird nicht mehr gebraucht: Alt",
    ]


def test_a_plural_form_without_its_number_is_named() -> None:
    catalog = Catalog(locale="en")
    catalog.add(("%d Hinweis", "%d Hinweise"), ("a remark", "%d remarks"))

    assert list(texts.problems({("%d Hinweis", "%d Hinweise")}, catalog)) == [
        "andere Platzhalter: %d Hinweis → a remark"
    ]


def test_an_update_keeps_what_is_known_adds_the_new_empty_and_drops_the_gone() -> None:
    before = catalog_of(Betrag="Amount", Alt="Old")

    after = texts.updated({"Betrag", ("%d Tag", "%d Tage")}, before)

    assert {message.id: message.string for message in after if message.id} == {
        "Betrag": "Amount",
        ("%d Tag", "%d Tage"): ("", ""),
    }


def test_a_file_that_was_read_and_written_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "en.po"
    catalog = catalog_of(Betrag="Amount", Weiter="Next")
    catalog.add(("%d Tag", "%d Tage"), ("%d day", "%d days"))
    path.write_bytes(texts.written(catalog))

    assert texts.written(texts.load(path)) == path.read_bytes()


def test_texts_are_found_in_templates_and_python_and_not_in_the_front_end(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "frontend").mkdir()
    (tmp_path / "frontend" / "a.py").write_text("_('Fremd')")
    (tmp_path / "words.py").write_text('_("Eins" " zwei"), N_("Titel"), _(name)')
    (tmp_path / "templates" / "a.html").write_text(
        '{{ _("Von %(n)s", n=1) }}{{ ngettext("%(num)d Tag", "%(num)d Tage", 2) }}'
        "{% trans %}Ganz{% endtrans %}"
    )

    assert texts.extracted(tmp_path) == {
        "Eins zwei",
        "Titel",
        "Von %(n)s",
        ("%(num)d Tag", "%(num)d Tage"),
        "Ganz",
    }


def test_a_template_that_cannot_be_read_stops_the_extraction(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text('{{ _("Eins") }}{% if %}')

    with pytest.raises(TemplateSyntaxError):
        texts.extracted(tmp_path)


class Unmarked(HTMLParser):
    """Collects the words that a template writes by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in what is read out of a tag."""
        for name, value in attrs:
            if name in SPOKEN:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        """Take in what stands between tags."""
        self.words |= set(re.findall(r"[^\W\d_]{2,}|[^\W\d_]\. ", HANDED.sub("", data)))


def unmarked(source: str) -> set[str]:
    """Return the words of a template outside of every expression, names left out."""
    parser = Unmarked()
    tokens = Environment(autoescape=True).lex(STYLED.sub("", source))
    parser.feed("".join(value if kind == "data" else " " for _line, kind, value in tokens))
    return parser.words - NAMES


def test_no_template_writes_a_word_that_gettext_does_not_see() -> None:
    templates = sorted((texts.WEB / "templates").rglob("*.html"))
    found = {
        path.relative_to(texts.WEB).as_posix(): words
        for path in templates
        if (words := unmarked(path.read_text("utf-8")))
    }

    assert found == {}
    assert len(templates) >= 20


def test_a_word_beside_an_expression_would_be_found() -> None:
    source = '<p aria-label="Name">{{ a }} i. V. {{ b }} <b{% if c %} title="Tag"{% endif %}>, Amt'

    assert unmarked(source) == {"Name", "i. ", "V. ", "Tag", "Amt"}


def test_no_page_raises_an_error_in_a_sentence_that_gettext_does_not_see() -> None:
    found = [
        f"{path.relative_to(texts.WEB)}:{node.lineno}"
        for path in texts.sources(texts.WEB)
        if path.suffix == ".py"
        and path.relative_to(texts.WEB).as_posix() not in INSIDE
        and "diagram" not in path.parts  # it knows no request
        and "api" not in path.parts  # programs read codes; the sentences are German
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id != "LookupError"  # for whoever writes pages
        and any(isinstance(each, ast.Constant | ast.JoinedStr) for each in node.exc.args)
    ]

    assert found == []
