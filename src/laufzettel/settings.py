"""Settings of the installation, from the environment; secrets come from nowhere else.

``LAUFZETTEL_DATA``: folder of documents, rules, exchange folders and SQLite (default
``.laufzettel`` in the current folder). ``LAUFZETTEL_DATABASE_URL``: default SQLite there.
``LAUFZETTEL_LOG``: ``text`` (default) or ``json``, the form of the log on stderr.
``LAUFZETTEL_METRICS``: ``token`` (default) or ``loopback``, who may read ``/metrics``.
``LAUFZETTEL_S3_BUCKET``: documents lie on an S3-compatible server instead of the folder, at
``LAUFZETTEL_S3_ENDPOINT`` below ``LAUFZETTEL_S3_PREFIX``, with ``LAUFZETTEL_S3_ACCESS_KEY``,
``LAUFZETTEL_S3_SECRET_KEY``, ``LAUFZETTEL_S3_REGION`` and ``LAUFZETTEL_S3_CA`` (file of the
certificates that are believed).
``LAUFZETTEL_CHANNELS``: the file of the ways in and out (default ``channels.toml`` in the data
folder), see ``laufzettel.channels``; passwords stand in files that it names.
``LAUFZETTEL_PROXIES``: how many proxies stand before the pages; only so many entries of their
X-Forwarded headers are believed.
``LAUFZETTEL_COPIES``: backups and mirrors of database and documents, with the days until each holds
nothing of what was erased (``Sicherung auf Band=35; Spiegel Rechenzentrum 2=1``); the deletion
protocol names them.
``LAUFZETTEL_OCR``: ``off`` (default) or ``tesseract``, what reads scanned pages without text.
``LAUFZETTEL_FILE_MAX_MB``: largest file that is taken in as an invoice (default 50).
``LAUFZETTEL_UPLOAD_MAX_MB``: all files of one sent form together (default 300).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from laufzettel import logs
from laufzettel.errors import InputError

#: A backup that lives longer is an archive of its own.
COPY_DAYS_MAX: Final = 3660
#: The document store takes no more, and a request is kept on disk while it arrives.
FILE_MB_MAX: Final = 250
UPLOAD_MB_MAX: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """Where documents lie on an S3-compatible server, and who asks for them there."""

    endpoint: str  # https://host[:port]
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    prefix: str = ""  # empty, or ends with /
    region: str = "us-east-1"  # what servers of one's own expect where nothing is configured
    ca: str | None = None  # file of the certificates believed; none: those of the system

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return urlsplit(self.endpoint).scheme == "https"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where an installation keeps what."""

    data: Path
    database_url: str
    rules: Path  # validation rules
    host: str = "127.0.0.1"
    port: int = 8080
    is_demo: bool = False  # simulators run; people are fictitious
    metrics_on_loopback: bool = False  # this machine reads /metrics without a token
    s3: S3 | None = None  # none: documents lie in a folder
    channels_file: Path | None = None  # none: in the data folder
    proxies: int = 0  # how many proxies of ours stand before the pages and tell who asks
    copies: Mapping[str, int] = field(default_factory=dict)  # backups: name → days they live
    file_mb: int = 50  # largest file that is taken in as an invoice, in MiB
    upload_mb: int = 300  # all files of one sent form together, in MiB
    reads_pictures: bool = False  # text recognition by tesseract

    @property
    def documents(self) -> Path:
        """The folder of the document store."""
        return self.data / "documents"

    def exchange(self, tenant: str) -> Path:
        """The folder through which the tenant's HKR is reached."""
        return self.data / "hkr" / tenant

    @property
    def channels(self) -> Path:
        """The file of the tenants' channels."""
        return self.channels_file or self.data / "channels.toml"

    @property
    def mails(self) -> Path:
        """The folder of the journals of outgoing mails; hashes alone."""
        return self.data / "mails"

    @property
    def post(self) -> Path:
        """The folder of outgoing letters."""
        return self.data / "post"


