"""A file as the body of a request: its bytes as they are, or one part of a form (RFC 7578)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from flask import request

from laufzettel.web.api.problems import ProblemError
from laufzettel.web.api.shapes import FieldFault, ShapeError
from laufzettel.web.parts import parts

#: What a file may be declared as; only its bytes are believed.
MEDIA_TYPES: Final = (
    "application/octet-stream",
    "application/xml",
    "text/xml",
    "application/pdf",
)
FORM: Final = "multipart/form-data"
#: The one part of a form that is read.
FIELD: Final = "file"
#: What is around a file in a form, in bytes.
AROUND_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBody:
    """The one file of a request."""

    data: bytes
    name: str  # as the form says, "" where it says none

    @property
    def sha256(self) -> str:
        """The checksum of its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def identity(self, query: dict[str, Any]) -> bytes:
        """Return what a repeat has in common with the first request.

        Not the body itself: a form sent once more has another boundary.
        """
        said = [f"{name}={value}" for name, value in sorted(query.items())]
        lines = [self.sha256, self.name, *said]
        return "\n".join(lines).encode()


def read_file() -> FileBody:
    """Return the file of this request; ProblemError or ShapeError for anything but one file."""
    if request.mimetype in MEDIA_TYPES:
        return FileBody(data=request.get_data(), name="")
    if request.mimetype != FORM:
        raise ProblemError(
            "wrong_media_type", f"Erwartet wird {', '.join(MEDIA_TYPES)} oder {FORM}."
        )
    found = request.files.getlist(FIELD)
    others = {*request.files, *request.form} - {FIELD}
    if len(found) != 1 or FIELD in request.form or others:
        text = f"Erwartet wird ein Formular mit genau einem Teil „{FIELD}“, der eine Datei ist."
        raise ShapeError([FieldFault(f"/{FIELD}", text)])
    return FileBody(data=found[0].stream.read(parts().file_max + 1), name=found[0].filename or "")


def body_schema() -> dict[str, Any]:
    """Return what OpenAPI says of such a body."""
    binary: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    part = {
        "type": "object",
        "required": [FIELD],
        "additionalProperties": False,
        "properties": {FIELD: {"type": "string", "format": "binary"}},
    }
    return {
        "required": True,
        "description": "Die Datei, wie sie ist, oder als einziger Teil eines Formulars. Wie groß sie "
        "sein darf, stellt der Betrieb ein (üblich: 50 MB).",
        "content": {**dict.fromkeys(MEDIA_TYPES, binary), FORM: {"schema": part}},
    }
