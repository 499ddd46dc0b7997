"""A file as the body of a request: its bytes as they are, or one part of a form (RFC 7578)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from flask import request
from werkzeug.datastructures import FileStorage

from laufzettel.spool import OversizeError, Spool, scanned, spooled
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

    data: Spool
    name: str  # as the form says, "" where it says none

    def identity(self, query: dict[str, Any]) -> bytes:
        """Return what a repeat has in common with the first request.

        Not the body itself: a form sent once more has another boundary.
        """
        said = [f"{name}={value}" for name, value in sorted(query.items())]
        lines = [self.data.sha256, self.name, *said]
        return "\n".join(lines).encode()


@contextmanager
def read_file() -> Iterator[FileBody]:
    """Yield the file of this request; ProblemError or ShapeError for anything but one file.

    It lies in a file of its own however large it is; what is too large is read no further.
    """
    try:
        if request.mimetype in MEDIA_TYPES:
            with spooled(request.stream, size_max=parts().file_max) as arrived:
                yield FileBody(data=arrived, name="")
            return
        found = _only_file()
        data = scanned(found.stream, size_max=parts().file_max)
        yield FileBody(data=data, name=found.filename or "")
    except OversizeError as error:
        raise ProblemError("too_large", str(error)) from error


def _only_file() -> FileStorage:
    """Return the one file of the form."""
    if request.mimetype != FORM:
        raise ProblemError(
            "wrong_media_type", f"Erwartet wird {', '.join(MEDIA_TYPES)} oder {FORM}."
        )
    found = request.files.getlist(FIELD)
    others = {*request.files, *request.form} - {FIELD}
    if len(found) != 1 or FIELD in request.form or others:
        text = f"Erwartet wird ein Formular mit genau einem Teil „{FIELD}“, der eine Datei ist."
        raise ShapeError([FieldFault(f"/{FIELD}", text)])
    return found[0]


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
