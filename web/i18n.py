"""German and English: texts by gettext catalogues, formats by the language's customs.

German is the language of the source; ``translations/<language>.po`` holds the others and is
read at the start; ``python tools/texts.py`` keeps its list of texts. What comes from elsewhere
stays German on every page: names of tasks, forms, groups and steps (models), findings (rules),
the sentences of the timeline and of the audit, which are evidence in the words of the office,
and errors of the domain, which every way in answers with, be it page, command line or job.
"""

from __future__ import annotations

import gettext as catalogues
import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request

from laufzettel.web.auth import cookies

#: The languages of the pages and what they call themselves.
LANGUAGES: Final = {"de": "Deutsch", "en": "English"}
DEFAULT: Final = "de"
_FOLDER: Final = Path(__file__).parent / "translations"


def language() -> str:
    """Return the language of this request: what the person chose, else German."""
    chosen = request.cookies.get(cookies.LANGUAGE, DEFAULT) if has_request_context() else DEFAULT
    return chosen if chosen in LANGUAGES else DEFAULT


def gettext(text: str) -> str:
    """Return the text in the language of this request."""
    return catalogue(language()).gettext(text)


def noop(text: str) -> str:
    """Return the text as it is; imported as ``N_`` it marks what is translated at run time.

    >>> noop("Bitte anmelden")
    'Bitte anmelden'
    """
    return text


def ngettext(one: str, many: str, number: int) -> str:
    """Return the text for that many in the language of this request."""
    return catalogue(language()).ngettext(one, many, number)


@cache
def catalogue(name: str) -> catalogues.NullTranslations:
    """Return the translations into a language; for German the texts as they are written.

    >>> catalogue("de").ngettext("%d Aufgabe", "%d Aufgaben", 2)
    '%d Aufgaben'
    """
    file = _FOLDER / f"{name}.po"
    if name == DEFAULT:
        return catalogues.NullTranslations()
    with file.open("rb") as source:
        messages = read_po(source, locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def register(app: Flask) -> None:
    """Let templates translate with ``_()`` and ``{% trans %}``."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True
    )
    for name in LANGUAGES:
        catalogue(name)  # a broken catalogue stops the start, not a page

    @app.context_processor
    def languages() -> dict[str, object]:
        return {"language": language(), "languages": LANGUAGES}
