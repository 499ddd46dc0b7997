"""The models of the program are those of its list: unchanged they need no second person."""

from __future__ import annotations

from pathlib import Path

from tools.reviewed import missing

import laufzettel.bpmn
from laufzettel.bpmn import reviewed
from laufzettel.engine.model.sources import Sources, load_folder

FOLDERS = [path.parent for path in Path(laufzettel.bpmn.__file__).parent.glob("*/model.bpmn")]


def test_every_model_stands_in_the_list() -> None:
    """After a change of a model: python tools/reviewed.py."""
    assert missing() == []
    now, _ever = reviewed.hashes()
    assert now == {load_folder(folder).sha256 for folder in FOLDERS}


def test_a_file_that_is_changed_in_place_is_no_longer_one_of_them() -> None:
    now, _ever = reviewed.hashes()
    for folder in FOLDERS:
        files = load_folder(folder).files
        changed = {
            **files,
            "model.bpmn": files["model.bpmn"].replace(b"sachlich", b"keine") + b"\n",
        }
        assert Sources(files=changed).sha256 not in now
