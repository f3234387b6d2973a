"""Pieces of recordings: tempo, cuts, padding, epochs."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.localize.batches import batches, collate, piece, piece_count
from inference.localize.inputs import Inputs
from inference.localize.sample import Sample
from tests.inference.localizer_sessions import session


def ramp(ticks: int, *segments: tuple[float, float]) -> Sample:
    """A recording whose every value is the number of its tick."""
    values = np.arange(ticks, dtype=np.float32)
    return Sample(
        Inputs(
            np.broadcast_to(values[:, None, None], (ticks, 17, 2)).copy(),
            np.broadcast_to(values[:, None], (ticks, 17)).copy(),
            values[:, None].copy(),
        ),
        np.array(segments, np.float32).reshape(-1, 2),
        np.arange(len(segments)),
        np.ones(ticks, bool),
    )


@settings(max_examples=60, deadline=None)
@given(
    ticks=st.integers(1, 200),
    speed=st.floats(0.85, 1.15),
    start=st.floats(0, 180),
    length=st.floats(1, 60),
    share=st.floats(0, 1),
)
def test_labels_stay_on_what_they_label(
    ticks: int, speed: float, start: float, length: float, share: float
) -> None:
    """At whatever tempo: what stands at a segment's boundaries is what stood there before."""
    sample = ramp(200, (start, min(start + length, 200.0)))
    cut = piece(sample, first=share * max(200 - ticks * speed, 0), speed=speed, ticks=ticks)
    assert 1 <= len(cut) <= ticks and len(cut.known) == len(cut)
    for boundaries in cut.segments:
        inside = (boundaries >= 0) & (boundaries <= len(cut) - 1)
        values = np.interp(boundaries, np.arange(len(cut)), cut.inputs.features[:, 0])
        np.testing.assert_allclose(values[inside], sample.segments[0][inside], atol=1e-2)
    if not len(cut.segments):  # cut through or out of sight: what is in sight is unknown
        seen = cut.inputs.features[:, 0]
        touched = (seen > sample.segments[0, 0] + 1) & (seen < sample.segments[0, 1] - 1)
        assert not cut.known[touched].any()


def test_a_piece_without_a_cut_is_the_recording() -> None:
    sample = ramp(100, (10, 20), (90, 100))
    whole = piece(sample, first=0, speed=1, ticks=128)
    np.testing.assert_array_equal(whole.inputs.points, sample.inputs.points)
    np.testing.assert_array_equal(whole.segments, sample.segments)
    assert whole.known.all()


def test_a_segment_that_is_cut_through_becomes_unknown_and_its_neighbour_does_not() -> None:
    cut = piece(ramp(100, (10, 20), (30, 60)), first=5, speed=1, ticks=40)
    np.testing.assert_array_equal(cut.segments, [[5, 15]])
    assert cut.labels.tolist() == [0]
    assert cut.known[:25].all() and not cut.known[25:].any()


def test_samples_of_any_length_lie_side_by_side() -> None:
    batch = collate([ramp(64, (1, 5), (6, 9)), ramp(1), ramp(10, (2, 4))], 64)
    assert batch.points.shape == (3, 64, 17, 2) and batch.features.shape == (3, 64, 1)
    assert batch.mask.sum(1).tolist() == [64, 1, 10] == batch.known.sum(1).tolist()
    assert batch.segments[2].tolist() == [[2, 4], [0, 0]] and batch.labels.shape == (3, 2)
    assert (batch.points[2, 10:] == 9).all()  # stands still behind the end


def test_recordings_without_labels_make_a_batch() -> None:
    assert collate([ramp(10), ramp(20)], 32).segments.shape == (2, 0, 2)


def test_an_epoch_covers_every_recording_and_a_seed_decides_it() -> None:
    samples = [ramp(50), ramp(200, (20, 40)), ramp(130)]

    def epoch(seed: int) -> list:
        rng = np.random.default_rng(seed)
        return list(batches(samples, rng, size=4, ticks=64, stretch=0.1))

    one, same, other = epoch(0), epoch(0), epoch(1)
    assert sum(len(batch.points) for batch in one) == piece_count(samples, 64) == 1 + 4 + 3
    assert [len(batch.points) for batch in one] == [4, 4]
    assert all(torch.equal(a.points, b.points) for a, b in zip(one, same, strict=True))
    assert not all(torch.equal(a.points, b.points) for a, b in zip(one, other, strict=True))
    assert all(batch.points.shape[1] == 64 for batch in one)


def test_real_samples_pass() -> None:
    sample = session(0)
    batch = next(batches([sample], np.random.default_rng(0), size=3, ticks=96, stretch=0.15))
    assert torch.isfinite(batch.points).all() and (batch.confidence > 0.8).all()
