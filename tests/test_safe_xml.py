"""Foreign XML is read bounded and unambiguous, or refused with a German reason."""

from __future__ import annotations

import pytest

from laufzettel import safe_xml
from laufzettel.safe_xml import NotXmlError, UnsafeXmlError


def test_a_plain_document_is_read() -> None:
    root = safe_xml.parse("<a><b>Straße</b></a>".encode())

    assert (root.tag, root[0].text) == ("a", "Straße")


def test_comments_and_instructions_between_elements_are_removed() -> None:
    root = safe_xml.parse(b"<?x y?><!-- a --><a><!-- b --><b>1</b><?p q?>\n<c/></a><!-- d -->")

    assert [child.tag for child in root] == ["b", "c"]
    assert root[0].text == "1"


def test_a_comment_in_an_empty_element_is_removed() -> None:
    root = safe_xml.parse(b"<a><b> <!-- nothing here --> </b></a>")

    assert (root[0].text or "").strip() == ""
    assert len(root[0]) == 0


@pytest.mark.parametrize(
    "value",
    ["100<!-- x -->000.00", "100000.00<!-- -->", "<!-- -->100.00", "100<?p?>000.00"],
    ids=["comment-inside", "comment-behind", "comment-before", "instruction-inside"],
)
def test_a_value_that_is_split_is_refused(value: str) -> None:
    with pytest.raises(UnsafeXmlError, match="Im Wert von „Amount“"):
        safe_xml.parse(f"<a><Amount>{value}</Amount></a>".encode())


def test_cdata_is_a_plain_value() -> None:
    assert safe_xml.parse(b"<a><![CDATA[1 < 2]]></a>").text == "1 < 2"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY e "999.00">]><a>&e;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:18999/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
    ],
    ids=["internal", "external", "parameter"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_doctype_is_refused_in_every_encoding(text: str, encoding: str) -> None:
    with pytest.raises(UnsafeXmlError, match="DOCTYPE"):
        safe_xml.parse(text.encode(encoding))


def test_xinclude_is_refused() -> None:
    data = (
        b'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/passwd"/></a>'
    )

    with pytest.raises(UnsafeXmlError, match="XInclude"):
        safe_xml.parse(data)


@pytest.mark.parametrize("encoding", ["UTF-7", "EBCDIC-CP-US", "rot13", "IBM037"])
def test_other_encodings_are_refused(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode()

    with pytest.raises((UnsafeXmlError, NotXmlError), match="Zeichenkodierung"):
        safe_xml.parse(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_usual_encodings_give_the_same_text(encoding: str) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    data = f'<?xml version="1.0" encoding="{name}"?><a>Größe</a>'.encode(encoding)

    assert safe_xml.parse(data).text == "Größe"


def test_size_depth_and_number_of_elements_are_bounded() -> None:
    with pytest.raises(UnsafeXmlError, match="MB groß"):
        safe_xml.parse(b"<a>" + b"x" * 2_000 + b"</a>", size_max=1_000)
    with pytest.raises((UnsafeXmlError, NotXmlError)):
        safe_xml.parse(b"<a>" * 300 + b"</a>" * 300)
    with pytest.raises(UnsafeXmlError, match="Elemente"):
        safe_xml.parse(b"<a>" + b"<b/>" * 400_001 + b"</a>")


@pytest.mark.parametrize("data", [b"", b"  \n", b"%PDF-1.7", b"<a>", b"<a/><b/>", b"\xff\xfe"])
def test_what_is_no_xml_gets_a_german_reason(data: bytes) -> None:
    with pytest.raises(NotXmlError, match="Datei"):
        safe_xml.parse(data)
