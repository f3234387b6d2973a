"""Scores become probabilities, and spreads hold what they promise."""

import numpy as np
import pytest

from inference.localize.calibration import Calibration, fit_calibration, log_odds
from inference.localize.example import LabelLike
from inference.localize.measure import Found, calibration_of
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label


def test_scores_and_spreads_that_were_off_become_honest() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.02, 0.98, 4000)  # how likely each proposal is right
    hits = rng.random(4000) < truth
    said = 1 / (1 + np.exp(-(log_odds(truth) - 0.8) / 2))  # too low, and squeezed together
    spreads = rng.uniform(0.5, 2, (4000, 2))
    errors = 3 * spreads * rng.standard_normal((4000, 2))
    fitted = fit_calibration(said, hits, errors, spreads)
    assert fitted.slope == pytest.approx(2, abs=0.15)
    assert fitted.offset == pytest.approx(0.8, abs=0.15)
    assert fitted.spread_factor == pytest.approx(3, abs=0.15)
    honest = fitted.applied(said)
    for low in (0.1, 0.3, 0.5, 0.7):
        bin_of = (honest >= low) & (honest < low + 0.2)
        assert hits[bin_of].mean() == pytest.approx(honest[bin_of].mean(), abs=0.06)


def test_the_order_of_scores_stays_and_nothing_changes_without_a_fit() -> None:
    scores = np.linspace(0, 1, 101)
    np.testing.assert_allclose(Calibration().applied(scores), scores, atol=2e-6)
    for slope, offset in ((0.05, -3.0), (4.0, 2.0)):
        assert (np.diff(Calibration(slope, offset).applied(scores)) >= 0).all()


@pytest.mark.parametrize("hit", [True, False])
def test_all_right_or_all_wrong_stays_within_bounds(hit: bool) -> None:
    scores, hits = np.linspace(0.1, 0.9, 60), np.full(60, hit)
    fitted = fit_calibration(scores, hits, np.zeros((60, 2)), np.ones((60, 2)))
    assert 0.05 <= fitted.slope < 20 and abs(fitted.offset) < 20
    assert fitted.spread_factor > 0


def test_hits_are_proposals_of_the_right_class_that_overlap_enough() -> None:
    def proposal(label: str, start_s: float, score: float) -> Proposal:
        return Proposal(label, start_s, start_s + 4, score, 0.1, 0.1, "m")

    truth: dict[str, list[LabelLike]] = {}
    truth |= {"a": [Label("squat", 10.0 * n, 10.0 * n + 4) for n in range(30)], "b": []}
    right = [proposal("squat", 10.0 * n + 0.2, 0.5) for n in range(30)]
    wrong = [proposal("lunge", 10.0 * n, 0.5) for n in range(30)]
    elsewhere = [proposal("squat", 10.0 * n, 0.1) for n in range(30)]
    found = Found(truth, {"a": right, "b": elsewhere}, minutes=5)
    assert found.labels == 30 and found.calibration() is None  # too few to tell
    fitted = calibration_of(found)
    assert fitted.applied(np.array([0.5]))[0] > 0.8
    with_wrong = Found(truth, {"a": right + wrong, "b": elsewhere}, minutes=5)
    half = calibration_of(with_wrong).applied(np.array([0.5]))[0]
    assert half == pytest.approx(0.5, abs=0.05)  # nobody does a lunge: these are false
    assert fitted.applied(np.array([0.1]))[0] < 0.2
    assert fitted.spread_factor == pytest.approx(2, rel=1e-3)  # all are off by 0.2 s
