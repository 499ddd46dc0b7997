"""Random structured processes in random order: no token is lost, and each reload is the same."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.execution.blocks import (
    AtOnce,
    Block,
    Branches,
    InTurn,
    Loop,
    Sequence_,
    Sheet,
    Subprocess,
    Task,
    Watched,
)
from tests.engine.execution.lab import Lab

from laufzettel.engine.execution import spiff_state


def _around(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        st.builds(Sequence_, several),
        st.builds(Branches, st.sampled_from(["xor", "and", "or"]), several),
        st.builds(Loop, inner),
        st.builds(Subprocess, inner, timed=st.booleans()),
        st.builds(Watched, inner, inner, interrupts=st.booleans()),
        st.builds(InTurn, inner, st.integers(0, 3)),
    )


#: Mostly one person, sometimes several at once.
_LEAVES = st.one_of(st.builds(Task), st.builds(Task), st.builds(AtOnce, st.integers(0, 3)))


def _drawn(block: Block) -> str:
    sheet = Sheet()
    block.draw(sheet)
    sheet.flow("start", block.first)
    sheet.flow(block.last, "end")
    return "\n".join(sheet.lines)


@pytest.fixture(autouse=True, scope="module")
def _forgetful() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spiff_state, "COMPACT_ABOVE", 0)
        yield


@settings(max_examples=80)
@given(
    block=st.recursive(_LEAVES, _around, max_leaves=8),
    pick=st.integers(0, 6),
    data=st.data(),
)
def test_a_process_waits_where_it_must_and_ends_when_no_token_is_left(
    block: Block, pick: int, data: st.DataObject
) -> None:
    """Both runs of the lab, straight and reloaded after every step, go the same way.

    History is dropped after every step, as else only in long cases.
    """
    case = Lab(_drawn(block), pick=Decimal(pick))
    block.start(pick)

    for happened in range(200):
        assert case.ended == block.done
        assert case.changes.troubles == []
        if block.done:
            return
        assert sorted(case.waits) == sorted(block.waits())
        element = data.draw(st.sampled_from(sorted(case.waits)))
        again = happened < 15 and data.draw(st.booleans())
        block.happen(element, again)
        if element.startswith("timer"):
            case.fire(element)
        else:
            case.complete(element, again=again)
    raise AssertionError("a loop that nobody repeats must end")
