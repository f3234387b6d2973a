"""What a camera and the pose estimator make of a motion, without drawing a single pixel."""

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
from inference.synthesis.pose_errors import PoseErrors
from inference.synthesis.skeleton import MIRRORED
from inference.video.clock import MODEL_HZ, ticks

#: Which joints lie behind the body when it is seen from the other side.
_LEFT = np.array([1, 3, 5, 7, 9, 11, 13, 15])
_RIGHT = _LEFT + 1

#: Of the noise in confidences: what lasts about a second, and what does not. Together 1.
SLOW_SHARE, FAST_SHARE = 0.77, 0.64

WANDER_TICKS = 6.0  # how long slow errors last: the width of the filter that makes them

#: What is lost, and what is exchanged, as a whole.
LIMBS = ([7, 9], [8, 10], [9], [10], [13, 15], [14, 16], [15], [16], [0, 1, 2, 3, 4])
GROUPS = (np.arange(5, 11), np.arange(11, 17), np.arange(17))


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

    errors: by default those measured of the default estimator; without its file raises
    PoseErrorsError. The camera films at a usual rate, so that ticks are up to half a frame off.
    Heatmaps are drawn when they are sliced.
    """
    points = _film(motion, rng)
    return estimated(points, camera.project(points), rng, errors or PoseErrors.fitted())


def estimated(
    points: NDArray[np.float64], projected: NDArray[np.float64], rng: np.random.Generator,
    errors: PoseErrors,
) -> PoseTrack:  # fmt: skip
    """What stage 1 makes of joints (T, 17, 3) in metres that a camera shows at `projected`
    (T, 17, 3), pixels and depth, one each tick."""
    exact = projected.astype(np.float32)
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
        behind = from_behind(exact)
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
    slow = gaussian_filter1d(rng.standard_normal((count, 17, 2)), WANDER_TICKS, axis=0) * 4.6
    scale = np.exp(rng.uniform(*np.log(errors.sessions)))
    jitter, wander, bias = (np.array(each)[:, None] for each in (
        errors.jitter, errors.wander, errors.bias,
    ))  # fmt: skip
    return scale * (
        jitter * rng.standard_normal((count, 17, 2))
        + wander * slow
        + bias * rng.standard_normal((17, 2))
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
    noise = SLOW_SHARE * slow + FAST_SHARE * rng.standard_normal((count, 17))
    confidence = mean + np.array(errors.spread) * noise
    confidence *= 1 - (1 - errors.far_side) * far_side(points, exact)
    confidence[:, :3] *= np.where(faces_away(exact), errors.face_away, 1.0)[:, None]
    return np.clip(confidence, 0.02, 0.98)


def far_side(points: NDArray[np.floating], exact: NDArray[np.floating]) -> NDArray[np.floating]:
    """(T, 17): 1 where a joint is on the side that the body hides in profile, 0 where it is not."""
    shoulder_width = np.linalg.norm(points[:, 5] - points[:, 6], axis=1)
    depth = (exact[:, 5, 2] - exact[:, 6, 2]) / np.maximum(shoulder_width, 0.1)  # > 0: left far
    hidden = np.zeros(exact.shape[:2])
    for joints, behind in ((_LEFT, depth), (_RIGHT, -depth)):
        hidden[:, joints] = np.clip((behind - 0.4) / 0.4, 0, 1)[:, None]
    return hidden


def faces_away(exact: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(T,) where the nose is behind the ears."""
    return exact[:, 3:5, 2].mean(axis=1) < exact[:, 0, 2]


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
    for limb in LIMBS:
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
    for group in GROUPS:
        for span in _episodes(len(seen), errors.swaps_per_minute / len(GROUPS), 1.0, rng):
            seen[span, group] = seen[span][:, MIRRORED[group]]
            confidence[span, group] = confidence[span][:, MIRRORED[group]]
    return seen, confidence


def from_behind(exact: NDArray[np.floating]) -> NDArray[np.bool_]:
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
