"""How findings call an element: German in all four cases, and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Gender = Literal["m", "f", "n"]
#: gender -> articles: nominative, genitive, dative, accusative.
_ARTICLES: Final = {
    "m": ("der", "des", "dem", "den"),
    "f": ("die", "der", "der", "die"),
    "n": ("das", "des", "dem", "das"),
}


@dataclass(frozen=True, slots=True)
class Noun:
    """A German noun with its gender, genitive and adjective, and the English words."""

    gender: Gender
    noun: str
    genitive: str
    english: str
    adjective: str = ""  # without its ending

    def cases(self, label: str) -> dict[str, str]:
        """Return the German fields of a text: what, of, to, it (nominative … accusative).

        >>> _SPLIT = Noun("n", "Gateway", "Gateways", "gateway", "parallel")
        >>> [*_SPLIT.cases("A").values()][:2]
        ['Das parallele Gateway „A“', 'des parallelen Gateways „A“']
        """
        quoted = f" „{label}“" if label else ""
        weak = ("e", "en", "en", "en" if self.gender == "m" else "e")
        words = (self.noun, self.genitive, self.noun, self.noun)
        texts = [
            f"{article} {self.adjective + ending + ' ' if self.adjective else ''}{word}{quoted}"
            for article, ending, word in zip(_ARTICLES[self.gender], weak, words, strict=True)
        ]
        what = texts[0][0].upper() + texts[0][1:]
        return dict(zip(("what", "of", "to", "it"), [what, *texts[1:]], strict=True))

    def english_cases(self, label: str) -> dict[str, str]:
        """Return the same fields in English.

        >>> Noun("m", "Pfeil", "Pfeils", "sequence flow").english_cases("A")["what"]
        'The sequence flow “A”'
        """
        text = f"the {self.english} “{label}”" if label else f"the {self.english}"
        return {"what": text[0].upper() + text[1:], "of": text, "to": text, "it": text}


def _event(english: str, adjective: str = "", noun: str = "Zwischenereignis") -> Noun:
    return Noun("n", noun, f"{noun}ses", english, adjective)


def _gateway(english: str, adjective: str) -> Noun:
    return Noun("n", "Gateway", "Gateways", english, adjective)


def _task(noun: str, english: str, adjective: str = "") -> Noun:
    return Noun("f", noun, noun, english, adjective)


#: What is neither node nor flow, or has no name of its own.
ELEMENT: Final = Noun("n", "Element", "Elements", "element")

#: Local BPMN name, or kind of file -> its noun.
NOUNS: Final = {
    "process": Noun("m", "Prozess", "Prozesses", "process"),
    "sequenceFlow": Noun("m", "Pfeil", "Pfeils", "sequence flow"),
    "definitions": _task("Datei", "file"),
    "form": Noun("n", "Formular", "Formulars", "form"),
    "decision": _task("Entscheidung", "decision"),
    "startEvent": _event("start event", noun="Startereignis"),
    "endEvent": _event("end event", noun="Endereignis"),
    "boundaryEvent": _event("boundary event", noun="Randereignis"),
    "intermediateCatchEvent": _event("catch event", "eintretend"),
    "intermediateThrowEvent": _event("throw event", "auslösend"),
    "userTask": _task("Benutzeraufgabe", "user task"),
    "serviceTask": _task("Service-Aufgabe", "service task"),
    "sendTask": _task("Sendeaufgabe", "send task"),
    "businessRuleTask": _task("Geschäftsregelaufgabe", "business rule task"),
    "scriptTask": _task("Skriptaufgabe", "script task"),
    "receiveTask": _task("Empfangsaufgabe", "receive task"),
    "manualTask": _task("Aufgabe", "manual task", "manuell"),
    "task": _task("Aufgabe", "task"),
    "exclusiveGateway": _gateway("exclusive gateway", "exklusiv"),
    "parallelGateway": _gateway("parallel gateway", "parallel"),
    "inclusiveGateway": _gateway("inclusive gateway", "inklusiv"),
    "eventBasedGateway": _gateway("event-based gateway", "ereignisbasiert"),
    "subProcess": Noun("m", "Teilprozess", "Teilprozesses", "subprocess"),
    "callActivity": _task("Aufrufaktivität", "call activity"),
}
