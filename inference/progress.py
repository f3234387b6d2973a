"""How long work reports where it is, and how it is told to stop."""

from collections.abc import Callable

#: Called with (done, total) in seconds of video or in steps; may raise `Cancelled` to stop.
Progress = Callable[[float, float], None]


class Cancelled(Exception):
    """The person who started the work asked for it to stop."""


def silent(done: float, total: float) -> None:
    """A `Progress` that reports to nobody."""
