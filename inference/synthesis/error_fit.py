"""The error model of stage 1 that explains what is wrong in clips whose joints are known."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.clip_errors import ClipErrors, Estimated
from inference.synthesis.observe import LIMBS, WANDER_TICKS
from inference.synthesis.pose_errors import JOINTS, PoseErrors
from inference.synthesis.skeleton import MIRRORED

Array = NDArray[np.floating]

_EVEN = np.sqrt(3.0)  # makes the standard deviation of an even spread half its width
_ROUNDS, _REPEATS = 2, 8  # of correction; simulations of each clip in one
_SHARES = ("confidence", "far_side", "face_away", "swapped_from_behind", "ghost")  # at most 1


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
    clips = [ClipErrors(film) for film in films]
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
    values: dict[str, Any] = {}
    for name, value in asdict(errors).items():
        numbers = tuple(float(f"{each:.3g}") for each in np.atleast_1d(value))
        values[name] = numbers if isinstance(value, tuple) else numbers[0]
    return PoseErrors(**values)


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
    keypoints = film.pose.keypoints
    error = np.linalg.norm(keypoints[..., :2] - exact, axis=2) / film.pose.crops[:, None, 2]
    return np.where(inside, error, np.nan), keypoints[..., 2]


def _rate(events: float, exposure: float) -> float:
    """Events per unit of exposure; never none because none was seen (Jeffreys' prior)."""
    return (events + 0.5) / exposure


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


def _still_there(clips: Sequence[ClipErrors]) -> Array:
    """(clips, 1): which share of a slow error's variance a whole clip's median keeps."""
    lengths = np.array([len(clip.exact) for clip in clips])
    return np.minimum(1, 2 * WANDER_TICKS * np.sqrt(np.pi) / lengths)[:, None]
