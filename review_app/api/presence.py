"""Who has a video open right now: everybody whose page has asked for news a moment ago.

Kept in the web process's memory, because it is worth nothing a minute later.
"""

import threading
import time

#: A visible page asks once a second; after this long without a word it counts as closed.
GONE_S = 10.0


class Presence:
    """Names by video; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[int, dict[int, tuple[float, str]]] = {}

    def note(
        self, video_id: int, user_id: int, name: str, *, moment: float | None = None
    ) -> list[str]:
        """This person has the video open; -> the names of the others who have, in order.

        moment: seconds of a clock that only goes forward; now when it is left out.
        """
        now = time.monotonic() if moment is None else moment
        with self._lock:
            here = {
                user: seen
                for user, seen in self._last.get(video_id, {}).items()
                if now - seen[0] < GONE_S
            }
            here[user_id] = (now, name)
            self._last[video_id] = here
            return sorted(other for user, (_, other) in here.items() if user != user_id)
