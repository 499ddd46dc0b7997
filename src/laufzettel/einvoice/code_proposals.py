"""What an EPC-QR code on the pages proposes, beside what their text names.

Where both say the same, the proposal names both places. Where they differ nothing is proposed, and
the person is told what each says: one of them may have been pasted over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from laufzettel.einvoice.giro_code import GiroCode, GiroCodeError, claims_to_be, parse
from laufzettel.einvoice.pages import Look
from laufzettel.einvoice.proposals import LABELS, Proposal, Proposals, propose, shown

#: „Rechnung 2026-77“: in a purpose of use nothing else may stand between word and number.
_NUMBER: Final = re.compile(
    r"(?:rechnung|rechn\.?|rg\.?|re\.?|invoice)[ ](?P<number>[A-Z0-9](?:[A-Z0-9./_-]{0,28}[A-Z0-9])?)"
    r"(?![A-Z0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The EPC-QR codes of a PDF."""

    codes: tuple[tuple[int, GiroCode], ...] = ()  # page and code, equal ones once
    problems: tuple[str, ...] = ()  # German; of codes that only claim to be such

    @property
    def is_unique(self) -> bool:
        """Whether there is exactly one to believe."""
        return len(self.codes) == 1


def read(looks: Iterable[Look]) -> Found:
    """Return what the pages carry; a code that is no EPC-QR code by its tag is nobody's business."""
    codes: dict[GiroCode, int] = {}
    problems: list[str] = []
    for page in looks:
        for data in page.codes:
            if not claims_to_be(data):
                continue
            try:
                codes.setdefault(parse(data), page.number)
            except GiroCodeError as error:
                problems.append(f"EPC-QR-Code auf Seite {page.number} ist nicht gültig: {error}")
    return Found(
        codes=tuple((page, code) for code, page in codes.items()), problems=tuple(problems)
    )


def with_codes(of_text: Proposals, found: Found) -> Proposals:
    """Return the proposals of text and code together; never raises."""
    notes = [*of_text.notes, *found.problems]
    if not found.is_unique:
        if found.codes:
            pages = ", ".join(str(page) for page, _ in found.codes)
            notes.append(
                f"Auf den Seiten ({pages}) stehen verschiedene EPC-QR-Codes; keiner ist übernommen."
            )
        return replace(of_text, notes=tuple(notes))
    ((page, code),) = found.codes
    of_code = _of_code(code, page, of_text)
    joined: dict[str, Any] = {}
    for name in LABELS:
        value, difference = _together(name, getattr(of_text, name), getattr(of_code, name))
        joined[name] = value
        notes += [difference] if difference else []
    return Proposals(**joined, notes=(*notes, *_told(code)))


def _of_code(code: GiroCode, page: int, of_text: Proposals) -> Proposals:
    place = f"EPC-QR-Code auf Seite {page}"
    number = _number(code, of_text)
    return Proposals(
        supplier=Proposal(value=code.name, source=f"{place}, Empfänger der Zahlung"),
        number=Proposal(value=number, source=f"{place}, Verwendungszweck") if number else None,
        gross=None if code.amount is None else Proposal(value=code.amount, source=place),
        iban=Proposal(value=code.iban, source=f"{place}, Prüfziffer stimmt"),
    )


def _number(code: GiroCode, of_text: Proposals) -> str | None:
    """Return the number of the invoice in the purpose of use; that of the text where both agree."""
    known = of_text.number
    if known is not None and re.search(
        rf"(?<![A-Z0-9]){re.escape(known.value)}(?![A-Z0-9])", code.remittance, re.IGNORECASE
    ):
        return known.value
    named = propose(code.remittance).number
    if named is not None:
        return named.value
    matches = {match["number"] for match in _NUMBER.finditer(code.remittance)}
    numbers = {one for one in matches if any(char.isdigit() for char in one)}
    return numbers.pop() if len(numbers) == 1 else None


def _together(
    name: str, of_text: Proposal[Any] | None, of_code: Proposal[Any] | None
) -> tuple[Proposal[Any] | None, str]:
    """Return the proposal, and what differs."""
    if of_text is None or of_code is None:
        return of_text or of_code, ""
    if of_text.value == of_code.value:
        both = f"{of_code.source}; ebenso {of_text.source}"
        return Proposal(value=of_code.value, source=both), ""
    said = (f"{shown(one.value)} ({one.source})" for one in (of_code, of_text))
    return None, f"{LABELS[name]}: {' gegen '.join(said)}. Nichts ist übernommen, bitte klären."


def _told(code: GiroCode) -> Iterator[str]:
    """Yield what the code says beyond the fields of the form."""
    if code.bic:
        fits = code.bic[4:6] == code.iban[:2]
        # GB and FR banks hold accounts of their dependencies; elsewhere it is a slip or worse.
        yield f"BIC im QR-Code: {code.bic}" + ("" if fits else ", anderes Land als die IBAN")
    if code.reference:
        right = ", Prüfziffer stimmt" if code.has_sound_reference else ""
        yield f"Referenz im QR-Code: {code.reference}{right}"
    if code.remittance:
        yield f"Verwendungszweck im QR-Code: „{code.remittance}“"
    if code.information:
        yield f"Hinweis im QR-Code: „{code.information}“"
