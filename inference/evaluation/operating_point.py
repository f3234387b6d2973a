"""What is found when only so many false positives a minute are allowed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class OperatingPoint:
    """recall: share of the labels, 0..1, found by predictions of at least `score`, of which at
    most `per_minute` a minute are false. score is infinite where even the surest are too many,
    and recall NaN without a label or a length."""

    per_minute: float
    score: float
    recall: float


def recall_at(
    per_minute: float,
    *,
    scores: NDArray[np.float64],
    hits: NDArray[np.bool_],
    labels: int,
    minutes: float,
) -> OperatingPoint:
    """The lowest score with at most `per_minute` false positives a minute, and the recall there.

    scores (n,) falling; hits (n,) whether each prediction is right. Predictions of one score are
    in or out together.
    """
    if not labels or not minutes > 0:
        return OperatingPoint(per_minute, math.inf, math.nan)
    last_of_score = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
    allowed = last_of_score & (np.cumsum(~hits) <= per_minute * minutes)
    if not allowed.any():
        return OperatingPoint(per_minute, math.inf, 0.0)
    last = int(np.flatnonzero(allowed)[-1])
    return OperatingPoint(per_minute, float(scores[last]), int(hits[: last + 1].sum()) / labels)
