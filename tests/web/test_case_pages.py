"""The Vorgang and the Auskunft: what is read, what is handed out, what stays hidden."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.web.conftest import Town, blank_pdf
from tests.web.test_task_page import CERTIFY, sign, the_task

from laufzettel.cli.demo.town import TENANT
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.engine.tables import case
from laufzettel.records.tables import document, invoice

Samples = Callable[[str], bytes]


@pytest.fixture
def case_id(musterstadt: Town, samples: Samples) -> str:
    """A case that waits for its Feststellung."""
    return musterstadt.receive(samples("gut.xml"))


def test_the_case_shows_where_it_lies_and_what_happened(musterstadt: Town, case_id: str) -> None:
    sign(musterstadt, musterstadt.browser("yilmaz"), case_id, **CERTIFY)

    page = musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}").text

    assert "Anordnungsbefugte: " in page
    assert "gezeichnet: sachlich, rechnerisch" in page
    assert "M. Yılmaz" in page
    assert "Kostenstelle 5410, Sachkonto 523100" in page
    assert "<svg" in page


def test_what_the_supplier_owes_is_not_called_an_amount_to_pay(
    musterstadt: Town, samples: Samples
) -> None:
    case_id = musterstadt.receive(samples("gutschrift.xml"))
    browser = musterstadt.browser("vogt")

    head = browser.get(f"/vorgaenge/{case_id}").text.partition("</dl>")[0]
    told = browser.get("/auskunft?q=GS-26-0031").text

    assert "<dt>Gutschrift über</dt>" in head
    assert "<dt>Zahlbetrag</dt>" not in head
    assert "<dt>Gutschrift über</dt>" in told


def test_the_report_to_read_and_the_one_that_is_stored_have_two_names(
    musterstadt: Town, case_id: str
) -> None:
    page = musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}").text

    assert page.count(">Prüfbericht lesen</a>") == 1
    assert page.count(">Prüfbericht, wie gespeichert</a>") == 1


def test_the_whole_drawing_has_its_equal_as_a_list(musterstadt: Town, case_id: str) -> None:
    page = musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}/zeichnung").text

    assert 'role="img"' in page
    assert (
        "Sachlich und rechnerisch feststellen (Aufgabe einer Person): hier steht der Vorgang."
        in page
    )


def test_the_original_is_handed_out_byte_for_byte_and_can_do_nothing(
    musterstadt: Town, case_id: str, samples: Samples
) -> None:
    browser = musterstadt.browser("yilmaz")
    with musterstadt.app.db.read() as connection:
        sha256 = connection.execute(
            sa.select(document.c.sha256).where(document.c.kind == "original")
        ).scalar_one()

    answer = browser.get(f"/vorgaenge/{case_id}/dokumente/{sha256}")

    assert answer.data == samples("gut.xml")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_paper_of_another_case_is_not_handed_out(
    musterstadt: Town, case_id: str, samples: Samples
) -> None:
    other = musterstadt.receive(samples("ruecklaeufer.xml"))
    with musterstadt.app.db.read() as connection:
        row = connection.execute(
            sa.select(document.c.sha256)
            .join(invoice, invoice.c.id == document.c.invoice_id)
            .join(case, case.c.business_key == sa.literal("invoice:").concat(invoice.c.id))
            .where(case.c.id == other, document.c.kind == "original")
        ).one()

    answer = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}/dokumente/{row.sha256}")

    assert answer.status_code == 404


def test_the_copy_for_the_eyes_is_a_pdf_with_the_data_in_it(
    musterstadt: Town, case_id: str
) -> None:
    answer = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}/sichtkopie.pdf")

    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert "Sichtkopie E-2026-000001.pdf" in answer.headers["Content-Disposition"]


def test_an_auditor_recomputes_the_protocol_and_finds_a_changed_byte(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("vogt")
    path = f"/vorgaenge/{case_id}"
    good = browser.submit(path, f"{path}/pruefen").text
    with musterstadt.app.db.write() as connection:
        if musterstadt.app.db.is_sqlite:
            connection.execute(sa.text("DROP TRIGGER IF EXISTS audit_event_fix"))
        connection.execute(
            sa.text("UPDATE audit_event SET kind = 'case.startet' WHERE kind = 'case.started'")
        )

    bad = browser.submit(path, f"{path}/pruefen").text

    assert "Alles stimmt." in good
    assert "FEHLER" in bad and case_id in bad


@pytest.mark.parametrize(
    "text", ["TB-2026-1187", "tb-2026", "Bergmann", "18.432,60", "18432,60", "3000"]
)
def test_the_telephone_is_answered_by_whatever_the_caller_knows(
    musterstadt: Town, case_id: str, text: str
) -> None:
    page = musterstadt.browser("yilmaz").get("/auskunft", q=text).text

    assert "Liegt seit 30.11.2026 bei Bauamt: Sachlich und rechnerisch feststellen." in page
    assert "… 3000" in page
    assert "DE89 3704" not in page


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE invoice", "00", "x" * 5000])
def test_what_nobody_sent_is_not_found(musterstadt: Town, case_id: str, text: str) -> None:
    answer = musterstadt.browser("yilmaz").get("/auskunft", q=text)

    assert answer.status_code == 200
    assert "Dazu ist nichts eingegangen." in answer.text


@pytest.fixture
def secret(musterstadt: Town, case_id: str) -> str:
    """The case made confidential, as a unit with secrets would have it."""
    with musterstadt.app.db.write() as connection:
        connection.execute(
            sa.update(case).values(
                confidential=True, unit="jugendamt", subject="Vertraulich E-2026-000001", party=""
            )
        )
        connection.execute(
            sa.text(
                "UPDATE user_task SET subject = 'Vertraulich E-2026-000001', party = '',"
                " group_ = 'jugendamt', groups = '[\"jugendamt\"]'"
            )
        )
    return case_id


def test_a_confidential_case_shows_itself_to_its_unit_and_the_auditor_alone(
    musterstadt: Town, secret: str
) -> None:
    codes = {
        login: musterstadt.browser(login).get(f"/vorgaenge/{secret}").status_code
        for login in ("damm", "vogt", "yilmaz", "kranz", "okafor")
    }

    assert codes == {"damm": 200, "vogt": 200, "yilmaz": 404, "kranz": 404, "okafor": 404}


def test_nothing_of_a_confidential_case_is_found_by_those_it_is_nothing_to(
    musterstadt: Town, secret: str
) -> None:
    browser = musterstadt.browser("yilmaz")

    for path in ("/vorgaenge", "/auskunft?q=Bergmann", "/auskunft?q=18.432,60", "/aufgaben"):
        page = browser.get(path).text
        assert "Tiefbau Bergmann" not in page
        assert "TB-2026-1187" not in page
        assert "18.432,60" not in page.replace("q=18.432,60", "").replace('value="18.432,60"', "")
    assert f'href="/vorgaenge/{secret}"' not in browser.get("/vorgaenge").text
    known = browser.get("/auskunft?q=E-2026-000001").text
    assert "Vertraulich. Auskunft gibt nur das zuständige Amt." in known


def test_a_case_that_waits_for_nobody_says_so_on_the_telephone(
    musterstadt: Town, samples: Samples
) -> None:
    musterstadt.receive(samples("gut.xml"))
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(invoice).values(stage="rejected"))

    page = musterstadt.browser("yilmaz").get("/auskunft?q=Bergmann").text

    assert "Zurückgewiesen; die Begründung ist an den Lieferanten gegangen." in page


def test_the_list_of_cases_turns_its_pages_by_the_last_row(
    musterstadt: Town, case_id: str, monkeypatch: pytest.MonkeyPatch, samples: Samples
) -> None:
    from laufzettel.web.case import queries

    other = musterstadt.receive(samples("ruecklaeufer.xml"))
    monkeypatch.setattr(queries, "PAGE_SIZE", 1)
    browser = musterstadt.browser("yilmaz")

    first = browser.get("/vorgaenge").text
    second = browser.get(f"/vorgaenge?vor={other}").text

    assert f"/vorgaenge/{other}" in first and f"vor={other}" in first
    assert f"/vorgaenge/{case_id}" in second and 'rel="next"' not in second


def test_an_unreadable_original_is_said_and_still_handed_out(musterstadt: Town) -> None:
    case_id = musterstadt.receive(b"%PDF-1.4 leer", name="leer.pdf")

    page = musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}").text

    assert "liegen keine strukturierten Daten vor" in page
    assert "Original, wie eingegangen" in page


def test_the_task_of_a_case_is_reached_from_it(musterstadt: Town, case_id: str) -> None:
    page = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}").text

    assert f'href="/aufgaben/{the_task(musterstadt, case_id).id}"' in page


def test_a_mail_without_an_invoice_is_read_and_fetched_by_the_poststelle(musterstadt: Town) -> None:
    """The task says why it lies there; the mail is saved, never shown as a page of ours."""
    raw = mail(subject="Angebot", text="<script>alert(1)</script>")
    take_mail(musterstadt.app.intake.desk(TENANT), raw, key="p:1:1", channel="postfach-rechnung")
    browser = musterstadt.browser("kranz")
    with musterstadt.app.db.read() as connection:
        (found,) = connection.execute(sa.select(case.c.id)).scalars()
        (sha256,) = connection.execute(sa.select(document.c.sha256)).scalars()

    page = browser.get(f"/aufgaben/{the_task(musterstadt, found).id}").text

    assert "Die Mail enthält keine Rechnung." in page
    assert "formal in Ordnung" not in page + browser.get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Mail, wie eingegangen" in page
    assert "keine strukturierten Daten" not in page
    answer = browser.get(f"/vorgaenge/{found}/dokumente/{sha256}")
    assert answer.data == raw
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.content_type == "application/octet-stream"
    assert musterstadt.browser("vogt").get(f"/vorgaenge/{found}").status_code == 200


def test_the_data_of_an_invoice_are_shown_as_text(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    """What stands in them is text, whatever it looks like."""
    data = samples("gut.xml").replace(b"TB-2026-1187", b"&lt;script&gt;alert(1)&lt;/script&gt;")
    case_id = musterstadt.receive(data)

    answer = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}/xml")

    assert answer.status_code == 200
    assert "&lt;cbc:ID&gt;&amp;lt;script&amp;gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text


def test_where_there_are_no_data_their_page_says_so(musterstadt: Town) -> None:
    case_id = musterstadt.receive(blank_pdf(), name="leer.pdf")

    answer = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}/xml")

    assert answer.status_code == 404
    assert "keine strukturierten Daten" in answer.text


def test_the_data_of_a_confidential_invoice_are_as_hidden_as_its_case(
    musterstadt: Town, secret: str
) -> None:
    assert musterstadt.browser("yilmaz").get(f"/vorgaenge/{secret}/xml").status_code == 404
    assert musterstadt.browser("damm").get(f"/vorgaenge/{secret}/xml").status_code == 200
