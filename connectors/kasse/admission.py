"""What every ledger asks of a batch before it takes it."""

from __future__ import annotations

from collections.abc import Callable

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.booking import Batch
from laufzettel.connectors.kasse.port import NumberTakenError, OutOfSequenceError


def admit(
    data: bytes,
    *,
    channel: str,
    number: int,
    last_number: int,
    held: Callable[[int], bytes | None],
) -> Batch:
    """Return the batch, which is either held already, byte for byte, or the next one.

    Raises FormatError for bytes that are no batch of this channel and number or do not
    follow on what is held, NumberTakenError for other bytes under a used number,
    OutOfSequenceError for a number before its turn.
    """
    batch = neutral.read_batch(data, channel=channel)
    if batch.number != number:
        raise lines.FormatError(
            f"Übergeben werden soll Nummer {number}, die Datei trägt Nummer {batch.number}.", 1
        )
    present = held(number)
    if present is None:
        _require_turn(batch, last_number, held)
    elif present != data:
        raise NumberTakenError
    return batch


def _require_turn(batch: Batch, last_number: int, held: Callable[[int], bytes | None]) -> None:
    if batch.number != last_number + 1:
        raise OutOfSequenceError(
            f"Übergabe {batch.number} ist nicht an der Reihe: Beim HKR liegt zuletzt "
            f"Übergabe {last_number}."
        )
    last = held(last_number) if last_number else None
    neutral.require_successor(
        batch,
        last_number=last_number,
        last_sha256=None if last is None else lines.digest(last),
    )
