"""Calibration of scores and spreads on sets that can be worked out by hand."""

import math

import numpy as np
import pytest

from inference.evaluation.calibration import coverage, reliability


def test_scores_are_compared_with_the_share_of_hits_in_ten_bins() -> None:
    scores = np.array([0.95, 0.85, 0.81, 0.83, 0.15, 0.11])
    hits = np.array([True, True, False, True, False, False])
    found = reliability(scores, hits)
    assert [each.count for each in found.bins] == [0, 2, 0, 0, 0, 0, 0, 0, 3, 1]
    assert (found.bins[8].low, found.bins[8].high) == pytest.approx((0.8, 0.9))
    assert found.bins[8].mean_score == pytest.approx(0.83)
    assert found.bins[8].hit_share == pytest.approx(2 / 3)
    assert math.isnan(found.bins[0].mean_score) and math.isnan(found.bins[0].hit_share)
    expected = (1 * 0.05 + 3 * abs(0.83 - 2 / 3) + 2 * 0.13) / 6
    assert found.ece == pytest.approx(expected)


def test_a_score_of_one_is_in_the_last_bin_and_an_edge_in_the_upper() -> None:
    found = reliability(np.array([1.0, 0.3]), np.array([True, False]))
    assert [each.count for each in found.bins] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert found.ece == pytest.approx(0.15)


def test_hopeless_candidates_do_not_improve_the_error() -> None:
    scores, hits = np.array([0.9, 0.8]), np.array([True, False])
    many = np.full(1000, 0.01)
    diluted = reliability(np.append(scores, many), np.append(hits, np.zeros(1000, bool)))
    assert diluted.ece == reliability(scores, hits).ece
    assert diluted.least_score == 0.05
    everything = reliability(
        np.append(scores, many), np.append(hits, np.zeros(1000, bool)), least_score=0
    )
    assert everything.ece < 0.02


def test_nothing_has_no_error() -> None:
    assert math.isnan(reliability(np.zeros(0), np.zeros(0, bool)).ece)
    assert math.isnan(coverage(np.zeros((0, 2)), np.zeros((0, 2)), 1.0))


def test_coverage_is_the_share_of_errors_within_so_many_spreads() -> None:
    errors = np.array([[0.1, -0.2], [0.3, 0.4]])
    spreads = np.array([[0.1, 0.1], [0.2, 0.25]])
    assert coverage(errors, spreads, 1.0) == 0.25
    assert coverage(errors, spreads, 1.645) == 0.75
    assert coverage(errors, spreads, 2.0) == 1.0
