"""The state blob: what was encoded comes back, and what has not changed is not packed again."""

from __future__ import annotations

import random
import string
import zlib
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.engine.execution import codec
from laufzettel.errors import StorageError, TooNewError

#: Letters that hardly pack, and some that pack well.
DENSE = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=6000))
SPARSE = "wie bestellt, " * 400


def state_of(**variables: Any) -> dict[str, Any]:
    return {"run": [1], "scopes": {"": variables}, "seen": {}, "loops": {}, "cycles": {}}


def test_everything_of_a_state_comes_back() -> None:
    state = state_of() | {"loops": {"3": [["a"], [None], 1, 0]}, "cycles": {"7": [1, 2]}}

    assert codec.decode(codec.encode(state)) == state | {"large": {}}


VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.decimals(-(10**9), 10**9, places=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), VALUES | st.just(DENSE) | st.just([SPARSE, DENSE])))
def test_variables_of_any_size_come_back_after_each_of_several_steps(
    variables: dict[str, Any],
) -> None:
    first = codec.decode(codec.encode(state_of(**variables)))
    second = codec.decode(codec.encode(first | {"run": [2]}))

    assert first["scopes"] == second["scopes"] == {"": variables}


def test_a_large_variable_that_is_the_same_is_not_packed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = codec.decode(codec.encode(state_of(text=SPARSE, lines=[SPARSE, Decimal(1)])))
    packed: list[bytes] = []
    compress = zlib.compress

    def noted(data: bytes, level: int) -> bytes:
        packed.append(data)
        return compress(data, level)

    monkeypatch.setattr(zlib, "compress", noted)

    blob = codec.encode(state)

    assert packed == [orjson.dumps(orjson.loads(zlib.decompress(blob)))]
    assert len(packed[0]) < 100


def test_a_large_variable_that_was_replaced_is_stored_anew() -> None:
    state = codec.decode(codec.encode(state_of(text=SPARSE, other=DENSE)))
    state["scopes"][""]["text"] = SPARSE + "nicht geliefert"
    del state["scopes"][""]["other"]

    assert codec.decode(codec.encode(state))["scopes"] == {"": {"text": SPARSE + "nicht geliefert"}}


def test_what_hardly_packs_is_stored_as_it_is() -> None:
    blob = codec.encode(state_of(dense=DENSE, sparse=SPARSE))

    assert DENSE.encode() in blob
    assert SPARSE.encode() not in blob
    assert len(blob) < 6500


def test_a_case_without_large_variables_is_written_as_it_always_was() -> None:
    plain = orjson.loads(zlib.decompress(codec.encode(state_of(amount=Decimal("1.10")))))

    assert plain == [1, [1], {"": {"amount": {"$": "n", "v": "1.10"}}}, {}]


@pytest.mark.parametrize("large", [{}, {"dense": DENSE}])
def test_a_blob_of_a_newer_layout_is_refused(
    large: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(**large) | {"cycles": {"7": [1, 2]}}
    blob = codec.encode(state)
    monkeypatch.setattr(codec, "VERSION", 1)

    with pytest.raises(TooNewError, match="neueren Programmversion"):
        codec.decode(blob)


def test_a_blob_that_was_cut_off_is_named() -> None:
    with pytest.raises(StorageError, match="beschädigt"):
        codec.decode(codec.encode(state_of(dense=DENSE, end="x" * 3000))[:-1])
