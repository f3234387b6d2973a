"""What a camera and the pose estimator make of a motion, without drawing a single pixel."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from inference.pose.boxes import joint_boxes
from inference.pose.crop import crop_windows
from inference.pose.track import PoseTrack
from inference.synthesis.camera import Camera
from inference.synthesis.heatmaps import GAIN, Blobs, sigmas_for
from inference.synthesis.motion import Motion
from inference.synthesis.skeleton import MIRRORED
from inference.video.clock import MODEL_HZ, ticks

#: Which joints lie behind the body when it is seen from the other side.
_LEFT = np.array([1, 3, 5, 7, 9, 11, 13, 15])
_RIGHT = _LEFT + 1


@dataclass(frozen=True)
class PoseErrors:
    """How stage 1 errs, in units of the crop's side where it is a length.

    jitter: standard deviation from tick to tick. wander: of errors that last about a second.
    bias: of errors that last all session, a joint. confidence: mean of a joint that is plainly
    seen, seventeen numbers; spread: its standard deviation. far_side: factor on the confidence of
    limbs behind the body in profile. dropouts_per_minute, swaps_per_minute: of one limb.
    swapped_from_behind: chance that a back is taken for a front, for a session.
    ghost: how strongly a joint's map also answers at its left or right counterpart.
    width: (least, most) factor on the width of the answers.
    """

    jitter: float = 0.0015
    wander: float = 0.005
    bias: float = 0.009
    confidence: tuple[float, ...] = (
        0.62, 0.7, 0.7, 0.7, 0.7, 0.85, 0.85, 0.78, 0.78, 0.72, 0.72, 0.88, 0.88, 0.82, 0.82, 0.82,
        0.82,
    )  # fmt: skip
    spread: float = 0.09
    far_side: float = 0.7
    dropouts_per_minute: float = 0.7
    swaps_per_minute: float = 1.0
    swapped_from_behind: float = 0.5
    ghost: float = 0.35
    width: tuple[float, float] = (0.85, 1.3)


def random_camera(rng: np.random.Generator) -> Camera:
    """Where somebody might put a camera: in front or up to 60 degrees to a side."""
    height = int(rng.choice([360, 480, 720, 1080]))
    distance = rng.uniform(2.5, 4.5)
    visible_m = rng.uniform(2.3, 3.4)  # what the picture's height covers where the person stands
    return Camera(
        azimuth_deg=rng.uniform(-60, 60),
        height_m=rng.uniform(0.8, 1.8),
        distance_m=distance,
        target=(0.0, rng.normal(0, 0.15), rng.uniform(0.85, 1.1)),
        focal=distance / visible_m,
        width=int(height * rng.choice([4 / 3, 16 / 9])),
        height=height,
    )


def observe(
    motion: Motion, camera: Camera, rng: np.random.Generator, errors: PoseErrors | None = None
) -> PoseTrack:
    """The pose track of a video of `motion` from `camera`, with errors like those of stage 1.

    The camera films at a usual rate, so that ticks are up to half a frame off. Heatmaps are drawn
    when they are sliced.
    """
    errors = errors or PoseErrors()
    points = _film(motion, rng)
    exact = camera.project(points).astype(np.float32)
    count = len(exact)
    first_look = np.concatenate([exact[..., :2], np.ones((count, 17, 1), np.float32)], axis=2)
    boxes = joint_boxes(first_look)
    crops = crop_windows(boxes)
    side = crops[:, None, 2:]
    seen = exact[..., :2] + side * _displacement(count, rng, errors)
    confidence = _confidence(exact, points, rng, errors)
    seen, confidence = _lose_limbs(seen, confidence, rng, errors)
    seen, confidence = _swap_sides(seen, confidence, rng, errors)
    if rng.random() < errors.swapped_from_behind:
        behind = _from_behind(exact)
        seen[behind] = seen[behind][:, MIRRORED]
        confidence[behind] = confidence[behind][:, MIRRORED]
    ghosts = confidence * _ghosts(exact, side, rng, errors)
    keypoints = np.concatenate([seen, confidence[..., None]], axis=2).astype(np.float32)
    blobs = Blobs(
        positions=np.stack([seen, seen[:, MIRRORED]], axis=1).astype(np.float32),
        amplitudes=np.minimum(GAIN * np.stack([confidence, ghosts], axis=1), 1).astype(np.float32),
        crops=crops,
        sigmas=sigmas_for(boxes, crops) * np.float32(rng.uniform(*errors.width)),
    )
    times = np.arange(count) / MODEL_HZ
    return PoseTrack(
        times=times, keypoints=keypoints, boxes=boxes, crops=crops, heatmaps=cast(Any, blobs)
    )


def _film(motion: Motion, rng: np.random.Generator) -> NDArray[np.float64]:
    """(T, 17, 3) the joints at the frames that the model's ticks take."""
    fps = float(rng.choice([15.0, 20.0, 24.0, 25.0, 29.97, 30.0, 30.0, 60.0]))
    frames = np.arange(max(int(motion.duration * fps), 1) + 1) / fps
    shown = frames[ticks(frames)]
    where = np.clip(shown * motion.hz, 0, len(motion.joints) - 1)
    low = np.minimum(where.astype(int), max(len(motion.joints) - 2, 0))
    rest = (where - low)[:, None, None]
    high = np.minimum(low + 1, len(motion.joints) - 1)
    return motion.joints[low] * (1 - rest) + motion.joints[high] * rest


