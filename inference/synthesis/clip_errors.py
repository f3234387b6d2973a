"""What is wrong with the poses of one clip whose joints are known.

Robust throughout: medians and percentiles of joints that are about right. What is grossly wrong
counts as lost or as exchanged, not as jitter.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from inference.pose.boxes import joint_boxes
from inference.pose.crop import crop_windows
from inference.pose.track import PoseTrack
from inference.synthesis.answer_shapes import answer_shapes
from inference.synthesis.observe import (
    GROUPS,
    LIMBS,
    WANDER_TICKS,
    estimated,
    faces_away,
    far_side,
    from_behind,
)
from inference.synthesis.pose_errors import PoseErrors, PoseErrorsError
from inference.synthesis.skeleton import MIRRORED
from inference.video.clock import MODEL_HZ

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

GROSS = 0.06  # crop sides, about 12 cm: further away than this a joint was not found
APART = 0.05  # crop sides between left and right, to tell them from each other
ENOUGH = 15  # ticks of something rare, such as a profile, before a clip counts
_GAP = 3  # ticks between two episodes, not within one
_ARMS, _LEGS, _HEAD = GROUPS[0], GROUPS[1], np.arange(1, 5)
_WITHIN = 68.27  # per cent of a Gaussian are within a standard deviation


@dataclass(frozen=True, eq=False)
class Estimated:
    """Somebody whose joints are known, and what stage 1 makes of them; T ticks.

    points: (T, 17, 3) metres. projected: (T, 17, 3) pixels of the picture, and depth.
    size: width and height of the picture.
    """

    points: NDArray[np.float64]
    projected: NDArray[np.float64]
    pose: PoseTrack
    size: tuple[int, int]

    def imagined(self, errors: PoseErrors, rng: np.random.Generator) -> "Estimated":
        """The same person, as `errors` say that stage 1 sees them."""
        return replace(self, pose=estimated(self.points, self.projected, rng, errors))


class ClipErrors:
    """What is wrong in one clip, once left and right are put right where they were exchanged.

    minutes: of the clip. bias: (17, 2) usual error in crop sides. width, ghost: `answer_shapes`.
    Raises PoseErrorsError where a joint is hardly ever found.
    """

    def __init__(self, film: Estimated) -> None:
        exact = film.projected.astype(np.float32)
        self.points, self.exact = film.points, exact
        seen = np.concatenate([exact[..., :2], np.ones_like(exact[..., :1])], axis=2)
        self.side = crop_windows(joint_boxes(seen))[:, None, 2:]
        self.minutes = len(exact) / (60 * MODEL_HZ)
        self.behind = from_behind(exact)
        keypoints = film.pose.keypoints.copy()
        self.exchanged: list[Mask] = []
        self.apart: list[Mask] = []
        for group in (_ARMS, _LEGS, _HEAD):
            exchanged, apart = self._exchanged(keypoints, group)
            keypoints[np.ix_(exchanged, group)] = keypoints[np.ix_(exchanged, MIRRORED[group])]
            self.exchanged.append(exchanged)
            self.apart.append(apart)
        self.error = (keypoints[..., :2] - exact[..., :2]) / self.side  # (T, 17, 2)
        self.answers = keypoints[..., 2]
        inside = ((exact[..., :2] > 0) & (exact[..., :2] < film.size)).all(axis=2)
        usual = np.median(self.error, axis=0)
        far_off = np.linalg.norm(self.error - usual, axis=2) > GROSS  # (T, 17)
        self.gross = inside & far_off
        self.clean = inside & ~far_off
        if (self.clean.sum(axis=0) < ENOUGH).any():
            raise PoseErrorsError(
                "The pose estimator lost a joint through a whole clip, so its errors cannot be "
                "measured. Choose another --seed."
            )
        self.bias = np.stack([np.median(self.error[ok, k], axis=0) for k, ok in self._joints()])
        self.width, self.ghost = answer_shapes(film.pose)

    def steps(self) -> Array:
        """(2, 17) what changes from tick to tick, and what changes within seconds."""
        result = np.empty((2, 17))
        kept = np.exp(-1 / (4 * WANDER_TICKS**2))  # of slow errors, one tick later
        for joint, ok in self._joints():
            error = self.error[:, joint] - self.bias[joint]
            total = _deviation(error[ok]) ** 2
            both = ok[1:] & ok[:-1]
            change = _deviation(np.diff(error, axis=0)[both]) ** 2
            fast = (change / 2 - (1 - kept) * total) / kept
            fast = np.clip(fast, 0.05 * change, total)
            result[:, joint] = np.sqrt([max(fast, 1e-10), max(total - fast, 1e-10)])
        return result

    def confidence(self) -> Array:
        """(17,) of joints that are plainly seen; NaN where one never is."""
        return self._over_time(lambda values: float(np.mean(values)))

    def spread(self) -> Array:
        """(17,) of the same, over time."""
        return self._over_time(lambda values: _deviation(values - np.median(values)))

    def far(self) -> float:
        """Confidence on the far side in profile, as a share of what it is on the near side."""
        hidden = self.clean & (far_side(self.points, self.exact) > 0.9)
        return self._share_of_usual(hidden & ~self._face_hidden(), range(17))

    def away(self) -> float:
        """The same of nose and eyes of a face turned away."""
        near = far_side(self.points, self.exact) < 0.1
        return self._share_of_usual(self.clean & self._face_hidden() & near, range(3))

    def dropouts(self) -> int:
        """How often a limb was somewhere else for a while."""
        episodes = 0
        for limb in LIMBS:
            if len(limb) > 2:
                lost = self.gross[:, limb].mean(axis=1) > 0.5
            else:  # a hand alone is one that its elbow did not take along
                lost = self.gross[:, limb[0]]
                lost = lost & ~self.gross[:, limb[0] - 2] if len(limb) == 1 else lost
            episodes += _episodes(lost)
        return episodes

    def swaps(self) -> tuple[float, int]:
        """Minutes, seen from the front, in which left and right can be told; exchanges in them."""
        front = ~self.behind
        told = front & (self.apart[0] | self.apart[1])
        swapped = front & (self.exchanged[0] | self.exchanged[1])
        return told.sum() / (60 * MODEL_HZ), _episodes(swapped)

    def swapped_from_behind(self) -> float:
        """Share of the time seen from behind in which left and right are exchanged; or NaN."""
        told = self.behind & self.apart[0] & self.apart[1]
        swapped = self.exchanged[0] & self.exchanged[1]
        return float(swapped[told].mean()) if told.sum() >= ENOUGH else np.nan

    def _exchanged(
        self, keypoints: NDArray[np.float32], group: NDArray[np.intp]
    ) -> tuple[Mask, Mask]:
        """(T,) whether the group is nearer to where its counterpart is, and whether it tells."""
        own, other = self.exact[:, group, :2], self.exact[:, MIRRORED[group], :2]
        seen = keypoints[:, group, :2]
        to_own, to_other, between = (
            np.linalg.norm(a - b, axis=2).mean(axis=1) / self.side[:, 0, 0]
            for a, b in ((seen, own), (seen, other), (own, other))
        )
        apart = between > (APART if len(group) > 4 else APART / 2)
        return apart & (to_other < 0.5 * to_own), apart

    def _joints(self) -> list[tuple[int, Mask]]:
        return [(joint, self.clean[:, joint]) for joint in range(17)]

    def _face_hidden(self) -> Mask:
        hidden = np.zeros((len(self.exact), 17), bool)
        hidden[:, :3] = faces_away(self.exact)[:, None]
        return hidden

    def _plain(self) -> Mask:
        near = far_side(self.points, self.exact) < 0.1
        return cast(Mask, self.clean & near & ~self._face_hidden())

    def _over_time(self, summary: Callable[[Array], float]) -> Array:
        plain = self._plain()
        return np.array([
            summary(self.answers[plain[:, k], k]) if plain[:, k].sum() >= ENOUGH else np.nan
            for k in range(17)
        ])  # fmt: skip

    def _share_of_usual(self, when: Mask, joints: range) -> float:
        usual = self.confidence()
        shares = [
            self.answers[when[:, k], k].mean() / usual[k]
            for k in joints
            if when[:, k].sum() >= ENOUGH
        ]
        return float(np.nanmean(shares)) if np.isfinite(shares).any() else np.nan


def _deviation(values: Array) -> float:
    """The standard deviation of a Gaussian of which as many are as near to zero."""
    return float(np.percentile(np.abs(values), _WITHIN))


def _episodes(happens: Mask) -> int:
    """How many times; breaks of up to `_GAP` ticks are none."""
    when = np.flatnonzero(happens)
    return int(len(when) > 0) + int((np.diff(when) > _GAP + 1).sum())
