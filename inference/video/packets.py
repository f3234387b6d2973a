"""The frame times as the packets of a file state them, without decoding."""

from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from inference.progress import Progress, silent
from inference.video.errors import VideoError
from inference.video.source import NO_FRAMES, open_source

_SOUND_AND_PICTURE = 0.5  # seconds by which the length of a file may differ from what it holds


@dataclass(frozen=True, eq=False)
class Packets:
    """pts: (N,) int64 strictly increasing display times; dts: (M,) int64 decoding times.

    key_frames: (K,) int64 places in `pts`. complete: every packet stated its display time.
    trimmed: the file asks for pictures at its start to be decoded but not shown.
    lasting: the durations in the packets let a player that seeks to the middle of a frame show it.
    promised_s: how long the pictures should last by the file's own account, 0 where it has none.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    key_frames: NDArray[np.int64]
    time_base: Fraction
    last_duration: int
    complete: bool
    trimmed: bool
    lasting: bool
    promised_s: float


def read_packets(path: Path, cut_off: bool, progress: Progress = silent) -> Packets:
    """Reads every packet of the file, whose end may be `cut_off`; `progress` counts bytes.

    Raises VideoError.
    """
    pts, stays, dts, keys = array("q"), array("q"), array("q"), array("q")
    discarded, unstated = 0, 0
    file_end = 0.0  # seconds, of sound as well
    size = path.stat().st_size
    with open_source(path, threaded=False) as source:
        container, stream = source.container, source.stream
        time_base = Fraction(stream.time_base or Fraction(1, 1000))
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        try:
            for count, packet in enumerate(container.demux(stream, *container.streams.audio)):
                if count % 64 == 0 and packet.pos is not None:
                    progress(min(max(packet.pos, 0), size), size)
                stated = packet.pts if packet.pts is not None else packet.dts
                if packet.size == 0 or packet.is_corrupt or stated is None:
                    continue
                ends = stated + (packet.duration or 0)
                file_end = max(file_end, float(ends * (packet.time_base or 0)))
                if packet.stream_index != stream.index:
                    continue
                if packet.is_discard:
                    discarded += 1
                    continue
                unstated += packet.pts is None
                pts.append(stated)
                stays.append(packet.duration or 0)
                if packet.dts is not None:
                    dts.append(packet.dts)
                if packet.is_keyframe:
                    keys.append(stated)
        except (av.error.FFmpegError, EOFError):
            pass  # what was read so far counts
        promised = _promised_seconds(container, stream, file_end, cut_off)
    if not pts:
        raise VideoError(NO_FRAMES)
    times, first = np.unique(np.array(pts, np.int64), return_index=True)
    durations = np.array(stays, np.int64)[first]
    usual = int(np.median(np.diff(times))) if len(times) > 1 else round(1 / rate / time_base)
    return Packets(
        pts=times,
        dts=_increasing(dts),
        key_frames=np.searchsorted(times, _increasing(keys)).astype(np.int64),
        time_base=time_base,
        last_duration=max(1, int(durations[-1]) or usual),
        complete=unstated == 0,
        trimmed=discarded > 0,
        lasting=_middles_are_found(times, durations),
        promised_s=promised,
    )


def _middles_are_found(pts: NDArray[np.int64], durations: NDArray[np.int64]) -> bool:
    """Players drop the frames that end before the time they seek to, by the packets' durations.

    Those are in decoding order in MP4, guessed in WebM: wrong where B-frames or WebM meet a
    variable frame rate. (Seen in Chromium; a proxy then has to be made.)
    """
    gaps = np.diff(pts)
    ends = pts[:-1] + durations[:-1]
    middles = pts[:-1] + gaps / 2
    return bool(np.all(ends > middles) and np.all(ends[:-1] <= middles[1:]))


def _increasing(values: "array[int]") -> NDArray[np.int64]:
    return np.unique(np.array(values, np.int64))


def _promised_seconds(
    container: InputContainer, stream: VideoStream, file_end: float, cut_off: bool
) -> float:
    avi = container.format.name == "avi"  # there, its length is fitted to what the file holds
    if stream.duration and stream.time_base and not (avi and cut_off):
        return float(stream.duration * stream.time_base)
    if not container.duration or avi:
        return 0.0
    whole = container.duration / av.time_base
    if not cut_off and whole - file_end < _SOUND_AND_PICTURE:
        return 0.0  # read to its end, and the sound may well outlast the pictures
    return whole - max(0, container.start_time or 0) / av.time_base
