"""A real browser for tests of pages: Chromium of the system, driven by Playwright.

A page is opened from disk and watched. Whatever it says on the console, whatever error
it throws, and whatever it asks of a network is an error of the test.
"""

import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = [  # what a browser would ask the world for by itself, and a sandbox for root
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser():
    """Chromium; where it, or Playwright, can't be had, this module's tests are skipped.

    Playwright's driver is a program too, which on a bare Debian lacks a library.
    """
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed"
    )
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium here: pages are not tried in a browser")
    context = sync_api.sync_playwright()
    try:
        playwright = context.start()
    except Exception as error:
        pytest.skip(f"Playwright does not start (apt install libatomic1?): {error}")
    browser = playwright.chromium.launch(executable_path=program, args=QUIET)
    yield browser
    browser.close()
    playwright.stop()


@contextmanager
def opened(browser, path, *, step="", **options):
    """A page of a file, watched.

    Args:
        browser: the fixture.
        path: of the file.
        step: a fragment of the address, such as "#step=3".
        options: of the browser's context: viewport, color_scheme, reduced_motion.
    """
    options = {"viewport": {"width": 1280, "height": 800}} | options
    context = browser.new_context(**options)
    troubles, asked = [], []
    page = context.new_page()
    page.set_default_timeout(30_000)  # ms: to stop a hang, not to measure
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{path.as_uri()}{step}")
    try:
        yield page
        assert troubles == []
        assert {url.split("#")[0] for url in asked} == {path.as_uri()}
    finally:
        context.close()
