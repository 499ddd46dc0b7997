"""A stack of scanned paper: every invoice in it has its own receipt, once, whatever happens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image
from tests.einvoice.scans import giro, paper, scan
from tests.web.conftest import Town, town_reader
from tests.web.test_capture_page import TYPED
from tests.web.test_task_page import sign, the_task

from laufzettel import failpoints
from laufzettel.cli.demo import town
from laufzettel.einvoice.pages import look
from laufzettel.einvoice.separator import PAYLOAD
from laufzettel.records.stack_tables import stack_part
from laufzettel.records.tables import document, invoice


def sheet() -> Image.Image:
    """Return a separator sheet as a scanner sees it."""
    return paper("Trennblatt", codes=[PAYLOAD], code_mm=110)


def stack() -> bytes:
    """Return seven pages: a sheet, its back, two pages, a sheet, a page and its blank back."""
    one = [paper("Rechnung A-1", "Seite 1"), paper("Seite 2", codes=[giro()])]
    return scan(sheet(), paper(), *one, sheet(), paper("Rechnung B-1"), paper())


def entries(there: Town) -> list[tuple[str, str, str]]:
    """Return number, stage and file name of every entry of the Eingangsbuch."""
    query = (
        sa.select(invoice.c.receipt_no, invoice.c.stage, document.c.file_name)
        .join(document, document.c.invoice_id == invoice.c.id)
        .where(document.c.kind == "original")
        .order_by(invoice.c.receipt_no)
    )
    with there.app.db.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def case_of(there: Town, receipt_no: str) -> str:
    with there.app.db.read() as connection:
        found = connection.execute(
            sa.select(invoice.c.id).where(invoice.c.receipt_no == receipt_no)
        ).scalar_one()
    (view,) = there.app.engine.cases(town_reader(), f"invoice:{found}")
    return view.id


def cut(there: Town, receipt_no: str, cuts: str) -> None:
    """Divide anew, as the form of the task does, and let the jobs run."""
    sign(there, there.browser("kranz"), case_of(there, receipt_no), decision="aufteilen", cuts=cuts)
    there.settle()


def pages_of(there: Town, receipt_no: str) -> int:
    with there.app.db.read() as connection:
        sha256 = connection.execute(
            sa.select(invoice.c.sha256).where(invoice.c.receipt_no == receipt_no)
        ).scalar_one()
    return len(look(there.app.store.get(sha256, tenant=town.TENANT)))


@pytest.fixture
def divided(musterstadt: Town) -> Town:
    """The town in which the stack has come and divided itself."""
    musterstadt.receive(stack(), name="montag.pdf")
    return musterstadt


def test_separator_sheets_make_each_invoice_an_entry_of_its_own(divided: Town) -> None:
    assert entries(divided) == [
        ("E-2026-000001", "split", "montag.pdf"),
        ("E-2026-000002", "received", "montag, Seiten 3–4.pdf"),
        ("E-2026-000003", "received", "montag, Seiten 6–7.pdf"),
    ]
    assert (pages_of(divided, "E-2026-000002"), pages_of(divided, "E-2026-000003")) == (2, 2)
    assert the_task(divided, case_of(divided, "E-2026-000002")).element == "capture"
    with divided.app.db.read() as connection:
        kept = connection.execute(
            sa.select(document.c.file_name).where(document.c.kind == "stack")
        ).scalars()
        assert list(kept) == ["montag.pdf", "montag.pdf"], "its bytes lie with each"
    assert divided.app.breaches(town.TENANT) == []


def test_a_code_in_a_stack_belongs_to_its_own_invoice_alone(divided: Town) -> None:
    kranz = divided.browser("kranz")
    shown = [
        kranz.get(f"/aufgaben/{the_task(divided, case_of(divided, number)).id}").text
        for number in ("E-2026-000002", "E-2026-000003")
    ]

    assert ['value="DE89370400440532013000"' in page for page in shown] == [True, False]


def test_the_same_stack_again_is_noted_and_divides_nothing(divided: Town) -> None:
    divided.receive(stack(), name="montag.pdf")

    assert len(entries(divided)) == 3


@pytest.mark.parametrize(
    ("point", "visit"),
    [("receive.stored", 2), ("receive.stored", 3), ("work.done", 2), ("step.written", 3)],
    ids=["planned", "one part in", "all parts in", "step not confirmed"],
)
def test_dying_while_it_divides_loses_and_doubles_nothing(
    musterstadt: Town, point: str, visit: int
) -> None:
    failpoints.arm(point, visit)
    try:
        with pytest.raises(failpoints.Crash):
            musterstadt.receive(stack(), name="montag.pdf")
    finally:
        failpoints.disarm()
    musterstadt.clock.advance(minutes=10)  # the lease of the job that died runs out

    musterstadt.settle()

    assert [stage for _, stage, _ in entries(musterstadt)] == ["split", "received", "received"]
    assert musterstadt.app.breaches(town.TENANT) == []


def test_what_stuck_together_is_divided_by_hand_with_the_day_on_which_it_came(
    musterstadt: Town,
) -> None:
    musterstadt.receive(scan(*(paper(f"Rechnung {n}") for n in (1, 2, 3))), name="fax.pdf")
    musterstadt.clock.advance(hours=50)

    cut(musterstadt, "E-2026-000001", "1-2; 3")

    assert [row[1:] for row in entries(musterstadt)] == [
        ("split", "fax.pdf"),
        ("received", "fax, Seiten 1–2.pdf"),
        ("received", "fax, Seite 3.pdf"),
    ]
    with musterstadt.app.db.read() as connection:
        days = connection.execute(sa.select(invoice.c.received_at).distinct()).scalars().all()
    assert len(days) == 1
    assert musterstadt.clock.now() - days[0] >= timedelta(hours=50)


def test_what_was_divided_wrongly_is_joined_again_and_the_others_end(divided: Town) -> None:
    cut(divided, "E-2026-000003", "3-7")

    assert [row[:2] for row in entries(divided)] == [
        ("E-2026-000001", "split"),
        ("E-2026-000002", "split"),
        ("E-2026-000003", "split"),
        ("E-2026-000004", "received"),
    ]
    assert pages_of(divided, "E-2026-000004") == 4, "the sheet between them is left out"
    case = divided.app.engine.case(town_reader(), case_of(divided, "E-2026-000002"))
    assert case.status == "cancelled"
    assert divided.app.breaches(town.TENANT) == []

    cut(divided, "E-2026-000004", "3-4; 6-7")
    assert [row[1] for row in entries(divided)][3:] == ["split", "received", "received"]
    with divided.app.db.read() as connection:
        parts = connection.execute(sa.select(stack_part.c.invoice_id)).scalars().all()
    assert len(set(parts)) == 5, "what is divided as before is no repeat of what has ended"


@pytest.mark.parametrize(
    ("cuts", "why"),
    [
        ("3-4; 6-9", "Seite 9 gibt es nicht; der Stapel hat 7 Seiten"),
        ("3-4; 6-7", "ändert sich an dieser Rechnung nichts"),
        ("3", "Seite 4 wäre in keiner Rechnung mehr"),
        ("2; 3; 4", "Auf den Seiten 2 steht nichts"),
        ("4; 3", "steht nicht hinter"),
        ("alle", "sind keine Seiten"),
    ],
)
def test_what_would_lose_a_page_comes_back_with_the_reason(
    divided: Town, cuts: str, why: str
) -> None:
    before = entries(divided)
    cut(divided, "E-2026-000002", cuts)

    task = the_task(divided, case_of(divided, "E-2026-000002"))
    page = divided.browser("kranz").get(f"/aufgaben/{task.id}").text
    assert why in page
    assert entries(divided) == before


def test_an_invoice_that_somebody_has_captured_stays_as_it_is(divided: Town) -> None:
    sign(divided, divided.browser("kranz"), case_of(divided, "E-2026-000002"), **TYPED)

    cut(divided, "E-2026-000003", "3-7")

    task = the_task(divided, case_of(divided, "E-2026-000003"))
    page = divided.browser("kranz").get(f"/aufgaben/{task.id}").text
    assert "gehört eine Rechnung, die schon erfasst oder zurückgewiesen ist" in page
    assert the_task(divided, case_of(divided, "E-2026-000002")).element == "certify"


def test_a_stack_of_sheets_alone_is_captured_like_any_paper(musterstadt: Town) -> None:
    case_id = musterstadt.receive(scan(sheet(), sheet()), name="nur-blätter.pdf")

    assert the_task(musterstadt, case_id).element == "capture"


def test_the_page_of_the_task_divides_and_joins_by_crosses_alone(divided: Town) -> None:
    kranz = divided.browser("kranz")
    task = the_task(divided, case_of(divided, "E-2026-000002"))
    address = f"/aufgaben/{task.id}/seiten"

    page = kranz.get(address).text

    assert [int(one) for one in re.findall(r'name="beginnt" value="(\d+)"', page)] == [3, 4, 6, 7]
    assert re.findall(r'value="(\d+)" checked', page) == ["3", "6"]
    assert f'href="{address}"' in kranz.get(f"/aufgaben/{task.id}").text
    assert kranz.get(f"{address}/4.png").data.startswith(b"\x89PNG")
    assert kranz.get(f"{address}/5.png").status_code == 404, "a separator sheet is nobody's"

    same = kranz.submit(address, address, beginnt=["3", "6"])
    assert (same.status_code, "Es ändert sich nichts" in same.text) == (422, True)
    done = kranz.submit(address, address, beginnt=["3", "4"])
    divided.settle()

    assert done.status_code == 302
    assert [row[1:] for row in entries(divided)][3:] == [
        ("received", "montag, Seite 3.pdf"),
        ("received", "montag, Seiten 4–7.pdf"),
    ]


def test_a_page_that_somebody_has_captured_is_not_shown_to_others(divided: Town) -> None:
    sign(divided, divided.browser("kranz"), case_of(divided, "E-2026-000002"), **TYPED)
    task = the_task(divided, case_of(divided, "E-2026-000003"))
    kranz = divided.browser("kranz")

    page = kranz.get(f"/aufgaben/{task.id}/seiten").text

    assert "Seiten 3–4: schon erfasst oder zurückgewiesen" in page
    assert kranz.get(f"/aufgaben/{task.id}/seiten/3.png").status_code == 404


def test_other_tasks_have_no_pages_to_divide(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    case_id = musterstadt.receive(samples("gut.xml"))

    answer = musterstadt.browser("yilmaz").get(
        f"/aufgaben/{the_task(musterstadt, case_id).id}/seiten"
    )

    assert answer.status_code == 404


def test_blank_backs_are_left_out_of_the_view_and_stay_in_the_file(divided: Town) -> None:
    case_id = case_of(divided, "E-2026-000003")
    kranz = divided.browser("kranz")

    task = kranz.get(f"/aufgaben/{the_task(divided, case_id).id}").text
    original = kranz.get(f"/vorgaenge/{case_id}/original").text

    assert re.findall(r"/original/(\d)\.png", task) == ["1"]
    assert re.findall(r'<img src="[^"]+/original/(\d)\.png"', original) == ["1"]
    assert "Leer und nicht gezeigt:" in original and "Seite 2</a>" in original
    assert kranz.get(f"/vorgaenge/{case_id}/original/2.png").status_code == 200


def test_a_separator_sheet_can_be_printed_and_is_known_again(musterstadt: Town) -> None:
    answer = musterstadt.browser("kranz").get("/trennblatt.pdf")

    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert "/trennblatt.pdf" in musterstadt.browser("kranz").get("/annehmen").text
