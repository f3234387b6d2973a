"""Work ahead in other threads: in order, bounded, and over when nobody asks any more."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pytest

from inference.parallel import in_order, prefetch
from inference.progress import Cancelled


def nothing() -> None:
    pass


def test_items_come_in_order_and_no_more_ahead_than_asked() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    with closing(prefetch(numbers(), 3, nothing)) as items:
        assert next(items) == 0
        time.sleep(0.1)
        assert len(made) <= 5  # one handed out, three waiting, one in the hand of the thread
        assert list(items) == list(range(1, 20))


def test_closing_ends_the_thread_and_the_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    items = prefetch(endless(), 2, nothing)
    next(items)
    items.close()
    assert closed.wait(2)
    assert not [t for t in threading.enumerate() if t.name == "prefetch"]


def test_what_the_source_raises_is_raised_here() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    items = prefetch(broken(), 2, nothing)
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_a_late_item_lets_the_work_be_cancelled() -> None:
    release = threading.Event()

    def late() -> Iterator[int]:
        release.wait(5)
        yield 1

    def cancel() -> None:
        release.set()
        raise Cancelled

    with pytest.raises(Cancelled):
        next(prefetch(late(), 2, cancel))


def test_results_keep_the_order_in_which_work_was_handed_in() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.05 if number == 0 else 0)
        return number

    with ThreadPoolExecutor(2) as pool:
        futures = (pool.submit(slow_first, number) for number in range(8))
        assert list(in_order(futures, 3, nothing)) == list(range(8))


def test_a_late_result_lets_the_work_be_cancelled() -> None:
    def cancel() -> None:
        raise Cancelled

    never: Future[int] = Future()
    with pytest.raises(Cancelled):
        list(in_order([never], 0, cancel))
