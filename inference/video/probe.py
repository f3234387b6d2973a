"""Reads a video file from end to end once and keeps the time of every displayed frame.

The packets give the times without decoding everything; decoding in a few places shows whether they
can be believed. Where they cannot (AVI keeps no display times, damaged files lose pictures), every
picture is decoded and counted instead.
"""

import hashlib
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.progress import Progress, silent
from inference.video.complete import is_cut_off
from inference.video.errors import VideoError
from inference.video.index import VideoIndex
from inference.video.packets import Packets, read_packets
from inference.video.picture import Picture, read_picture
from inference.video.source import CUT_OFF, GONE, NO_FRAMES, UNREADABLE, Alive, open_source
from inference.video.trust import Shown, decode_all, last_shown, packets_agree

_BLOCK = 1 << 20
_LEAP_S = 600.0  # no recording holds one picture for longer


def read_index(path: Path, progress: Progress = silent) -> VideoIndex:
    """Reads the whole file; `progress` counts its bytes, twice. Raises VideoError."""
    path = Path(path)
    try:
        size = path.stat().st_size
    except OSError:
        raise VideoError(GONE) from None
    if size == 0:
        raise VideoError("This file is empty. Copy it again from the camera or phone.")

    def hashing(done: float, total: float) -> None:
        progress(done, 2 * total)

    def reading(done: float, total: float) -> None:
        progress(min(total + done, 2 * total - 1), 2 * total)

    sha256 = hash_file(path, hashing)
    cut_off = is_cut_off(path)
    try:
        index = _read(path, sha256, size, cut_off, reading)
    except VideoError:
        if cut_off:
            raise VideoError(CUT_OFF) from None
        raise
    progress(2 * size, 2 * size)
    return index


def _read(path: Path, sha256: str, size: int, cut_off: bool, reading: Progress) -> VideoIndex:
    picture = read_picture(path, lambda: reading(0, size))
    packets = read_packets(path, cut_off, reading)
    index = VideoIndex(
        sha256=sha256,
        size_bytes=size,
        width=picture.width,
        height=picture.height,
        rotation=picture.rotation,
        codec=picture.codec,
        container=picture.container,
        pixel_format=picture.pixel_format,
        has_audio=picture.has_audio,
        time_base=packets.time_base,
        pts=packets.pts,
        last_duration=packets.last_duration,
        key_frames=packets.key_frames,
        trimmed=packets.trimmed,
        lasting=packets.lasting,
    )
    index = _without_leaps(_checked(path, index, packets, picture, lambda: reading(size, size)))
    return _with_warning(index, packets, cut_off)


def hash_file(path: Path, progress: Progress = silent) -> str:
    """sha256 of the file in hexadecimal; `progress` counts bytes."""
    digest = hashlib.sha256()
    done, total = 0, path.stat().st_size
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                progress(done, max(done, total))
    except OSError:
        raise VideoError(UNREADABLE) from None
    return digest.hexdigest()


def _checked(
    path: Path, index: VideoIndex, packets: Packets, picture: Picture, alive: Alive
) -> VideoIndex:
    """The index as far as decoding confirms it, else one made by decoding everything."""
    with open_source(path, threaded=False) as source:
        reorders = bool(source.stream.codec_context.has_b_frames)
    if packets.complete and not (picture.container == "avi" and reorders):
        first = packets_agree(path, index, alive)
        if first is not None:
            return _until(path, _from(index, first), alive)
    return _counted(path, index, packets, alive)


def _without_leaps(index: VideoIndex) -> VideoIndex:
    """The longest part without a leap in time, which only a damaged time stamp can make."""
    gaps = np.diff(index.pts) * float(index.time_base)
    leaps = np.flatnonzero(gaps > _LEAP_S) + 1
    if not len(leaps) or not index.seekable:
        return index
    edges = np.concatenate([[0], leaps, [index.frame_count]])
    part = int(np.argmax(np.diff(edges)))
    start, end = int(edges[part]), int(edges[part + 1])
    inside = (index.key_frames >= start) & (index.key_frames < end)
    usual = int(np.median(np.diff(index.pts)))
    return replace(
        index,
        pts=index.pts[start:end],
        key_frames=index.key_frames[inside] - start,
        last_duration=usual if end < index.frame_count else index.last_duration,
        trimmed=True,
        warning="Some times in this file are damaged; the pictures at those times were left out.",
    )


