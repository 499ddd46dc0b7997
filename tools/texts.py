"""Keep `web/translations/*.po` in step with the texts of the pages.

    python tools/texts.py            # new texts are added empty, gone ones removed
    python tools/texts.py --check    # changes nothing; names what is missing, 1 where something is

German is the source text, so a changed German text is a new one: its translation must be looked
at again. The files are sorted and name neither dates nor places, so that a change of one text
is a change of one entry.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "web"
TRANSLATIONS: Final = WEB / "translations"
#: How each kind of file is read; templates as `web.create_app` sets jinja up.
METHODS: Final = {".py": "python", ".html": "jinja2.ext:babel_extract"}
OPTIONS: Final = {
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",  # a template that cannot be read must not lose its texts without a word
}
#: Texts that are the same in every language.
SAME: Final = frozenset({"IBAN", "PDF", "SHA-256"})
PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")

#: A text: one msgid, or singular and plural.
Text = str | tuple[str, str]


def sources(folder: Path) -> list[Path]:
    """Return the files that hold texts of the pages."""
    found = [*folder.rglob("*.py"), *(folder / "templates").rglob("*.html")]
    return sorted(path for path in found if "frontend" not in path.relative_to(folder).parts)


def extracted(folder: Path) -> set[Text]:
    """Return every text that the files mark for translation."""
    return {
        _text(found)
        for path in sources(folder)
        for _line, found, _comments, _context in extract_from_file(
            METHODS[path.suffix], path, options=OPTIONS
        )
    }


def _text(found: str | list[str] | tuple[str, ...]) -> Text:
    return found if isinstance(found, str) else (found[0], found[1])


def load(path: Path) -> Catalog:
    """Return the translations in a file; those of a file that is not there yet are empty."""
    content = path.read_bytes() if path.exists() else b""
    return read_po(io.BytesIO(content), locale=path.stem, abort_invalid=True)


def updated(texts: set[Text], before: Catalog) -> Catalog:
    """Return a catalogue of exactly these texts, with the translations known before."""
    after = Catalog(locale=before.locale, fuzzy=False)
    for text in sorted(texts, key=_singular):
        known = before.get(_singular(text))
        if known is None or known.id != text:
            after.add(text)
        else:
            after.add(text, known.string, flags=known.flags & {"fuzzy"})
    return after


def _singular(text: Text) -> str:
    return text if isinstance(text, str) else text[0]


def written(catalog: Catalog) -> bytes:
    """Return the file of a catalogue: one line a text, and nothing that changes by itself."""
    target = io.BytesIO()
    write_po(target, catalog, width=0, no_location=True, omit_header=True, sort_output=True)
    header = (
        "# The German texts of the pages and their translations; tools/texts.py keeps the list.\n"
        'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return header.encode() + target.getvalue().rstrip() + b"\n"


def problems(texts: set[Text], catalog: Catalog) -> Iterator[str]:
    """Yield a German line for everything that keeps a page from being translated."""
    for text in sorted(texts, key=_singular):
        known = catalog.get(_singular(text))
        if known is None or known.id != text:
            yield f"fehlt: {_singular(text)}"
        else:
            yield from _faults(known)
    kept = {_text(message.id) for message in catalog if message.id}
    for gone in sorted(kept - texts, key=_singular):
        yield f"wird nicht mehr gebraucht: {_singular(gone)}"


def _faults(message: Message) -> Iterator[str]:
    """Yield what is wrong with one translation."""
    sources_, translations = _forms(message.id), _forms(message.string or "")
    if not all(translations):
        yield f"nicht übersetzt: {sources_[0]}"
        return
    if message.fuzzy:
        yield f"unsicher (fuzzy): {sources_[0]}"
    if translations[0] == sources_[0] and sources_[0] not in SAME:
        yield f"gleicht dem deutschen Text: {sources_[0]}"
    for source, translation in zip(sources_, translations, strict=True):
        if placeholders(source) != placeholders(translation):
            yield f"andere Platzhalter: {source} → {translation}"


def _forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> list[str]:
    """Return what is put into the text when it is shown, in an order that languages share.

    >>> placeholders("Seit %(when)s bei %(who)s, {n} ausgewählt, %d offen")
    ['%(when)s', '%(who)s', '%d', '{n}']
    """
    return sorted(PLACEHOLDER.findall(text))


def main(arguments: list[str]) -> int:
    """Write every catalogue, or with `--check` only compare; 1 where something is to be done."""
    texts, found = extracted(WEB), []
    for path in sorted(TRANSLATIONS.glob("*.po")):
        catalog = load(path)
        if "--check" not in arguments:
            catalog = updated(texts, catalog)
            path.write_bytes(written(catalog))
        found += [f"{path.relative_to(ROOT)}: {line}" for line in problems(texts, catalog)]
    print("\n".join(found) or f"Alle {len(texts)} Texte sind übersetzt.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
