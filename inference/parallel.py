"""Decode in one thread while networks run in others, in order and with bounded memory."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar, cast

Item = TypeVar("Item")

_POLL_S = 0.2
_JOIN_S = 1.0


def prefetch(
    items: Iterator[Item], ahead: int, while_waiting: Callable[[], None]
) -> Generator[Item, None, None]:
    """Yield `items`, computed up to `ahead` of them in advance in another thread.

    `while_waiting` is called several times a second when the next item is late and may raise. What
    the items' thread raises is raised here. The thread ends when this generator is closed.
    """
    ready: queue.Queue[tuple[str, object]] = queue.Queue(ahead)
    stop = threading.Event()

    def put(entry: tuple[str, object]) -> bool:
        while not stop.is_set():
            try:
                ready.put(entry, timeout=_POLL_S)
                return True
            except queue.Full:
                continue
        return False

    def produce() -> None:
        try:
            for item in items:
                if not put(("item", item)):
                    return
            put(("end", None))
        except BaseException as error:
            put(("error", error))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=produce, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            try:
                kind, value = ready.get(timeout=_POLL_S)
            except queue.Empty:
                while_waiting()
                continue
            if kind == "end":
                return
            if kind == "error":
                raise cast(BaseException, value)
            yield cast(Item, value)
    finally:
        stop.set()
        thread.join(_JOIN_S)


def in_order(
    submitted: Iterable[Future[Item]], ahead: int, while_waiting: Callable[[], None]
) -> Iterator[Item]:
    """The results of futures in their order; `submitted` is asked for up to `ahead` in advance.

    `while_waiting` is called several times a second when a result is late and may raise.
    """
    running: deque[Future[Item]] = deque()
    for future in submitted:
        running.append(future)
        if len(running) > ahead:
            yield _wait(running.popleft(), while_waiting)
    while running:
        yield _wait(running.popleft(), while_waiting)


def _wait(future: Future[Item], while_waiting: Callable[[], None]) -> Item:
    while not future.done():
        try:
            return future.result(timeout=_POLL_S)
        except TimeoutError:
            while_waiting()
    return future.result()
