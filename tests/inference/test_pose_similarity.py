"""Poses, boxes and clothes compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.pose.boxes import BODY_BEYOND_JOINTS, box_iou, joint_boxes
from inference.pose.clothes import clothes, colour_distance
from inference.pose.similarity import oks
from tests.inference.moving_people import GREEN_GREY, STANDING, WHITE_BLUE, Walk

POSE = Walk(start=200, speed=0, height=200, feet=300, clothes=GREEN_GREY).pose(0)


@given(st.floats(-300, 300), st.floats(-300, 300), st.floats(0.3, 5))
def test_similarity_falls_with_distance_and_does_not_depend_on_scale(
    right: float, down: float, scale: float
) -> None:
    moved = POSE.copy()
    moved[:, :2] += [right, down]
    further = POSE.copy()
    further[:, :2] += [2 * right, 2 * down]
    alike = float(oks(POSE[None], moved[None])[0, 0])
    assert 0 <= alike <= 1
    assert float(oks(POSE[None], further[None])[0, 0]) <= alike + 1e-6
    assert float(oks(moved[None], POSE[None])[0, 0]) == pytest.approx(alike, abs=1e-5)
    factor = np.array([scale, scale, 1], np.float32)
    scaled = oks((POSE * factor)[None], (moved * factor)[None])
    assert float(scaled[0, 0]) == pytest.approx(alike, abs=1e-3)


def test_the_same_pose_is_the_same_and_unseen_joints_do_not_count() -> None:
    moved = POSE.copy()
    moved[9, :2] += 100
    assert oks(POSE[None], POSE[None])[0, 0] == pytest.approx(1)
    assert oks(POSE[None], moved[None])[0, 0] < 0.99
    moved[9, 2] = 0.05
    assert oks(POSE[None], moved[None])[0, 0] == pytest.approx(1)
    moved[:, 2] = 0
    assert oks(POSE[None], moved[None])[0, 0] == 0


def test_a_box_is_the_joints_and_a_margin_for_the_body_around_them() -> None:
    box = joint_boxes(POSE[None])[0]
    low, high = POSE[:, :2].min(axis=0), POSE[:, :2].max(axis=0)
    margin = BODY_BEYOND_JOINTS * (high - low).max()
    assert box.tolist() == pytest.approx([*(low - margin), *(high + margin)], abs=1e-3)
    hidden = POSE.copy()
    hidden[3:, 2] = 0
    assert np.isnan(joint_boxes(hidden[None])).all()


def test_overlap_of_boxes() -> None:
    first = np.array([[0, 0, 10, 10], [0, 0, 5, 5]], np.float32)
    second = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    expected = [[1, 1 / 3, 0], [0.25, 0, 0]]
    assert box_iou(first, second) == pytest.approx(np.array(expected), abs=1e-6)


def test_clothes_are_the_colours_of_upper_and_lower_body() -> None:
    picture = np.full((400, 400, 3), 255, np.uint8)
    hips = round(POSE[11, 1])
    picture[:hips] = (200, 30, 30)
    picture[hips:] = (30, 30, 200)
    seen = clothes(picture, POSE[None])[0]
    assert seen[1] > 40 and seen[5] < -40  # red is +a, blue is -b
    hidden = POSE.copy()
    hidden[[13, 14], 2] = 0
    assert np.isnan(clothes(picture, hidden[None])[0, 3:]).all()
    outside = POSE.copy()
    outside[:, 0] += 1000
    assert np.isnan(clothes(picture, outside[None])).all()


def test_different_clothes_are_far_apart_and_unknown_ones_neither_near_nor_far() -> None:
    unknown = np.full(6, np.nan, np.float32)
    known = np.stack([GREEN_GREY, WHITE_BLUE, unknown])
    apart = colour_distance(known, known, unknown=10)
    assert apart[0, 0] == 0 and apart[0, 1] > 30
    assert (apart[2] == 10).all()


def test_the_standing_figure_of_these_tests_is_upright() -> None:
    assert STANDING[0, 1] < STANDING[11, 1] < STANDING[15, 1]
