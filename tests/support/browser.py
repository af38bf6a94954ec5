"""Debian's Chromium, without a window, driven by Playwright."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPTIONS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--disable-lcd-text",  # its coloured edges are for one kind of screen only
)


def found() -> str | None:
    """Return where Chromium is; None where it isn't installed."""
    return shutil.which("chromium")


@contextlib.contextmanager
def running() -> Iterator[Browser]:
    """Start Chromium, and end it with the context."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=[*OPTIONS])
        try:
            yield browser
        finally:
            browser.close()
