"""What of a case fits another version of its process, and what does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from laufzettel.engine.execution.case_run import CaseRun, Wait
from laufzettel.engine.execution.changes import WaitKind
from laufzettel.engine.model.definition import Definition, Element, Kind
from laufzettel.engine.operations.duties_ahead import elements_of
from laufzettel.errors import InputError

#: Waits that belong to no sort of element: an incident is open there, or nothing is awaited.
_ANY = (WaitKind.HELD, WaitKind.GATEWAY, WaitKind.SPENT)
_JOBS = (WaitKind.WORK, WaitKind.EFFECT)


class Comparison:
    """Two versions of a process, and which element of the one is which of the other.

    Raises InputError for a name that one of them does not know.
    """

    def __init__(self, old: Definition, new: Definition, names: Mapping[str, str]) -> None:
        self.old, self.new = elements_of(old), elements_of(new)
        self._before, self._after = old, new
        for source, target in names.items():
            if source not in self.old:
                raise InputError(f"Das bisherige Modell hat keinen Schritt „{source}“.")
            if target not in self.new:
                raise InputError(f"Das neue Modell hat keinen Schritt „{target}“.")
        #: Old element -> new element, where they differ; repetitions go with their activity.
        self.names = {**names, **self._repetitions(names)}

    def _repetitions(self, names: Mapping[str, str]) -> dict[str, str]:
        around = {one.repeats: key for key, one in self.new.items() if one.repeats}
        return {
            key: around[names[one.repeats]]
            for key, one in self.old.items()
            if one.repeats in names and names[one.repeats] in around
        }

    def named(self, element: str) -> str:
        """Return the new name of an element."""
        return self.names.get(element, element)

    def waits(self, run: CaseRun) -> Iterator[str]:
        """Yield for each wait of the case that has no place in the new version why."""
        for wait in run.waits():
            old, new = self.old.get(wait.element), self.new.get(self.named(wait.element))
            if old is None:
                continue  # made by the compiler: where its token goes the executor knows
            if new is None:
                if old.attached_to or old.kind is Kind.ARMED:
                    continue  # an event beside the activity simply ends; it is told as ended
                yield (
                    f"Für „{wait.element}“, wo der Vorgang wartet, gibt es keinen Schritt im neuen "
                    "Modell. Bitte angeben, welcher ihm entspricht."
                )
            elif problem := self._unlike(wait, old, new):
                yield f"„{new.id}“: {problem}"

    def _unlike(self, wait: Wait, old: Element, new: Element) -> str:
        """Return why a wait cannot go on at the new element, "" if it can."""
        if wait.kind in _ANY:
            return ""
        if old.kind is not new.kind and wait.kind not in _JOBS:
            return "ist im neuen Modell ein Schritt anderer Art."
        if wait.kind in _JOBS:
            return self._unlike_handler(old, new)
        old_event, new_event = old.event, new.event
        if (old_event is None) is not (new_event is None):
            return "ist im neuen Modell ein Schritt anderer Art."
        if old_event is None or new_event is None or wait.kind == WaitKind.TIMER:
            return ""
        if (old_event.kind, old_event.name) != (new_event.kind, new_event.name):
            return f"wartet im neuen Modell auf „{new_event.name}“ statt auf „{old_event.name}“."
        return ""

    def _unlike_handler(self, old: Element, new: Element) -> str:
        if old.handler != new.handler:
            return f"ruft im neuen Modell „{new.handler}“ statt „{old.handler}“; das läuft schon."
        before = self._before.handlers.get(old.handler, {})
        after = self._after.handlers.get(new.handler, {})
        if any(before.get(part) != after.get(part) for part in ("kind", "parameters")):
            return (
                f"„{new.handler}“ hat im neuen Modell andere Angaben, und der Auftrag läuft schon."
            )
        return ""

    def signed(self, signatures: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Yield for each (element, duty) signed in the case what it would lose."""
        for element, duty in sorted(set(signatures)):
            new = self.new.get(self.named(element))
            if new is None or duty not in new.duty.split(","):
                yield (
                    f"„{duty}“ ist bei „{element}“ gezeichnet; im neuen Modell gibt es dafür "
                    "keine Aufgabe mehr. Bitte angeben, welcher Schritt ihr entspricht."
                )

    def notes(self, run: CaseRun) -> Iterator[str]:
        """Yield what differs where the case waits, and of which handlers the contract does."""
        for wait in run.waits():
            old, new = self.old.get(wait.element), self.new.get(self.named(wait.element))
            if old is not None and new is not None:
                yield from self._differences(wait, old, new)
        for name, before in self._before.handlers.items():
            after = self._after.handlers.get(name)
            if after is not None and after != before:
                yield f"Die Funktion „{name}“ hat im neuen Modell einen anderen Vertrag."

    def _differences(self, wait: Wait, old: Element, new: Element) -> Iterator[str]:
        if wait.kind == WaitKind.USER:
            form = self._before.forms.get(old.form), self._after.forms.get(new.form)
            if form[0] != form[1]:
                yield f"„{new.id}“ hat ein anderes Formular; Entwürfe bleiben, wo Felder gleich heißen."
            if old.duty != new.duty:
                yield f"„{new.id}“ verlangt jetzt „{new.duty or 'keine'}“ statt „{old.duty or 'keine'}“."
            if old.assignment != new.assignment:
                yield f"„{new.id}“ ist anders zugewiesen; die offene Aufgabe bleibt, wo sie liegt."
        elif wait.kind == WaitKind.TIMER and old.event != new.event:
            yield f"Die Frist „{new.id}“ ist anders gesetzt; die laufende bleibt, wie sie ist."
        elif wait.kind == WaitKind.MESSAGE and old.event != new.event:
            yield f"„{new.id}“ hat einen anderen Schlüssel; erwartet wird weiter der bisherige."
