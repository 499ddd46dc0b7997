"""Structured processes: each block draws itself and says what must wait, by its own reading.

The second reading is a few lines of plain Python without tokens; a process that runs as it
says has lost no token and made none up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


class Block:
    """A part of a process with one way in and one way out."""

    first = last = ""  # its outermost elements, once it is drawn
    done = False

    def draw(self, sheet: Sheet) -> None:
        """Write down the elements and flows."""
        raise NotImplementedError

    def start(self, pick: int) -> None:
        """Let a token come in, for the first time or again."""
        raise NotImplementedError

    def waits(self) -> list[str]:
        """Return the elements that must wait now."""
        raise NotImplementedError

    def happen(self, element: str, again: bool) -> None:
        """Let the element be done; ``again`` is the answer to the question of a loop."""
        raise NotImplementedError


class Sheet:
    """The model while it is being drawn."""

    def __init__(self) -> None:
        self.lines = ["knows pick"]
        self._number = 0

    def name(self, kind: str) -> str:
        self._number += 1
        return f"{kind}{self._number}"

    def flow(self, source: str, target: str, condition: str = "") -> None:
        """Draw a flow; what leaves a loop's question without condition is its default."""
        mark = "*" if source.startswith("again") and not condition else condition
        self.lines.append(f"{source}>{target}{mark}")


class Task(Block):
    """A user task."""

    def draw(self, sheet: Sheet) -> None:
        self.first = self.last = sheet.name("task")
        sheet.lines += [f"user {self.first}", "asks again checkbox"]

    def start(self, pick: int) -> None:
        self.done = False

    def waits(self) -> list[str]:
        return [] if self.done else [self.first]

    def happen(self, element: str, again: bool) -> None:
        self.done = True


class Sequence_(Block):
    """One after the other."""

    def __init__(self, parts: Sequence[Block]) -> None:
        self._parts = parts

    def draw(self, sheet: Sheet) -> None:
        for part in self._parts:
            part.draw(sheet)
        for before, after in pairwise(self._parts):
            sheet.flow(before.last, after.first)
        self.first, self.last = self._parts[0].first, self._parts[-1].last

    def start(self, pick: int) -> None:
        self._pick, self._left = pick, list(self._parts)
        self._left[0].start(pick)
        self._go_on()

    def waits(self) -> list[str]:
        return self._left[0].waits()

    def happen(self, element: str, again: bool) -> None:
        self._left[0].happen(element, again)
        self._go_on()

    def _go_on(self) -> None:
        while self._left[0].done and len(self._left) > 1:
            self._left.pop(0)
            self._left[0].start(self._pick)

    @property
    def done(self) -> bool:  # type: ignore[override]
        return len(self._left) == 1 and self._left[0].done


class Branches(Block):
    """A gateway that splits and one of the same kind that joins: xor, and, or."""

    def __init__(self, kind: str, parts: Sequence[Block]) -> None:
        self._kind, self._parts = kind, parts

    def draw(self, sheet: Sheet) -> None:
        self.first, self.last = sheet.name("split"), sheet.name("join")
        sheet.lines += [f"{self._kind} {self.first}", f"{self._kind} {self.last}"]
        for number, part in enumerate(self._parts):
            part.draw(sheet)
            condition = f"[modulo(pick, {number + 1}) = 0]" if number else "*"
            sheet.flow(self.first, part.first, "" if self._kind == "and" else condition)
            sheet.flow(part.last, self.last)

    def start(self, pick: int) -> None:
        true = [
            part for number, part in enumerate(self._parts) if number and not pick % (number + 1)
        ]
        taken = {"and": list(self._parts), "or": true, "xor": true[:1]}[self._kind]
        self._taken = taken or [self._parts[0]]
        for part in self._taken:
            part.start(pick)

    def waits(self) -> list[str]:
        return [name for part in self._taken if not part.done for name in part.waits()]

    def happen(self, element: str, again: bool) -> None:
        next(part for part in self._taken if element in part.waits()).happen(element, again)

    @property
    def done(self) -> bool:  # type: ignore[override]
        return all(part.done for part in self._taken)


class Loop(Block):
    """A part that is done again while a person says so."""

    def __init__(self, part: Block) -> None:
        self._part = part

    def draw(self, sheet: Sheet) -> None:
        self.first, self.last = sheet.name("begin"), sheet.name("again")
        self._ask = sheet.name("ask")
        sheet.lines += [f"xor {self.first}", f"xor {self.last}"]
        sheet.lines += [f"user {self._ask}", "asks again checkbox"]
        self._part.draw(sheet)
        sheet.flow(self.first, self._part.first)
        sheet.flow(self._part.last, self._ask)
        sheet.flow(self._ask, self.last)
        sheet.flow(self.last, self.first, "[again]")

    def start(self, pick: int) -> None:
        self._pick, self.done = pick, False
        self._part.start(pick)

    def waits(self) -> list[str]:
        return [self._ask] if self._part.done else self._part.waits()

    def happen(self, element: str, again: bool) -> None:
        if element != self._ask:
            self._part.happen(element, again)
        elif again:
            self._part.start(self._pick)
        else:
            self.done = True


