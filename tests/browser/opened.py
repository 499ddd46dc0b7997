"""Pages opened in the browser, and whatever goes wrong on them while a test looks elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Response

Theme = Literal["light", "dark"]
#: Narrow and usual; both themes. Everything that is looked at is looked at so.
WIDTHS: Final = (1366, 320)
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
HEIGHT: Final = 768
#: The folder that `shot` writes to; without it, it writes nothing.
SHOTS: Final = "LAUFZETTEL_SHOTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of one test, and the troubles seen in them; any trouble fails the test.

    A test that provokes one takes it out of ``troubles``.
    """

    browser: Browser
    address: str
    troubles: list[str] = field(default_factory=list)

    def open(
        self,
        path: str,
        *,
        width: int = 1366,
        theme: Theme = "light",
        javascript: bool = True,
        cookies: Mapping[str, str] | None = None,
    ) -> Page:
        """Open a page with cookies of its own, in German and in Germany."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": HEIGHT},
            color_scheme=theme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="de-DE",
            timezone_id="Europe/Berlin",
        )
        context.set_default_timeout(10_000)
        for name, value in (cookies or {}).items():
            context.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = context.new_page()
        self._watch(page)
        page.goto(path)
        return page

    def close(self) -> None:
        """Close every window."""
        for context in self.browser.contexts:
            context.close()

    def _watch(self, page: Page) -> None:
        # lambdas, because Playwright writes marks on a bound method's object
        page.on("console", lambda message: self._heard(message))
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("response", lambda response: self._answered(response))
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, message: ConsoleMessage) -> None:
        """Note errors of the console; the policy's refusals are among them."""
        # of failed answers `_answered` knows more
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        """A page may be refused (a test says so), what it loads may not."""
        page = response.request.resource_type == "document"
        if response.status >= (500 if page else 400):
            self.troubles.append(f"answer {response.status}: {response.url}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.troubles.append(f"request to another place: {url}")


@contextmanager
def windows(browser: Browser, address: str) -> Iterator[Windows]:
    """Give windows of an application, and fail on troubles when the block is left."""
    opened = Windows(browser=browser, address=address)
    try:
        yield opened
    finally:
        opened.close()
    assert opened.troubles == []


def shot(page: Page, name: str) -> Path | None:
    """Take a picture of the whole page if somebody wants to look at it, and say where."""
    folder = os.environ.get(SHOTS)
    if folder is None:
        return None
    path = Path(folder) / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
