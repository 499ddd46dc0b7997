"""A mail is taken apart strictly: what two programs could read differently gives no files."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.mails import invoice, mail

from laufzettel.connectors.intake.mime import Mail, Part, read_mail

XML = ("RE-1.xml", "application/xml", invoice(1))
HEAD = b"From: a@b.example\r\nSubject: R\r\nMIME-Version: 1.0\r\n"


def test_a_mail_gives_its_files_byte_for_byte() -> None:
    """With the names as the sender wrote them, RFC 2231 decoded."""
    found = read_mail(mail(XML, ("Aufmaß März.pdf", "application/pdf", b"%PDF-\x00\xff")))

    assert found == Mail(
        digest=found.digest,
        message_id="<1@lieferant.example>",
        sender="rechnung@tiefbau.example",
        sender_name="Tiefbau Detmold",
        subject="Ihre Rechnung",
        text="Guten Tag,\n\nanbei unsere Rechnung.",
        parts=(
            Part(name="RE-1.xml", media_type="application/xml", data=invoice(1)),
            Part(name="Aufmaß März.pdf", media_type="application/pdf", data=b"%PDF-\x00\xff"),
        ),
    )


def test_a_mail_forwarded_as_an_attachment_is_opened() -> None:
    """Offices forward invoices that reached the wrong mailbox."""
    outer = (
        HEAD + b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n'
        b"Content-Type: text/plain\r\n\r\nzur Kenntnis\r\n--o\r\n"
        b"Content-Type: message/rfc822\r\n\r\n" + mail(XML) + b"\r\n--o--\r\n"
    )

    found = read_mail(outer)

    assert [part.name for part in found.parts] == ["RE-1.xml"]
    assert (found.text, found.problem) == ("zur Kenntnis", "")


def test_a_paragraph_that_is_one_long_line_is_shown_whole() -> None:
    """As Outlook writes it; what is asked for stands at its end."""
    read = read_mail(mail(text="Guten Tag,\n\n" + "Wort " * 100 + "bitte um Zahlung."))

    assert read.text.startswith("Guten Tag,\n\nWort Wort")
    assert read.text.endswith("Wort bitte um Zahlung.")


def test_a_mail_that_is_only_html_says_what_it_says() -> None:
    """Dunning programs write such mails; the Poststelle must not see an empty field."""
    html = (
        "<html><head><title>x</title><style>p { color: red }</style></head><body>"
        "<p>Sehr geehrte Damen und Herren,</p><table><tr><td>RE-1</td><td>40,00&nbsp;€</td></tr>"
        "</table><script>alert(1)</script><p>bitte&#0; zahlen</p></body></html>"
    ).encode()
    head = b"From: a@b.de\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"

    assert read_mail(head + html).text == (
        "Sehr geehrte Damen und Herren,\nRE-1 40,00 €\nbitte� zahlen"
    )


@pytest.mark.parametrize("charset", ["x-unknown", "unknown-8bit", "rot13", "idna", "cp-850"])
def test_a_character_set_that_nobody_knows_costs_letters_and_not_the_invoice(charset: str) -> None:
    raw = mail(("RE-1.xml", "application/xml", invoice(1))).replace(
        b'charset="utf-8"', f'charset="{charset}"'.encode()
    )

    read = read_mail(raw)

    assert (read.problem, [one.name for one in read.parts]) == ("", ["RE-1.xml"])
    assert read.text.startswith("Guten Tag")


def test_a_message_id_that_the_library_cannot_parse_names_the_mail_all_the_same() -> None:
    raw = mail(("RE-1.xml", "application/xml", invoice(1)), message_id="<x@l.example>")

    read = read_mail(raw.replace(b"<x@l.example>", b"<[4711]@l.example>"))

    assert (read.message_id, read.problem, len(read.parts)) == ("<[4711]@l.example>", "", 1)


def test_a_media_type_is_one_visible_line() -> None:
    """It stands in lists, logs and exports; a null byte has no place in any of them."""
    raw = mail(("a.bin", "application/x-a", b"x")).replace(b"x-a", b"p\0" + b"x" * 500)

    [part] = read_mail(raw).parts

    assert part.media_type.startswith("application/p_xxx")
    assert len(part.media_type) == 200


def test_text_that_is_megabytes_long_keeps_nobody_busy() -> None:
    head = b"From: a@b.de\r\nMIME-Version: 1.0\r\nContent-Type: text/%s\r\n\r\n"
    began = time.perf_counter()

    for kind, one in ((b"plain", "wört ".encode()), (b"html", b"<!--"), (b"html", b"<p ")):
        read_mail(head % kind + one * 1_000_000)

    assert time.perf_counter() - began < 10  # of a busy machine; 0.4 s on an idle one


def test_two_deliveries_of_one_mail_share_a_digest() -> None:
    """The fields that servers put in front differ; a forged Message-ID alone hides nothing."""
    first = mail(XML)
    again = b"Received: from mx.example by b; Mon, 23 Nov 2026 08:00:07 +0100\r\n" + first
    forged = mail(("RE-2.xml", "application/xml", invoice(2)))

    assert read_mail(first).digest == read_mail(again).digest
    assert read_mail(first).digest != read_mail(forged).digest
    assert read_mail(first).message_id == read_mail(forged).message_id


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"From: a@b.de\r\nFrom: c@d.de\r\n\r\nx", "Die Kopfzeile „From“ steht mehrmals darin."),
        (
            HEAD + b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx",
            "Die Kopfzeile „Content-Type“ steht mehrmals darin.",
        ),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nabgerissen",
            "Die Mail ist beschädigt oder unvollständig.",
        ),
        (
            HEAD + b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            b"PEludm9pY2UvPg=\r\n",
            "Ein Anhang der Mail ist beschädigt.",
        ),
        (
            HEAD
            + b"Content-Type: application/xml\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n",
            "Ein Teil der Mail ist auf unbekannte Weise kodiert.",
        ),
        (
            HEAD + b'Content-Type: application/pkcs7-mime; name="smime.p7m"\r\n\r\nAA==',
            "Die Mail ist verschlüsselt.",
        ),
        (
            HEAD + b"Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nx",
            "Die Mail ist nur ein Teil einer zerlegten Mail.",
        ),
        (
            b"From: a@b.de\r\nX: " + b"a" * 20_000 + b"\r\n\r\nx",
            "Die Kopfzeilen der Mail sind zu lang.",
        ),
        (b"X: y\r\n" * 60_000 + b"\r\nx", "Die Kopfzeilen der Mail sind zu lang."),
        (HEAD + b"\r\n" + b"boundary=\r\n" * 61, "Die Mail ist zu tief verschachtelt."),
        (
            b"From: " + b"(" * 15_000 + b"\r\n\r\nx",
            "Die Mail ist nicht nach den Regeln für E-Mail aufgebaut (RFC 5322).",
        ),
    ],
    ids=[
        "two senders",
        "two types",
        "torn off",
        "bad base64",
        "odd encoding",
        "encrypted",
        "partial",
        "long field",
        "long header",
        "many boundaries",
        "nested comments",
    ],
)
def test_what_is_unclear_gives_a_sentence_and_no_files(raw: bytes, problem: str) -> None:
    """Named, so that the Poststelle knows what to ask the sender for."""
    found = read_mail(raw)

    assert (found.problem, found.parts) == (problem, ())


def test_a_structure_deeper_than_any_mail_is_refused() -> None:
    """Each level costs a parser time for every line."""
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
    for number in range(20):
        raw += b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (
            number,
            number + 1,
        )
    raw += b"".join(b"--b%d--\r\n" % number for number in range(20, -1, -1))

    assert read_mail(raw).problem == "Die Mail hat zu viele oder zu tief verschachtelte Teile."


def test_hostile_headers_cost_less_than_two_seconds() -> None:
    """The library's own parser is quadratic; the length of a field bounds it."""
    fields = [b"From: " + b"a@b.de," * 2_200, b"Subject: " + b"=?utf-8?q?x?= " * 1_100]
    fields += [b"Content-Type: a/b; " + b"a=b; " * 3_000, b"To: " + b"<" * 16_000]
    began = time.monotonic()

    for field in fields:
        read_mail(field + b"\r\n\r\nx")

    assert time.monotonic() - began < 20  # of a busy machine; 2 s on an idle one


