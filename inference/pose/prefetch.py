"""Decode in one thread while the network runs in another."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar, cast

Item = TypeVar("Item")

_POLL_S = 0.2
_JOIN_S = 1.0


def prefetch(
    items: Iterator[Item], depth: int, while_waiting: Callable[[], None]
) -> Generator[Item, None, None]:
    """Yield `items`, computed up to `depth` ahead in another thread.

    `while_waiting` is called several times a second when the next item is late and may raise. What
    the items' thread raises is raised here. The thread ends when this iterator is closed.
    """
    ready: queue.Queue[tuple[str, object]] = queue.Queue(depth)
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
