"""How far a training is, and how much time it still takes."""

import sys
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

WINDOW_S = 120.0  # the time left is that of the speed in the last so many seconds


class Bar:
    """A bar on standard error with the last figures; lines for those that stay.

    first: steps done already. shown: False says nothing at all.
    """

    def __init__(self, what: str, steps: int, *, first: int = 0, shown: bool = True) -> None:
        self._shown = shown
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(),
            TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(),
            TimeRemainingColumn(), TextColumn("{task.fields[figures]}"),
            console=Console(file=sys.stderr, emoji=False), disable=not shown,
            refresh_per_second=2, speed_estimate_period=WINDOW_S,
        )  # fmt: skip
        self._task = self._progress.add_task(what, total=steps, completed=first, figures="")

    def move(self, done: int, figures: Mapping[str, float]) -> None:
        """`done` steps are behind; `figures` are those of the last."""
        self._progress.update(self._task, completed=done, figures=_in_words(figures))

    def say(self, figures: Mapping[str, float]) -> None:
        """A line that stays, also where standard error is a file."""
        if not self._shown:
            return
        left = self._progress.tasks[self._task].time_remaining
        ends = "" if left is None else f", {left / 60:.0f} min left"
        words = _in_words({name: x for name, x in figures.items() if name != "step"})
        self._progress.console.print(
            f"step {figures['step']:.0f}{ends}: {words}", highlight=False, soft_wrap=True
        )

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


def _in_words(figures: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.3f}" for name, value in figures.items())
