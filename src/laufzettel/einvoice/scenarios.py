"""Which rules apply to which invoice, and how much each of them weighs there.

The table retypes the facts of KoSIT's validator configuration for XRechnung 3.0.2 (2026-08-31):
an invoice is matched by its root element and by BT-24, and a scenario overrides the weight of
some rules. The rows below ``_OURS`` are not KoSIT's: § 3 (1) E-RechnungsVO NRW also admits other
standards that meet EN 16931, and those are checked against the rules of EN 16931 alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from laufzettel.einvoice import cii, ubl
from laufzettel.einvoice.report import Severity


class Schema(StrEnum):
    """The XML schemas of the three roots."""

    UBL_INVOICE = "ubl-invoice"
    UBL_CREDIT_NOTE = "ubl-credit-note"
    CII = "cii"


class Stylesheet(StrEnum):
    """The official rules as XSLT, by file name."""

    EN_UBL = "EN16931-UBL-validation.xsl"
    EN_CII = "EN16931-CII-validation.xsl"
    XR_UBL = "XRechnung-UBL-validation.xsl"
    XR_CII = "XRechnung-CII-validation.xsl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of invoice and how it is checked."""

    name: str
    schema: Schema
    stylesheets: tuple[Stylesheet, ...]
    levels: Mapping[str, Severity] = field(default_factory=dict)  # rule id -> weight here


_EN: Final = "urn:cen.eu:en16931:2017"
_XR: Final = f"{_EN}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
_XR_EXTENSION: Final = f"{_XR}#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0"
_CVD: Final = f"{_XR}#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9"

_WARN, _INFO, _ERROR = Severity.WARNING, Severity.INFORMATION, Severity.ERROR
_CODES: Final = {"BR-CL-21": _WARN, "BR-CL-23": _WARN}
_CIUS_UBL: Final = {**_CODES, "UBL-CR-646": _ERROR}
_CIUS_CII: Final = {
    **_CODES,
    "CII-SR-452": _ERROR,
    "CII-SR-453": _ERROR,
    "CII-SR-454": _ERROR,
}
# Procurement of clean vehicles adds the scheme CVD to BT-158, which BR-TMP-CVD-01 checks instead.
_CVD_UBL: Final = {**_CIUS_UBL, "BR-CL-13": _INFO}
_CVD_CII: Final = {**_CIUS_CII, "BR-CL-13": _INFO}
# The extension allows what the core of EN 16931 forbids: sub lines, third party payments,
# XML attachments, other schemes.
_EXTENSION: Final = {
    rule: _INFO for rule in ("BR-CL-10", "BR-CL-11", "BR-CL-21", "BR-CL-24", "BR-CL-25", "BR-CL-26")
} | {"BR-CL-23": _WARN}
_EXTENSION_UBL: Final = {
    **_EXTENSION,
    "BR-CO-16": _INFO,
    "UBL-CR-470": _INFO,
    "UBL-CR-646": _INFO,
}

_SYNTAXES: Final = {
    ubl.INVOICE: (Schema.UBL_INVOICE, Stylesheet.EN_UBL, Stylesheet.XR_UBL, "UBL Invoice"),
    ubl.CREDIT_NOTE: (
        Schema.UBL_CREDIT_NOTE,
        Stylesheet.EN_UBL,
        Stylesheet.XR_UBL,
        "UBL CreditNote",
    ),
    cii.INVOICE: (Schema.CII, Stylesheet.EN_CII, Stylesheet.XR_CII, "CII"),
}
#: BT-24 -> (name, whether the XRechnung rules apply, weights in UBL, weights in CII)
_KOSIT: Final = {
    _XR: ("XRechnung 3.0", True, _CIUS_UBL, _CIUS_CII),
    _XR_EXTENSION: ("XRechnung 3.0 Extension", True, _EXTENSION_UBL, _EXTENSION),
    _CVD: ("XRechnung CVD 0.9", True, _CVD_UBL, _CVD_CII),
    _EN: ("EN 16931", False, {}, {}),
}
_OURS: Final = {
    f"{_EN}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0": "Peppol BIS Billing 3.0",
    f"{_EN}#compliant#urn:factur-x.eu:1p0:basic": "Factur-X BASIC",
    f"{_EN}:compliant:factur-x.eu:1p0:basic": "Factur-X BASIC",
    f"{_EN}#conformant#urn:factur-x.eu:1p0:extended": "Factur-X EXTENDED",
    f"{_EN}#compliant#urn:zugferd.de:2p0:basic": "ZUGFeRD 2.0 BASIC",
    f"{_EN}#conformant#urn:zugferd.de:2p0:extended": "ZUGFeRD 2.0 EXTENDED",
}
#: Beginnings of BT-24 that are known and refused, with the reason.
_REFUSED: Final = (
    ("urn:factur-x.eu:1p0:minimum", "Das Profil MINIMUM ist in Deutschland keine Rechnung."),
    ("urn:factur-x.eu:1p0:basicwl", "Das Profil BASIC WL ist in Deutschland keine Rechnung."),
    ("urn:zugferd.de:2p0:minimum", "Das Profil MINIMUM ist in Deutschland keine Rechnung."),
    ("urn:zugferd.de:2p0:basicwl", "Das Profil BASIC WL ist in Deutschland keine Rechnung."),
    (
        f"{_EN}#compliant#urn:xoev-de:kosit:standard:xrechnung_",
        "Diese Fassung der XRechnung ist abgelaufen; gültig ist XRechnung 3.0.",
    ),
)


def find_scenario(root_tag: str, specification: str) -> Scenario | None:
    """Return how an invoice with this root and this BT-24 is checked, None where unknown.

    >>> scenario = find_scenario(ubl.INVOICE, "urn:cen.eu:en16931:2017")
    >>> scenario.name, scenario.stylesheets
    ('EN 16931 (UBL Invoice)', (<Stylesheet.EN_UBL: 'EN16931-UBL-validation.xsl'>,))
    """
    syntax = _SYNTAXES.get(root_tag)
    kosit = _KOSIT.get(specification)
    name = kosit[0] if kosit else _OURS.get(specification)
    if syntax is None or name is None:
        return None
    schema, en_rules, xr_rules, label = syntax
    _, is_xrechnung, in_ubl, in_cii = kosit or ("", False, {}, {})
    return Scenario(
        name=f"{name} ({label})",
        schema=schema,
        stylesheets=(en_rules, xr_rules) if is_xrechnung else (en_rules,),
        levels=in_cii if schema is Schema.CII else in_ubl,
    )


def refusal(specification: str) -> str:
    """Return why an invoice with this BT-24 is not accepted, in a German sentence.

    >>> refusal("urn:factur-x.eu:1p0:minimum")
    'Das Profil MINIMUM ist in Deutschland keine Rechnung.'
    """
    for beginning, reason in _REFUSED:
        if specification.lower().startswith(beginning.lower()):
            return reason
    if not specification:
        return "Die Rechnung nennt nicht, welchem Standard sie folgt (BT-24)."
    return (
        f"Der Standard „{specification[:120]}“ (BT-24) ist keiner, der angenommen wird: "
        "XRechnung 3.0, EN 16931, Peppol BIS 3 oder ZUGFeRD ab Profil BASIC."
    )
