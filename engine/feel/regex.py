"""A regular expression engine whose time grows with the text and never explodes.

The pattern becomes a small program; a search follows all ways through it at once (Thompson
1968; with brackets as Pike does), so that no pattern has to be tried twice at one place. Only
back references would need that, and they are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple, TypeAlias

from laufzettel.engine.feel.regex_sets import CharSet
from laufzettel.engine.feel.regex_syntax import (
    Anchor,
    Choice,
    Group,
    One,
    Part,
    Repeat,
    Sequence,
    refuse,
)

#: Steps of one program; counted repetitions are written out.
PROGRAM_MAX: Final = 5_000
#: Places in all remembered moves from one set of them to the next, some ten megabytes.
_HELD_MAX: Final = 200_000
#: Ways followed that cost one step of FEEL's budget.
_WORK_PER_STEP: Final = 25

Spend: TypeAlias = Callable[[int], None]
_State: TypeAlias = frozenset[int]


class _Op(IntEnum):
    TAKE = 0  # one character of a set
    SPLIT = 1  # go on here or there, here first
    JUMP = 2
    SAVE = 3  # remember the place
    START = 4  # only at the start of the text or line
    END = 5
    MATCH = 6


class _Step(NamedTuple):
    op: _Op
    chars: CharSet | None = None
    first: int = 0  # where to go on, or what to save
    second: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A place where the pattern fits."""

    text: str
    places: tuple[int, ...]  # start and end of the whole, then of each bracket; -1: none

    def start(self) -> int:
        """Return where it starts."""
        return self.places[0]

    def end(self) -> int:
        """Return where it ends."""
        return self.places[1]

    def group(self, number: int) -> str:
        """Return what a bracket took, empty where it took nothing; 0 is the whole."""
        start, end = self.places[2 * number : 2 * number + 2]
        return self.text[start:end] if start >= 0 and end >= 0 else ""


