"""Chromium as people use it: found on this machine or Playwright's own, without background traffic."""

import shutil
from collections.abc import Callable
from typing import Any

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """The system's Chromium; None: let Playwright look for its own."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Any) -> Any:
    """A headless browser."""
    return playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)


def until(page: Any, script: str, wanted: Callable[[Any], bool] = bool, *, seconds: float = 20) -> Any:
    """Polls an expression in the page until its value is wanted; the last value is in the error. (The content
    security policy forbids what wait_for_function does with a string.)"""
    value = None
    for _ in range(int(seconds * 20)):
        value = page.evaluate(script)
        if wanted(value):
            return value
        page.wait_for_timeout(50)
    raise AssertionError(f"{script} stayed {value!r} for {seconds} s")
