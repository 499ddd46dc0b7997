"""Letters leave once per key, whole, and under names that tell nothing."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from laufzettel.connectors.post.directory import DirectoryPost
from laufzettel.connectors.post.port import (
    Letter,
    LetterConflictError,
    PostPort,
    PostUnknownError,
    PostUnreachableError,
)
from laufzettel.errors import InputError

LETTER = Letter(
    to_name="Reinigung Senne GmbH",
    to_address=("Am Bach 3", "33689 Bielefeld"),
    subject="Ihre Rechnung RS-2026-118",
    body_de="Guten Tag,\n\nwir haben Ihre Rechnung um 3.412,15 € gekürzt.\n",
    attachments=("a" * 64,),
)
KEY = "musterstadt:01hx0007:kuerzung:1"


@pytest.fixture
def post(tmp_path: Path) -> PostPort:
    return DirectoryPost(tmp_path)


def test_a_letter_lies_there_as_a_text_that_the_post_office_can_read(
    post: PostPort, tmp_path: Path
) -> None:
    post.send(KEY, LETTER)

    [path] = tmp_path.iterdir()
    assert path.suffix == ".txt"
    assert path.read_text("utf-8") == (
        "Schlüssel: musterstadt:01hx0007:kuerzung:1\n"
        "An: Reinigung Senne GmbH\n"
        "Anschrift: Am Bach 3\n"
        "Anschrift: 33689 Bielefeld\n"
        "Betreff: Ihre Rechnung RS-2026-118\n"
        f"Anlage: {'a' * 64}\n"
        "\n"
        "Guten Tag,\n"
        "\n"
        "wir haben Ihre Rechnung um 3.412,15 € gekürzt.\n"
    )


def test_the_same_letter_under_the_same_key_is_sent_once(post: PostPort, tmp_path: Path) -> None:
    assert not post.sent(KEY)

    post.send(KEY, LETTER)
    post.send(KEY, LETTER)

    assert post.sent(KEY)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_letter_under_the_same_key_is_refused(post: PostPort, tmp_path: Path) -> None:
    post.send(KEY, LETTER)

    with pytest.raises(LetterConflictError):
        post.send(KEY, replace(LETTER, subject="Etwas anderes"))

    [path] = tmp_path.iterdir()
    assert "Ihre Rechnung RS-2026-118" in path.read_text("utf-8")


@pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "a" * 200, "..", "C:\\x"])
def test_no_key_leads_out_of_the_folder(post: PostPort, tmp_path: Path, key: str) -> None:
    post.send(key, LETTER)

    [path] = tmp_path.iterdir()
    assert path.name.startswith("brief-")
    assert len(path.name) == len("brief-.txt") + 40


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"to_name": "Senne\nBetreff: Anderes"}, "Der Empfänger enthält ein nicht erlaubtes"),
        ({"to_name": " "}, "Der Empfänger fehlt."),
        ({"to_address": ()}, "Die Anschrift braucht eine bis sechs Zeilen."),
        ({"to_address": ("a\rb",)}, "Eine Zeile der Anschrift enthält"),
        ({"subject": "x" * 201}, "Der Betreff ist 201 Zeichen lang"),
        ({"body_de": ""}, "Der Brieftext fehlt."),
        ({"body_de": "a\x1b[2J"}, "Der Brieftext enthält ein nicht erlaubtes Zeichen (U+001B)"),
        ({"attachments": ("../x",)}, "Eine Anlage ist nicht mit ihrer Prüfsumme"),
    ],
)
def test_a_letter_that_would_not_arrive_as_it_looks_is_refused(
    changes: dict[str, str], reason: str
) -> None:
    with pytest.raises(InputError) as refused:
        replace(LETTER, **changes)  # type: ignore[arg-type]

    assert reason in str(refused.value)


def test_a_missing_folder_is_an_outage(tmp_path: Path) -> None:
    post = DirectoryPost(tmp_path / "share")

    with pytest.raises(PostUnreachableError, match="nicht eingehängt"):
        post.send(KEY, LETTER)
    with pytest.raises(PostUnreachableError):
        post.sent(KEY)


def test_a_failure_tells_whether_the_letter_may_be_there(
    post: PostPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(PostUnreachableError):
            post.send(KEY, LETTER)
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", fail)
        with pytest.raises(PostUnknownError):
            post.send(KEY, LETTER)

    assert not post.sent(KEY)
    post.send(KEY, LETTER)
    assert post.sent(KEY)
