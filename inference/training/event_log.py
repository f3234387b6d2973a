"""Figures of a training, in event files that tensorboard shows."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tensorboardX import SummaryWriter


class EventLog:
    """Writes into `folder`; nothing at all where that is None.

    first: the step at which a training goes on. What the folder has of later steps, from before
    it was stopped, is not shown any more.
    """

    def __init__(self, folder: Path | None, *, first: int = 0) -> None:
        self._writer = None
        if folder is not None:  # the suffix keeps files apart that begin in the same second
            self._writer = SummaryWriter(
                str(folder), purge_step=first, flush_secs=10, filename_suffix=f".from-{first}"
            )

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """One point for the curve of each figure; `a/b` stands in the group `a`."""
        if self._writer is not None:
            for name, value in figures.items():
                self._writer.add_scalar(name, value, step)

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
