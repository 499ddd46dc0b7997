"""Settings of the installation, from the environment; secrets come from nowhere else.

``LAUFZETTEL_DATA``: folder of documents, rules, exchange folders and SQLite (default
``.laufzettel`` in the current folder). ``LAUFZETTEL_DATABASE_URL``: default SQLite there.
``LAUFZETTEL_LOG``: ``text`` (default) or ``json``, the form of the log on stderr.
``LAUFZETTEL_METRICS``: ``token`` (default) or ``loopback``, who may read ``/metrics``.
``LAUFZETTEL_PROXIES``: how many proxies stand before the pages; only so many entries of their
X-Forwarded headers are believed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from laufzettel import logs
from laufzettel.errors import InputError


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
    proxies: int = 0  # how many proxies of ours stand before the pages and tell who asks

    @property
    def documents(self) -> Path:
        """The folder of the document store."""
        return self.data / "documents"

    def exchange(self, tenant: str) -> Path:
        """The folder through which the tenant's HKR is reached."""
        return self.data / "hkr" / tenant

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
    return Settings(
        data=data,
        database_url=given.get("LAUFZETTEL_DATABASE_URL")
        or f"sqlite:///{data / 'laufzettel.sqlite'}",
        rules=Path(given.get("LAUFZETTEL_RULES_DIR") or data / "rules"),
        host=given.get("LAUFZETTEL_HOST", "127.0.0.1"),
        port=_port(given.get("LAUFZETTEL_PORT", "8080")),
        is_demo=is_demo,
        metrics_on_loopback=_metrics(given.get("LAUFZETTEL_METRICS", "token")),
        proxies=_proxies(given.get("LAUFZETTEL_PROXIES", "0")),
    )


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


def _proxies(text: str) -> int:
    if text not in ("0", "1", "2", "3"):
        raise InputError(f"LAUFZETTEL_PROXIES ist „{text}“, erwartet wird eine Zahl von 0 bis 3.")
    return int(text)
