"""Whether the times that packets state are those of the pictures that decoding shows."""

from array import array
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.video.index import VideoIndex
from inference.video.source import Alive, open_source

_HEAD = 40  # pictures compared at the start of a file
_SPOT = 10  # and after a key frame further on


@dataclass(frozen=True, eq=False)
class Shown:
    """Every picture that could be decoded; `has_times`: their times are usable and increase."""

    pts: NDArray[np.int64]
    has_times: bool


def packets_agree(path: Path, index: VideoIndex, alive: Alive) -> int | None:
    """The first frame that decoding shows, or None where the packets' times are not the pictures'.

    Frames before it refer to pictures that the file does not hold.
    """
    head = _decoded_pts(path, None, _HEAD, alive)
    if not len(head) or head[0] not in index.pts[:_HEAD]:
        return None
    first = int(np.searchsorted(index.pts, head[0]))
    if not np.array_equal(head, index.pts[first : first + len(head)]):
        return None
    for share in (0.3, 0.5, 0.7) if index.frame_count > 4 * _HEAD else ():
        keys = index.key_frames[index.key_frames <= share * index.frame_count]
        if not len(keys) or keys[-1] < _HEAD:
            continue
        start = index.pts[keys[-1]]
        spot = _decoded_pts(path, int(start), _SPOT, alive)
        at = int(keys[-1])
        if not np.array_equal(spot, index.pts[at : at + len(spot)]) or not len(spot):
            return None
    return first


def last_shown(path: Path, index: VideoIndex, alive: Alive) -> int:
    """The last frame that can be decoded, -1 where none can."""
    keys = index.key_frames if len(index.key_frames) else np.zeros(1, np.int64)
    last = _last_from(path, index, int(keys[-1]), alive)
    if last >= 0:
        return last
    good, bad = -1, len(keys) - 1  # pictures decode after key frame `good`, not after `bad`
    while bad - good > 1:
        middle = (good + bad) // 2
        if _last_from(path, index, int(keys[middle]), alive) >= 0:
            good = middle
        else:
            bad = middle
    return _last_from(path, index, int(keys[good]), alive) if good >= 0 else -1


def _last_from(path: Path, index: VideoIndex, key: int, alive: Alive) -> int:
    """The last frame decoded from key frame `key` on, up to a few past the next; -1 for none."""
    after = index.key_frames[index.key_frames > key]
    end = index.pts[after[0]] if len(after) else index.pts[-1] + 1
    last = -1
    with open_source(path, threaded=False) as source:
        source.seek(int(index.pts[key]))
        for frame in source.decoded(alive):
            if frame.pts is None or frame.pts < index.pts[key]:
                continue
            if frame.pts >= end:
                break
            last = int(np.searchsorted(index.pts, frame.pts, side="right")) - 1
    return last


def decode_all(path: Path, alive: Alive) -> Shown:
    """Decodes the whole file and keeps the time of each picture."""
    times = array("q")
    stated = True
    with open_source(path) as source:
        for frame in source.decoded(alive):
            stated &= frame.pts is not None
            times.append(frame.pts if frame.pts is not None else len(times))
    pts = np.frombuffer(times, np.int64).copy() if times else np.zeros(0, np.int64)
    return Shown(pts, has_times=stated and bool(np.all(np.diff(pts) > 0)))


def _decoded_pts(path: Path, start: int | None, count: int, alive: Alive) -> NDArray[np.int64]:
    """Times of the first `count` pictures decoded from `start` on; -1 where one has none."""
    with open_source(path, threaded=False) as source:
        if start is not None:
            source.seek(start)
        frames = (f for f in source.decoded(alive) if start is None or (f.pts or 0) >= start)
        found = [-1 if frame.pts is None else frame.pts for frame in islice(frames, count)]
    return np.array(found, np.int64)
