"""Bytes that arrive are counted and hashed while they come, and held a portion at a time."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel import spool
from laufzettel.spool import (
    MEMORY_MAX,
    PORTION,
    OversizeError,
    SpoiltError,
    gathered,
    portions_of,
    scanned,
    sha256_of,
    size_of,
    spooled,
    whole,
)

LARGE = b"%PDF-1.7" + bytes(range(256)) * (MEMORY_MAX // 128)


class Source:
    """A sender of whom it is known how much was asked for."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.most = 0  # bytes asked for at once

    def read(self, size: int = -1, /) -> bytes:
        self.most = max(self.most, size)
        given = min(self.left, size)
        self.left -= given
        return b"x" * given


@given(data=st.binary(max_size=3 * PORTION) | st.sampled_from([LARGE, b""]))
def test_what_is_read_is_what_has_arrived(data: bytes) -> None:
    with spooled(io.BytesIO(data), size_max=len(data)) as arrived:
        again = [arrived.whole(), b"".join(arrived.portions()), arrived.from_start().read()]

        assert again == [data, data, data]
        assert (arrived.size, arrived.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert arrived.head == data[:4096]


def test_what_is_too_large_is_refused_at_the_first_portion_beyond() -> None:
    source = Source(1 << 40)

    with (
        pytest.raises(OversizeError, match="größer, als hier angenommen wird"),
        spooled(source, size_max=10 * PORTION),
    ):
        pass

    assert (1 << 40) - source.left == 11 * PORTION
    assert source.most == PORTION


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    with spooled(Source(PORTION), size_max=PORTION) as arrived:
        assert arrived.size == PORTION
    with pytest.raises(OversizeError), spooled(Source(PORTION + 1), size_max=PORTION):
        pass


def test_a_file_of_ours_is_hashed_and_not_copied() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(LARGE)
        arrived = scanned(file, size_max=len(LARGE))

        assert arrived.from_start() is file
        assert arrived.whole() == LARGE
        with pytest.raises(OversizeError):
            scanned(file, size_max=len(LARGE) - 1)


def test_bytes_that_the_disk_gives_back_otherwise_are_told() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(LARGE)
        arrived = scanned(file, size_max=len(LARGE))
        file.seek(100)
        file.write(b"?")

        with pytest.raises(SpoiltError, match="verändert"):
            arrived.whole()


def test_what_breaks_off_is_never_handed_on() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"half"
        raise OSError("connection reset")

    with pytest.raises(OSError, match="reset"), gathered(breaking()):
        raise AssertionError("nobody reads it")


@pytest.mark.parametrize("data", [b"", b"<Invoice/>", LARGE], ids=["empty", "small", "large"])
def test_bytes_at_hand_and_a_file_say_the_same(data: bytes) -> None:
    with gathered([data[:7], b"", data[7:]]) as arrived:
        for told in (size_of, sha256_of, spool.head_of, whole):
            assert told(arrived) == told(data)
        assert b"".join(portions_of(arrived)) == b"".join(portions_of(data)) == data
