"""Scores that are probabilities, and spreads that hold what they promise."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Floats = NDArray[np.float64]

LEAST_LABELS_TO_CALIBRATE = 50  # fewer say too little of how often a score is right
WITHIN_ONE_SPREAD = 0.683  # of errors that are normally distributed
WEIGHT_OF_NOTHING_KNOWN = 1.0  # keeps the fit in bounds where every score is right, or none
LEAST_FACTOR = 0.1  # a spread stays above 0 whatever the labels say
SURE_ENOUGH = 0.5  # calibrated; only what people would see decides the factor of the spreads


@dataclass(frozen=True)
class Calibration:
    """slope, offset: of the log odds of a score (Platt, 1999). spread_factor: of every spread."""

    slope: float = 1.0
    offset: float = 0.0
    spread_factor: float = 1.0

    @classmethod
    def usual(cls) -> "Calibration":
        """About that of all folds (docs/accuracy.md): people who were not trained on."""
        return cls(slope=2.0, offset=1.4, spread_factor=0.95)

    def applied(self, scores: NDArray[np.floating]) -> Floats:
        """Scores 0..1 -> how likely each is right, in the same order."""
        logits = self.slope * log_odds(np.asarray(scores, np.float64)) + self.offset
        return 1 / (1 + np.exp(-logits))


def log_odds(scores: Floats) -> Floats:
    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def fit_calibration(
    scores: Floats, hits: NDArray[np.bool_], errors: Floats, spreads: Floats
) -> Calibration:
    """The calibration under which the hits are most likely.

    scores (n,) and hits (n,): every proposal, and whether it is right. errors (n, 2), spreads
    (n, 2): of start and end in the same unit; errors count only where a proposal is right.
    The factor makes 68 % of the errors lie within one spread.
    """
    x, y = torch.from_numpy(log_odds(scores)), torch.from_numpy(hits.astype(np.float64))
    line = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        entropy = functional.binary_cross_entropy_with_logits(
            line[0] * x + line[1], y, reduction="sum"
        )
        unsure = WEIGHT_OF_NOTHING_KNOWN * ((line[0] - 1) ** 2 + line[1] ** 2)
        total: torch.Tensor = entropy + unsure
        total.backward()
        return total

    optimizer.step(loss)
    slope, offset = line.detach().tolist()
    calibration = Calibration(max(slope, 0.05), offset)
    good = hits & (calibration.applied(scores) >= SURE_ENOUGH)
    if not good.any():
        return calibration
    ratios = (np.abs(errors[good]) / spreads[good]).ravel()
    factor = max(float(np.quantile(ratios, WITHIN_ONE_SPREAD)), LEAST_FACTOR)
    return Calibration(calibration.slope, calibration.offset, factor)
