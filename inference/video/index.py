"""What is known of a video file once it has been read from end to end."""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """The frames of one video in display order, with the times the file itself gives them.

    `width` and `height` are those of the displayed picture, after `rotation` (0, 90, 180 or 270
    degrees clockwise) and the pixels' own aspect ratio have been applied. `pts` is (N,) int64,
    strictly increasing, in units of `time_base` seconds; `last_duration` is how long the last frame
    stays, in the same units. `key_frames` is (K,) int64: the frames at which decoding can start.
    """

    sha256: str
    size_bytes: int
    width: int
    height: int
    rotation: int
    codec: str
    container: str
    pixel_format: str
    has_audio: bool
    time_base: Fraction
    pts: NDArray[np.int64]
    last_duration: int
    warning: str = ""  # one plain sentence when part of the file could not be read
    key_frames: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    seekable: bool = True  # False: pictures carry no usable times, frames are found by counting
    trimmed: bool = False  # the file holds pictures before its start that players must not show
    lasting: bool = True  # the file itself says, about rightly, how long each frame stays

    @property
    def frame_count(self) -> int:
        return len(self.pts)

    @cached_property
    def times(self) -> NDArray[np.float64]:
        """(N + 1,) seconds: frame n is shown during [times[n], times[n + 1]); times[0] = 0."""
        ends = np.append(self.pts, self.pts[-1] + self.last_duration)
        return (ends - self.pts[0]) * float(self.time_base)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last."""
        return float(self.times[-1])
