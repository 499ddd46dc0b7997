"""What can be looked at without a database: folders, disk, rules, front end, PDF."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from laufzettel.cli.doctor.finding import Finding, Level, graded
from laufzettel.compose import open_ocr
from laufzettel.connectors.ocr.port import OcrUnavailableError
from laufzettel.documents.s3 import S3Store
from laufzettel.einvoice.rule_install import show_rules
from laufzettel.pdf import ProcessPrinter
from laufzettel.settings import Settings
from laufzettel.web.assets import read_manifest

_MEGABYTE: Final = 1024 * 1024
#: Free space below which it warns, and below which nothing may be taken in any more.
FREE_WARN_MB: Final = 2_000
FREE_BAD_MB: Final = 200
#: When a server that keeps the documents is slow to take and give back a few bytes.
S3_WARN_MS: Final = 1_000
S3_BAD_MS: Final = 10_000
#: A file of the data folder that strangers may read.
_OTHERS: Final = stat.S_IRWXO


def folder(given: Settings) -> Iterator[Finding]:
    """Look whether the data folder can be written and is nobody else's to read."""
    name = "Datenordner"
    if not given.data.is_dir():
        yield Finding(
            name=name,
            level=Level.ERROR,
            text=f"{given.data} gibt es nicht",
            remedy="LAUFZETTEL_DATA prüfen; „laufzettel migrate“ legt ihn an.",
        )
        return
    try:
        with tempfile.NamedTemporaryFile(dir=given.data, prefix=".doctor-"):
            pass
    except OSError as error:
        yield Finding(
            name=name,
            level=Level.ERROR,
            text=f"{given.data} ist nicht beschreibbar: {error.strerror}",
            remedy="Dem Konto des Dienstes Schreibrechte geben.",
        )
        return
    open_to_all = [path for path in _sensitive(given) if _is_open_to_all(path)]
    if open_to_all:
        yield Finding(
            name=name,
            level=Level.WARNING,
            text=f"fremde Konten dieses Rechners können {open_to_all[0]} lesen",
            remedy=f"chmod o-rwx {given.data} (und was darin liegt)",
        )
        return
    yield Finding(name=name, level=Level.OK, text=f"{given.data}, beschreibbar, nicht öffentlich")


def _sensitive(given: Settings) -> Iterator[Path]:
    """Yield what names people and accounts; behind a closed folder nothing is open."""
    if not _is_open_to_all(given.data):
        return
    yield given.data
    yield from (given.documents, given.data / "hkr", given.post)
    yield from given.data.glob("*.sqlite*")


def _is_open_to_all(path: Path) -> bool:
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & _OTHERS)


def documents(given: Settings) -> Iterator[Finding]:
    """Look where documents lie, and have a server take, give back and erase a few bytes."""
    name = "Dokumente"
    if given.s3 is None:
        yield Finding(name=name, level=Level.OK, text=f"im Ordner {given.documents}")
        return
    where = f"{given.s3.endpoint}, Bucket {given.s3.bucket}"
    seen = S3Store(given.s3).probe()
    condition = "" if seen.is_conditional else "; der Server kennt kein bedingtes Schreiben"
    yield Finding(
        name=name,
        level=graded(seen.milliseconds, warn=S3_WARN_MS, bad=S3_BAD_MS),
        text=f"{where}, geschrieben und gelesen in {seen.milliseconds} ms{condition}",
    )
    if not given.s3.is_encrypted:
        yield Finding(
            name=name,
            level=Level.WARNING,
            text="die Strecke zum Server ist nicht verschlüsselt",
            remedy="LAUFZETTEL_S3_ENDPOINT mit https:// angeben.",
        )


def disk(given: Settings) -> Iterator[Finding]:
    """Look how much can still be stored."""
    place = next((one for one in (given.data, *given.data.parents) if one.exists()), Path("/"))
    usage = shutil.disk_usage(place)
    free_mb = usage.free // _MEGABYTE
    level = Level.OK
    if free_mb < FREE_WARN_MB:
        level = Level.ERROR if free_mb < FREE_BAD_MB else Level.WARNING
    yield Finding(
        name="Plattenplatz",
        level=level,
        text=f"{free_mb:,} MB frei".replace(",", "."),
        remedy="" if level is Level.OK else f"Platz schaffen, wo {place} liegt.",
    )


def rules(given: Settings) -> Iterator[Finding]:
    """Look whether the validation rules are there and unchanged, every file by its hash."""
    found = show_rules(given.rules)
    yield Finding(
        name="Prüfregeln", level=Level.OK, text=f"{found.title} ({found.id}), unverändert"
    )


def front_end(given: Settings) -> Iterator[Finding]:
    """Look whether style sheet and script are built."""
    number = len(read_manifest())
    yield Finding(name="Oberfläche", level=Level.OK, text=f"gebaut, {number} Dateien")


def pdf(given: Settings) -> Iterator[Finding]:
    """Draw a page in earnest: it needs libraries that no package of Python brings."""
    began = time.monotonic()
    page = ProcessPrinter().print("<html lang='de'><title>Probe</title><p>Probe</p></html>", "")
    took_ms = round((time.monotonic() - began) * 1000)
    is_pdf = page.startswith(b"%PDF-")
    yield Finding(
        name="PDF",
        level=graded(took_ms, warn=10_000, bad=60_000) if is_pdf else Level.ERROR,
        text=f"eine Probeseite in {took_ms} ms" if is_pdf else "kein PDF",
    )


def ocr(given: Settings) -> Iterator[Finding]:
    """Look whether text recognition, where it is on, has its tool and its language."""
    name = "Texterkennung"
    try:
        yield Finding(name=name, level=Level.OK, text=open_ocr(given).check())
    except OcrUnavailableError as error:
        yield Finding(
            name=name,
            level=Level.ERROR,
            text=f"eingeschaltet (LAUFZETTEL_OCR), aber: {error}",
            remedy="Das Programm installieren oder LAUFZETTEL_OCR=off setzen.",
        )


def python(given: Settings) -> Iterator[Finding]:
    """Tell which Python runs the program."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(name="Python", level=Level.OK, text=version)


#: What is looked at, by the name of its line.
MACHINE: Final[dict[str, Callable[[Settings], Iterator[Finding]]]] = {
    "Python": python,
    "Datenordner": folder,
    "Dokumente": documents,
    "Plattenplatz": disk,
    "Prüfregeln": rules,
    "Oberfläche": front_end,
    "PDF": pdf,
    "Texterkennung": ocr,
}
