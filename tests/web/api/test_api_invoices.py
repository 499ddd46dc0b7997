"""Invoices over the API: handed in once, read as the Eingangsbuch has them, hidden where secret."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.api.conftest import MakeProgram, Program, Reply, reply_of
from tests.web.conftest import Town, town_reader

from laufzettel import failpoints
from laufzettel.engine.tables import case, task_offer, user_task
from laufzettel.records.api_tokens import Scope
from laufzettel.records.tables import document, invoice, receipt_repeat

Samples = Callable[[str], bytes]
XML = b"<Invoice/>"
FORM = "multipart/form-data"


def send(
    program: Program,
    data: bytes,
    *,
    kind: str = "application/xml",
    key: str = "k1",
    query: str = "",
) -> Reply:
    """Hand in a file as it is."""
    headers = {"Authorization": f"Bearer {program.secret}", "Idempotency-Key": key}
    return reply_of(
        program.client.post(
            f"/api/v1/invoices{query}", data=data, content_type=kind, headers=headers
        )
    )


def send_form(program: Program, parts: dict[str, Any], *, key: str = "k1") -> Reply:
    """Hand in a form."""
    headers = {"Authorization": f"Bearer {program.secret}", "Idempotency-Key": key}
    return reply_of(
        program.client.post("/api/v1/invoices", data=parts, headers=headers, content_type=FORM)
    )


def count(town: Town, table: sa.Table) -> int:
    """Return how many rows there are."""
    with town.app.db.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_file_is_answered_with_its_receipt_and_where_it_is(
    musterstadt: Town, program: MakeProgram, samples: Samples
) -> None:
    machine, data = program(), samples("gut.xml")

    answer = send(machine, data, query="?file_name=gut.xml&sender=a@b.example")

    assert answer.status_code == 201
    assert answer.json == {
        "id": answer.json["id"],
        "receipt_no": "E-2026-000001",
        "is_repeat": False,
        "received_at": "2026-11-30T06:30:00+00:00",
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert answer.headers["Location"] == f"/api/v1/invoices/{answer.json['id']}"
    with musterstadt.app.db.read() as connection:
        row = connection.execute(sa.select(invoice)).one()
        paper = connection.execute(sa.select(document)).one()
    assert (row.channel, row.sender, row.stage) == ("schnittstelle", "a@b.example", "received")
    assert (paper.file_name, paper.sha256) == ("gut.xml", hashlib.sha256(data).hexdigest())


def test_a_form_with_one_file_is_the_same(musterstadt: Town, program: MakeProgram) -> None:
    answer = send_form(program(), {"file": (io.BytesIO(b"%PDF-1.7"), "../scan 1.pdf")})

    assert answer.status_code == 201
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(document.c.file_name)).scalar_one() == "scan 1.pdf"


def test_the_invoice_is_read_as_the_eingangsbuch_has_it(
    musterstadt: Town, program: MakeProgram, samples: Samples
) -> None:
    machine = program()
    answer = send(machine, samples("gut.xml"), query="?sender=a@b.example")
    before = machine.get(f"/invoices/{answer.json['id']}").json
    musterstadt.settle()

    after = machine.get(f"/invoices/{answer.json['id']}").json

    assert (before["stage"], before["verdict"], before["number"]) == ("received", None, None)
    assert after == {
        "id": answer.json["id"],
        "receipt_no": "E-2026-000001",
        "case_id": after["case_id"],
        "case_status": "open",
        "stage": "registered",
        "verdict": "accepted",
        "channel": "schnittstelle",
        "sender": "a@b.example",
        "received_at": "2026-11-30T06:30:00+00:00",
        "sha256": hashlib.sha256(samples("gut.xml")).hexdigest(),
        "supplier_name": after["supplier_name"],
        "supplier_vat_id": after["supplier_vat_id"],
        "number": "TB-2026-1187",
        "type_code": "380",
        "issued_on": after["issued_on"],
        "due_on": after["due_on"],
        "gross": "18432.60",
        "payable": "18432.60",
        "currency": "EUR",
        "buyer_reference": after["buyer_reference"],
        "unit": after["unit"],
        "rejection": None,
    }
    assert machine.get(f"/cases/{after['case_id']}").status_code == 200


def test_what_cannot_be_read_is_rejected_and_says_so(
    musterstadt: Town, program: MakeProgram
) -> None:
    machine = program()
    answer = send(machine, b"<!DOCTYPE x><Invoice/>")
    musterstadt.settle()

    shown = machine.get(f"/invoices/{answer.json['id']}").json

    assert (shown["stage"], shown["verdict"], shown["case_status"]) == (
        "rejected",
        "rejected",
        "ended",
    )
    assert "DOCTYPE" in shown["rejection"]


def test_the_same_request_is_done_once_and_a_form_may_have_another_boundary(
    musterstadt: Town, program: MakeProgram
) -> None:
    machine = program()
    first = send_form(machine, {"file": (io.BytesIO(XML), "a.xml")})
    again = send_form(machine, {"file": (io.BytesIO(XML), "a.xml")})
    other = send_form(machine, {"file": (io.BytesIO(XML + b" "), "a.xml")})

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    assert (count(musterstadt, invoice), count(musterstadt, receipt_repeat)) == (1, 0)


def test_the_same_bytes_under_another_key_are_noted_and_answered_with_200(
    musterstadt: Town, program: MakeProgram
) -> None:
    machine = program()
    first = send(machine, XML, key="k1")
    again = send(machine, XML, key="k2")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == {**first.json, "is_repeat": True}
    assert again.headers["Location"] == first.headers["Location"]
    assert (count(musterstadt, case), count(musterstadt, receipt_repeat)) == (1, 1)


@pytest.mark.parametrize("point", ["receive.stored", "step.written", "step.committed"])
def test_whatever_dies_the_request_sent_again_gives_one_invoice(
    musterstadt: Town, program: MakeProgram, point: str
) -> None:
    machine = program()
    failpoints.arm(point)
    try:
        with pytest.raises(failpoints.Crash):
            send(machine, XML)
    finally:
        failpoints.disarm()
    musterstadt.clock.advance(seconds=61)

    answer = send(machine, XML)

    assert (answer.status_code, answer.json["receipt_no"]) == (201, "E-2026-000001")
    assert (count(musterstadt, invoice), count(musterstadt, case)) == (1, 1)
    assert count(musterstadt, receipt_repeat) == 0


@pytest.mark.parametrize(
    ("data", "kind", "status", "code", "says"),
    [
        (b"", "application/xml", 422, "invalid", "leer"),
        (b"PK\x03\x04", "application/pdf", 422, "invalid", "ZIP-Archiv"),
        (b"<html>", "text/xml", 422, "invalid", "Webseite"),
        (b'{"a": 1}', "application/octet-stream", 422, "invalid", "weder XML noch PDF"),
        (XML, "application/json", 415, "wrong_media_type", "multipart/form-data"),
        (XML, "", 415, "wrong_media_type", "application/pdf"),
    ],
)
def test_what_is_no_invoice_is_refused_with_what_to_do(
    musterstadt: Town,
    program: MakeProgram,
    data: bytes,
    kind: str,
    status: int,
    code: str,
    says: str,
) -> None:
    answer = send(program(), data, kind=kind)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert says in answer.text
    assert count(musterstadt, invoice) == 0


def test_what_is_too_large_is_refused_before_and_behind_the_limit_of_the_body(
    musterstadt: Town, program: MakeProgram
) -> None:
    parts = musterstadt.pages.extensions["laufzettel"]
    object.__setattr__(parts, "file_max", 100_000)
    machine = program()

    answers = [send(machine, b"<a>" + b"x" * size, key=str(size)) for size in (100_000, 200_000)]

    assert [(one.status_code, one.json["code"]) for one in answers] == [(413, "too_large")] * 2
    assert count(musterstadt, invoice) == 0


@pytest.mark.parametrize(
    "parts",
    [
        lambda: {"datei": (io.BytesIO(XML), "a.xml")},
        lambda: {"file": "<Invoice/>"},
        lambda: {"file": (io.BytesIO(XML), "a.xml"), "mehr": "1"},
        lambda: {"file": [(io.BytesIO(XML), "a.xml"), (io.BytesIO(XML), "b.xml")]},
    ],
    ids=["other name", "no file", "more fields", "two files"],
)
def test_a_form_of_another_shape_is_refused(
    musterstadt: Town, program: MakeProgram, parts: Callable[[], dict[str, Any]]
) -> None:
    """A file that was sent is read to its end, so each run makes its own."""
    answer = send_form(program(), parts())

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "#/file")
    assert count(musterstadt, invoice) == 0


def test_a_list_goes_page_by_page_the_newest_first(musterstadt: Town, program: MakeProgram) -> None:
    machine = program()
    for number in range(5):
        send(machine, b"<a>%d</a>" % number, key=str(number))
        musterstadt.clock.advance(seconds=1)

    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = machine.get("/invoices", limit=2, **cursor).json
        pages.append([one["receipt_no"][-1] for one in page["items"]])
        if page["next"] is None:
            break
        cursor = {"after": page["next"]}

    assert pages == [["5", "4"], ["3", "2"], ["1"]]


def test_a_confidential_invoice_is_not_there_for_whom_its_case_is_hidden_from(
    musterstadt: Town, program: MakeProgram, samples: Samples
) -> None:
    musterstadt.receive(samples("gut.xml"))
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(case).values(confidential=True, unit="jugendamt"))
        connection.execute(sa.update(user_task).values(group_="jugendamt", groups=["jugendamt"]))
        connection.execute(sa.delete(task_offer))
        invoice_id = connection.execute(sa.select(invoice.c.id)).scalar_one()
    hidden = [program(Scope.INVOICES_READ), program(Scope.INVOICES_READ, login="yilmaz")]
    shown = [
        program(Scope.INVOICES_READ, Scope.CONFIDENTIAL_READ),
        program(Scope.INVOICES_READ, login="damm"),
        program(Scope.INVOICES_READ, login="vogt"),
    ]

    for one in hidden:
        answer, listed = one.get(f"/invoices/{invoice_id}"), one.get("/invoices")
        assert (answer.status_code, listed.json["items"]) == (404, [])
        assert "Bergmann" not in answer.text + listed.text
    for one in shown:
        assert one.get(f"/invoices/{invoice_id}").json["number"] == "TB-2026-1187"
        assert len(one.get("/invoices").json["items"]) == 1


def test_a_person_hands_in_by_the_right_of_its_account(
    musterstadt: Town, program: MakeProgram
) -> None:
    answer = send(program(Scope.INVOICES_SEND, login="kranz"), XML)

    (view,) = musterstadt.app.engine.cases(town_reader(), f"invoice:{answer.json['id']}")
    first = musterstadt.app.engine.timeline(town_reader(), view.id)[0]
    assert (first.kind, first.actor) == ("case.started", "kranz")
