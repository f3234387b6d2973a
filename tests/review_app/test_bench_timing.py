"""Times are medians, and what is compared takes turns."""

import time

import pytest

from review_app.bench.timing import Times, timed, timed_in_turns


def test_medians_are_on_the_clock_and_of_processor_time() -> None:
    taken = timed(lambda: time.sleep(0.02), repeats=3)
    assert len(taken.clock) == len(taken.processor) == 3
    assert taken.clock_s >= 0.02
    assert taken.processor_s < 0.01  # sleeping costs none
    assert Times([1.0, 9.0, 2.0], [3.0, 4.0, 50.0]).clock_s == 2.0
    assert Times([1.0, 9.0, 2.0], [3.0, 4.0, 50.0]).processor_s == 4.0


def test_a_call_is_repeated_until_the_time_is_over() -> None:
    taken = timed(lambda: time.sleep(0.01), repeats=2, seconds=0.05)
    assert sum(taken.clock) >= 0.05 > sum(taken.clock[:-1])
    assert len(taken.clock) >= 2


def test_what_is_compared_takes_turns() -> None:
    called: list[str] = []
    times = timed_in_turns(
        {"ours": lambda: called.append("ours"), "peer": lambda: called.append("peer")}, repeats=2
    )
    assert called == ["ours", "peer", "ours", "peer"]
    assert len(times["ours"].clock) == len(times["peer"].clock) == 2


def test_the_result_of_a_measured_call_is_given() -> None:
    taken = Times()
    assert taken.add(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        taken.add(lambda: 1 / 0)
    assert len(taken.clock) == 1
