"""Whether scores and spreads mean what they say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
LEAST_SCORE = 0.05


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions with a score in [low, high); the last bin has 1 as well. mean_score,
    hit_share: of those, 0..1; NaN without one."""

    low: float
    high: float
    count: int
    mean_score: float
    hit_share: float


@dataclass(frozen=True)
class Reliability:
    """ece: expected calibration error, 0..1; NaN without a prediction. least_score: predictions
    below it were left out."""

    ece: float
    least_score: float
    bins: tuple[ReliabilityBin, ...]


def reliability(
    scores: NDArray[np.float64], hits: NDArray[np.bool_], *, least_score: float = LEAST_SCORE
) -> Reliability:
    """How far scores are from the share of predictions that are right.

    scores (n,) 0..1; hits (n,) whether each prediction is right. The expected calibration error
    (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017): predictions go into ten
    bins of equal width by their score; in each the mean score is compared with the share of hits,
    and the absolute differences are averaged, weighted by how many predictions a bin has.

    Only scores of at least `least_score` count: a detector may keep any number of hopeless
    candidates near 0, each of them well calibrated, and so make the error as small as it likes.
    """
    counted = scores >= least_score
    scores, hits = scores[counted], hits[counted]
    place = np.clip(scores * BINS, 0, BINS - 1).astype(int)
    bins = tuple(
        ReliabilityBin(
            low=number / BINS,
            high=(number + 1) / BINS,
            count=int((place == number).sum()),
            mean_score=_mean(scores[place == number]),
            hit_share=_mean(hits[place == number]),
        )
        for number in range(BINS)
    )
    gaps = [each.count * abs(each.mean_score - each.hit_share) for each in bins if each.count]
    ece = sum(gaps) / len(scores) if len(scores) else float("nan")
    return Reliability(ece=ece, least_score=least_score, bins=bins)


def coverage(errors: NDArray[np.float64], spreads: NDArray[np.float64], factor: float) -> float:
    """Share of errors of at most `factor` spreads; both of any one shape and unit.

    If errors were normal with these standard deviations, 1 would cover 68 % and 1.645 90 %. NaN
    without an error.
    """
    return _mean(np.abs(errors) <= factor * spreads)


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else float("nan")
