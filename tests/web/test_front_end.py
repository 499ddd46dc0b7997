"""The bundle that `./run` builds: what is in it, and what our own style sheets may say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "web" / "static" / "dist"
FRONTEND = ROOT / "web" / "frontend"
AREAS = [path for path in (ROOT / "web").glob("*/*.css") if path.stem == path.parent.name]
OWN = sorted([*(FRONTEND / "src").rglob("*.css"), *AREAS])
PRINT = FRONTEND / "src" / "css" / "print.css"

#: Used in KERN 2.7.2 and defined nowhere; none is ours and each has a fallback or no effect.
UNDEFINED_IN_KERN = {"--border-radius-large", "--kern-120", "--kern-144", "--kern-small"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    """Name → hashed name, as built."""
    names: dict[str, str] = json.loads((DIST / "manifest.json").read_text("utf-8"))
    return names


@pytest.fixture(scope="module")
def sheet(manifest: dict[str, str]) -> str:
    """The style sheet as built."""
    return (DIST / manifest["app.css"]).read_text("utf-8")


def without_comments(path: Path) -> str:
    """Return a style sheet of ours without its comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)


def used(sheet: str) -> set[str]:
    """Return the names of all custom properties that are read."""
    return set(re.findall(r"var\(\s*(--[\w-]+)", sheet))


def defined(sheet: str) -> set[str]:
    """Return the names of all custom properties that are set."""
    return set(re.findall(r"(--[\w-]+)\s*:", sheet))


def test_a_page_can_link_style_script_and_icon(manifest: dict[str, str]) -> None:
    assert sorted(manifest) == ["app.css", "app.js", "favicon.svg"]
    assert [name for name in manifest.values() if not (DIST / name).is_file()] == []


def test_every_custom_property_of_ours_is_defined(sheet: str) -> None:
    """An undefined one makes a colour invisible without any error."""
    ours = set().union(*(used(without_comments(path)) for path in OWN))

    assert ours - defined(sheet) == set()
    assert len(ours) > 20


def test_no_other_custom_property_is_undefined_than_kern_leaves_so(sheet: str) -> None:
    assert used(sheet) - defined(sheet) - UNDEFINED_IN_KERN == set()


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_sheets_name_no_colour(path: Path) -> None:
    """Colours are tokens, so that both themes hold; paper alone has one theme."""
    found = re.findall(
        r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch)\(", without_comments(path)
    )

    assert bool(found) == (path == PRINT)


def test_the_bundle_asks_for_nothing_that_the_policy_refuses(sheet: str) -> None:
    """No data: address and no other host; every file it names was built as well."""
    named = re.findall(r"url\(\"?([^)\"]+)\"?\)", sheet)

    assert len(named) > 10
    assert [name for name in named if not (DIST / name).is_file()] == []


def test_no_source_map_is_shipped(sheet: str) -> None:
    assert "sourceMappingURL" not in sheet
    assert list(DIST.glob("*.map")) == []


def test_only_fonts_in_use_are_shipped() -> None:
    names = sorted(path.name.rsplit("-", 1)[0] for path in DIST.glob("*.woff2"))

    assert names == ["FiraSans-Regular", "FiraSans-SemiBold"]


def test_what_others_made_is_named_with_its_licence() -> None:
    notice = (DIST / "THIRD_PARTY.md").read_text("utf-8")

    assert "## @kern-ux/native 2.7.2 (EUPL-1.2)" in notice
    assert "EUROPÄISCHE UNION PUBLIC LICENCE v. 1.2" in notice
    assert "## Fira Sans 4.106 (OFL-1.1)" in notice
    assert "axe-core" not in notice
