"""RFC 8785, with the values of its own examples where they are whole numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.engine.audit import verify_export
from laufzettel.engine.audit.canonical import JSON, canonical
from laufzettel.errors import InputError


def test_keys_are_sorted_by_utf_16_units() -> None:
    """RFC 8785, 3.2.3: the smiley's surrogates come before U+FB33."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    text = canonical(dict.fromkeys(keys, 0))

    assert text == '{"\\r":0,"1":0,"\u0080":0,"ö":0,"€":0,"😀":0,"\ufb33":0}'


def test_strings_are_escaped_as_little_as_possible() -> None:
    """RFC 8785, 3.2.2.2."""
    text = canonical("\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/\u007f\u2028")

    assert text == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f\u2028"'


def test_values_of_every_kind_have_one_text() -> None:
    value: dict[str, JSON] = {"d": [True, False, None], "c": {}, "b": [], "a": -7}

    assert canonical(value) == '{"a":-7,"b":[],"c":{},"d":[true,false,null]}'


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), b"x", {1: 2}, {"a": {1, 2}}], ids=repr)
def test_what_has_no_exact_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not canonical JSON"):
        canonical(value)


def test_half_a_surrogate_pair_is_refused_in_german() -> None:
    with pytest.raises(InputError, match="ein Zeichen, das es nicht gibt"):
        canonical({"comment": "\ud800"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(VALUES)
def test_writer_and_auditor_agree_on_every_value(value: Any) -> None:
    assert verify_export.canonical(value) == canonical(value)
