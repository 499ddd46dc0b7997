"""``laufzettel validate`` and ``laufzettel rules`` speak German and end with a telling code."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import pytest

from laufzettel.cli import rules, validate
from laufzettel.errors import InputError


@pytest.fixture(autouse=True)
def _rules_of_the_tests(rules_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUFZETTEL_RULES_DIR", str(rules_dir))


def _laufzettel(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    validate.add_parser(commands)
    rules.add_parser(commands)
    args = parser.parse_args([str(argument) for argument in arguments])
    code: int = args.run(args)
    return code


def test_a_good_invoice_is_shown_with_its_key_facts(
    samples: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = _laufzettel("validate", samples["gut.xml"])

    assert code == 0
    assert capsys.readouterr().out == (
        f"{samples['gut.xml']}: formal in Ordnung\n"
        "  Rechnung TB-2026-1187 vom 02.11.2026 über 18.432,60 €\n"
        "  Lieferant Tiefbau Bergmann & Söhne GmbH, Konto DE89370400440532013000\n"
        "  Leitweg-ID 059990000000-21000-70, fällig am 02.12.2026\n"
        "  Skonto 3,00 % bis 16.11.2026\n"
        "  Skonto 1,50 % bis 23.11.2026\n"
        "  Geprüft als XRechnung 3.0 (UBL Invoice), Regeln xrechnung-3.0.2_2026-08-31\n"
        "\n"
    )


def test_a_faulty_invoice_says_what_where_and_who_must_do_what(
    samples: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = _laufzettel("validate", samples["fehlerhaft.xml"])

    assert code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("fehlerhaft.xml: Zurückweisen")
    assert "\n".join(lines[5:]) == (
        "  Führt zur Zurückweisung (2):\n"
        "    - Die Umsatzsteuer insgesamt stimmt nicht mit den Steuerbeträgen der einzelnen "
        "Steuersätze überein. [BR-CO-14, Feld BT-110]\n"
        "      Stelle: /Invoice/TaxTotal\n"
        "      Umsatzsteuer (BT-110): 67,86 €\n"
        "      Steuer (BT-117): 55,86 €\n"
        "      Der Gesamtbetrag der Umsatzsteuer stimmt nicht: richtig sind 55,86 €, angegeben sind "
        "67,86 €.\n"
        "      Zu tun: Der Lieferant muss die Beträge richtig berechnen und die Rechnung neu "
        "senden.\n"
        "    - Die Leitweg-ID (Buyer Reference) fehlt. [BR-DE-15, Feld BT-10]\n"
        "      Stelle: /Invoice\n"
        "      Leitweg-ID (BT-10): nicht angegeben\n"
        "      Zu tun: Der Lieferant muss die Leitweg-ID eintragen, die er mit dem Auftrag "
        "erhalten hat, und die Rechnung neu senden.\n"
    )


def test_json_gives_one_object_a_line_also_for_what_cannot_be_read(
    samples: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junk, missing = tmp_path / "junk.xml", tmp_path / "missing.xml"
    junk.write_bytes(b"\x00\xff<Rechnung>")

    code = _laufzettel("validate", "--json", samples["fehlerhaft.xml"], junk, missing, tmp_path)

    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 2
    assert [item["verdict"] for item in shown] == [
        *("rejected", "rejected", "technical_error", "technical_error"),
    ]
    assert shown[0]["rule_set"] == "xrechnung-3.0.2_2026-08-31"
    assert (
        shown[0]["findings"][1].items()
        >= {
            "id": "BR-DE-15",
            "layer": "xrechnung",
            "severity": "fatal",
            "term": "BT-10",
            "location": "/Invoice",
            "text_de": "Die Leitweg-ID (Buyer Reference) fehlt.",
        }.items()
    )
    assert [item["findings"][0]["text_de"] for item in shown[2:]] == [
        "Die Datei lässt sich nicht öffnen: Es gibt sie nicht.",
        "Die Datei lässt sich nicht öffnen: Das ist ein Ordner.",
    ]
    told = {"file", "sha256", "receipt_no", "checked_at", "invoice"}
    checked = {"verdict", "outcome", "scenario", "rule_set", "findings"}
    assert [set(item) for item in shown] == [told | checked] * 4


def test_without_rules_nothing_is_called_in_order(
    samples: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _laufzettel("validate", "--rules-dir", tmp_path, samples["gut.xml"])

    output = capsys.readouterr().out
    assert code == 2
    assert output.startswith(f"{samples['gut.xml']}: nicht geprüft\n")
    assert "Bitte „laufzettel rules install“ ausführen." in output


def test_text_from_an_invoice_cannot_steer_the_terminal(
    samples: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "steer.xml"
    xml = samples["klein.xml"].read_text("utf-8")
    file.write_text(xml.replace("Federkiel e. K.", "Feder\u009b2Jkiel\u202e"), "utf-8")

    _laufzettel("validate", file)

    output = capsys.readouterr().out
    assert "Lieferant Bürobedarf Feder�2Jkiel�, Konto" in output


def test_same_findings_at_many_places_are_shown_once(
    samples: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "units.xml"
    xml = samples["gut.xml"].read_text("utf-8")
    for unit in ("LS", "MTQ", "MTK", "MTR"):
        xml = xml.replace(f'unitCode="{unit}"', 'unitCode="qm"')
    file.write_text(xml, "utf-8")

    code = _laufzettel("validate", file)

    output = capsys.readouterr().out
    assert code == 0
    assert "  Bitte ansehen (4):\n" in output
    assert output.count("Der Schlüssel einer Mengeneinheit ist nicht gültig.") == 1
    assert "InvoiceLine[3]/InvoicedQuantity und 1 weitere\n" in output


def test_rules_show_names_files_and_hashes(
    rules_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _laufzettel("rules", "show") == 0

    output = capsys.readouterr().out
    assert "Kennung: xrechnung-3.0.2_2026-08-31\n" in output
    assert output.count("unverändert\n") == 4


def test_rules_show_refuses_altered_and_missing_rules(
    rules_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = _laufzettel("rules", "show", "--rules-dir", tmp_path)
    shutil.copytree(rules_dir, tmp_path, dirs_exist_ok=True)
    next(tmp_path.glob("*/EN16931-CII-validation.xsl")).write_text("<x/>")
    altered = _laufzettel("rules", "show", "--rules-dir", tmp_path)

    assert (missing, altered) == (2, 2)
    assert "ist verändert und wird nicht benutzt" in capsys.readouterr().err


def test_rules_install_says_when_all_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert _laufzettel("rules", "install") == 0

    assert capsys.readouterr().out.startswith("Prüfregeln sind aktuell: EN 16931 (CEN 1.3.16)")


@pytest.mark.parametrize(
    ("form", "beginning"),
    [("xml", b"<?xml version='1.0'"), ("html", b"<!doctype html>"), ("pdf", b"%PDF-")],
)
def test_a_report_is_written_to_a_folder(
    samples: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    form: str,
    beginning: bytes,
) -> None:
    folder = tmp_path / "berichte"

    code = _laufzettel("validate", "--format", form, "--output", folder, samples["fehlerhaft.xml"])

    written = folder / f"fehlerhaft.xml.pruefbericht.{form}"
    assert (code, capsys.readouterr().out) == (1, f"{written}\n")
    assert written.read_bytes().startswith(beginning)


def test_without_a_folder_no_file_is_written(samples: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="Für pdf bitte mit --output einen Ordner nennen"):
        _laufzettel("validate", "--format", "pdf", samples["gut.xml"])


def test_the_text_for_the_supplier_can_be_copied(
    samples: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _laufzettel("validate", "--format", "lieferant", samples["fehlerhaft.xml"])

    assert "Sie müssen die Leitweg-ID eintragen" in capsys.readouterr().out
