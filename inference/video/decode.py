"""Decoded pictures of the frames that are asked for, upright, with flat memory."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from inference.video.errors import VideoError
from inference.video.index import VideoIndex
from inference.video.source import NO_FRAMES, Alive, Source, open_source, unwatched

_WORTH_A_SEEK = 24  # frames: decoding fewer than this is as quick as seeking past them


def frames(
    path: Path,
    index: VideoIndex,
    wanted: NDArray[np.int64],
    *,
    size: tuple[int, int] | None = None,
    alive: Alive = unwatched,
) -> Iterator[NDArray[np.uint8]]:
    """Yields one upright RGB picture (h, w, 3) for each entry of `wanted`.

    wanted: frame numbers in ascending order; repeats are allowed and share one array.
    size: (width, height) of the pictures, by default those of the index.
    alive: called for everything decoded on the way; may raise.
    A frame that cannot be decoded shows the picture before it. Raises VideoError where nothing can
    be decoded at all.
    """
    width, height = size or (index.width, index.height)
    stored = (height, width) if index.rotation % 180 else (width, height)
    convert = VideoReformatter()
    last: av.VideoFrame | None = None
    rgb = np.zeros((height, width, 3), np.uint8)
    for picture in pictures(path, index, wanted, alive):
        if picture is not last:
            rgb = upright(_rgb(convert, picture, stored), index.rotation)
            last = picture
        yield rgb


def pictures(
    path: Path, index: VideoIndex, wanted: NDArray[np.int64], alive: Alive = unwatched
) -> Iterator[av.VideoFrame]:
    """Like `frames`, but as decoded: not converted, not scaled, not turned upright."""
    wanted = np.asarray(wanted, np.int64)
    if len(wanted) and (wanted[0] < 0 or wanted[-1] >= index.frame_count):
        raise IndexError(f"the recording has {index.frame_count} frames")
    with open_source(path) as source:
        reader = _Reader(source, index, alive)
        for frame in wanted:
            yield reader.show(int(frame))


def upright(picture: NDArray[np.uint8], rotation: int) -> NDArray[np.uint8]:
    """The picture (h, w, ...) turned clockwise by `rotation` degrees, contiguous."""
    return np.ascontiguousarray(np.rot90(picture, -rotation // 90))


def _rgb(
    convert: VideoReformatter, picture: av.VideoFrame, size: tuple[int, int]
) -> NDArray[np.uint8]:
    rgb = convert.reformat(
        picture,
        width=size[0],
        height=size[1],
        format="rgb24",
        interpolation=Interpolation.FAST_BILINEAR,
    )
    return np.asarray(rgb.to_ndarray(), np.uint8)


class _Reader:
    """Walks forward through the pictures; jumps to a key frame where that saves decoding."""

    def __init__(self, source: Source, index: VideoIndex, alive: Alive) -> None:
        self._source, self._index, self._alive = source, index, alive
        self._decoded = self._numbered(0)
        self._shown: tuple[int, av.VideoFrame] | None = None
        self._next = next(self._decoded, None)

    def show(self, frame: int) -> av.VideoFrame:
        """The picture on screen at `frame`, which is not before the last one asked for."""
        self._jump_towards(frame)
        while self._next is not None and (self._shown is None or self._next[0] <= frame):
            self._shown = self._next
            self._next = next(self._decoded, None)
        if self._shown is None:
            raise VideoError(NO_FRAMES)
        return self._shown[1]

    def _jump_towards(self, frame: int) -> None:
        index = self._index
        if not index.seekable or self._next is None or frame - self._next[0] < _WORTH_A_SEEK:
            return
        place = int(np.searchsorted(index.key_frames, frame, side="right")) - 1
        if place < 0 or index.key_frames[place] - self._next[0] < _WORTH_A_SEEK:
            return
        self._source.seek(int(index.pts[index.key_frames[place]]))
        self._decoded = self._numbered(0)
        first = next(self._decoded, None)
        if first is None or first[0] > frame:  # the file's own index misleads: read on from before
            self._source.seek(int(index.pts[0]))
            self._decoded = self._numbered(0)
            first = next(self._decoded, None)
        self._next = first

    def _numbered(self, first: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Pictures with their frame numbers, ascending; those that are no frame are left out."""
        pts = self._index.pts
        reached = -1
        for count, picture in enumerate(self._source.decoded(self._alive), first):
            frame = count
            if self._index.seekable:
                if picture.pts is None or not pts[0] <= picture.pts <= pts[-1]:
                    continue
                frame = int(np.searchsorted(pts, picture.pts, side="right")) - 1
            if frame >= reached:
                reached = frame
                yield frame, picture