class Program:
    """A compiled pattern.

    >>> from laufzettel.engine.feel.regex_syntax import Reader
    >>> program = Program(Reader("(a+)+$", "").read(), groups=1, is_multi=False)
    >>> program.fits("a" * 1000 + "b", lambda steps: None)
    False
    """

    def __init__(self, part: Part, *, groups: int, is_multi: bool) -> None:
        self.groups = groups
        self._is_multi = is_multi
        self._steps: list[_Step] = []
        self._emit_save(part, 0)
        self._add(_Step(_Op.MATCH))
        self._match = len(self._steps) - 1
        self._moves: dict[tuple[_State, str], _State] = {}
        self._held = 0  # places in the moves, and ten for each move itself
        self._accepting: _State = frozenset([self._match])
        self._fresh = self._closure([0], at_start=False)

    # --- making the program ----------------------------------------------------------------

    def _add(self, step: _Step) -> int:
        if len(self._steps) >= PROGRAM_MAX:
            refuse("es hat zu viele Wiederholungen.")
        self._steps.append(step)
        return len(self._steps) - 1

    def _emit_save(self, part: Part, number: int) -> None:
        self._add(_Step(_Op.SAVE, first=2 * number))
        self._emit(part)
        self._add(_Step(_Op.SAVE, first=2 * number + 1))

    def _emit(self, part: Part) -> None:
        if isinstance(part, One):
            self._add(_Step(_Op.TAKE, part.chars))
        elif isinstance(part, Anchor):
            self._add(_Step(_Op.START if part.at_start else _Op.END))
        elif isinstance(part, Group):
            self._emit_save(part.part, part.number)
        elif isinstance(part, Sequence):
            for each in part.parts:
                self._emit(each)
        elif isinstance(part, Choice):
            self._emit_choice(part.branches)
        else:
            self._emit_repeat(part)

    def _emit_choice(self, branches: tuple[Part, ...]) -> None:
        jumps: list[int] = []
        for branch in branches[:-1]:
            split = self._add(_Step(_Op.SPLIT))
            self._emit(branch)
            jumps.append(self._add(_Step(_Op.JUMP)))
            self._steps[split] = _Step(_Op.SPLIT, None, split + 1, len(self._steps))
        self._emit(branches[-1])
        for jump in jumps:
            self._steps[jump] = _Step(_Op.JUMP, None, len(self._steps))

    def _emit_repeat(self, part: Repeat) -> None:
        before = len(self._steps)
        for _ in range(part.low):
            self._emit(part.part)
            if len(self._steps) == before:
                break  # nothing, however often: (?:(?:){1000}){1000} would take for ever
        if part.high is None:
            split = self._add(_Step(_Op.SPLIT))
            self._emit(part.part)
            self._add(_Step(_Op.JUMP, None, split))
            self._steps[split] = self._split(split + 1, len(self._steps), part.greedy)
            return
        splits: list[int] = []
        for _ in range(part.high - part.low):
            splits.append(self._add(_Step(_Op.SPLIT)))
            self._emit(part.part)
        for split in splits:
            self._steps[split] = self._split(split + 1, len(self._steps), part.greedy)

    def _split(self, inside: int, behind: int, greedy: bool) -> _Step:
        first, second = (inside, behind) if greedy else (behind, inside)
        return _Step(_Op.SPLIT, None, first, second)

    # --- does it fit anywhere? ---------------------------------------------------------------

    def fits(self, text: str, spend: Spend) -> bool:
        """Return whether the pattern fits somewhere in the text.

        Which character leads from which set of places to which is remembered, so that a long
        text costs little more than looking each character up.
        """
        spend(len(text) // 1000)
        state = self._closure([0], at_start=True)
        last, work = len(text) - 1, 0
        for place, character in enumerate(text):
            if self._match in state:
                return True
            if not state and not self._fresh and not self._is_multi:
                return False
            key = (state, character)
            following = self._moves.get(key)
            if following is None or (place == last and character == "\n"):
                following = self._move(state, character, is_last=place == last)
                work += len(state) + len(self._steps) // 4 + 1  # what may have been followed
                if work > _WORK_PER_STEP:
                    spend(work // _WORK_PER_STEP)
                    work %= _WORK_PER_STEP
            state = following
        return self._match in self._closure(state, at_start=False, at_end=True)

    def _move(self, state: _State, character: str, *, is_last: bool) -> _State:
        is_break = self._is_multi and character == "\n"
        if is_break:
            state = self._closure(state, at_start=False, at_end=True)
            if self._match in state:
                return self._accepting
        taken = [place + 1 for place in state if self._takes(place, character)]
        # A line break at the very end of the text starts no line (XPath 2.0, 7.6.1.1).
        following = self._closure([*taken, 0], at_start=is_break and not is_last)
        if not (is_break and is_last):
            self._remember((state, character), following)
        return following

    def _remember(self, key: tuple[_State, str], following: _State) -> None:
        self._held += len(following) + 10
        if self._held > _HELD_MAX:
            self._moves.clear()
            self._held = len(following) + 10
        self._moves[key] = following

    def _takes(self, place: int, character: str) -> bool:
        chars = self._steps[place].chars
        return chars is not None and chars.has(character)

    def _closure(self, places: Iterable[int], *, at_start: bool, at_end: bool = False) -> _State:
        """Return where one can be without taking a character; ends wait until they are known."""
        seen: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            waiting.extend(self._onward(place, at_start=at_start, at_end=at_end))
        resting = (_Op.TAKE, _Op.MATCH, _Op.END)
        return frozenset(place for place in seen if self._steps[place].op in resting)

    def _onward(self, place: int, *, at_start: bool, at_end: bool) -> tuple[int, ...]:
        """Return where a step leads without a character, the first choice last."""
        step = self._steps[place]
        if step.op is _Op.SPLIT:
            return step.second, step.first
        if step.op is _Op.JUMP:
            return (step.first,)
        goes_on = (
            step.op is _Op.SAVE
            or (step.op is _Op.START and at_start)
            or (step.op is _Op.END and at_end)
        )
        return (place + 1,) if goes_on else ()

    # --- where does it fit? ------------------------------------------------------------------

    def finditer(self, text: str, spend: Spend) -> Iterator[Match]:
        """Yield the places where the pattern fits, from left to right, none inside another."""
        place = 0
        while place <= len(text):
            found = self._search(text, place, spend)
            if found is None:
                return
            yield found
            place = found.end() + (found.end() == found.start())

    def _search(self, text: str, begin: int, spend: Spend) -> Match | None:
        """Return the leftmost match from there, by the order of the pattern's choices."""
        found: tuple[int, ...] | None = None
        empty = (-1,) * (2 * self.groups + 2)
        threads: dict[int, tuple[int, ...]] = {}
        work = 0
        for place in range(begin, len(text) + 1):
            if found is None:
                self._follow(threads, 0, place, empty, text)
            if not threads:
                if found is not None:
                    break
                continue
            work += len(threads) + 1
            if work > _WORK_PER_STEP:
                spend(work // _WORK_PER_STEP)
                work %= _WORK_PER_STEP
            following: dict[int, tuple[int, ...]] = {}
            for at, places in threads.items():
                if at == self._match:
                    found = places
                    break  # what comes behind had a later choice
                if place < len(text) and self._takes(at, text[place]):
                    self._follow(following, at + 1, place + 1, places, text)
            threads = {at: places for at, places in following.items() if places is not _PASSED}
        return None if found is None else Match(text, found)

    def _follow(
        self,
        threads: dict[int, Any],
        start: int,
        place: int,
        places: tuple[int, ...],
        text: str,
    ) -> None:
        """Add where one can be without taking a character, in the order of the choices."""
        at_start = place == 0 or (self._is_multi and text[place - 1] == "\n" and place < len(text))
        at_end = place == len(text) or (self._is_multi and text[place] == "\n")
        waiting = [(start, places)]
        while waiting:
            at, places = waiting.pop()
            if at in threads:
                continue
            step = self._steps[at]
            if step.op in (_Op.TAKE, _Op.MATCH):
                threads[at] = places
                continue
            threads[at] = _PASSED
            if step.op is _Op.SAVE:
                places = (*places[: step.first], place, *places[step.first + 1 :])
            onward = self._onward(at, at_start=at_start, at_end=at_end)
            waiting.extend((each, places) for each in onward)


#: Marks a step that has been followed already and where nobody rests.
_PASSED: Final = (-2,)
