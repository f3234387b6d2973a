"""Pass 2: look at one person closely, and keep that person's heatmaps."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.parallel import in_order, prefetch
from inference.pose.boxes import joint_boxes
from inference.pose.crop import crop_windows
from inference.pose.estimator import CROP_SIDE, CropPose, Detections, PoseEstimator
from inference.pose.people import People
from inference.pose.similarity import oks
from inference.pose.store import HEATMAP_SIDE, PoseWriter, load_pose
from inference.pose.track import PoseTrack
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ, ticks
from inference.video.decode import frames
from inference.video.index import VideoIndex

__all__ = ["load_pose", "refine"]

NEIGHBOURHOOD = 5.0  # cells of the 64 x 64 heatmap: three standard deviations of its widest blobs
PEAK_PER_CONFIDENCE = 1.35  # 95 % of joints peak lower than this times their confidence
SAME_PERSON_OKS = 0.3
_DECODE_AHEAD = 6
_SPARE_PIXELS = 1.25  # pictures are decoded this much larger than the smallest crop needs

#: A pose (17, 3) in pixels of the picture, and the person's heatmaps (17, 32, 32) uint8.
Look = tuple[NDArray[np.float32], NDArray[np.uint8]]


def refine(
    path: Path,
    index: VideoIndex,
    people: People,
    person_id: int,
    estimator: PoseEstimator,
    out: Path,
    progress: Progress = silent,
) -> PoseTrack:
    """One person's pose at 15 Hz from crops around them, stored in `out` (npz) as it is made.

    The estimator gets its crops `batch` at a time, `threads` batches side by side.

    progress(done, total) is in seconds of video, called for every tick and while decoding is slow.
    `out` appears when everything is written; memory does not grow with the recording, apart from
    200 bytes a tick. Raises PoseError for an unknown person, VideoError from decoding, and what
    `progress` raises.
    """
    row = people.row(person_id)
    expected = people.keypoints[row]
    crops = crop_windows(without_gaps(people.boxes[row]))
    wanted = ticks(index.times)
    size, scale = _decoded_size(index, crops)
    keypoints = expected.copy()
    done = 0.0

    def report() -> None:
        progress(done, index.duration)

    def views(pictures: Iterator[NDArray[np.uint8]]) -> Iterator[View]:
        for tick, image in enumerate(_at_ticks(pictures, wanted)):
            crop = Crop(crops[tick])
            cut = crop.cut(image, scale) if expected[tick, :, 2].any() else None
            yield View(crop, cut, expected[tick], people.others(row, tick))

    def looks(pictures: Iterator[NDArray[np.uint8]]) -> Iterator[Future[list[Look]]]:
        coming = views(pictures)
        while group := list(islice(coming, estimator.batch)):
            yield pool.submit(_look, group, estimator)

    decoded = frames(path, index, np.unique(wanted), size=size)
    with (
        PoseWriter(out) as writer,
        closing(prefetch(decoded, _DECODE_AHEAD, report)) as pictures,
        ThreadPoolExecutor(estimator.threads) as pool,
    ):
        groups = in_order(looks(pictures), estimator.threads + 2, report)
        for tick, (pose, heatmaps) in enumerate(chain.from_iterable(groups)):
            keypoints[tick] = pose
            writer.add(heatmaps)
            done = min((tick + 1) / MODEL_HZ, index.duration)
            report()
        writer.finish(
            times=people.times,
            keypoints=keypoints,
            boxes=without_gaps(joint_boxes(keypoints)),
            crops=crops,
        )
    return load_pose(out)


class Crop:
    """The square of the picture that the network sees as 256 x 256 pixels."""

    def __init__(self, window: NDArray[np.float32]) -> None:
        centre_x, centre_y, side = (float(value) for value in window)
        self._scale = CROP_SIDE / max(side, 1.0)
        self._left = centre_x - side / 2
        self._top = centre_y - side / 2

    def cut(self, image: NDArray[np.uint8], scale: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The square out of an image that is the picture times `scale` (x, y); black outside."""
        zoom = self._scale / scale
        # Pixel centres: position p of the picture is index p * scale - 0.5 of the image's array.
        shift = -self._scale * np.array([self._left, self._top]) + 0.5 * zoom - 0.5
        matrix = np.array([[zoom[0], 0, shift[0]], [0, zoom[1], shift[1]]])
        return cv2.warpAffine(image, matrix, (CROP_SIDE, CROP_SIDE), flags=cv2.INTER_LINEAR)  # type: ignore[return-value]

    def into(self, keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
        """(..., 17, 3) from pixels of the picture to pixels of the crop."""
        moved = keypoints.copy()
        moved[..., 0] = (keypoints[..., 0] - self._left) * self._scale
        moved[..., 1] = (keypoints[..., 1] - self._top) * self._scale
        return moved

    def out_of(self, keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
        """(..., 17, 3) from pixels of the crop to pixels of the picture."""
        moved = keypoints.copy()
        moved[..., 0] = keypoints[..., 0] / self._scale + self._left
        moved[..., 1] = keypoints[..., 1] / self._scale + self._top
        return moved


@dataclass(frozen=True, eq=False)
class View:
    """One tick's question: the pixels of the crop, None where the person is not in the picture,
    and in pixels of the picture the expected pose (17, 3) and those of others (P, 17, 3)."""

    crop: Crop
    pixels: NDArray[np.uint8] | None
    expected: NDArray[np.float32]
    others: NDArray[np.float32]

    def answered(self, seen: CropPose) -> Look:
        crop = self.crop
        pose = combine(crop.into(self.expected), crop.into(self.others), seen.found)
        return crop.out_of(pose), cut_out(seen.heatmaps, pose)


def _look(views: list[View], estimator: PoseEstimator) -> list[Look]:
    crops = [view.pixels for view in views if view.pixels is not None]
    seen = iter(estimator.look(np.stack(crops)) if crops else [])
    return [
        _absent(view.crop) if view.pixels is None else view.answered(next(seen)) for view in views
    ]


def combine(
    expected: NDArray[np.float32], others: NDArray[np.float32], found: Detections
) -> NDArray[np.float32]:
    """The pose of the expected person, (17, 3), from the people found in the crop.

    others: (P, 17, 3) everybody else who is known to be there; whoever is found and is more like
    one of them is not the person. Joint by joint, the close look replaces the first one unless it
    is much less sure. Where the person was not found in the crop the expected pose stays.
    """
    if not len(found.scores):
        return expected
    alike = oks(expected[None], found.keypoints, looseness=2.0)[0]
    like_others = oks(others, found.keypoints, looseness=2.0).max(axis=0, initial=0)
    alike = np.where(alike >= like_others, alike, 0)
    best = int(np.argmax(alike))
    if alike[best] < SAME_PERSON_OKS:
        return expected
    closer = found.keypoints[best]
    return np.where(closer[:, 2:] >= 0.5 * expected[:, 2:], closer, expected)


def cut_out(heatmaps: NDArray[np.float32], pose: NDArray[np.float32]) -> NDArray[np.uint8]:
    """One person's heatmaps: (64, 64, 17) 0..1 and the pose in crop pixels -> (17, 32, 32) uint8.

    Outside a disc around each joint everything is cut away, and nothing is stronger than the
    joint's confidence explains, so that nobody else leaves a trace, not even in front of a person
    who is hidden.
    """
    side = heatmaps.shape[0]
    centres = (np.arange(side, dtype=np.float32) + 0.5) * (CROP_SIDE / side)
    near_x = (centres[None, :] - pose[:, :1]) ** 2  # (17, 64)
    near_y = (centres[None, :] - pose[:, 1:2]) ** 2
    squared = near_y[:, :, None] + near_x[:, None, :]  # (17, 64, 64)
    near = squared <= (NEIGHBOURHOOD * CROP_SIDE / side) ** 2
    strongest = PEAK_PER_CONFIDENCE * pose[:, 2, None, None]
    kept = np.where(near, np.minimum(heatmaps.transpose(2, 0, 1), strongest), 0)
    block = side // HEATMAP_SIDE
    pooled = kept.reshape(-1, HEATMAP_SIDE, block, HEATMAP_SIDE, block).max(axis=(2, 4))
    return np.round(pooled * 255).astype(np.uint8)


def without_gaps(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, 4) boxes with NaN rows filled in between neighbours, and from the nearest at the ends."""
    seen = np.isfinite(boxes[:, 0])
    if not seen.any():
        return np.zeros_like(boxes)
    every = np.arange(len(boxes))
    columns = [np.interp(every, every[seen], boxes[seen, side]) for side in range(4)]
    return np.stack(columns, axis=1).astype(np.float32)


def _absent(crop: Crop) -> Look:
    """A tick without the person: joints in the middle of the crop, confidence 0, no heatmaps."""
    nowhere = np.zeros((17, 3), np.float32)
    nowhere[:, :2] = CROP_SIDE / 2
    return crop.out_of(nowhere), np.zeros((17, HEATMAP_SIDE, HEATMAP_SIDE), np.uint8)


def _at_ticks(
    pictures: Iterator[NDArray[np.uint8]], wanted: NDArray[np.int64]
) -> Iterator[NDArray[np.uint8]]:
    """Each tick's picture, from one picture per distinct frame."""
    for repeats in np.unique(wanted, return_counts=True)[1]:
        picture = next(pictures)
        for _ in range(int(repeats)):
            yield picture


def _decoded_size(
    index: VideoIndex, crops: NDArray[np.float32]
) -> tuple[tuple[int, int], NDArray[np.float32]]:
    """The (width, height) to decode at, and what picture pixels are to be multiplied by.

    No larger than the smallest crop needs: less to convert, and the decoder's scaler averages
    pixels where a plain warp would skip them.
    """
    shrink = min(1.0, _SPARE_PIXELS * CROP_SIDE / max(float(crops[:, 2].min()), 1.0))
    width, height = (max(2, round(side * shrink / 2) * 2) for side in (index.width, index.height))
    return (width, height), np.array([width / index.width, height / index.height], np.float32)
