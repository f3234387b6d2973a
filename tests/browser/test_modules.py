"""The pure parts of the pages' JavaScript, in the browser that will run them."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from review_app.settings import ROOT

ADDRESS = "http://modules.test/"
TESTS = sorted((ROOT / "tests" / "review_app").glob("*/*.test.js"))
#: The files run under `node --test` as well, where somebody has it.
NAMES = {
    "node:test": "/tests/browser/modules/test.js",
    "node:assert/strict": "/tests/browser/modules/assert.js",
}
SHELL = f'<script type="importmap">{json.dumps({"imports": NAMES})}</script>'
RUN = """async (file) => {
    await import(file);
    return (await import("node:test")).run();
}"""


def serve(route: Route) -> None:
    """The files of this checkout, without a server."""
    name = route.request.url.removeprefix(ADDRESS)
    if name:
        route.fulfill(path=ROOT / name)
    else:
        route.fulfill(body=SHELL, content_type="text/html")


@pytest.mark.parametrize("file", TESTS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_modules(page: Page, file: Path) -> None:
    page.route(f"{ADDRESS}**", serve)
    page.goto(ADDRESS)
    results = page.evaluate(RUN, f"/{file.relative_to(ROOT).as_posix()}")
    failed = [f"{result['name']}: {result['error']}" for result in results if result["error"]]
    assert results
    assert not failed, "\n".join(failed)
