"""MoveNet on real pictures: places are right whatever the picture's size, and heatmaps agree."""

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.pose.boxes import box_iou, joint_boxes
from inference.pose.estimator import CROP_SIDE
from inference.pose.movenet import MoveNet
from inference.pose.multipose import STRIDE, input_size
from inference.pose.similarity import oks
from inference.weights import fetched
from tests.inference.pictures import man
from tests.inference.real_files import real_file


@cache
def movenet() -> MoveNet:
    return MoveNet(real_file(fetched.MOVENET), threads=1)


def test_a_clear_person_is_found_once_with_a_good_score() -> None:
    found = movenet().detect(man())
    assert found.scores[0] > 0.5
    assert (found.scores > 0.3).sum() == 1
    assert found.keypoints[0, :, 2].mean() > 0.6
    assert box_iou(found.boxes[:1], joint_boxes(found.keypoints[:1]))[0, 0] > 0.75


@pytest.mark.parametrize("size", [(256, 256), (560, 300), (301, 997), (1280, 720), (170, 170)])
def test_places_are_in_pixels_of_the_picture_given(size: tuple[int, int]) -> None:
    width, height = size
    side = min(size)
    picture = np.full((height, width, 3), 128, np.uint8)
    left, top = (width - side) // 2, (height - side) // 2
    shrunk = cv2.resize(man(), (side, side), interpolation=cv2.INTER_AREA)
    picture[top : top + side, left : left + side] = shrunk
    found = movenet().detect(picture)
    known = movenet().detect(man())
    expected = known.keypoints[:1].copy()
    expected[:, :, :2] = expected[:, :, :2] * (side / 560) + [left, top]
    assert oks(expected, found.keypoints[:1])[0, 0] > 0.75


def test_heatmaps_peak_where_the_keypoints_are() -> None:
    crop = cv2.resize(man(), (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    [seen] = movenet().look(crop[None])
    found, heatmaps = seen.found, seen.heatmaps
    assert heatmaps.shape == (64, 64, 17) and heatmaps.dtype == np.float32
    assert heatmaps.min() >= 0 and heatmaps.max() <= 1
    for joint, (x, y, confidence) in enumerate(found.keypoints[0]):
        if confidence > 0.4:
            row, column = np.unravel_index(heatmaps[:, :, joint].argmax(), (64, 64))
            assert abs(column * 4 + 2 - x) < 8 and abs(row * 4 + 2 - y) < 8


def test_an_empty_picture_has_nobody_in_it() -> None:
    found = movenet().detect(np.full((360, 640, 3), 90, np.uint8))
    assert (found.scores > 0.2).sum() == 0
    assert found.keypoints.shape[1:] == (17, 3) and found.boxes.shape[1:] == (4,)


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_network_inputs_are_multiples_of_32_near_the_wanted_size(width: int, height: int) -> None:
    net_width, net_height, scale = input_size(width, height, 320 * 192)
    assert net_width % STRIDE == 0 and net_height % STRIDE == 0
    assert width * scale <= net_width + 1e-6 and height * scale <= net_height + 1e-6
    assert 0.5 < net_width * net_height / (320 * 192) < 2
