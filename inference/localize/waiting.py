"""Reporting while one long call runs that cannot report itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_POLL_S = 0.2


def while_reporting(work: Callable[[], Result], report: Callable[[], None]) -> Result:
    """What `work` gives, computed in another thread; `report` is called meanwhile and may raise.

    Meant for kernels that let other threads run. When `report` raises nobody waits for `work`.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="kernel")
    future = pool.submit(work)
    try:
        while True:
            report()
            try:
                return future.result(timeout=_POLL_S)
            except TimeoutError:
                if future.done():
                    raise  # the work's own
    finally:
        pool.shutdown(wait=False)
