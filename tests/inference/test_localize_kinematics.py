"""What the localizer sees of joints does not depend on the picture, and is always finite."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.localize.inputs import normalised
from inference.localize.kinematics import KINEMATIC_COLUMNS, kinematics, mirrored

PLACE = 34  # columns: joints around the hips, then the hips


def walk(seed: int, ticks: int = 40) -> np.ndarray:
    """(T, 17, 3) joints of about a person's proportions that wander through a picture."""
    rng = np.random.default_rng(seed)
    body = np.stack([rng.uniform(-40, 40, 17), np.linspace(0, 300, 17)], axis=1)
    wander = rng.normal(0, 6, (ticks, 17, 2)).cumsum(axis=0)
    places = body + np.array([300, 80]) + wander
    confidence = rng.uniform(0.2, 1, (ticks, 17, 1))
    return np.concatenate([places, confidence], axis=2).astype(np.float32)


def columns(keypoints: np.ndarray) -> torch.Tensor:
    points, confidence = normalised(keypoints)
    return kinematics(torch.from_numpy(points)[None], torch.from_numpy(confidence)[None])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.3, 4), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_the_size_of_the_picture_and_the_place_in_it_do_not_matter(
    seed: int, scale: float, x: float, y: float
) -> None:
    keypoints = walk(seed)
    moved = keypoints.copy()
    moved[..., :2] = keypoints[..., :2] * np.float32(scale) + np.array([x, y], np.float32)
    torch.testing.assert_close(columns(moved), columns(keypoints), atol=5e-3, rtol=0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_mirroring_twice_changes_nothing(seed: int) -> None:
    points, confidence = (torch.from_numpy(part) for part in normalised(walk(seed)))
    once = mirrored(points, confidence)
    assert not torch.equal(once[0], points)
    torch.testing.assert_close(mirrored(*once), (points, confidence), atol=0, rtol=0)


def test_a_mirrored_person_raises_the_other_arm() -> None:
    points, confidence = torch.zeros(1, 17, 2), torch.zeros(1, 17)
    points[0, 9], confidence[0, 9] = torch.tensor([0.5, -1.0]), 0.75  # the left wrist
    points, confidence = mirrored(points, confidence)
    assert points[0, 10].tolist() == [-0.5, -1.0] and confidence[0, 10] == 0.75
    assert not points[0, 9].any()


def test_columns() -> None:
    assert columns(walk(0)).shape == (1, 40, KINEMATIC_COLUMNS)


def test_whoever_stands_still_does_not_move() -> None:
    moving = columns(walk(1))[0, :, PLACE + 2 : PLACE + 2 + 72]
    still = columns(np.repeat(walk(1)[:1], 40, axis=0))[0, :, PLACE + 2 : PLACE + 2 + 72]
    assert not still.any() and (moving != 0).all(dim=0).all()


def test_an_absent_person_leaves_no_trace_but_confidence() -> None:
    """Whatever stands where nobody was found, the network sees a way from here to there."""
    whole = walk(2)
    absent = slice(10, 20)
    seen = []
    for value in (0.0, 3e38, np.nan):
        keypoints = whole.copy()
        keypoints[absent, :, :2], keypoints[absent, :, 2] = value, 0
        seen.append(columns(keypoints))
        assert torch.isfinite(seen[-1]).all()
    assert torch.equal(seen[0], seen[1]) and torch.equal(seen[0], seen[2])
    assert (seen[0][0, absent, -17:] == -1).all()
    expected = columns(np.delete(whole, np.arange(10, 20), axis=0))[0]
    torch.testing.assert_close(seen[0][0, :10, :36], expected[:10, :36])
    torch.testing.assert_close(seen[0][0, 20:, :36], expected[10:, :36])


def test_a_person_who_never_comes_and_one_without_size_stay_finite() -> None:
    nobody = np.zeros((5, 17, 3), np.float32)
    point = nobody.copy()
    point[..., 2] = 1
    for keypoints in (nobody, point, np.full((5, 17, 3), 1e6, np.float32) * [1, -1, 1e-6]):
        assert torch.isfinite(columns(keypoints.astype(np.float32))).all()
