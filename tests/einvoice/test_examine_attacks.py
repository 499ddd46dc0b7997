"""Hostile files end in a named state with a German reason; nothing is written, nothing sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import canary

from laufzettel.einvoice.checks.oddities import suspicious
from laufzettel.einvoice.examine import Examination, examine
from laufzettel.einvoice.pool import ValidationPool
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Own, Verdict
from laufzettel.einvoice.validator import Validator

#: Refused before anything of them is used.
UNSAFE = {
    *("billion_laughs.xml", "entity_internal_amount.xml", "utf16_xxe.xml", "xxe_http.xml"),
    *("xxe_attr_default_dtd.xml", "xxe_external_dtd.xml", "xxe_param.xml", "xinclude.xml"),
    *("comment_split_amount.xml", "comment_split_iban.xml", "pi_split_amount.xml"),
    "nested_1k.xml",
}
#: The amount cannot be read exactly.
BAD_VALUES = {
    *("amount_arabic.xml", "amount_hex.xml", "amount_huge.xml", "amount_manydec.xml"),
    *("amount_nan.xml", "amount_plus.xml", "amount_space.xml", "invoice_id_long.xml"),
}
PDF_FINDINGS = {
    "bomb_filters_x40.pdf": Own.PDF_BROKEN,
    "bomb_nested_flate_x3.pdf": Own.PDF_BROKEN,
    "encrypted_marker.pdf": Own.PDF_BROKEN,
    "entity_attachment.pdf": Own.UNSAFE,
    "indirect_length_loop.pdf": Own.PDF_BROKEN,
    "openaction_js.pdf": Own.PDF_ACTIVE,
    "page_tree_loop.pdf": Own.PDF_BROKEN,
    "polyglot_html.pdf": Own.PDF_ACTIVE,
    "truncated.pdf": Own.PDF_BROKEN,
    "two_xml.pdf": Own.PDF_AMBIGUOUS,
    "xxe_attachment.pdf": Own.UNSAFE,
}


@pytest.fixture
def calls() -> Iterator[list[bytes]]:
    """What arrives at the address that the attacks name."""
    arrived: list[bytes] = []
    listener = canary.listener()
    listener.settimeout(0.1)
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                arrived.append(connection.recv(200))

    thread = threading.Thread(target=listen)
    thread.start()
    yield arrived
    done.set()
    thread.join()
    listener.close()


@pytest.fixture
def quiet_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a test, in which nothing may appear."""
    place = tmp_path / "above" / "here"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    return place


def _examine_all(folder: Path, pool: ValidationPool) -> dict[str, Examination]:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return {file.name: examine(file.read_bytes(), pool) for file in files}


def _nothing_happened(place: Path, calls: list[bytes]) -> bool:
    written = [*place.iterdir(), *place.parent.glob("attack-canary*")]
    return not (written or calls or list(Path("/").glob("attack-canary*")))


def test_hostile_xml_is_refused_by_name(
    shared_dir: Path, pool: ValidationPool, quiet_place: Path, calls: list[bytes]
) -> None:
    found = _examine_all(shared_dir / "attack-corpus" / "xml", pool)

    assert len(found) == 33
    assert {e.report.verdict for e in found.values()} == {Verdict.REJECTED}
    unsafe = {n for n, e in found.items() if e.report.findings[0].id == Own.UNSAFE}
    values = {n for n, e in found.items() if Own.BAD_VALUE in {f.id for f in e.report.findings}}
    assert (unsafe, values) == (UNSAFE, BAD_VALUES)
    assert all(found[name].invoice is None for name in UNSAFE | BAD_VALUES)
    assert _nothing_happened(quiet_place, calls)


def test_hostile_pdfs_end_in_a_named_state(
    shared_dir: Path, pool: ValidationPool, quiet_place: Path, calls: list[bytes]
) -> None:
    found = _examine_all(shared_dir / "attack-corpus" / "pdf", pool)

    findings = {name: {f.id for f in e.report.findings} for name, e in found.items()}
    assert {n: PDF_FINDINGS[n] for n, ids in findings.items() if PDF_FINDINGS[n] in ids} == (
        PDF_FINDINGS
    )
    assert not any(e.report.verdict is Verdict.ACCEPTED for e in found.values())
    assert _nothing_happened(quiet_place, calls)