@pytest.mark.parametrize(
    "more",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<liste.example>"},
        {"Return_Path": "<>"},
        {"X_Auto_Response_Suppress": "All"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_a_machine_wrote_is_marked_as_automatic(more: dict[str, str]) -> None:
    """RFC 3834 section 2: it must not be answered."""
    assert read_mail(mail(**more)).is_automatic
    assert not read_mail(mail(Auto_Submitted="no")).is_automatic


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@b.example", "no-reply@b.example", "", "a@b, c@d"]
)
def test_a_sender_that_nobody_reads_is_marked_as_automatic(sender: str) -> None:
    raw = f"From: {sender}\r\nSubject: x\r\n\r\nx".encode()

    assert read_mail(raw).is_automatic


def test_the_attack_corpus_ends_in_a_named_state() -> None:
    """A Message-ID that was seen before does not hide another mail."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "attack-corpus" / "mail"
    if not folder.is_dir():
        pytest.skip("../shared/attack-corpus liegt nicht neben dem Projekt")

    found = {path.name: read_mail(path.read_bytes()) for path in folder.glob("*.eml")}

    assert {name: (one.problem, one.parts, one.subject) for name, one in found.items()} == {
        "duplicate_message_id.eml": ("", (), "Rechnung")
    }


@given(st.binary(max_size=2_000))
def test_whatever_bytes_arrive_nothing_is_raised(data: bytes) -> None:
    read_mail(data)
    read_mail(HEAD + data)
    read_mail(
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + data + b"\r\n--x--"
    )


@given(st.data())
def test_a_mail_with_flipped_bytes_raises_nothing_and_loses_nothing_silently(
    data: st.DataObject,
) -> None:
    """Either a sentence, or files; never an exception."""
    raw = bytearray(mail(XML))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))

    found = read_mail(bytes(raw))

    assert isinstance(found.problem, str)
