"""How long calls take, on the clock and of processor time."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")
Name = TypeVar("Name", bound=str)


class ResultsDifferError(Exception):
    """A peer does not agree with what is measured, so their times mean nothing."""


@dataclass(frozen=True, eq=False)
class Times:
    """One entry a call, in seconds: on the clock, and of processor time of all threads together,
    which other programs on the machine do not add to."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def clock_s(self) -> float:
        """The median."""
        return statistics.median(self.clock)

    @property
    def processor_s(self) -> float:
        """The median."""
        return statistics.median(self.processor)

    def add(self, call: Callable[[], Result]) -> Result:
        """Calls once more, and gives what that gives."""
        clock, processor = time.perf_counter(), time.process_time()
        result = call()
        self.clock.append(time.perf_counter() - clock)
        self.processor.append(time.process_time() - processor)
        return result


def timed(call: Callable[[], object], *, repeats: int, seconds: float = 0.0) -> Times:
    """`repeats` calls at least, and as many as it takes for `seconds` on the clock."""
    times = Times()
    while len(times.clock) < repeats or sum(times.clock) < seconds:
        times.add(call)
    return times


def timed_in_turns(
    calls: Mapping[Name, Callable[[], object]], *, repeats: int
) -> dict[Name, Times]:
    """Each call once, then each once again: a busy moment of the machine meets all of them."""
    times = {name: Times() for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].add(call)
    return times
