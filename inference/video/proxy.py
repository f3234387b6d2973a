"""Review proxies: copies that any browser plays, and in which it finds each frame quickly.

A proxy has the frames of its original one to one, at the same times, but no sound: reviewing is
about what is seen.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from inference.progress import Progress, silent
from inference.video.decode import pictures, upright
from inference.video.errors import VideoError
from inference.video.index import VideoIndex

LONGEST_SIDE = 1280
KEY_FRAME_EVERY = 0.5  # seconds
_KEY_FRAMES_TOO_RARE = 1.1  # seconds: beyond this, stepping backwards in the original is slow
_LARGEST_ORIGINAL = 1920
_LATE = 0.001  # seconds by which the first frame may come after the start of the file


def needs_proxy(index: VideoIndex) -> bool:
    """Whether a browser could not play the original, or not seek in it exactly and quickly."""
    playable = (index.container, index.codec) in {("mp4", "h264"), ("webm", "vp8"), ("webm", "vp9")}
    return (
        not playable
        or index.pixel_format not in ("yuv420p", "yuvj420p")
        or index.rotation != 0
        or index.trimmed
        or not index.lasting
        or not index.seekable
        or bool(index.warning)
        or abs(float(index.pts[0] * index.time_base)) > _LATE
        or max(index.width, index.height) > _LARGEST_ORIGINAL
        or _longest_wait(index) > _KEY_FRAMES_TOO_RARE
    )


def _longest_wait(index: VideoIndex) -> float:
    """Seconds between the two key frames that are furthest apart."""
    keys = np.unique(np.concatenate([[0], index.key_frames, [index.frame_count]]))
    return float(np.diff(index.times[keys]).max())


def proxy_size(index: VideoIndex) -> tuple[int, int]:
    """Width and height of the proxy: even, the longest side at most `LONGEST_SIDE`."""
    scale = min(1.0, LONGEST_SIDE / max(index.width, index.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (index.width, index.height))
    return width, height


def write_proxy(path: Path, index: VideoIndex, out: Path, progress: Progress = silent) -> None:
    """Writes `out` (H.264, yuv420p, MP4, index first); `progress` counts seconds of video.

    `out` appears only when it is complete. Raises VideoError; what `progress` raises goes through.
    """
    unfinished = out.with_name(out.name + ".part")
    try:
        _encode(path, index, unfinished, progress)
        os.replace(unfinished, out)
    except av.error.FFmpegError as error:
        raise VideoError(_plainly(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _encode(path: Path, index: VideoIndex, out: Path, progress: Progress) -> None:
    width, height = proxy_size(index)
    times = index.times
    pts = index.pts - index.pts[0]
    stays = np.diff(np.append(pts, pts[-1] + index.last_duration))
    keys = _key_frames(times)
    rate = Fraction(index.frame_count / index.duration).limit_denominator(1001)
    with av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=max(rate, Fraction(1)))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = index.time_base
        # No B-frames: times in the file then start at 0 without an edit list.
        stream.codec_context.max_b_frames = 0
        stream.codec_context.options = {"preset": "veryfast", "crf": "22", "forced-idr": "1"}

        def mux(packets: list["av.Packet"]) -> None:
            for packet in packets:
                assert packet.pts is not None
                packet.duration = int(stays[np.searchsorted(pts, packet.pts)])
                file.mux(packet)

        for number, frame in enumerate(_scaled(path, index, (width, height))):
            frame.pts, frame.time_base = int(pts[number]), index.time_base
            frame.pict_type = PictureType.I if number in keys else PictureType.NONE
            mux(stream.encode(frame))
            progress(float(times[number]), index.duration)
        mux(stream.encode())
    progress(index.duration, index.duration)


def _key_frames(times: NDArray[np.float64]) -> set[int]:
    """Frames to make key frames of: none comes later than `KEY_FRAME_EVERY` after the one before,
    except where a single frame stays longer than that."""
    keys = [0]
    for frame in range(1, len(times) - 1):
        if times[frame + 1] - times[keys[-1]] > KEY_FRAME_EVERY:
            keys.append(frame)
    return set(keys)


def _scaled(path: Path, index: VideoIndex, size: tuple[int, int]) -> Iterator[av.VideoFrame]:
    """New upright yuv420p pictures of `size`, one for each frame."""
    convert = VideoReformatter()
    stored = size[::-1] if index.rotation % 180 else size
    for picture in pictures(path, index, np.arange(index.frame_count)):
        small = convert.reformat(
            picture,
            width=stored[0],
            height=stored[1],
            format="yuv420p",
            dst_color_range="MPEG",
            interpolation=Interpolation.BILINEAR,
        )
        if index.rotation or small is picture:
            small = _turned(np.asarray(small.to_ndarray(), np.uint8), index.rotation)
        yield small


def _turned(planes: NDArray[np.uint8], rotation: int) -> av.VideoFrame:
    """A new picture from planes (h * 3 / 2, w) of yuv420p, turned clockwise."""
    high, wide = planes.shape[0] * 2 // 3, planes.shape[1]
    flat = planes.ravel()
    split = [high * wide, high * wide * 5 // 4]
    luma, *chroma = np.split(flat, split)
    parts = [upright(luma.reshape(high, wide), rotation)]
    parts += [upright(part.reshape(high // 2, wide // 2), rotation) for part in chroma]
    width = parts[0].shape[1]
    joined = np.concatenate([part.ravel() for part in parts]).reshape(-1, width)
    return av.VideoFrame.from_ndarray(joined, format="yuv420p")


def _plainly(error: av.error.FFmpegError) -> str:
    if error.errno == 28:
        return "The disk is full. Make room and try this video again."
    return "This video could not be converted for review. Export it as MP4 (H.264) and try again."
