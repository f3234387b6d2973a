"""The benchmark of the desk drives a browser through every gesture; how fast is not asked here."""

import builtins
import json
from typing import Any

import pytest
from rich.console import Console

from review_app.bench import desk, desk_browser


def test_every_gesture_has_its_frames() -> None:
    figures = desk.run(hours=180 / 3600, segments=120, gesture_s=0.5, steps=5)
    assert json.loads(json.dumps(figures)) == figures
    assert [row["segments"] for row in figures["recordings"]] == [12, 120]
    for row in figures["recordings"]:
        assert row["opening_ms"] > 0
        for view in ("near", "whole"):
            assert set(row[view]) == set(desk.GESTURES)
            assert all(measured["frames"] > 0 for measured in row[view].values())
    assert figures["steps"]["by seeking alone"]["running"]["steps"] == 5
    console = Console(width=120)
    with console.capture() as shown:
        console.print(desk.report(figures))
    assert "0.05 h" in shown.get() and "zoom" in shown.get()


def test_without_playwright_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("playwright"):
            raise ImportError(name)
        return really(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(desk_browser.BrowserError, match="pip install playwright"):
        desk.run(hours=0.05, segments=60)


def test_without_chromium_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(desk_browser.BrowserError, match="apt-get install chromium"):
        desk.run(hours=0.05, segments=60)