def _from(index: VideoIndex, first: int) -> VideoIndex:
    """Without the frames before `first`, which refer to pictures that are not in the file."""
    keys = index.key_frames[index.key_frames >= first] - first
    return replace(index, pts=index.pts[first:], key_frames=keys)


def _until(path: Path, index: VideoIndex, alive: Alive) -> VideoIndex:
    """Without the frames after the last one that can be decoded."""
    count = last_shown(path, index, alive) + 1
    if count == 0:
        raise VideoError(NO_FRAMES)
    if count == index.frame_count:
        return index
    stays = int(index.pts[count] - index.pts[count - 1])
    keys = index.key_frames[index.key_frames < count]
    return replace(index, pts=index.pts[:count], key_frames=keys, last_duration=stays)


def _counted(path: Path, index: VideoIndex, packets: Packets, alive: Alive) -> VideoIndex:
    shown: Shown = decode_all(path, alive)
    count = len(shown.pts)
    if count == 0:
        raise VideoError(NO_FRAMES)
    if shown.has_times:
        pts, seekable = np.asarray(shown.pts, np.int64), True
        keys = np.flatnonzero(np.isin(pts, packets.pts[packets.key_frames]))
    else:
        keys, seekable = np.zeros(0, np.int64), False
        pts = packets.dts if len(packets.dts) == count else _even(packets, count)
    gap = int(np.median(np.diff(pts))) if count > 1 else index.last_duration
    return replace(
        index, pts=pts, key_frames=keys.astype(np.int64), seekable=seekable, last_duration=gap
    )


def _even(packets: Packets, count: int) -> NDArray[np.int64]:
    step = max(1, packets.last_duration)
    return np.arange(count, dtype=np.int64) * step


def _with_warning(index: VideoIndex, packets: Packets, cut_off: bool) -> VideoIndex:
    """Says so where the file promises more pictures than could be read."""
    if index.warning:
        return index
    held = float((packets.pts[-1] - index.pts[0] + packets.last_duration) * packets.time_base)
    whole = max(packets.promised_s, held if index.seekable else 0.0)
    step = index.duration / index.frame_count
    if whole - index.duration > (0.5 if cut_off else 1.5) * step:
        which = f"{_clock(index.duration)} of {_clock(whole)} were imported"
    elif cut_off:
        which = f"{_clock(index.duration)} were imported"
    else:
        return index
    return replace(
        index,
        warning=f"The end of this file cannot be read: {which}. "
        "Copy the file again from the camera if you need the rest.",
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"


def save_index(index: VideoIndex, path: Path) -> None:
    """Writes the index as npz, without pickles; the file appears only when it is complete."""
    unfinished = path.with_name(path.stem + ".part.npz")
    try:
        _write_index(index, unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_index(index: VideoIndex, path: Path) -> None:
    np.savez_compressed(
        path,
        text=np.array([index.sha256, index.codec, index.container, index.pixel_format]),
        warning=np.array(index.warning),
        size_bytes=np.int64(index.size_bytes),
        picture=np.array([index.width, index.height, index.rotation], np.int64),
        flags=np.array([index.has_audio, index.seekable, index.trimmed, index.lasting]),
        time_base=np.array(index.time_base.as_integer_ratio(), np.int64),
        pts=index.pts,
        last_duration=np.int64(index.last_duration),
        key_frames=index.key_frames,
    )


def load_index(path: Path) -> VideoIndex:
    """Reads what `save_index` wrote."""
    with np.load(path, allow_pickle=False) as saved:
        sha256, codec, container, pixel_format = (str(word) for word in saved["text"])
        width, height, rotation = (int(number) for number in saved["picture"])
        has_audio, seekable, trimmed, lasting = (bool(flag) for flag in saved["flags"])
        numerator, denominator = (int(number) for number in saved["time_base"])
        return VideoIndex(
            sha256=sha256,
            size_bytes=int(saved["size_bytes"]),
            width=width,
            height=height,
            rotation=rotation,
            codec=codec,
            container=container,
            pixel_format=pixel_format,
            has_audio=has_audio,
            time_base=Fraction(numerator, denominator),
            pts=saved["pts"],
            last_duration=int(saved["last_duration"]),
            warning=str(saved["warning"]),
            key_frames=saved["key_frames"],
            seekable=seekable,
            trimmed=trimmed,
            lasting=lasting,
        )
