"""The review desk in headless Chromium: how long it takes to open, and every frame of a gesture."""

import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from review_app.bench.desk_recording import Opened
from review_app.remember import PROJECT_COOKIE, USER_COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, FloatRect, Page

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
VIEWPORT = {"width": 1280, "height": 720}
WHEEL = 0.0018  # a wheel's pixels to the logarithm of what is shown, as in gestures.js
_PATIENCE_MS = 120_000
PACE_S = 0.006  # between two moves of the pointer: more often than frames are drawn

_FIND_DESK = """() => {
  const found = (root) => {
    const desk = root.querySelector(".desk");
    if (desk) return desk;
    for (const each of root.querySelectorAll("*")) {
      const inside = each.shadowRoot && found(each.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const desk = found(document);
  if (desk?.dataset.ready !== "true") return false;
  window.theDesk = desk;
  return performance.now();
}"""
_MODULE_ASKED = """() => performance.getEntriesByType("resource")
  .find(({ name }) => name.endsWith("timeline/index.js")).startTime"""
_RECORD = """() => {
  const frames = (window.theFrames = []);
  let before = null;
  const next = (now) => {
    if (window.theFrames !== frames) return;
    if (before !== null) frames.push(now - before);
    before = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""
_RECORDED = "() => { const frames = window.theFrames; window.theFrames = null; return frames; }"


class BrowserError(Exception):
    """The desk cannot be driven here; the message says what is missing."""


@dataclass
class Frames:
    """What one gesture took. deltas: ms between two frames; work_ms: the page's own work for one
    frame on its main thread (scripts, styles, layout, painting), on average; script_ms: of that,
    scripts."""

    deltas: list[float] = field(default_factory=list)
    work_ms: float = 0.0
    script_ms: float = 0.0


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Raises BrowserError where Playwright or Chromium is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BrowserError(
            "This benchmark drives a browser with Playwright. Install it: pip install playwright."
        ) from None
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise BrowserError("Chromium is not installed (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def desk(browser: "Browser", address: str, opened: Opened, script: str = "") -> Iterator["Desk"]:
    """The review page of a recording, as the person who labels it, when it can be worked on.

    script: what the page runs before its own.
    """
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    try:
        context.add_cookies(
            [
                {"name": USER_COOKIE, "value": str(opened.user_id), "url": address},
                {"name": PROJECT_COOKIE, "value": str(opened.project_id), "url": address},
            ]
        )
        context.add_init_script(script)
        page = context.new_page()
        address = f"{address}/review?video={opened.video_id}"
        page.goto(address, wait_until="commit", timeout=_PATIENCE_MS)
        ready = page.wait_for_function(_FIND_DESK, polling="raf", timeout=_PATIENCE_MS).json_value()
        opening_ms = ready - page.evaluate(_MODULE_ASKED)
        page.wait_for_timeout(1500)  # pictures, curves and probabilities come
        yield Desk(page, opening_ms)
    finally:
        context.close()


class Desk:
    """An open desk. opening_ms: from the page asking for the desk's first module, which is after
    its own load, to the desk being ready."""

    def __init__(self, page: "Page", opening_ms: float) -> None:
        self.page = page
        self.opening_ms = opening_ms
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        # Time of the main thread itself: other programs on the machine do not add to it.
        self._devtools.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        self._devtools.send("Performance.enable")

    @property
    def left(self) -> float:
        """Where the time axis begins."""
        corner = self._box(".timeline .corner")
        return corner["x"] + corner["width"]

    @property
    def right(self) -> float:
        timeline = self._box(".timeline")
        return timeline["x"] + timeline["width"] - 20

    @property
    def tier_y(self) -> float:
        """The middle of the first tier, which moves down when pictures and strips have come."""
        head = self._box(".head[data-tier]")
        return head["y"] + head["height"] / 2

    def _box(self, selector: str) -> "FloatRect":
        box = self.page.locator(selector).first.bounding_box()
        assert box is not None, selector
        return box

    def show(self, seconds: float, whole: float) -> None:
        """So many of the `whole` seconds fill the view, from the start on."""
        for key in ("Escape", "Shift+Z", "Home"):
            self.page.keyboard.press(key)
        self.page.mouse.move(self.left + 1, self._box(".timeline")["y"] + 8)
        if seconds < whole:
            self.page.mouse.wheel(0, math.log(seconds / whole) / WHEEL)
        self.page.wait_for_timeout(500)

    def drag(self, seconds: float) -> Frames:
        """An edge of a label, there and back, until the time is over; dropped where it was."""
        x, y = self._edge()
        self.page.mouse.down()
        frames = self._recorded(
            seconds, lambda share: self.page.mouse.move(x + 40 * _wave(share), y)
        )
        self.page.keyboard.press("Escape")
        self.page.mouse.up()
        return frames

    def pan(self, seconds: float) -> Frames:
        """With the wheel held sideways, there and back."""
        self._to_the_middle()
        return self._recorded(
            seconds, lambda share: self.page.mouse.wheel(60 if share % 0.5 < 0.25 else -60, 0)
        )

    def zoom(self, seconds: float) -> Frames:
        """With the wheel, in and out again."""
        self._to_the_middle()
        return self._recorded(
            seconds, lambda share: self.page.mouse.wheel(0, -40 if share % 0.5 < 0.25 else 40)
        )

    def _to_the_middle(self) -> None:
        self.page.mouse.move((self.left + self.right) / 2, self.tier_y)

    def _edge(self) -> tuple[float, float]:
        """Where the pointer, which then is there, says that an edge can be taken."""
        left, right, y = self.left, self.right, self.tier_y
        for at in range(round(left + 0.05 * (right - left)), round(right), 2):
            self.page.mouse.move(at, y)
            if self.page.locator(".timeline").evaluate("(e) => e.style.cursor") == "ew-resize":
                return at, y
        raise BrowserError("No edge of a label was found on the timeline.")

    def _recorded(self, seconds: float, act: Callable[[float], None]) -> Frames:
        """Frames while `act` is called with the share of the time that is over."""
        self.page.evaluate(_RECORD)
        before = self._work()
        start = time.perf_counter()
        while (share := (time.perf_counter() - start) / seconds) < 1:
            act(share)
            time.sleep(PACE_S)
        after = self._work()
        deltas = self.page.evaluate(_RECORDED)
        each = [1000 * (b - a) / max(1, len(deltas)) for a, b in zip(before, after, strict=True)]
        return Frames(deltas, work_ms=each[0], script_ms=each[1])

    def _work(self) -> tuple[float, float]:
        """Seconds of the main thread until now: all tasks, and scripts alone."""
        answer: dict[str, Any] = self._devtools.send("Performance.getMetrics")
        known = {each["name"]: float(each["value"]) for each in answer["metrics"]}
        return known["TaskDuration"], known["ScriptDuration"]


def _wave(share: float) -> float:
    """Between -1 and 1, four times there and back."""
    at = (share * 4) % 1
    return 4 * at - 1 if at < 0.5 else 3 - 4 * at
