"""A training window looks different each time, and shows the same movement."""

from dataclasses import replace

import numpy as np
import pytest

from inference.features.augment import UNCHANGED, augmented
from inference.synthesis.heatmaps import Blobs
from inference.synthesis.skeleton import MIRRORED

TICKS, SIDE = 12, 100.0


@pytest.fixture
def blobs() -> Blobs:
    """A person in the middle of the square, whose joints answer at their counterparts too."""
    rng = np.random.default_rng(0)
    seen = rng.uniform(60, 140, (TICKS, 17, 2))
    return Blobs(
        positions=np.stack([seen, seen[:, MIRRORED]], axis=1).astype(np.float32),
        amplitudes=rng.uniform(0.3, 0.9, (TICKS, 2, 17)).astype(np.float32),
        crops=np.tile(np.array([100, 100, SIDE], np.float32), (TICKS, 1)),
        sigmas=np.full((TICKS, 17), 1.5, np.float32),
    )


def test_nothing_changes_unless_it_is_asked_for(blobs: Blobs) -> None:
    same = augmented(blobs, UNCHANGED, np.random.default_rng(1))
    np.testing.assert_allclose(same.positions, blobs.positions, atol=1e-4)
    np.testing.assert_array_equal(same.drawn_with(16)[:], blobs.drawn_with(16)[:])


def test_the_same_seed_gives_the_same_window(blobs: Blobs) -> None:
    settings = replace(UNCHANGED, tilt_deg=5, bias=0.01, hidden=0.5, swapped=0.5)
    first, again, other = (
        augmented(blobs, settings, np.random.default_rng(seed))[:] for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_tilted_camera_turns_the_person_about_the_middle(blobs: Blobs) -> None:
    turned = augmented(blobs, replace(UNCHANGED, tilt_deg=10), np.random.default_rng(1))
    before, after = blobs.positions - 100, turned.positions - 100
    radius = np.linalg.norm(before, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(after, axis=-1), radius, rtol=1e-4)
    angles = np.angle((after[..., 0] + 1j * after[..., 1]) / (before[..., 0] + 1j * before[..., 1]))
    assert np.ptp(angles) < 1e-3 and abs(angles.mean()) > 0.01


def test_shift_and_zoom_move_the_square_and_keep_widths_in_pixels(blobs: Blobs) -> None:
    moved = augmented(blobs, replace(UNCHANGED, shift=0.1, zoom=0.2), np.random.default_rng(1))
    np.testing.assert_array_equal(moved.positions, blobs.positions)
    assert (moved.crops[0, :2] != blobs.crops[0, :2]).all()
    assert (moved.crops == moved.crops[0]).all()
    before, after = (each.sigmas * each.crops[:, 2:] for each in (blobs, moved))
    np.testing.assert_allclose(after, before, rtol=1e-5)


def test_a_biased_joint_is_off_in_every_answer_for_it(blobs: Blobs) -> None:
    off = augmented(blobs, replace(UNCHANGED, bias=0.02), np.random.default_rng(1))
    error = off.positions - blobs.positions
    np.testing.assert_allclose(error, np.broadcast_to(error[:1], error.shape), atol=1e-4)
    np.testing.assert_allclose(error[:, 1], error[:, 0, MIRRORED], atol=1e-4)
    assert 0.5 < error.std() / (0.02 * SIDE) < 1.5


def test_hidden_joints_have_no_answer_in_a_part_of_the_window(blobs: Blobs) -> None:
    hidden = augmented(blobs, replace(UNCHANGED, hidden=1), np.random.default_rng(1))
    gone = (hidden.amplitudes == 0).all(axis=1)  # (T, 17)
    joints, ticks = gone.any(axis=0), gone.any(axis=1)
    assert 2 <= joints.sum() <= 5 and 0 < ticks.sum() < TICKS
    assert gone.sum() == joints.sum() * ticks.sum()


def test_swapped_joints_are_those_of_the_other_side(blobs: Blobs) -> None:
    swapped = augmented(blobs, replace(UNCHANGED, swapped=1), np.random.default_rng(1))
    changed = (swapped.amplitudes != blobs.amplitudes).any(axis=1)  # (T, 17)
    tick = int(np.argmax(changed.any(axis=1)))
    joints = np.flatnonzero(changed[tick])
    assert len(joints) >= 6
    for before, after in (
        (blobs.amplitudes, swapped.amplitudes), (blobs.positions, swapped.positions),
    ):  # fmt: skip
        np.testing.assert_allclose(after[tick][:, joints], before[tick][:, MIRRORED[joints]])
