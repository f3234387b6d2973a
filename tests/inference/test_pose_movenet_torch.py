"""The torch MoveNets behind stage 1's interface, and what they say about a wrong file."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.pose.boxes import box_iou
from inference.pose.estimator import CROP_SIDE, Detector, PoseEstimator
from inference.pose.movenet import MoveNet
from inference.pose.movenet_estimators import (
    MoveNetTorch,
    SinglePoseEstimator,
    lightning_estimator,
    thunder_estimator,
)
from inference.pose.movenet_numbers import (
    MoveNetFileError,
    load_lightning,
    load_multipose,
    load_thunder,
)
from inference.pose.similarity import oks
from inference.weights import fetched
from tests.inference.pictures import man, mannequins, shrunk
from tests.inference.real_files import real_file

CPU = torch.device("cpu")
SINGLE_POSE = {fetched.THUNDER: thunder_estimator, fetched.LIGHTNING: lightning_estimator}


@cache
def in_lite_rt() -> MoveNet:
    return MoveNet(real_file(fetched.MOVENET), threads=1)


@cache
def in_torch(dtype: torch.dtype = torch.float32) -> MoveNetTorch:
    return MoveNetTorch(real_file(fetched.MOVENET), device=CPU, dtype=dtype, batch=2)


@cache
def single_pose(weight: fetched.Weight, dtype: torch.dtype = torch.float32) -> SinglePoseEstimator:
    return SINGLE_POSE[weight](real_file(weight), device=CPU, dtype=dtype)


def crops() -> np.ndarray:
    """Three crops, each with one person: (3, 256, 256, 3)."""
    mannequin = mannequins(1)[20:340, 160:480]
    pictures = [man(), mannequin, np.ascontiguousarray(mannequin[:, ::-1])]
    return np.stack([shrunk(picture, CROP_SIDE, CROP_SIDE) for picture in pictures])


def test_both_are_what_stage_1_asks_for() -> None:
    detectors: list[Detector] = [in_lite_rt(), in_torch()]
    estimators: list[PoseEstimator] = [in_lite_rt(), in_torch(), single_pose(fetched.THUNDER)]
    hashes = {one.model_hash for one in detectors} | {one.model_hash for one in estimators}
    assert len(hashes) == 3 and hashes >= {fetched.MOVENET.sha256}
    assert in_torch(torch.bfloat16).model_hash not in hashes


def test_torch_finds_the_people_that_lite_rt_finds() -> None:
    picture = mannequins(3)
    expected, found = in_lite_rt().detect(picture), in_torch().detect(picture)
    assert (found.scores > 0.5).sum() == 3
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)
    np.testing.assert_allclose(found.keypoints, expected.keypoints, atol=0.05)  # pixels
    np.testing.assert_allclose(found.boxes, expected.boxes, atol=0.05)


def test_torch_sees_in_a_batch_what_lite_rt_sees_one_by_one() -> None:
    seen = in_torch().look(crops())  # two batches: 2 and 1
    for expected, found in zip(in_lite_rt().look(crops()), seen, strict=True):
        np.testing.assert_allclose(found.heatmaps, expected.heatmaps, atol=1e-4)
        np.testing.assert_allclose(found.found.keypoints, expected.found.keypoints, atol=0.05)
    assert in_torch().look(crops()[:0]) == []


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_finds_the_same_people_and_nobody_twice(dtype: torch.dtype) -> None:
    picture = mannequins(3)
    expected, found = in_torch().detect(picture), in_torch(dtype).detect(picture)
    assert len(found.scores) == len(expected.scores) == 3
    like = oks(expected.keypoints, found.keypoints)
    assert (like.max(axis=1) > 0.9).all()
    whole, half = (network.look(crops()[:1])[0] for network in (in_torch(), in_torch(dtype)))
    assert half.heatmaps.dtype == np.float32
    assert np.abs(half.heatmaps - whole.heatmaps).mean() < 2e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("weight", SINGLE_POSE, ids=lambda weight: weight.name)
def test_single_pose_gives_the_person_in_each_crop(
    weight: fetched.Weight, dtype: torch.dtype
) -> None:
    views = crops()
    views.setflags(write=False)  # as a decoder may hand them out
    known = in_lite_rt().look(views)
    for expected, seen in zip(known, single_pose(weight, dtype).look(views), strict=True):
        assert seen.found.scores.shape == (1,) and seen.found.scores[0] > 0.4
        assert oks(expected.found.keypoints[:1], seen.found.keypoints)[0, 0] > 0.75
        assert box_iou(expected.found.boxes[:1], seen.found.boxes)[0, 0] > 0.6
        assert seen.heatmaps.shape == (64, 64, 17) and seen.heatmaps.dtype == np.float32
        assert seen.heatmaps.min() >= 0 and seen.heatmaps.max() <= 1
        for joint, (x, y, confidence) in enumerate(seen.found.keypoints[0]):
            if confidence > 0.5:
                row, column = np.unravel_index(seen.heatmaps[:, :, joint].argmax(), (64, 64))
                assert abs(column * 4 + 2 - x) < 8 and abs(row * 4 + 2 - y) < 8


@pytest.mark.parametrize(
    ("load", "weight", "says"),
    [
        (load_thunder, fetched.LIGHTNING, "is not MoveNet Thunder"),
        (load_lightning, fetched.THUNDER, "is not MoveNet Lightning"),
        (load_thunder, fetched.MOVENET, "is not a TF.js graph model"),
        (load_multipose, fetched.LIGHTNING, "is not a tflite file"),
    ],
)
def test_another_file_is_refused_in_plain_words(
    load: Callable[[Path], object], weight: fetched.Weight, says: str
) -> None:
    with pytest.raises(MoveNetFileError, match=says) as error:
        load(real_file(weight))
    assert weight.file_name in str(error.value) and "weights fetch" in str(error.value)


@pytest.mark.parametrize(
    ("load", "weight"), [(load_multipose, fetched.MOVENET), (load_lightning, fetched.LIGHTNING)]
)
@pytest.mark.parametrize("kept", [0, 6, 1000, 200_000])
def test_half_a_file_is_refused_in_plain_words(
    load: Callable[[Path], object], weight: fetched.Weight, kept: int, tmp_path: Path
) -> None:
    half = tmp_path / "half"
    half.write_bytes(real_file(weight).read_bytes()[:kept])
    with pytest.raises(MoveNetFileError, match="half is"):
        load(half)