@pytest.mark.parametrize("folder", ["bpmn", "camt", "csv", "html", "http", "mail", "zip"])
def test_files_of_other_kinds_are_no_invoices(
    shared_dir: Path, pool: ValidationPool, quiet_place: Path, calls: list[bytes], folder: str
) -> None:
    found = _examine_all(shared_dir / "attack-corpus" / folder, pool)

    assert {e.report.verdict for e in found.values()} == {Verdict.REJECTED}
    assert all(
        e.report.summary.endswith(".") or "wohlgeformt" in e.report.summary for e in found.values()
    )
    assert _nothing_happened(quiet_place, calls)


def test_the_next_good_invoice_is_accepted_after_the_attacks(
    shared_dir: Path, pool: ValidationPool, samples: dict[str, Path]
) -> None:
    _examine_all(shared_dir / "attack-corpus" / "xml", pool)

    assert examine(samples["gut.xml"].read_bytes(), pool).report.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "name",
    ["invoice_id_homoglyph.xml", "invoice_id_nbsp.xml", "invoice_id_newline.xml"],
)
def test_a_number_that_hides_something_is_flagged(
    shared_dir: Path, validator: Validator, name: str
) -> None:
    data = (shared_dir / "attack-corpus" / "xml" / name).read_bytes()

    ids = {finding.id for finding in examine(data, validator).report.findings}

    assert Own.NUMBER in ids
    assert suspicious(read_invoice(data).number)


def test_two_accounts_wait_for_the_decision_of_a_person(
    samples: dict[str, Path], validator: Validator
) -> None:
    xml = samples["klein.xml"].read_text("utf-8")
    start, end = xml.index("<cac:PaymentMeans>"), xml.index("<cac:PaymentTerms>")
    second = xml[start:end].replace("DE02120300000000202051", "DE89370400440532013000")

    examination = examine((xml[:end] + second + xml[end:]).encode(), validator)

    assert examination.report.verdict is Verdict.ACCEPTED
    assert [(f.id, f.text_de) for f in examination.report.findings] == [
        (
            Own.IBANS,
            "Die Rechnung nennt 2 Konten: DE02120300000000202051, DE89370400440532013000.",
        )
    ]


def test_an_attachment_that_is_something_else_is_flagged(
    samples: dict[str, Path], validator: Validator
) -> None:
    xml = samples["gut.xml"].read_text("utf-8").replace("text/csv", "application/pdf")

    report = examine(xml.encode(), validator).report

    assert report.verdict is Verdict.ACCEPTED
    assert [finding.id for finding in report.findings] == [Own.ATTACHMENT]


def test_a_wrong_leitweg_id_is_a_warning_in_six_official_files(
    shared_dir: Path, validator: Validator
) -> None:
    suite = shared_dir / "data" / "xrechnung-testsuite"

    warned = {
        file.name
        for file in suite.rglob("*.xml")
        if Own.ROUTING in {f.id for f in examine(file.read_bytes(), validator).report.findings}
    }

    assert warned == {
        "01.06a-INVOICE_ubl.xml",
        "01.06a-INVOICE_uncefact.xml",
        "01.07a-INVOICE_ubl.xml",
        "01.07a-INVOICE_uncefact.xml",
        "04.05a-INVOICE_uncefact.xml",
        "05.01a-INVOICE_ubl.xml",
    }


def test_a_value_that_cannot_be_read_rejects_what_the_rules_accept(
    samples: dict[str, Path], validator: Validator
) -> None:
    xml = samples["klein.xml"].read_text("utf-8").replace(">349.86<", ">+349.86<")

    examination = examine(xml.encode(), validator)

    assert validator.validate(xml.encode()).verdict is Verdict.ACCEPTED
    assert examination.report.verdict is Verdict.REJECTED
    assert examination.report.findings[0].id == Own.BAD_VALUE
    assert examination.invoice is None


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 6000), junk=st.binary(max_size=8), at=st.integers(0, 6000))
def test_damaged_invoices_never_raise(
    samples: dict[str, Path], validator: Validator, cut: int, junk: bytes, at: int
) -> None:
    data = samples["gut_cii.xml"].read_bytes()
    damaged = (data[:at] + junk + data[at:])[: len(data) + len(junk) - cut]

    report = examine(damaged, validator).report

    assert report.verdict in {Verdict.ACCEPTED, Verdict.REJECTED}
    assert report.summary
