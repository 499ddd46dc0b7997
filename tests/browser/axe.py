"""axe-core in the page: WCAG 2.0, 2.1 and 2.2, levels A and AA."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

SOURCE: Final = (
    Path(__file__).resolve().parents[2] / "web/frontend/node_modules/axe-core/axe.min.js"
)
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
#: What axe cannot decide and a person has looked at: (rule, where) → what was seen.
REVIEWED: Final = {
    ("color-contrast", ".lz-scroll"): "cells that are scrolled out look like the rest",
    ("color-contrast", ".inv-scroll"): "cells that are scrolled out look like the rest",
    ("color-contrast", ".lz-task__sticky"): "what is scrolled out of the panel looks like the rest",
    (
        "color-contrast",
        ".diagram-pane",
    ): "labels on shapes; axe cannot see what a shape is filled with",
}

_RUN: Final = """
async ([tags, places]) => {
  const options = { runOnly: { type: 'tag', values: tags },
                    resultTypes: ['violations', 'incomplete'] }
  const { violations, incomplete } = await axe.run(document, options)
  const flat = (rules) => rules.flatMap(({ id, impact, nodes }) => nodes.map((node) => ({
    id, impact, target: node.target.flat(Infinity).join(' '),
    inside: places.filter((place) => document.querySelector(node.target[0])?.closest(place)),
    why: [...node.any, ...node.all, ...node.none].map((check) => check.message).join('; '),
  })))
  return { violations: flat(violations), incomplete: flat(incomplete) }
}
"""


@functools.cache
def _source() -> str:
    """Return axe itself; `./run test` installs it with the front end."""
    return SOURCE.read_text("utf-8")


def axe_faults(page: Page) -> list[str]:
    """Return a line for every violation, and for everything undecided that nobody reviewed."""
    page.evaluate(_source())  # not a script of the page, so its policy does not refuse it
    found = page.evaluate(_RUN, [list(TAGS), [place for _rule, place in REVIEWED]])
    undecided = [one for one in found["incomplete"] if not _is_reviewed(one)]
    return [_line(one) for one in found["violations"]] + [
        f"nobody reviewed: {_line(one)}" for one in undecided
    ]


def _is_reviewed(one: dict[str, Any]) -> bool:
    return any((one["id"], place) in REVIEWED for place in one["inside"])


def _line(one: dict[str, Any]) -> str:
    return f"{one['id']} ({one['impact']}) {one['target']}: {one['why']}"