class Subprocess(Block):
    """A part inside a subprocess, with a timer at its boundary if it is ``timed``."""

    def __init__(self, part: Block, *, timed: bool) -> None:
        self._part, self._is_timed = part, timed

    def draw(self, sheet: Sheet) -> None:
        self.first = self.last = sheet.name("sub")
        sheet.lines.append(f"sub {self.first}")
        self._part.draw(sheet)
        sheet.flow(f"{self.first}.start", self._part.first)
        sheet.flow(self._part.last, f"{self.first}.end")
        sheet.lines.append("close")
        self._timer = sheet.name("timer")
        if self._is_timed:
            self.last = sheet.name("meet")
            sheet.lines += [f"boundary {self._timer} {self.first} timer P1D", f"xor {self.last}"]
            sheet.flow(self.first, self.last)
            sheet.flow(self._timer, self.last)

    def start(self, pick: int) -> None:
        self._is_over = False
        self._part.start(pick)

    def waits(self) -> list[str]:
        return [*self._part.waits(), *([self._timer] if self._is_timed else [])]

    def happen(self, element: str, again: bool) -> None:
        if element == self._timer:
            self._is_over = True
        else:
            self._part.happen(element, again)

    @property
    def done(self) -> bool:  # type: ignore[override]
        return self._is_over or self._part.done


class Watched(Block):
    """A part in a subprocess with an event subprocess, which a timer starts."""

    def __init__(self, part: Block, inner: Block, *, interrupts: bool) -> None:
        self._part, self._inner, self._interrupts = part, inner, interrupts

    def draw(self, sheet: Sheet) -> None:
        self.first = self.last = sheet.name("sub")
        sheet.lines.append(f"sub {self.first}")
        self._part.draw(sheet)
        sheet.flow(f"{self.first}.start", self._part.first)
        sheet.flow(self._part.last, f"{self.first}.end")
        watch = sheet.name("timer")
        self._timer = f"{watch}.start"
        sheet.lines.append(f"watch {watch} timer P1D" + ("" if self._interrupts else " calm"))
        self._inner.draw(sheet)
        sheet.flow(self._timer, self._inner.first)
        sheet.flow(self._inner.last, f"{watch}.end")
        sheet.lines += ["close", "close"]

    def start(self, pick: int) -> None:
        self._pick, self._has_fired = pick, False
        self._part.start(pick)

    @property
    def _goes_on(self) -> bool:
        return not (self._has_fired and self._interrupts) and not self._part.done

    def waits(self) -> list[str]:
        part = self._part.waits() if self._goes_on else []
        inner = self._inner.waits() if self._has_fired and not self._inner.done else []
        return [*part, *inner, *([] if self._has_fired else [self._timer])]

    def happen(self, element: str, again: bool) -> None:
        if element == self._timer:
            self._has_fired = True
            self._inner.start(self._pick)
        elif self._goes_on and element in self._part.waits():
            self._part.happen(element, again)
        else:
            self._inner.happen(element, again)

    @property
    def done(self) -> bool:  # type: ignore[override]
        return not self._goes_on and (not self._has_fired or self._inner.done)


class InTurn(Block):
    """A part in a subprocess that is done several times, one after the other; or not at all."""

    def __init__(self, part: Block, times: int) -> None:
        self._part, self._times = part, times

    def draw(self, sheet: Sheet) -> None:
        self.first = self.last = sheet.name("sub")
        sheet.lines.append(f"sub {self.first}")
        self._part.draw(sheet)
        sheet.flow(f"{self.first}.start", self._part.first)
        sheet.flow(self._part.last, f"{self.first}.end")
        items = ", ".join(map(str, range(self._times)))
        sheet.lines += ["close", f"each [{items}] in turn"]

    def start(self, pick: int) -> None:
        self._pick, self._left = pick, self._times
        if self._left:
            self._part.start(pick)
            self._go_on()

    def waits(self) -> list[str]:
        return self._part.waits() if self._left else []

    def happen(self, element: str, again: bool) -> None:
        self._part.happen(element, again)
        self._go_on()

    def _go_on(self) -> None:
        while self._left and self._part.done:
            self._left -= 1
            self._part.start(self._pick)

    @property
    def done(self) -> bool:  # type: ignore[override]
        return self._left == 0


class AtOnce(Block):
    """A user task for several people at the same time; or for nobody."""

    def __init__(self, times: int) -> None:
        self._times = times

    def draw(self, sheet: Sheet) -> None:
        self.first = self.last = sheet.name("task")
        items = ", ".join(map(str, range(self._times)))
        sheet.lines += [f"user {self.first}", "asks again checkbox", f"each [{items}]"]

    def start(self, pick: int) -> None:
        self._left = self._times

    def waits(self) -> list[str]:
        return [self.first] * self._left

    def happen(self, element: str, again: bool) -> None:
        self._left -= 1

    @property
    def done(self) -> bool:  # type: ignore[override]
        return self._left == 0
