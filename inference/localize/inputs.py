"""A recording as the localizer sees it: one row for every tick of the model's clock."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.features.track import FeatureTrack
from inference.localize.example import Scaling
from inference.video.clock import MODEL_HZ

FARTHEST_POINT = 50.0  # trunk lengths; keeps what follows finite whatever was detected


@dataclass(frozen=True, eq=False)
class Inputs:
    """T ticks; tick k is at k / 15 s.

    points: (T, 17, 2) float32, joints in trunk lengths around the usual place of the hips.
    confidence: (T, 17) float32 0..1, zero throughout where the person is absent.
    features: (T, D) float32, scaled, of stage 2; D may be 0.
    """

    points: NDArray[np.float32]
    confidence: NDArray[np.float32]
    features: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.points)

    def cut(self, first: int, last: int) -> "Inputs":
        """Ticks [first, last)."""
        return Inputs(
            self.points[first:last], self.confidence[first:last], self.features[first:last]
        )


@dataclass(frozen=True, eq=False)
class Usual:
    """Where a person usually is in the picture: origin (2,) of the hips, and the length of the
    trunk, both in pixels."""

    origin: NDArray[np.float32]
    trunk: float


def usual_of(keypoints: NDArray[np.float32]) -> Usual:
    """Measured over the ticks of (T, 17, 3) in which the person is there."""
    seen = keypoints[present(keypoints)]
    if not len(seen):
        return Usual(np.zeros(2, np.float32), 1.0)
    hips = seen[:, 11:13, :2].mean(1)
    trunks = np.linalg.norm(seen[:, 5:7, :2].mean(1) - hips, axis=1)
    # The upper quarter: a trunk bent towards the camera looks short.
    trunk = float(np.percentile(trunks, 75))
    return Usual(np.median(hips, axis=0), trunk if trunk > 1e-3 else 1.0)


def present(keypoints: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(T,) whether the person is there: any joint of (T, 17, 3) has some confidence."""
    return np.asarray((keypoints[..., 2] > 0).any(axis=1))


def normalised(
    keypoints: NDArray[np.float32],
    usual: Usual | None = None,
    first: int = 0,
    last: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points (T, 17, 2) and confidence (T, 17) of ticks [first, last) of (T, 17, 3) keypoints.

    usual: of the whole recording; measured where it is not given. While the person is absent the
    points go evenly from where they were last seen to where they are seen next, and confidence
    is zero.
    """
    usual = usual or usual_of(keypoints)
    last = len(keypoints) if last is None else last
    seen = np.flatnonzero(present(keypoints))
    if not len(seen):
        return np.zeros((last - first, 17, 2), np.float32), np.zeros((last - first, 17), np.float32)
    places = np.interp(np.arange(first, last), seen, np.arange(len(seen)))  # among those seen
    pixels = between(keypoints[..., :2], places, seen)
    points = (pixels - usual.origin) / np.float32(usual.trunk)
    confidence = np.where(present(keypoints[first:last])[:, None], keypoints[first:last, :, 2], 0)
    return points.clip(-FARTHEST_POINT, FARTHEST_POINT), confidence.astype(np.float32)


def inputs_of(
    track: FeatureTrack,
    scaling: Scaling,
    usual: Usual | None = None,
    first: int = 0,
    last: int | None = None,
) -> Inputs:
    """Ticks [first, last) of a recording; `usual` of the whole recording is measured if not given.

    A feature lies in the middle of the ticks it covers; ticks between two take a share of each.
    """
    last = len(track.keypoints) if last is None else last
    points, confidence = normalised(track.keypoints, usual, first, last)
    steps, channels = track.features.shape
    if not steps or not channels:
        return Inputs(points, confidence, np.zeros((last - first, channels), np.float32))
    ticks_a_step = track.step_s * MODEL_HZ
    places = (np.arange(first, last) + 0.5) / ticks_a_step - 0.5
    rows = between(track.features, places.clip(0, steps - 1), np.arange(steps))
    return Inputs(points, confidence, scaling.apply(rows).astype(np.float32))


def between(
    rows: NDArray[np.float32], places: NDArray[np.float64], kept: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Rows at `places`, which count along `kept`, the numbers of some of `rows`; linear."""
    low = places.astype(np.int64)
    high = np.minimum(low + 1, len(kept) - 1)
    share = (places - low).astype(np.float32).reshape(-1, *[1] * (rows.ndim - 1))
    blend: NDArray[np.float32] = rows[kept[low]] * (1 - share) + rows[kept[high]] * share
    return blend


def side_by_side(inputs: Sequence[Inputs], ticks: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Recordings of 1 to `ticks` ticks as a network takes them.

    -> points (B, T, 17, 2), confidence (B, T, 17), features (B, T, D), mask (B, T) bool. Behind
    its end a person stands still, so that no movement is made up there.
    """

    def padded(arrays: Sequence[NDArray[np.float32]]) -> Tensor:
        rows = [
            np.concatenate([array, np.repeat(array[-1:], ticks - len(array), axis=0)])
            for array in arrays
        ]
        return torch.from_numpy(np.stack(rows))

    lengths = torch.tensor([len(one) for one in inputs])
    return (
        padded([one.points for one in inputs]),
        padded([one.confidence for one in inputs]),
        padded([one.features for one in inputs]),
        torch.arange(ticks)[None] < lengths[:, None],
    )
