"""Whether a page fits its window: nothing is read by scrolling sideways (WCAG 1.4.10)."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

_WIDER: Final = """
() => {
  const width = document.documentElement.clientWidth
  const scrolls = (element) => element && element !== document.documentElement &&
    (/auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX) ||
      scrolls(element.parentElement))
  const wide = [...document.body.querySelectorAll('*')].filter((element) => {
    const { right, left, width: own } = element.getBoundingClientRect()
    return own > 0 && (right > width + 1 || left < -1) && !scrolls(element.parentElement)
      && getComputedStyle(element).clipPath === 'none'
  })
  const name = ({ tagName, id, className }) =>
    tagName.toLowerCase() + (id && `#${id}`) + (className && `.${className}`)
  const page = document.scrollingElement.scrollWidth
  return page > width ? [`page is ${page} px wide in ${width}`, ...wide.map(name)] : []
}
"""


def reflow_faults(page: Page) -> list[str]:
    """Return what makes the page wider than its window; nothing where it fits.

    What scrolls in a region of its own (`lz-scroll`) is no fault.
    """
    found: list[str] = page.evaluate(_WIDER)
    return found