def load(environment: Mapping[str, str] | None = None, *, is_demo: bool = False) -> Settings:
    """Return the settings that the environment names.

    >>> load({"LAUFZETTEL_DATA": "/srv/lz"}).database_url
    'sqlite:////srv/lz/laufzettel.sqlite'
    """
    given = os.environ if environment is None else environment
    data = Path(given.get("LAUFZETTEL_DATA", ".laufzettel")).absolute()
    file_mb = _megabytes(given, "LAUFZETTEL_FILE_MAX_MB", 50, most=FILE_MB_MAX)
    upload_mb = _megabytes(given, "LAUFZETTEL_UPLOAD_MAX_MB", 300, most=UPLOAD_MB_MAX)
    if upload_mb < file_mb:
        raise InputError(
            f"LAUFZETTEL_UPLOAD_MAX_MB ({upload_mb}) ist kleiner als LAUFZETTEL_FILE_MAX_MB "
            f"({file_mb}); keine so große Datei käme an."
        )
    return Settings(
        data=data,
        database_url=given.get("LAUFZETTEL_DATABASE_URL")
        or f"sqlite:///{data / 'laufzettel.sqlite'}",
        rules=Path(given.get("LAUFZETTEL_RULES_DIR") or data / "rules"),
        host=given.get("LAUFZETTEL_HOST", "127.0.0.1"),
        port=_port(given.get("LAUFZETTEL_PORT", "8080")),
        is_demo=is_demo,
        metrics_on_loopback=_metrics(given.get("LAUFZETTEL_METRICS", "token")),
        s3=_s3(given),
        channels_file=Path(given["LAUFZETTEL_CHANNELS"]).absolute()
        if given.get("LAUFZETTEL_CHANNELS")
        else None,
        proxies=_proxies(given.get("LAUFZETTEL_PROXIES", "0")),
        copies=_copies(given.get("LAUFZETTEL_COPIES", "")),
        reads_pictures=_ocr(given.get("LAUFZETTEL_OCR") or "off"),
        file_mb=file_mb,
        upload_mb=upload_mb,
    )


def _s3(given: Mapping[str, str]) -> S3 | None:
    bucket = given.get("LAUFZETTEL_S3_BUCKET", "").strip()
    if not bucket:
        return None
    prefix = given.get("LAUFZETTEL_S3_PREFIX", "").strip("/")
    return S3(
        bucket=bucket,
        endpoint=_endpoint(_needed(given, "LAUFZETTEL_S3_ENDPOINT")),
        access_key=_needed(given, "LAUFZETTEL_S3_ACCESS_KEY"),
        secret_key=_needed(given, "LAUFZETTEL_S3_SECRET_KEY"),
        prefix=f"{prefix}/" if prefix else "",
        region=given.get("LAUFZETTEL_S3_REGION") or "us-east-1",
        ca=given.get("LAUFZETTEL_S3_CA") or None,
    )


def _needed(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").strip()
    if not text:
        raise InputError(
            f"{name} fehlt. Mit LAUFZETTEL_S3_BUCKET liegen die Dokumente auf einem S3-Server; "
            "dafür werden auch LAUFZETTEL_S3_ENDPOINT, LAUFZETTEL_S3_ACCESS_KEY und "
            "LAUFZETTEL_S3_SECRET_KEY gebraucht."
        )
    return text


def _endpoint(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise InputError(
            "LAUFZETTEL_S3_ENDPOINT muss eine Adresse wie https://s3.example:9000 sein, ohne "
            "Benutzer und Kennwort."
        )
    return text


def _megabytes(given: Mapping[str, str], name: str, usual: int, *, most: int) -> int:
    text = given.get(name, str(usual))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise InputError(f"{name} ist „{text}“, erwartet wird eine Zahl von 1 bis {most} (MB).")
    return int(text)


def _port(text: str) -> int:
    # The server would take a port beyond the last one for another, in silence.
    if not text.isdecimal() or int(text) > 65535:
        raise InputError(f"LAUFZETTEL_PORT ist „{text}“, erwartet wird eine Zahl von 0 bis 65535.")
    return int(text)


def log_format(environment: Mapping[str, str] | None = None) -> str:
    """Return the form of the log; raises InputError for one that there is not."""
    given = os.environ if environment is None else environment
    return logs.checked(given.get("LAUFZETTEL_LOG") or logs.FORMATS[0])


def _metrics(text: str) -> bool:
    if text not in ("token", "loopback"):
        raise InputError(
            f"LAUFZETTEL_METRICS ist „{text}“, möglich sind token (ein Zugang mit dem Recht "
            "„metrics“) und loopback (auch dieser Rechner ohne Zugang)."
        )
    return text == "loopback"


def _ocr(text: str) -> bool:
    if text not in ("off", "tesseract"):
        raise InputError(
            f"LAUFZETTEL_OCR ist „{text}“, möglich sind off (keine Texterkennung) und tesseract."
        )
    return text == "tesseract"


def _copies(text: str) -> dict[str, int]:
    """Return name → days.

    >>> _copies("Sicherung auf Band=35; Spiegel = 1")
    {'Sicherung auf Band': 35, 'Spiegel': 1}
    """
    found: dict[str, int] = {}
    for part in filter(str.strip, text.split(";")):
        name, _, days = (piece.strip() for piece in part.partition("="))
        if not name or not days.isascii() or not days.isdecimal() or int(days) > COPY_DAYS_MAX:
            raise InputError(
                f"LAUFZETTEL_COPIES: „{part.strip()[:60]}“ ist keine Angabe wie „Sicherung auf "
                f"Band=35“ mit Tagen bis {COPY_DAYS_MAX}."
            )
        found[name] = int(days)
    return found


def _proxies(text: str) -> int:
    if text not in ("0", "1", "2", "3"):
        raise InputError(f"LAUFZETTEL_PROXIES ist „{text}“, erwartet wird eine Zahl von 0 bis 3.")
    return int(text)
