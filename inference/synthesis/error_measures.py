"""What is wrong with estimated poses whose joints are known, as the numbers of `PoseErrors`.

Robust throughout: medians and percentiles of joints that are about right. What is grossly wrong
counts as lost or as exchanged, not as jitter.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

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
from inference.synthesis.pose_errors import JOINTS, PoseErrors, PoseErrorsError
from inference.synthesis.skeleton import MIRRORED
from inference.video.clock import MODEL_HZ

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

GROSS = 0.06  # crop sides, about 12 cm: further away than this a joint was not found
APART = 0.05  # crop sides between left and right, to tell them from each other
ENOUGH = 15  # ticks of something rare, such as a profile, before a session counts
_GAP = 3  # ticks between two episodes, not within one
_ARMS, _LEGS, _HEAD = GROUPS[0], GROUPS[1], np.arange(1, 5)
_WITHIN = 68.27  # per cent of a Gaussian are within a standard deviation
_EVEN = np.sqrt(3.0)  # makes the standard deviation of an even spread half its width
_ROUNDS, _REPEATS = 2, 4  # of correction; simulations of each clip in one
_SHARES = ("confidence", "far_side", "face_away", "swapped_from_behind", "ghost")  # at most 1


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


@dataclass(frozen=True)
class Figures:
    """How far one joint is off, in crop sides, and its mean confidence: measured and modelled."""

    joint: str
    median: tuple[float, float]
    percentile_90: tuple[float, float]
    confidence: tuple[float, float]

    def rounded(self) -> dict[str, Any]:
        return {
            "joint": self.joint,
            "median error, measured and model": [round(x, 4) for x in self.median],
            "90th percentile": [round(x, 4) for x in self.percentile_90],
            "mean confidence": [round(x, 3) for x in self.confidence],
        }


@dataclass(frozen=True)
class Measured:
    """An error model, and what it was told from.

    seen: how often what is rare was seen. kept: parameters that could not be told, and why.
    """

    errors: PoseErrors
    seen: dict[str, int]
    kept: dict[str, str]


@dataclass(frozen=True)
class Fit(Measured):
    """The same, corrected, with what it makes of each joint."""

    joints: tuple[Figures, ...]


def fitted(films: Sequence[Estimated], rng: np.random.Generator) -> Fit:
    """The error model that makes of the same motions what stage 1 made of them.

    The same measurement is made on simulations, whose parameters are changed until it comes to
    the same. What cannot be told keeps the value of `PoseErrors()`. Raises PoseErrorsError where a
    joint is hardly ever found.
    """
    wanted = measured(films)
    errors = wanted.errors
    for _ in range(_ROUNDS):
        simulated = [f.imagined(errors, rng) for f in films for _ in range(_REPEATS)]
        errors = _nearer(errors, wanted, measured(simulated).errors)
    errors = _rounded(errors)
    simulated = [f.imagined(errors, rng) for f in films for _ in range(_REPEATS)]
    figures = _figures(films, simulated)
    return Fit(errors=errors, seen=wanted.seen, kept=wanted.kept, joints=figures)


def measured(films: Sequence[Estimated]) -> Measured:
    """Each parameter by its own simple estimate; those that cannot be told, with the reason."""
    clips = [_Clip(film) for film in films]
    jitter, wander = np.stack([clip.steps() for clip in clips], axis=1)  # (2, clips, 17)
    logs = np.log(np.stack([jitter, wander]))
    off = (logs - logs.mean(axis=1, keepdims=True)).mean(axis=(0, 2))  # one number a clip
    scale = np.exp(off)[:, None]
    wander_left = (wander / scale) ** 2 * _still_there(clips)
    squared = (np.stack([clip.bias for clip in clips]) ** 2).mean(axis=2) / scale**2
    bias = np.sqrt(np.maximum((squared - wander_left).mean(axis=0), 1e-8))
    widths = np.array([clip.width for clip in clips])
    dropouts = sum(clip.dropouts() for clip in clips)
    told, swaps = np.sum([clip.swaps() for clip in clips], axis=0)
    backs = [back for clip in clips if np.isfinite(back := clip.swapped_from_behind())]
    found: dict[str, Any] = {
        "jitter": _both_sides(np.exp(logs[0].mean(axis=0))),
        "wander": _both_sides(np.exp(logs[1].mean(axis=0))),
        "bias": _both_sides(bias),
        "sessions": (float(np.exp(-_EVEN * off.std())), float(np.exp(_EVEN * off.std()))),
        "confidence": _both_sides(_mean([clip.confidence() for clip in clips])),
        "spread": _both_sides(_mean([clip.spread() for clip in clips])),
        "dropouts_per_minute": _rate(dropouts, len(LIMBS) * sum(c.minutes for c in clips)),
        "width": (float(widths.mean() - _EVEN * widths.std()),
                  float(widths.mean() + _EVEN * widths.std())),
    }  # fmt: skip
    kept = {}
    if told:
        found["swaps_per_minute"] = _rate(swaps, told)
    else:
        kept["swaps_per_minute"] = "left and right were never apart"
    if backs:
        found["swapped_from_behind"] = _rate(sum(backs), len(backs) + 1)
    else:
        kept["swapped_from_behind"] = "nobody was seen from behind for long enough"
    for name, values, reason in (
        ("far_side", [c.far() for c in clips], "nobody was seen in profile for long enough"),
        ("face_away", [c.away() for c in clips], "nobody turned their back for long enough"),
        ("ghost", [c.ghost for c in clips], "left and right were never close to each other"),
    ):
        if np.isfinite(values).any():
            found[name] = float(np.nanmean(values))
        else:
            kept[name] = reason
    seen = {
        "drop-outs": dropouts,
        "swaps": int(swaps),
        "people from behind": len(backs),
        "of them taken for a front": sum(back > 0.5 for back in backs),
    }
    return Measured(replace(PoseErrors(), **found), seen, kept)


class _Clip:
    """One film, with left and right put right where they were exchanged."""

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
        self.gross = np.linalg.norm(self.error - usual, axis=2) > GROSS  # (T, 17)
        self.clean = inside & ~self.gross
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

    def _over_time(self, summary: Any) -> Array:
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


def _nearer(errors: PoseErrors, wanted: Measured, found: PoseErrors) -> PoseErrors:
    """`errors`, each number changed by the factor that `found` with them lacks of `wanted`."""
    better: dict[str, Any] = {}
    fixed = {*wanted.kept, "swapped_from_behind"}  # which is exact, but for the prior
    if not wanted.seen["swaps"]:
        fixed.add("swaps_per_minute")
    for name in {field.name for field in fields(PoseErrors)} - fixed:
        target, told = np.array(getattr(wanted.errors, name)), np.array(getattr(found, name))
        value = np.array(getattr(errors, name)) * np.clip(target / told, 0.5, 2.0)
        if name in _SHARES:
            value = np.minimum(value, 1.0)
        if value.shape == (2,):
            value = np.sort(value)
        better[name] = tuple(value.tolist()) if value.ndim else float(value)
    return replace(errors, **better)


def _rounded(errors: PoseErrors) -> PoseErrors:
    """To the three digits that can be measured at all."""
    values = {name: np.array(value) for name, value in asdict(errors).items()}
    return PoseErrors(**{
        name: tuple(float(f"{each:.3g}") for each in value) if value.ndim else float(f"{value:.3g}")
        for name, value in values.items()
    })  # fmt: skip


def _figures(films: Sequence[Estimated], simulated: Sequence[Estimated]) -> tuple[Figures, ...]:
    """What the clips and their simulations show, joint by joint, gross errors included."""
    real, model = _summary(films), _summary(simulated)
    return tuple(
        Figures(
            joint=name,
            median=(float(real[0, k]), float(model[0, k])),
            percentile_90=(float(real[1, k]), float(model[1, k])),
            confidence=(float(real[2, k]), float(model[2, k])),
        )
        for k, name in enumerate(JOINTS)
    )


def _summary(films: Sequence[Estimated]) -> Array:
    """(3, 17) median error, 90th percentile and mean confidence."""
    errors, answers = zip(*map(_off, films), strict=True)
    error, answer = np.concatenate(errors), np.concatenate(answers)
    return np.stack([*np.nanpercentile(error, [50, 90], axis=0), answer.mean(axis=0)])


def _off(film: Estimated) -> tuple[Array, Array]:
    """(T, 17) errors in crop sides, NaN outside the picture; (T, 17) confidences."""
    exact = film.projected[..., :2]
    inside = ((exact > 0) & (exact < film.size)).all(axis=2)
    error = np.linalg.norm(film.pose.keypoints[..., :2] - exact, axis=2)
    return np.where(inside, error / film.pose.crops[:, None, 2], np.nan), film.pose.keypoints[
        ..., 2
    ]


def _deviation(values: Array) -> float:
    """The standard deviation of a Gaussian of which as many are as near to zero."""
    return float(np.percentile(np.abs(values), _WITHIN))


def _rate(events: float, exposure: float) -> float:
    """Events per unit of exposure; never none because none was seen (Jeffreys' prior)."""
    return (events + 0.5) / exposure


def _episodes(happens: Mask) -> int:
    """How many times; breaks of up to `_GAP` ticks are none."""
    when = np.flatnonzero(happens)
    return int(len(when) > 0) + int((np.diff(when) > _GAP + 1).sum())


def _both_sides(values: Array) -> tuple[float, ...]:
    """Seventeen numbers with left and right alike."""
    return tuple(((values + values[MIRRORED]) / 2).tolist())


def _mean(values: Sequence[Array]) -> Array:
    """(clips, 17) with NaN -> (17,); a joint never plainly seen is like the others."""
    seen = np.isfinite(np.stack(values))
    count = seen.sum(axis=0)
    total = np.where(seen, np.stack(values), 0).sum(axis=0)
    usual = total.sum() / max(count.sum(), 1)
    return np.where(count > 0, total / np.maximum(count, 1), usual)


def _still_there(clips: Sequence[_Clip]) -> Array:
    """(clips, 1): which share of a slow error's variance a whole clip's median keeps."""
    lengths = np.array([len(clip.exact) for clip in clips])
    return np.minimum(1, 2 * WANDER_TICKS * np.sqrt(np.pi) / lengths)[:, None]
