"""Texts of invoices as they are stored: compressed with a dictionary of what invoices say.

The dictionary is what makes a short text small: deflate (RFC 1951) finds in it what it would
else have to spell out. It stays as it is for ever, since stored texts need it; a better one is
another number.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

#: The dictionary in use; the most usual stands last, as deflate likes it (RFC 1950 section 2.2).
_WORDS: Final = (
    "Reparatur Wartung Montage Demontage Anfahrt Fahrtkosten Arbeitszeit Stundenlohn Monteur Meister "
    "Geselle Material Kleinmaterial Verbrauchsmaterial Entsorgung Transport Fracht Verpackung Miete "
    "Nebenkosten Strom Gas Wasser Abwasser Wärme Heizung Sanitär Elektro Maler Dachdecker Tiefbau "
    "Hochbau Straßenbau Garten Reinigung Glasreinigung Unterhaltsreinigung Schule Grundschule Kita "
    "Turnhalle Rathaus Bauhof Feuerwehr Friedhof Bücherei Software Lizenz Wartungsvertrag Telefon "
    "Anschluss Gebühr Beratung Planung Gutachten Honorar Abschlag Schlussrechnung Teilrechnung "
    "Gutschrift Mahnung Skonto Rabatt Nachlass Zuschlag Vertrag Angebot Auftrag Bestellung "
    "Lieferschein Kundennummer Objekt Projekt Los Position Stück Stunden Pauschale Menge "
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember "
    "Buchhaltung Ansprechpartner Frau Herr Postfach Am Markt Hauptstraße Bahnhofstraße Schulstraße "
    "Gartenstraße Industriestraße weg platz allee Amtsgericht HRB HRA Geschäftsführer "
    "Sparkasse Volksbank Finanzamt Steuernummer Rechnungsnummer Rechnungsdatum Leistungszeitraum "
    "Lieferdatum Zahlungsziel zahlbar innerhalb von 30 Tagen ohne Abzug netto brutto "
    "Bitte überweisen Sie den Betrag auf das unten genannte Konto. Vielen Dank für Ihren Auftrag. "
    "Stadtverwaltung Gemeinde Stadt Kreis Landkreis Fachbereich Amt für Bauamt Schulamt Kämmerei "
    "Ordnungsamt Jugendamt Gebäudewirtschaft Zentrale Rechnungsstelle Rathausplatz 1 "
    "#SKONTO#TAGE=14#PROZENT=2.00# rechnung@ info@ buchhaltung@ .example .de www. https://"
    " · DE1234567 · DE99 · 0531 · +49 · 05 · 2026 · 2025-1 · e. K. · AG · mbH · KG · "
    "GmbH & Co. KG · GmbH · EM · 19 % · 7 % · 0 % · 04011000-12345-03 · RE-2026-0 · R-2026 · 1 · "
)
_DICTIONARY: Final = _WORDS.encode()
_NUMBER: Final = b"\x01"
_LEVEL: Final = 9


def pack(text: str) -> bytes:
    """Return the text as it is stored."""
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=_DICTIONARY)
    return _NUMBER + press.compress(text.encode()) + press.flush()


def unpack(packed: bytes) -> str:
    """Return the text that was packed.

    >>> unpack(pack("Wartung der Heizung, 19 % MwSt."))
    'Wartung der Heizung, 19 % MwSt.'
    >>> len("Wartung der Heizung, 19 % MwSt."), len(pack("Wartung der Heizung, 19 % MwSt."))
    (31, 20)
    """
    if packed[:1] != _NUMBER:
        raise ValueError(f"a text packed with an unknown dictionary: {packed[:1]!r}")
    press = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_DICTIONARY)
    return (press.decompress(packed[1:]) + press.flush()).decode()


class PackedText(TypeDecorator[str]):
    """A text that is stored packed."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Pack it on the way in."""
        return None if value is None else pack(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Unpack it on the way out."""
        return None if value is None else unpack(bytes(value))
