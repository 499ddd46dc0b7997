"""Reading a file of acknowledgements into a value: good, or defective with its reason."""

from __future__ import annotations

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.acknowledgement import AckFile


def parse_ack_file(data: bytes, *, channel: str, number: int, name: str) -> AckFile:
    """Return the file with its acknowledgements or with the reason why it is defective."""
    sha256 = lines.digest(data)
    try:
        found = neutral.read_acknowledgements(data, channel=channel, number=number, source=name)
    except lines.FormatError as error:
        return defective(name, number, str(error), sha256=sha256)
    return AckFile(name=name, number=number, sha256=sha256, acknowledgements=found)


def defective(name: str, number: int | None, reason_de: str, *, sha256: str = "") -> AckFile:
    """Return the file as one that cannot be used."""
    return AckFile(name=name, number=number, sha256=sha256, defect_de=reason_de)


def already_settled(file: AckFile) -> AckFile:
    """Return the file as one whose number was settled with other content."""
    reason = (
        f"Rückmeldung {file.number} wurde schon mit anderem Inhalt verarbeitet. "
        "Eine Berichtigung braucht eine neue Nummer."
    )
    return defective(file.name, file.number, reason, sha256=file.sha256)
