"""The tenant's table of what follows from a finding, as data: read strictly, row by row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from laufzettel.einvoice.layers import Layer, layer_of
from laufzettel.einvoice.policy import FIXED, Policy, Row, Treatment
from laufzettel.einvoice.report import Own
from laufzettel.errors import InputError
from laufzettel.money import Money

_SUBJECT: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Za-z0-9]+)*(-?\*)?", re.ASCII)
_KEYS: Final = frozenset({"rule", "treatment", "why", "above", "from", "until"})


def policy_of(given: Any) -> Policy:
    """Return the policy that a tenant's setting ``findings`` describes.

    Raises InputError with the number of the row and what to write instead.

    >>> policy_of([{"rule": "bank", "treatment": "ansehen", "above": "5000.00",
    ...     "from": "2026-01-01", "why": "DA Rechnungen Nr. 4"}]).rows[0].above
    Decimal('5000.00')
    >>> policy_of([{"rule": "leitweg", "treatment": "zurueckweisen", "why": "x"}])
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Einstellung „findings“, Zeile 1: Für „leitweg“ allein wird \
keine Rechnung zurückgewiesen; richtig ist ansehen oder vermerken.
    """
    if not isinstance(given, list):
        raise InputError("Einstellung „findings“: Erwartet wird eine Liste von Zeilen.")
    return Policy(tuple(_read(row, number) for number, row in enumerate(given, 1)))


def _read(given: Any, number: int) -> Row:
    if not isinstance(given, dict) or not given.keys() <= _KEYS:
        raise _wrong(number, f"Erlaubt sind nur {', '.join(sorted(_KEYS))}.")
    row = Row(
        subject=_subject(given.get("rule"), number),
        treatment=_treatment(given.get("treatment"), number),
        why=_why(given.get("why"), number),
        above=_above(given.get("above"), number),
        valid_from=_day(given.get("from"), number),
        valid_until=_day(given.get("until"), number),
    )
    layer = _layer_named(row.subject)
    if layer in FIXED:
        raise _wrong(
            number, f"„{row.subject}“ ist nicht zu ändern: Ohne das gibt es keine Rechnung."
        )
    if row.treatment is Treatment.REJECT and (layer is Layer.ROUTING or row.subject == Own.ORDER):
        raise _wrong(
            number,
            f"Für „{row.subject}“ allein wird keine Rechnung zurückgewiesen; richtig ist ansehen "
            "oder vermerken.",
        )
    if row.treatment is Treatment.IGNORE and layer is not None and layer.is_official:
        raise _wrong(number, f"„{row.subject}“ ist amtlich und wird nie übergangen.")
    return row


def _layer_named(subject: str) -> Layer | None:
    """Return the layer that a row is about; None where it names the beginning of rules.

    What such a row must not do is prevented when it is applied.
    """
    if subject.endswith("*"):
        return None
    return Layer(subject) if subject in set(Layer) else layer_of(subject)


def _wrong(number: int, text: str) -> InputError:
    return InputError(f"Einstellung „findings“, Zeile {number}: {text}")


def _subject(given: Any, number: int) -> str:
    if isinstance(given, str) and (given in set(Layer) or _SUBJECT.fullmatch(given)):
        return str(given)
    layers = ", ".join(layer.value for layer in Layer if layer not in FIXED)
    raise _wrong(
        number,
        f"„{str(given)[:40]}“ ist keine Regel. Richtig ist etwa „LZ-IBAN“, „LZ-RECHNEN-*“ oder "
        f"eine Schicht: {layers}.",
    )


def _treatment(given: Any, number: int) -> Treatment:
    try:
        return Treatment(given)
    except ValueError:
        raise _wrong(
            number,
            f"„{str(given)[:40]}“ geht nicht; richtig ist {', '.join(Treatment)}.",
        ) from None


def _why(given: Any, number: int) -> str:
    if not isinstance(given, str) or not given.strip():
        raise _wrong(number, "„why“ fehlt: Auf wessen Entscheidung beruht die Zeile?")
    return given.strip()[:200]


def _above(given: Any, number: int) -> Decimal | None:
    if given is None:
        return None
    try:
        return Money.parse(str(given)).amount
    except (InputError, InvalidOperation, ValueError):
        raise _wrong(
            number, f"„{str(given)[:40]}“ ist kein Betrag; richtig ist etwa 5000.00."
        ) from None


def _day(given: Any, number: int) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise _wrong(
            number, f"„{str(given)[:40]}“ ist kein Tag; richtig ist etwa 2026-01-01."
        ) from None


def as_settings(policy: Policy) -> Sequence[Mapping[str, str]]:
    """Return the table as ``policy_of`` reads it."""
    return [
        {
            "rule": row.subject,
            "treatment": row.treatment.value,
            "why": row.why,
            **({"above": str(row.above)} if row.above is not None else {}),
            **({"from": row.valid_from.isoformat()} if row.valid_from else {}),
            **({"until": row.valid_until.isoformat()} if row.valid_until else {}),
        }
        for row in policy.rows
    ]
