"""Still pictures of a video: its poster, and one sheet of small pictures along its length."""

import os
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.progress import Progress, silent
from inference.video.clock import frame_at
from inference.video.decode import frames
from inference.video.errors import VideoError
from inference.video.index import VideoIndex

_POSTER_WIDTH = 640
_THUMBNAIL_HEIGHT = 72
_MOST_THUMBNAILS = 120
_COLUMNS = 12


class Thumbnails(TypedDict):
    """How the sheet is laid out: picture k, row by row, shows the video at k * every_s seconds."""

    columns: int
    width: int
    height: int
    count: int
    every_s: float


def write_poster(path: Path, index: VideoIndex, out: Path, progress: Progress = silent) -> None:
    """Writes a JPEG of a picture near the start, where the person is usually in place.

    `progress` is called with (0, 1) while that picture is looked for.
    """
    scale = min(1.0, _POSTER_WIDTH / max(index.width, index.height))
    size = max(1, round(index.width * scale)), max(1, round(index.height * scale))
    frame = _cheap(index, frame_at(index.times, min(3.0, index.duration * 0.2)))
    wanted = np.array([frame])
    _write_jpeg(next(frames(path, index, wanted, size=size, alive=lambda: progress(0, 1))), out)


def write_thumbnails(
    path: Path, index: VideoIndex, out: Path, progress: Progress = silent
) -> Thumbnails:
    """Writes one JPEG with all small pictures; `progress` counts them, also while none is new."""
    width = int(np.clip(round(_THUMBNAIL_HEIGHT * index.width / index.height), 8, 256))
    every = max(0.5, index.duration / _MOST_THUMBNAILS)
    count = max(1, int(np.ceil(index.duration / every - 1e-9)))
    wanted = np.array([_cheap(index, frame_at(index.times, k * every)) for k in range(count)])
    columns = min(_COLUMNS, count)
    rows = -(-count // columns)
    sheet = np.zeros((rows * _THUMBNAIL_HEIGHT, columns * width, 3), np.uint8)
    done = 0

    def alive() -> None:
        progress(done, count)

    small = frames(path, index, wanted, size=(width, _THUMBNAIL_HEIGHT), alive=alive)
    for k, picture in enumerate(small):
        y, x = k // columns * _THUMBNAIL_HEIGHT, k % columns * width
        sheet[y : y + _THUMBNAIL_HEIGHT, x : x + width] = picture
        done = k + 1
        alive()
    _write_jpeg(sheet, out)
    return Thumbnails(
        columns=columns, width=width, height=_THUMBNAIL_HEIGHT, count=count, every_s=every
    )


def _cheap(index: VideoIndex, frame: int) -> int:
    """The key frame before `frame` if it is within half a second, which saves decoding up to it."""
    place = int(np.searchsorted(index.key_frames, frame, side="right")) - 1
    if place < 0:
        return frame
    key = int(index.key_frames[place])
    return key if index.times[frame] - index.times[key] < 0.5 else frame


def _write_jpeg(rgb: NDArray[np.uint8], out: Path) -> None:
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    if not done:
        raise VideoError("A preview picture of this video could not be written. Try it again.")
    unfinished = out.with_name(out.name + ".part")
    try:
        unfinished.write_bytes(data.tobytes())
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)
