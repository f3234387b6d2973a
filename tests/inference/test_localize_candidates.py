"""Candidates: of chunks as of one pass, of the shortest recordings, of what is far away."""

from typing import Any

import numpy as np
import pytest
import torch

from inference.localize.candidates import (
    LEAST_SCORE,
    MOST_A_MINUTE,
    SHORTEST,
    boundaries,
    candidates,
)
from inference.localize.decode import Candidates, joined
from inference.localize.inputs import Inputs, side_by_side
from inference.localize.network import FARTHEST, RefinedActionFormer
from tests.inference.localizer_sessions import session, small, wide_awake


def talkative(**options: Any) -> RefinedActionFormer:
    """Steps all over the recording and on any level claim something."""
    network = wide_awake(small(**options))
    network.class_head.conv.bias.data[0] = -4.0  # type: ignore[union-attr]
    return network


def rows(found: Candidates) -> np.ndarray:
    return np.column_stack([1000 * found.labels, found.scores, found.segments, found.spreads])


def share_missing(wanted: Candidates, found: Candidates) -> float:
    """Of `wanted`, those that have no twin within 1e-4 ticks and score among `found`."""
    there = rows(found)
    return float(np.mean([np.abs(there - row).max(axis=1).min() > 1e-4 for row in rows(wanted)]))


@pytest.mark.parametrize(
    "options", [{}, {"top_down": False, "refinement": 0}, {"stride": 4, "levels": 3}]
)
def test_chunks_answer_like_one_pass(options: dict) -> None:
    network, core = talkative(**options), 512
    inputs = session(3, ticks=2400).inputs
    ticks, reach = len(inputs), network.reach()

    def in_chunks(margin: int) -> tuple[Candidates, Candidates]:
        parts = []
        for start in range(0, ticks, core):
            first, end = max(0, start - margin), min(start + core, ticks)
            chunk = inputs.cut(first, min(end + margin, ticks))
            own = (start - first, end - first)
            parts.append(candidates(network, chunk, first=first, core=own))
        by_class, whatever = zip(*parts, strict=True)
        return joined(by_class), joined(whatever)

    whole = candidates(network, inputs, first=0, core=(0, ticks))
    # A boundary halfway between two ticks, or a score at the least that counts, may go either way.
    for one_pass, chunked in zip(whole, in_chunks(reach), strict=True):
        assert abs(len(chunked) - len(one_pass)) <= 2
        assert 100 < len(one_pass) < ticks / 15 / 60 * MOST_A_MINUTE  # all there is
        assert share_missing(one_pass, chunked) < 0.005
    short = in_chunks(network.coarsest_stride)
    assert share_missing(whole[0], short[0]) > 0.05  # the chunks must overlap indeed


@pytest.mark.parametrize("options", [{}, {"refinement": 0}, {"features": 0}])
def test_the_shortest_recordings(options: dict) -> None:
    network = talkative(**options)
    inputs = session(0).inputs
    inputs = Inputs(inputs.points, inputs.confidence, inputs.features[:, : network.config.features])
    for ticks in (1, 2, network.coarsest_stride - 1, network.coarsest_stride + 1):
        for found in candidates(network, inputs.cut(0, ticks), first=0, core=(0, ticks)):
            assert np.isfinite(rows(found)).all()
    assert not any(map(len, candidates(network, inputs.cut(0, 0), first=0, core=(0, 0))))


def test_what_candidates_are() -> None:
    network = talkative()
    inputs = session(3, ticks=480).inputs
    by_class, whatever = candidates(network, inputs, first=160, core=(0, 480))
    for found in (by_class, whatever):
        assert (np.diff(found.scores) <= 0).all() and (found.lengths > SHORTEST).all()
        assert found.scores.min() > LEAST_SCORE and found.scores.max() <= 1
        assert (found.spreads > 0.2).all()
        assert found.segments.dtype == found.scores.dtype == np.float64
    assert set(by_class.labels) == {0, 1} and set(whatever.labels) == {0}
    at_start, _ = candidates(network, inputs, first=0, core=(0, 480))
    np.testing.assert_allclose(by_class.segments, at_start.segments + 160)
    with pytest.raises(ValueError, match="multiples of 16"):
        candidates(network, inputs, first=8, core=(0, 480))


def test_only_steps_of_the_core_answer() -> None:
    network = talkative()
    inputs = session(3, ticks=480).inputs
    whole, first, second = (
        candidates(network, inputs, first=0, core=core)[1]
        for core in ((0, 480), (0, 240), (240, 480))
    )
    assert len(first) and len(second) and len(first) + len(second) == len(whole)


def test_a_boundary_far_away_stays_coarse_and_says_so() -> None:
    network = talkative()
    with torch.inference_mode():
        answer = network(*side_by_side([session(3, ticks=480).inputs], 480))
        answer.offsets[:, 0] = torch.tensor([FARTHEST + 1.0, 20.0])
        segments, spreads = boundaries(network, answer, torch.tensor([0]), passes=2)
    assert float(segments[0, 0]) == 0.5 - FARTHEST - 1 and float(segments[0, 1]) != 20.5
    assert float(spreads[0, 0]) == pytest.approx(17 / 12**0.5)


def test_looking_again_moves_boundaries() -> None:
    network, inputs = talkative(), session(3, ticks=480).inputs
    coarse, once, twice = (
        candidates(network, inputs, first=0, core=(0, 480), passes=passes)[1]
        for passes in (0, 1, 2)
    )
    assert set(coarse.spreads.flat) == {1.0}
    assert not np.array_equal(np.sort(coarse.segments, 0), np.sort(once.segments, 0))
    assert not np.array_equal(np.sort(once.segments, 0), np.sort(twice.segments, 0))
