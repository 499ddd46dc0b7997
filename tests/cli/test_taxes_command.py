"""``laufzettel taxes``: own rules and certificates, whole or not at all; each with its source."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run

RULES = (
    "Art;Kategorie;Satz;Ergebnis;Gilt ab;Quelle;Stand\n"
    "Steuerschlüssel;S;19;V19;2021-01-01;Kontenplan 2026;bestätigt\n"
)
CERTIFICATES = (
    "Nummer;Lieferant;USt-IdNr;Gilt ab;Gilt bis\n"
    "FB-2024-1;Tiefbau Detmold GmbH;DE136695976;01.01.2024;31.12.2026\n"
)


def test_own_rules_stand_beside_those_that_come_along(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "regeln.csv"
    file.write_text(RULES, encoding="utf-8")

    first, again = run("taxes", "import", str(file)), run("taxes", "import", str(file))
    shown = run("taxes", "show").out

    assert first.out.endswith("1 neu, 0 geändert, 0 wie bisher; übernommen.\n")
    assert again.out.endswith("0 neu, 0 geändert, 1 wie bisher; übernommen.\n")
    assert "S 19 % → V19  ab 01.01.2021  eigene: Kontenplan 2026\n" in shown
    assert "→ 2b  ab 01.01.2027  mitgeliefert: § 2b UStG" in shown
    assert "[zu bestätigen]" in shown


def test_certificates_are_taken_and_changed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fb.csv"
    file.write_text(CERTIFICATES, encoding="utf-8")
    tried = run("taxes", "certificates", str(file), "--dry-run")
    run("taxes", "certificates", str(file))
    file.write_text(CERTIFICATES.replace("31.12.2026", "31.12.2027"), encoding="utf-8")

    changed = run("taxes", "certificates", str(file))
    file.write_text(CERTIFICATES.replace("FB-2024-1", "@SUM(1)"), encoding="utf-8")
    refused = run("taxes", "certificates", str(file))

    assert tried.out.endswith("1 neu, 0 geändert, 0 wie bisher; geändert wurde nichts.\n")
    assert changed.out.endswith("0 neu, 1 geändert, 0 wie bisher; übernommen.\n")
    assert refused.code == 1 and "SUM" not in refused.out
