"""A packed file is opened only on request, and never beyond its bounds."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laufzettel.connectors.intake import unpacking
from laufzettel.connectors.intake.unpacking import unpack
from laufzettel.errors import InputError


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with the files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return made.getvalue()


def test_the_files_of_an_archive_have_no_paths() -> None:
    """A name is a name, wherever it wanted to be written."""
    found = unpack(packed(("a/RE-1.xml", b"<a/>"), ("../../etc/x.pdf", b"%PDF-"), ("d/", b"")))

    assert [(one.name, one.data) for one in found] == [("RE-1.xml", b"<a/>"), ("x.pdf", b"%PDF-")]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>")), "Office-Dokument"),
        (tuple((f"{n}.xml", b"") for n in range(101)), "mehr als 100 Dateien"),
    ],
)
def test_what_is_not_opened_is_said_with_what_to_do(
    files: tuple[tuple[str, bytes], ...], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        unpack(packed(*files))


def test_a_directory_of_very_many_files_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry becomes an object: a mail of 25 MB could hold half a million of them."""
    many = packed(*((f"{n:060}.xml", b"") for n in range(2000)), method=zipfile.ZIP_STORED)
    elsewhere = packed(("a.xml", b"")) + b"PK\x06\x07" + bytes(16)  # its size stands elsewhere
    monkeypatch.setattr(zipfile, "ZipFile", None)

    for data in (many, elsewhere):
        with pytest.raises(InputError, match="mehr als 100 Dateien"):
            unpack(data)


def test_a_bomb_is_measured_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bytes become a million; what the archive says of itself is not asked."""
    monkeypatch.setattr(unpacking, "TOTAL_MAX", 1_000_000)

    with pytest.raises(InputError, match="mehr als 0 MB"):
        unpack(packed(("a.xml", b"0" * 999_999), ("b.xml", b"00")))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_few_programs_know_is_named(method: int) -> None:
    with pytest.raises(InputError, match=r"seltenen Verfahren gepackt\. Bitte selbst auspacken"):
        unpack(packed(("a.xml", b"<a/>"), method=method))


def test_an_encrypted_archive_is_named() -> None:
    data = bytearray(packed(("a.xml", b"<a/>")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark) + offset
        struct.pack_into("<H", data, place, 1)

    with pytest.raises(InputError, match="verschlüsselt"):
        unpack(bytes(data))


@given(st.binary(max_size=300))
def test_damage_is_an_answer_and_never_an_error(noise: bytes) -> None:
    """Whatever stands in the file."""
    good = packed(("a.xml", b"<a/>" * 50))
    for data in (b"PK\x03\x04" + noise, good[: len(noise)], good + noise, noise + good):
        try:
            assert all(len(one.data) <= 25 * 2**20 * 2 for one in unpack(data))
        except InputError as error:
            assert "Bitte selbst auspacken" in str(error)


@given(
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    st.lists(st.tuples(st.integers(0, 230), st.binary(min_size=1, max_size=4)), max_size=3),
)
@example(zipfile.ZIP_DEFLATED, [(30, b"\xff")])  # the first byte of the first name
def test_a_torn_archive_is_an_answer_and_never_an_error(
    method: int, changes: list[tuple[int, bytes]]
) -> None:
    """A name that is no UTF-8, a place before the beginning."""
    data = bytearray(packed(("ä.xml", b"<a/>" * 50), ("b.xml", b"<b/>"), method=method))
    for place, noise in changes:
        data[place : place + len(noise)] = noise

    try:
        assert all(len(one.data) <= 200 for one in unpack(bytes(data)))
    except InputError as error:
        assert "Bitte selbst auspacken" in str(error)
