"""A feature track as the localizer sees it: ticks, pieces of it, and its absent person."""

import numpy as np
import pytest
import torch

from inference.features.track import FeatureTrack
from inference.localize.example import Scaling
from inference.localize.inputs import inputs_of, normalised, side_by_side, usual_of
from tests.inference.test_localize_kinematics import walk


def track(ticks: int, ticks_a_step: int = 2) -> FeatureTrack:
    """A walk whose features are the times they stand for, in ticks."""
    steps = -(-ticks // ticks_a_step)
    step_s = ticks_a_step / 15
    times = (np.arange(steps, dtype=np.float64) + 0.5) * step_s
    features = np.repeat((times * 15)[:, None], 3, axis=1).astype(np.float32)
    return FeatureTrack(times, features, step_s, "plain", walk(0, ticks))


@pytest.mark.parametrize("ticks_a_step", [1, 2, 4])
@pytest.mark.parametrize("ticks", [1, 2, 9, 64])
def test_every_tick_has_the_features_of_its_time(ticks: int, ticks_a_step: int) -> None:
    source = track(ticks, ticks_a_step)
    inputs = inputs_of(source, Scaling.none(3))
    assert len(inputs) == len(inputs.points) == len(inputs.confidence) == ticks
    middle = np.arange(ticks) + 0.5
    expected = middle.clip(source.features[0, 0], source.features[-1, 0])
    np.testing.assert_allclose(inputs.features[:, 0], expected, rtol=1e-5)


def test_features_are_scaled_and_may_be_none() -> None:
    source = track(10)
    scaling = Scaling(np.full(3, 2, np.float32), np.full(3, 4, np.float32))
    plain = inputs_of(source, Scaling.none(3)).features
    np.testing.assert_allclose(inputs_of(source, scaling).features, (plain - 2) / 4)
    without = FeatureTrack(
        source.times, source.features[:, :0], source.step_s, "plain", source.keypoints
    )
    assert inputs_of(without, Scaling.none(0)).features.shape == (10, 0)


def test_a_piece_is_a_piece_of_the_whole() -> None:
    """Also where the person is absent at its edges, and last seen outside."""
    source = track(80)
    source.keypoints[20:50] = 0
    whole = inputs_of(source, Scaling.none(3))
    usual = usual_of(source.keypoints)
    for first, last in ((0, 80), (25, 40), (32, 80), (10, 30)):
        part = inputs_of(source, Scaling.none(3), usual, first, last)
        cut = whole.cut(first, last)
        np.testing.assert_array_equal(part.points, cut.points)
        np.testing.assert_array_equal(part.confidence, cut.confidence)
        np.testing.assert_array_equal(part.features, cut.features)


def test_an_absent_person_is_not_measured() -> None:
    keypoints = walk(0)
    usual = usual_of(keypoints)
    gone = np.concatenate([keypoints, np.zeros((200, 17, 3), np.float32)])
    assert usual_of(gone).trunk == usual.trunk
    np.testing.assert_array_equal(usual_of(gone).origin, usual.origin)
    points, confidence = normalised(gone)
    np.testing.assert_array_equal(points[:40], normalised(keypoints)[0])
    np.testing.assert_array_equal(points[40:], np.repeat(points[39:40], 200, axis=0))
    assert not confidence[40:].any()


def test_trunks_measure_one() -> None:
    points, _ = normalised(walk(0))
    trunks = np.linalg.norm(points[:, 5:7].mean(1) - points[:, 11:13].mean(1), axis=1)
    assert np.percentile(trunks, 75) == pytest.approx(1, abs=1e-3)
    assert np.abs(np.median(points[:, 11:13].mean(1), axis=0)).max() < 1e-3


def test_recordings_side_by_side() -> None:
    inputs = [inputs_of(track(ticks), Scaling.none(3)) for ticks in (5, 8)]
    points, confidence, features, mask = side_by_side(inputs, 16)
    assert points.shape == (2, 16, 17, 2) and features.shape == (2, 16, 3)
    assert confidence.shape == (2, 16, 17) and mask.sum(1).tolist() == [5, 8]
    assert torch.equal(points[0, 5:], points[0, 4:5].expand(11, -1, -1))
