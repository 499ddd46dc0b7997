"""Opening a packed file because a person asked for it: ZIP alone, and within bounds.

Nothing in it is run, no name in it becomes a path, and what is packed within it stays packed.
What one program could read differently from another is refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from laufzettel.connectors.intake.mime import Part
from laufzettel.connectors.intake.port import SIZE_MAX, shown
from laufzettel.errors import InputError

#: Most files, and most bytes of all of them together.
FILES_MAX: Final = 100
TOTAL_MAX: Final = 2 * SIZE_MAX
#: Largest directory of an archive: names of 100 files as long as a name may be.
DIRECTORY_MAX: Final = FILES_MAX * 1024
#: Where the end of the directory can stand (APPNOTE.TXT 4.3.16): before the longest comment.
_TAIL: Final = 22 + 0xFFFF
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"

_BY_HAND: Final = "Bitte selbst auspacken und die Rechnung hochladen."
#: How a file may be packed (APPNOTE.TXT section 4.4.5): as it is, or deflated. What else there is
#: many programs cannot open.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
#: What reading an archive that is damaged ends with; a name that is no UTF-8 is a ValueError.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
#: By this file office documents are told from archives (ECMA-376 part 2).
_OFFICE: Final = "[Content_Types].xml"


def is_zip(data: bytes) -> bool:
    """Say whether the file calls itself a ZIP archive."""
    return data.startswith(b"PK\x03\x04")


def unpack(data: bytes) -> tuple[Part, ...]:
    """Return the files of an archive; InputError says why it is not opened, and what to do."""
    if _directory_size(data) > DIRECTORY_MAX:  # before any of it is read into memory
        raise InputError(f"Das Archiv enthält mehr als {FILES_MAX} Dateien. {_BY_HAND}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            _check(entries)
            return tuple(_read(archive, entries))
    except _DAMAGE as error:
        raise InputError(f"Das ZIP-Archiv ist beschädigt oder ungewöhnlich. {_BY_HAND}") from error


def _directory_size(data: bytes) -> int:
    """Return how large the directory calls itself, in each place that may be read as its end.

    An archive beyond 4 GB, whose directory says its size elsewhere, counts as too large.
    """
    tail = data[-_TAIL:]
    if _END_64 in tail:
        return DIRECTORY_MAX + 1
    sizes, at = [0], tail.find(_END)
    while at >= 0:
        sizes.append(int.from_bytes(tail[at + 12 : at + 16], "little"))
        at = tail.find(_END, at + 1)
    return max(sizes)


def _check(entries: list[zipfile.ZipInfo]) -> None:
    names = [one.filename for one in entries]
    if _OFFICE in names:
        raise InputError(
            "Das ist ein Office-Dokument (Word, Excel), keine Rechnung als XML oder PDF."
        )
    if len(entries) > FILES_MAX:
        raise InputError(f"Das Archiv enthält mehr als {FILES_MAX} Dateien. {_BY_HAND}")
    if len(set(names)) < len(names):
        raise InputError(f"Im Archiv heißen zwei Dateien gleich. {_BY_HAND}")
    if any(one.flag_bits & 1 for one in entries):
        raise InputError(f"Das Archiv ist verschlüsselt. {_BY_HAND}")
    if any(one.compress_type not in _METHODS for one in entries):
        raise InputError(f"Das Archiv ist mit einem seltenen Verfahren gepackt. {_BY_HAND}")


def _read(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> list[Part]:
    """Return the files; what an archive says of their sizes is not believed."""
    found, left = [], TOTAL_MAX
    for one in entries:
        with archive.open(one) as source:
            data = source.read(left + 1)
        left -= len(data)
        if left < 0:
            raise InputError(f"Das Archiv enthält mehr als {TOTAL_MAX // 1048576} MB. {_BY_HAND}")
        name = shown(one.filename.rpartition("/")[2])
        found.append(Part(name=name, media_type="application/octet-stream", data=data))
    return found
