"""From candidates to repetitions: against the plain way, and what must hold whatever comes in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segment_kernels
from inference.localize import decode as decode_module
from inference.localize.decode import Candidates, DecodeSettings, decode, joined, overlap_of_rivals

SETTINGS = DecodeSettings()


def some(seed: int, count: int, ticks: float = 900.0, classes: int = 3) -> Candidates:
    """Repetitions of 10 to 200 ticks that overlap a lot."""
    rng = np.random.default_rng(seed)
    middle, length = rng.uniform(0, ticks, count), np.exp(rng.uniform(2.3, 5.3, count))
    return Candidates(
        np.stack([middle - length / 2, middle + length / 2], axis=1),
        rng.uniform(0.01, 1, count),
        rng.integers(0, classes, count),
        np.exp(rng.normal(0, 0.5, (count, 2))),
    )


def one_by_one(found: Candidates, limit: int) -> Candidates:
    """The same as `decode`, looking at every pair of candidates."""
    rows, scores = segment_kernels.soft_nms(
        found.segments, found.scores, found.labels, iou_threshold=0.1, sigma=SETTINGS.sigma,
        min_score=SETTINGS.min_score, method="gaussian", max_per_video=limit,
    )  # fmt: skip
    segments, spreads = found.segments[rows], found.spreads[rows]
    for i, row in enumerate(rows):
        overlap = segment_kernels.tiou(found.segments[row : row + 1], found.segments)[0]
        near = found[(found.labels == found.labels[row]) & (overlap > SETTINGS.voting_tiou)]
        tiou = segment_kernels.tiou(found.segments[row : row + 1], near.segments)[0]
        weights = (near.scores * tiou**2)[:, None] / near.spreads**2
        segments[i] = np.average(near.segments, axis=0, weights=weights)
        variance = near.spreads**2 + (near.segments - segments[i]) ** 2
        spreads[i] = np.sqrt(np.average(variance, axis=0, weights=weights))
    lengths = np.maximum(segments[:, 1] - segments[:, 0], 1)
    scores = scores * np.exp(-SETTINGS.doubt * spreads.sum(axis=1) / lengths)
    order = np.argsort(-scores, kind="stable")
    kept = Candidates(segments[order], scores[order], found.labels[rows][order], spreads[order])
    tious = np.tril(segment_kernels.tiou(kept.segments, kept.segments), -1)
    tious[kept.labels[:, None] == kept.labels] = 0
    scores = kept.scores * np.exp(-SETTINGS.rivalry * tious.max(axis=1) ** 2)
    order = np.argsort(-scores, kind="stable")
    return Candidates(kept.segments[order], scores[order], kept.labels[order], kept.spreads[order])


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 120), pairs=st.integers(1, 5000))
@settings(max_examples=60, deadline=None)
def test_it_is_what_looking_at_every_pair_gives(seed: int, count: int, pairs: int) -> None:
    found = some(seed, count)
    expected = one_by_one(found, 80)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode_module, "PAIRS_AT_A_TIME", pairs)
        kept = decode(found, SETTINGS, 80)
    np.testing.assert_allclose(kept.segments, expected.segments, atol=1e-6)
    np.testing.assert_allclose(kept.scores, expected.scores, atol=1e-9)
    np.testing.assert_allclose(kept.spreads, expected.spreads, atol=1e-6)
    np.testing.assert_array_equal(kept.labels, expected.labels)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 60), limit=st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_what_must_hold(seed: int, count: int, limit: int) -> None:
    found = some(seed, count)
    kept = decode(found, SETTINGS, limit)
    assert len(kept) <= limit
    assert (np.diff(kept.scores) <= 0).all()
    assert (kept.scores > 0).all() and (kept.spreads > 0).all() and (kept.lengths > 0).all()
    if len(kept):
        assert kept.scores.max() <= found.scores.max()
        assert kept.segments.min() >= found.segments.min() - 1e-9
        assert kept.segments.max() <= found.segments.max() + 1e-9
        assert kept.spreads.min() >= found.spreads.min() - 1e-9


@given(seed=st.integers(0, 2**32 - 1), shift=st.integers(-10_000, 100_000))
@settings(max_examples=30, deadline=None)
def test_when_it_happens_and_in_which_order_it_is_told_makes_no_difference(
    seed: int, shift: int
) -> None:
    found = some(seed, 40)
    order = np.random.default_rng(seed).permutation(40)
    later = Candidates(found.segments + shift, found.scores, found.labels, found.spreads)[order]
    here, there = decode(found, SETTINGS, 40), decode(later, SETTINGS, 40)
    np.testing.assert_allclose(here.segments + shift, there.segments, atol=1e-4)
    np.testing.assert_allclose(here.scores, there.scores, atol=1e-6)


def test_sure_neighbours_outvote_unsure_ones() -> None:
    found = Candidates(
        np.array([[100.0, 200], [104, 204], [98, 198]]),
        np.array([0.9, 0.5, 0.5]),
        np.array([0, 0, 0]),
        np.array([[4.0, 4], [0.5, 4], [4, 0.5]]),
    )
    best = decode(found, SETTINGS, 1)
    assert best.segments[0, 0] == pytest.approx(104, abs=0.5)
    assert best.segments[0, 1] == pytest.approx(198, abs=0.5)


def test_a_surer_rival_takes_from_what_it_overlaps_only() -> None:
    kept = Candidates(
        np.array([[0.0, 100], [0, 100], [0, 100], [300, 400]]),
        np.array([0.9, 0.8, 0.7, 0.6]),
        np.array([0, 1, 0, 1]),
        np.ones((4, 2)),
    )
    np.testing.assert_allclose(overlap_of_rivals(kept), [0, 1, 1, 0])


def test_unsure_boundaries_cost_score() -> None:
    sure, unsure = some(1, 1), some(1, 1)
    unsure.spreads[:] = 5 * sure.spreads
    assert decode(unsure, SETTINGS, 1).scores[0] < decode(sure, SETTINGS, 1).scores[0]


def test_nothing_found_is_no_repetition() -> None:
    assert len(decode(Candidates.none(), SETTINGS, 100)) == 0
    assert len(joined([Candidates.none(), Candidates.none()])) == 0
