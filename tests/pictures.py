"""`python -m tests.pictures FOLDER [URL]`: screenshots of every page at 1280 and 390 pixels, light and dark.

Without an address, a server with the play company is started on the loopback address for as long as it takes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from app.ui import navigation
from tests.bench.servers import CHROMIUM_ARGS, app_command, chromium, free_port, serve

PAGES = tuple(page.name for page in navigation.pages(login=False))
WIDTHS = {"": (1280, 900), "-phone": (390, 844)}
README = {"overview", "compare", "numbers", "evidence", "alignment"}
"""Pages whose wide, light picture the README shows."""


def take(browser: Browser, url: str, folder: Path, *, every: bool) -> None:
    """Take the pictures; only the README's unless `every`."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark") if every else ("light",):
        for suffix, (width, height) in WIDTHS.items() if every else [("", WIDTHS[""])]:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            for name in PAGES:
                if not every and name not in README:
                    continue
                page = context.new_page()
                page.goto(f"{url}/{'' if name == 'overview' else name}")
                page.locator("h1").first.wait_for(timeout=60_000)
                page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
                page.wait_for_timeout(900)
                page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0", timeout=60_000)
                if every:
                    full = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight + 40")
                    page.set_viewport_size({"width": width, "height": min(max(int(full), height), 6000)})
                    page.wait_for_timeout(700)
                elif name == "compare":
                    page.get_by_role("heading", name="38 % higher win rates").evaluate("heading => heading.scrollIntoView()")
                    page.wait_for_timeout(500)
                scheme_suffix = "" if scheme == "light" else "-dark"
                page.screenshot(path=folder / f"{name}{suffix}{scheme_suffix}.png")
                page.close()
            context.close()


def main(arguments: list[str]) -> None:
    """Start what is needed and take the pictures."""
    folder = Path(arguments[0] if arguments else "docs/pictures")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        if len(arguments) > 1:
            take(browser, arguments[1], folder, every=True)
        else:
            with tempfile.TemporaryDirectory() as data:
                port = free_port()
                with serve(app_command(port), port=port, environment={"SCORECARD_DATA_DIR": data}) as server:
                    take(browser, server.url, folder, every=False)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
