"""Bytes are packed where it pays, and what would not pay is hardly tried."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.packing import LONG, packed

DENSE = random.Random(1).randbytes(50_000)


@given(st.binary(max_size=200) | st.binary(min_size=1, max_size=4).map(lambda one: one * 5000))
def test_what_is_packed_is_shorter_and_comes_back(data: bytes) -> None:
    found = packed(data)

    assert found is None or (len(found) < len(data) and zlib.decompress(found) == data)


def test_of_long_dense_data_a_piece_is_tried_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    compress = zlib.compress

    def noted(data: bytes, level: int) -> bytes:
        tried.append(len(data))
        return compress(data, level)

    monkeypatch.setattr(zlib, "compress", noted)

    assert packed(DENSE) is None
    assert packed(DENSE[: LONG - 1]) is None
    assert tried == [1024, LONG - 1]


def test_long_data_that_packs_well_is_packed() -> None:
    text = "".join(f"Position {n}: Betonpflaster verlegen, {n * 7} m2\n" for n in range(2000))

    found = packed(text.encode())

    assert found is not None
    assert len(found) < len(text) / 4
