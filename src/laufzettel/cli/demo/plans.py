"""What the people of the town did with each invoice before a visitor comes.

A plan is the list of tasks done, in order; where it ends, the invoice waits. So every state
can be seen: to be certified, given back, ordered, refused by the HKR, paid, and the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from laufzettel.cli.demo.hkr import CLOSED_ACCOUNT, OPEN_ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One task done by one person."""

    element: str
    person: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was done with an invoice, and who has taken the task that is open then."""

    acts: tuple[Act, ...] = ()
    claimed_by: str = ""


def _certified(person: str = "yilmaz", account: str = OPEN_ACCOUNT) -> Act:
    answers = {"decision": "feststellen", "cost_center": "5410", "gl_account": account}
    return Act(element="certify", person=person, answers=answers)


def _ordered(person: str = "brandt") -> Act:
    return Act(element="order", person=person, answers={"decision": "anordnen"})


def _given_back(person: str, note: str) -> Act:
    answers = {"decision": "zurueckgeben", "note": note}
    return Act(element="order", person=person, answers=answers)


def _sent_back(person: str, text: str) -> Act:
    answers = {"decision": "zurueckweisen", "rejection_text": text}
    return Act(element="certify", person=person, answers=answers)


_FILED: Final = Act(
    element="check_duplicate",
    person="kranz",
    answers={"decision": "doppelrechnung", "note": "Zweitschrift, gleiche Leistung"},
)

#: File of the generator -> what was done. What is not named waits where it arrived.
PLANS: Final[Mapping[str, Plan]] = {
    "elektro_ep77815.xml": Plan(acts=(_certified(),)),
    "kanal_se205_abschlag.xml": Plan(acts=(_certified(), _ordered("reineke"))),
    "dach_2026_88_berichtigt.xml": Plan(
        acts=(
            _certified(),
            _given_back("brandt", "Bitte das berichtigte Aufmaß der Kita beifügen."),
        )
    ),
    "bruecke_wb_61200.xml": Plan(acts=(_certified("brandt"),)),
    "planung_ih_0415.xml": Plan(acts=(_certified(), _ordered())),
    "garten_müller_lüdenscheidt.xml": Plan(claimed_by="yilmaz"),
    "kies_ks_5521.xml": Plan(acts=(_certified(), _ordered())),
    "schluessel_27.xml": Plan(acts=(_certified(), _ordered())),
    "kopierer_abgetreten.xml": Plan(claimed_by="brandt"),
    "gutschrift_gs0044.xml": Plan(acts=(_certified(),)),
    "fachverfahren_friedhof.pdf": Plan(acts=(_certified(),)),
    "cloud_irland.xml": Plan(acts=(_certified(), _ordered())),
    "buecher_niederlande.xml": Plan(
        acts=(_sent_back("yilmaz", "Diese Bücher hat hier niemand bestellt oder erhalten."),)
    ),
    "karten_schweiz_chf.xml": Plan(acts=(_certified(),)),
    "mensa_november.xml": Plan(acts=(_certified("damm"), _ordered())),
    "haus_sonnenhang_12.xml": Plan(acts=(_certified("damm"),)),
    "hosting_rw7741.pdf": Plan(acts=(_certified(), _ordered())),
    "schluessel_k0031.xml": Plan(acts=(_certified(account=CLOSED_ACCOUNT), _ordered())),
    "schluessel_k0031_noch_einmal.xml": Plan(acts=(_FILED,)),
}
