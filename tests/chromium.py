"""Headless Chromium for tests of what is shown: Debian's package, skipped with a word where there is none."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    ViewportSize,
    sync_playwright,
)

PROGRAM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The shell is the same browser without what surrounds a page, and takes a fifth less of the processor."""
IS_REQUIRED = os.environ.get("CI") == "true"  # noqa: TID251 (whether a test may be skipped is no setting of ours)
"""Where the change is judged a browser must be there: a skipped test would look like a passed one."""
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--in-process-gpu",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None and not IS_REQUIRED, reason="There is no chromium on this machine."),
]
PATIENCE_MS = 8_000
DESKTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
TOO_WIDE = """
    (width) => {
        const beginnings = (parts) => [...parts].map((part) => part.outerHTML.slice(0, 120));
        const places = ".scroll, .modal-body, .topbar, .sidebar, .tour, .scroll *:not(.sr-only)";
        const overfull = [...document.querySelectorAll(places)]
            .filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1);
        const whole = document.documentElement.scrollWidth;
        if (whole <= width) return beginnings(overfull);
        const beyond = [...document.body.querySelectorAll("*")]
            .filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > width);
        return [`The page is ${whole} px wide.`, ...beginnings(overfull), ...beginnings(beyond)];
    }
"""
"""What is wider than its place on a screen of this width (px), by the beginning of its markup."""


@contextmanager
def launched() -> Iterator[Browser]:
    """Run the browser for as long as the block lasts."""
    assert PROGRAM, "There is no chromium on this machine; `.ci/run` installs it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str, *, patience_ms: float = PATIENCE_MS) -> Iterator[Page]:
    """Open a window on a workspace, for many tests: every other window costs a second of both processors' work."""
    context = browser.new_context(base_url=url, viewport=DESKTOP)
    context.set_default_timeout(patience_ms)
    yield context.new_page()
    context.close()


@contextmanager
def faultless(window: Page) -> Iterator[Page]:
    """Lend a window to one test, which finds it as new; nothing may break in it, nor breach the content policy."""
    trouble: list[str] = []

    def note_breach(line: ConsoleMessage) -> None:
        if "Content Security" in line.text:
            trouble.append(line.text)

    def note_error(error: Error) -> None:
        trouble.append(str(error))

    window.on("pageerror", note_error)
    window.on("console", note_breach)
    try:
        yield window
    finally:
        _forget(window)
        window.remove_listener("pageerror", note_error)
        window.remove_listener("console", note_breach)
    assert trouble == []


@contextmanager
def without_scripts(page: Page) -> Iterator[None]:
    """Let no script of the page run, as where they are switched off."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("Emulation.setScriptExecutionDisabled", {"value": True})
    yield
    chromium.send("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.detach()


def _forget(window: Page) -> None:
    """Leave for a place that does nothing, of the same site for the sake of its drafts, and keep nothing."""
    window.goto("/static/icon.svg")
    window.evaluate("sessionStorage.clear()")
    window.context.clear_cookies()
    window.set_viewport_size(DESKTOP)


def composer(page: Page) -> Locator:
    """Find the field in which one writes."""
    return page.get_by_role("combobox", name=re.compile("^Message"))


def assert_it_fits(page: Page) -> None:
    """See that nothing on a phone is wider than its place.

    What a link leads to can be asked before it has its styles; it is not painted before, and nothing fits then.
    """
    page.wait_for_load_state("load")
    too_wide = page.evaluate(TOO_WIDE, PHONE["width"])
    assert not too_wide, "\n".join(too_wide)
