"""A walk through a page with the Tab key alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page

STOPS_MAX: Final = 300
#: A field for a day keeps the focus: day, month, year, calendar. More is a trap.
PARTS_MAX: Final = 4

#: Everything that Tab must reach, numbered in the order of the document.
_TARGETS: Final = """
() => {
  const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary, ' +
    'iframe, [tabindex]'
  const open = document.querySelector('dialog:modal') ?? document
  const groups = new Set()
  const reachable = [...open.querySelectorAll(kinds)].filter((element) => {
    if (element.matches(':disabled') || element.tabIndex < 0) return false
    if (!element.checkVisibility({ visibilityProperty: true })) return false
    if (element.type !== 'radio') return true
    const group = [...open.querySelectorAll(`input[type=radio][name="${element.name}"]`)]
      .filter((each) => each.form === element.form)
    const chosen = group.find((each) => each.checked)
    return chosen ? element === chosen : element === group[0]
  })
  reachable.forEach((element, index) => { element.dataset.walkIndex = index })
  return reachable.length
}
"""

#: A positive tabindex takes an element out of the order of the document.
_JUMPERS: Final = """
() => [...document.querySelectorAll('[tabindex]')].filter((each) => each.tabIndex > 0)
  .map((each) => each.outerHTML.slice(0, 60))
"""

#: Put the focus before everything: where an element has had it that is no longer there.
_TOP: Final = """
() => {
  const start = document.createElement('span')
  start.tabIndex = -1
  const place = document.querySelector('dialog:modal') ?? document.body
  place.prepend(start)
  start.focus()
  start.remove()
  scrollTo(0, 0)
}
"""

#: Where the focus is now: its place in that list, what it is called, and how it shows.
_STOP: Final = """
() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const style = getComputedStyle(element)
  const box = element.getBoundingClientRect()
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
  const onTop = document.elementFromPoint(
    Math.min(Math.max(x, 0), innerWidth - 1), Math.min(Math.max(y, 0), innerHeight - 1))
  const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent
    ?? element.textContent
  return {
    index: Number(element.dataset.walkIndex ?? -1),
    name: `${element.tagName.toLowerCase()} „${label.trim().replace(/\\s+/g, ' ').slice(0, 60)}“`,
    shows: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: !(onTop && (element.contains(onTop) || onTop.contains(element)
      || [...(element.labels ?? [])].some((each) => each.contains(onTop)))),
  }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An element that had the focus."""

    index: int  # place in the document among all that Tab must reach; -1: it should not be one
    name: str
    shows: bool  # a ring is drawn
    seen: bool  # it lies in the window
    covered: bool  # something else lies on its middle


def walk(page: Page) -> list[Stop]:
    """Press Tab from the top until the focus leaves the page or comes back; return the way."""
    page.evaluate(_TARGETS)
    page.evaluate(_TOP)
    stops: list[Stop] = []
    stayed = 0
    while len(stops) < STOPS_MAX and stayed < PARTS_MAX:
        page.keyboard.press("Tab")
        found: dict[str, Any] | None = page.evaluate(_STOP)
        if found is not None and stops and found["index"] == stops[-1].index:
            stayed += 1
            continue
        if found is None or found["index"] in {stop.index for stop in stops}:
            break
        stops.append(Stop(**found))
        stayed = 0
    return stops


def keyboard_faults(page: Page) -> list[str]:
    """Return where a walk loses its way: unreached, jumping, unseen, or trapped."""
    wanted: int = page.evaluate(_TARGETS)
    stops = walk(page)
    faults = [f"jumps the queue: {element}" for element in page.evaluate(_JUMPERS)]
    faults += [f"no ring: {stop.name}" for stop in stops if not stop.shows]
    faults += [f"out of sight: {stop.name}" for stop in stops if not stop.seen]
    faults += [f"covered: {stop.name}" for stop in stops if stop.seen and stop.covered]
    if missing := set(range(wanted)) - {stop.index for stop in stops}:
        last = stops[-1].name if stops else "the page"
        faults.append(f"{len(missing)} of {wanted} not reached, the last was {last}")
    return faults