def _displacement(count: int, rng: np.random.Generator, errors: PoseErrors) -> NDArray[np.floating]:
    """(T, 17, 2) jitter, slow errors and a constant one, in crop sides."""
    slow = gaussian_filter1d(rng.standard_normal((count, 17, 2)), 6.0, axis=0) * 4.6
    scale = np.exp(rng.uniform(np.log(0.6), np.log(2.5)))
    return scale * (
        errors.jitter * rng.standard_normal((count, 17, 2))
        + errors.wander * slow
        + errors.bias * rng.standard_normal((17, 2))
    )


def _confidence(
    exact: NDArray[np.float32],
    points: NDArray[np.float64],
    rng: np.random.Generator,
    errors: PoseErrors,
) -> NDArray[np.floating]:
    """(T, 17): lower on the far side, lower for a face turned away, slowly changing."""
    count = len(exact)
    mean = np.array(errors.confidence) * rng.uniform(0.8, 1.2) + rng.normal(0, 0.05, 17)
    slow = gaussian_filter1d(rng.standard_normal((count, 17)), 8.0, axis=0) * 5.3
    confidence = mean + errors.spread * (0.6 * slow + 0.5 * rng.standard_normal((count, 17)))
    shoulder_width = np.linalg.norm(points[:, 5] - points[:, 6], axis=1)
    depth = (exact[:, 5, 2] - exact[:, 6, 2]) / np.maximum(shoulder_width, 0.1)  # > 0: left far
    for joints, behind in ((_LEFT, depth), (_RIGHT, -depth)):
        hidden = np.clip((behind - 0.4) / 0.4, 0, 1)[:, None]
        confidence[:, joints] *= 1 - (1 - errors.far_side) * hidden
    ears = exact[:, 3:5, 2].mean(axis=1) - exact[:, 0, 2]  # < 0: the nose is behind the ears
    confidence[:, :3] *= np.where(ears < 0, 0.4, 1.0)[:, None]
    return np.clip(confidence, 0.02, 0.98)


def _episodes(
    count: int, per_minute: float, longest_s: float, rng: np.random.Generator
) -> list[slice]:
    number = rng.poisson(per_minute * count / MODEL_HZ / 60)
    starts = rng.integers(0, count, number)
    lengths = (rng.uniform(0.07, longest_s, number) * MODEL_HZ).astype(int) + 1
    return [slice(int(a), int(a + n)) for a, n in zip(starts, lengths, strict=True)]


def _lose_limbs(
    seen: NDArray[np.floating],
    confidence: NDArray[np.floating],
    rng: np.random.Generator,
    errors: PoseErrors,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Joints that are not found for a while: the map fades and the place is a guess."""
    seen, confidence = seen.copy(), confidence.copy()
    limbs = ([7, 9], [8, 10], [9], [10], [13, 15], [14, 16], [15], [16], [0, 1, 2, 3, 4])
    for limb in limbs:
        for span in _episodes(len(seen), errors.dropouts_per_minute, 1.5, rng):
            extent = np.ptp(seen[span, :, 1], axis=1).mean()
            seen[span, limb] += rng.normal(0, 0.1, (len(limb), 2)) * extent
            confidence[span, limb] *= rng.uniform(0.1, 0.6)
    return seen, confidence


def _swap_sides(
    seen: NDArray[np.floating],
    confidence: NDArray[np.floating],
    rng: np.random.Generator,
    errors: PoseErrors,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Left taken for right, for a moment: arms, legs or all."""
    seen, confidence = seen.copy(), confidence.copy()
    for group in (np.arange(5, 11), np.arange(11, 17), np.arange(17)):
        for span in _episodes(len(seen), errors.swaps_per_minute / 3, 1.0, rng):
            seen[span, group] = seen[span][:, MIRRORED[group]]
            confidence[span, group] = confidence[span][:, MIRRORED[group]]
    return seen, confidence


def _from_behind(exact: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(T,) where the left shoulder and hip appear on the left of the picture."""
    left_of = exact[:, [5, 11], 0] - exact[:, [6, 12], 0]
    return gaussian_filter1d(left_of.mean(axis=1), 2.0) < 0


def _ghosts(
    exact: NDArray[np.float32],
    side: NDArray[np.float32],
    rng: np.random.Generator,
    errors: PoseErrors,
) -> NDArray[np.floating]:
    """(T, 17) factor on a second answer at the counterpart; nearer joints are mixed up more."""
    apart = np.linalg.norm(exact[..., :2] - exact[:, MIRRORED, :2], axis=2) / side[..., 0]
    slow = gaussian_filter1d(rng.standard_normal((len(exact), 17)), 8.0, axis=0) * 5.3
    factor = errors.ghost * rng.uniform(0, 1) * (1 + 0.5 * slow) * np.exp(-apart / 0.12)
    return np.where(apart < 0.09, np.clip(factor, 0, 1), 0)  # further away stage 1 cuts it off
