"""Reading foreign XML: bounded, without DOCTYPE, entities, network or surprises.

Every XML that comes from outside passes here, models as well as invoices. What lxml
would read differently from what a person sees (entities, comments inside an amount,
UTF-7) is refused or removed before anybody looks at the tree (security.md 3.2).
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from lxml import etree

from laufzettel.errors import InputError

#: Largest document that is parsed at all, in bytes (einvoice.md 6: portals take 15 MB).
SIZE_MAX: Final = 25 * 1024 * 1024
#: Deepest nesting of elements.
DEPTH_MAX: Final = 256
#: Most elements of a document.
ELEMENTS_MAX: Final = 400_000

_XINCLUDE: Final = "http://www.w3.org/2001/XInclude"
_ENCODINGS: Final = {"utf-8", "utf-16", "ascii", "iso8859-1", "iso8859-15", "cp1252"}
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnsafeXmlError(InputError):
    """Die XML-Datei enthält etwas, das aus Sicherheitsgründen nicht verarbeitet wird."""


class NotXmlError(InputError):
    """Die Datei ist kein wohlgeformtes XML."""


def parse(data: bytes, *, size_max: int = SIZE_MAX) -> etree._Element:
    """Return the root of the document.

    Comments and processing instructions are gone; one inside a value is refused, because a
    person and a program would read that value differently.

    Raises UnsafeXmlError for DOCTYPE, XInclude, split values, unknown encodings, size and
    depth, NotXmlError for what is not well-formed; both carry a German sentence with line
    and reason.

    >>> parse(b"<a><b>1</b></a>")[0].text
    '1'
    >>> parse(b"<!DOCTYPE a><a/>")
    Traceback (most recent call last):
    ...
    laufzettel.safe_xml.UnsafeXmlError: Die Datei enthält eine DOCTYPE-Angabe. Solche Dateien \
werden nicht gelesen; bitte ohne DOCTYPE neu erzeugen.
    """
    _check_size(data, size_max)
    text = _decoded(data)
    _refuse_doctype(text)
    root = _parsed(text, keep_asides="<!--" in text or "<?" in text[1:])
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnsafeXmlError(_DOCTYPE_TEXT)
    _check_shape(root)
    _remove_asides(root)
    return root


def _parsed(text: str, *, keep_asides: bool) -> etree._Element:
    parser = etree.XMLParser(
        # The text that was checked is the text that is parsed, in one encoding for both.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        # Attachments are base64 texts above libxml2's 10 MB; the size cap stands above.
        huge_tree=True,
        remove_comments=not keep_asides,
        remove_pis=not keep_asides,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXmlError(_syntax_message(error)) from error


def _remove_asides(root: etree._Element) -> None:
    """Leave elements only, having refused comments and instructions inside a value."""
    for aside in root.iter(etree.Comment, etree.ProcessingInstruction):
        parent = aside.getparent()
        if parent is not None and _is_split_value(parent):
            name, line = etree.QName(parent).localname, parent.sourceline
            raise UnsafeXmlError(
                f"Im Wert von „{name}“ (Zeile {line}) steht ein Kommentar oder eine "
                "Verarbeitungsanweisung. Ein solcher Wert ist nicht eindeutig und wird nicht "
                "gelesen; bitte ohne diese Einfügung neu erzeugen."
            )
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, with_tail=False)


def _is_split_value(parent: etree._Element) -> bool:
    has_elements = any(isinstance(child.tag, str) for child in parent)
    texts = [parent.text, *(child.tail for child in parent)]
    return not has_elements and any(text and text.strip() for text in texts)


_DOCTYPE_TEXT: Final = (
    "Die Datei enthält eine DOCTYPE-Angabe. Solche Dateien werden nicht gelesen; "
    "bitte ohne DOCTYPE neu erzeugen."
)


def _check_size(data: bytes, size_max: int) -> None:
    if not data.strip():
        raise NotXmlError("Die Datei ist leer.")
    if len(data) > size_max:
        raise UnsafeXmlError(
            f"Die Datei ist {len(data) / 1048576:.1f} MB groß; "
            f"gelesen werden höchstens {size_max // 1048576} MB."
        )


def _decoded(data: bytes) -> str:
    """Return the text, having checked that its encoding is one of the allowed ones."""
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is None:
        head = data[:200].decode("latin-1")
        match = _DECLARATION.match(head)
        encoding = match.group(1) if match else "utf-8"
        if b"\x00" in data[:4]:
            encoding = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
    try:
        known = codecs.lookup(encoding).name.removesuffix("-sig").removesuffix("-le")
        if known.removesuffix("-be") not in _ENCODINGS:
            raise UnsafeXmlError(f"Die Zeichenkodierung „{encoding}“ wird nicht angenommen.")
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise NotXmlError(
            f"Die Datei ist nicht in der angegebenen Zeichenkodierung „{encoding}“ lesbar."
        ) from error


def _refuse_doctype(text: str) -> None:
    # Before parsing: what is refused here never reaches the parser's entity code.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnsafeXmlError(_DOCTYPE_TEXT)


def _check_shape(root: etree._Element) -> None:
    if next(root.iter(f"{{{_XINCLUDE}}}*"), None) is not None:
        raise UnsafeXmlError(
            "Die Datei will mit XInclude fremde Inhalte einbinden. Solche Dateien werden nicht "
            "gelesen; bitte ohne XInclude neu erzeugen."
        )
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > DEPTH_MAX:
            raise UnsafeXmlError(f"Die XML-Datei ist tiefer als {DEPTH_MAX} Ebenen verschachtelt.")
        if count > ELEMENTS_MAX:
            raise UnsafeXmlError(f"Die XML-Datei hat mehr als {ELEMENTS_MAX:,} Elemente.")


def _syntax_message(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    where = f" (Zeile {line})" if line else ""
    return f"Die Datei ist kein wohlgeformtes XML{where}: {error}"
