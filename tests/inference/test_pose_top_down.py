"""The top-down estimator: published poses in an image, and what it sees in crops."""

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from inference.pose.folding import folded
from inference.pose.heatmap_decoding import MIRRORED_JOINTS, Decoding, decode
from inference.pose.hrnet import HRNet, hrnet_w32
from inference.pose.litehrnet import litehrnet_18
from inference.pose.top_down import TopDown
from tests.inference.spots import SpotFinder, spot
from tests.parity_weights import fill_from_names

CPU = torch.device("cpu")


def finder(*, flip_test: bool = True, network: nn.Module | None = None) -> TopDown:
    return TopDown(
        network or SpotFinder(),
        model_hash="x",
        device=CPU,
        dtype=torch.float32,
        flip_test=flip_test,
        decoding="dark",
    )


@pytest.mark.parametrize("flip_test", [True, False])
def test_joints_and_heatmaps_of_a_crop_lie_on_what_is_seen(flip_test: bool) -> None:
    places = [(100.0, 61.0), (171.3, 140.8), (40.5, 200.2)]  # red, green, blue
    crop = np.zeros((1, 256, 256, 3), np.uint8)
    for colour, (x, y) in enumerate(places):
        spot(crop[0], colour, x, y, sigma=8)
    (seen,) = finder(flip_test=flip_test).look(crop)
    keypoints = seen.found.keypoints[0]
    for joint, colour in ((0, 2), (1, 0), (2, 0), (15, 1), (16, 1)):
        np.testing.assert_allclose(keypoints[joint, :2], places[colour], atol=0.65)
        column, row = (places[colour][axis] / 4 - 0.5 for axis in (0, 1))
        peak = np.unravel_index(seen.heatmaps[..., joint].argmax(), (64, 64))
        assert abs(peak[0] - row) <= 0.75 and abs(peak[1] - column) <= 0.75
    if flip_test:
        assert abs(keypoints[1, 0] - 100) < 0.1  # from left to right nothing is left over
    assert seen.heatmaps.shape == (64, 64, 17) and seen.heatmaps.dtype == np.float32
    assert seen.heatmaps.min() >= 0 and seen.heatmaps.max() <= 1
    assert seen.found.scores[0] == pytest.approx(keypoints[:, 2].mean())
    left, top, right, bottom = seen.found.boxes[0]
    assert left < 40 and top < 61 and right > 171 and bottom > 200


def test_any_number_of_crops_gives_the_same_answers() -> None:
    crops = np.random.default_rng(5).integers(0, 256, (11, 256, 256, 3), np.uint8)
    estimator = finder(network=litehrnet_18())
    together = estimator.look(crops)
    assert len(together) == 11 > estimator.batch
    for crop, seen in zip(crops[[0, 10]], (together[0], together[10]), strict=True):
        (alone,) = estimator.look(crop[None])
        np.testing.assert_allclose(alone.heatmaps, seen.heatmaps, atol=1e-5)
    assert estimator.look(crops[:0]) == []


def test_strong_and_negative_answers_are_cut_off() -> None:
    class Loud(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x[:, :1, ::4, ::4] * 9).expand(-1, 17, -1, -1)

    crop = np.random.default_rng(0).integers(0, 256, (1, 256, 256, 3), np.uint8)
    (seen,) = finder(network=Loud()).look(crop)
    assert seen.heatmaps.min() == 0 and seen.heatmaps.max() == 1
    assert (seen.found.keypoints[..., 2] == 1).all()
    assert (seen.found.keypoints[..., :2] >= 0).all()
    assert (seen.found.keypoints[..., :2] <= 256).all()


def test_the_crops_must_be_crops() -> None:
    with pytest.raises(ValueError, match="crops"):
        finder().look(np.zeros((1, 256, 192, 3), np.uint8))
    with pytest.raises(ValueError, match="crops"):
        finder().look(np.zeros((1, 256, 256, 3), np.float32))


def affine(source: list[list[float]], target: list[list[float]]) -> np.ndarray:
    return cv2.getAffineTransform(np.array(source, np.float32), np.array(target, np.float32))


def test_parity_poses_are_the_published_procedure_step_by_step() -> None:
    """The whole way with HRNet-W32, against the same steps taken one by one with OpenCV."""
    network = hrnet_w32()
    fill_from_names(network)
    network.eval()
    image = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    image[:] = cv2.GaussianBlur(image, (15, 15), 0)
    boxes = np.array([[60.0, 30.0, 160.0, 200.0], [100.0, 50.0, 290.0, 120.0]])
    estimator = TopDown(network, model_hash="x", device=CPU, dtype=torch.float32)
    found = estimator.poses(image, boxes)
    assert found.shape == (2, 17, 3)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    for (left, top, right, bottom), pose in zip(boxes, found, strict=True):
        x, y = (left + right) / 2, (top + bottom) / 2
        half = max(right - left, (bottom - top) * 0.75) * 1.25 / 2
        region = [[x, y], [x, y - half], [x - half, y - half]]
        cut = affine(region, [[96, 128], [96, 32], [0, 32]])
        crop = cv2.warpAffine(image, cut, (192, 256), flags=cv2.INTER_LINEAR)
        given = ((crop / 255 - mean) / std).transpose(2, 0, 1)[None].astype(np.float32)
        with torch.inference_mode():
            maps = network(torch.from_numpy(given)).numpy()
            mirrored = network(torch.from_numpy(given[..., ::-1].copy())).numpy()
        mirrored = mirrored[:, MIRRORED_JOINTS, :, ::-1].copy()
        mirrored[..., 1:] = mirrored[..., :-1].copy()
        averaged = (maps + mirrored) / 2
        cells, values = decode(averaged, "quarter")
        back = affine([[24, 32], [24, 8], [0, 8]], region)
        expected = cells[0] @ back[:, :2].T + back[:, 2]
        np.testing.assert_allclose(pose[:, :2], expected, atol=1e-2)
        np.testing.assert_allclose(pose[:, 2:], values[0], rtol=1e-4)


def test_poses_lie_on_what_is_seen() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    for colour, place in enumerate([(250.5, 200.5), (330.5, 260.5), (300.5, 120.5)]):
        spot(image, colour, *place, sigma=15)
    boxes = np.array([[200, 80, 400, 400]])
    (pose,) = finder(flip_test=False).poses(image, boxes)
    # positions count from the middle of the first pixel there, as published
    np.testing.assert_allclose(pose[[1, 3, 0], :2], [[250, 200], [330, 260], [300, 120]], atol=0.5)
    assert finder().poses(image, np.zeros((0, 4))).shape == (0, 17, 3)


@pytest.mark.parametrize(
    "box", [(10, 10, 10, 50), (30, 10, 20, 50), (0, 0, float("nan"), 9), (0, 0, float("inf"), 9)]
)
def test_a_box_must_hold_something(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="boxes"):
        finder().poses(np.zeros((64, 64, 3), np.uint8), np.array([box]))


@pytest.mark.parametrize("build", [lambda: HRNet(8), litehrnet_18])
def test_folding_keeps_the_answers_and_the_network(build: type[nn.Module]) -> None:
    network = build()
    fill_from_names(network)
    network.eval()
    keys = list(network.state_dict())
    x = torch.from_numpy(np.random.RandomState(2).standard_normal((1, 3, 64, 64))).float()
    with torch.inference_mode():
        expected = network(x)
        actual = folded(network)(x)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded(network).modules())
    tolerance = 1e-5 * float(expected.abs().max())
    np.testing.assert_allclose(actual.numpy(), expected.numpy(), rtol=0, atol=tolerance)
    assert list(network.state_dict()) == keys


def test_the_hash_follows_what_changes_the_answer() -> None:
    def made(
        weights: str = "a",
        dtype: torch.dtype = torch.float32,
        flip_test: bool = True,
        way: Decoding = "quarter",
    ) -> str:
        return TopDown(
            SpotFinder(),
            model_hash=weights,
            device=CPU,
            dtype=dtype,
            flip_test=flip_test,
            decoding=way,
        ).model_hash

    changed = [made("b"), made(dtype=torch.bfloat16), made(flip_test=False), made(way="dark")]
    assert len({made(), *changed}) == 5
    assert made() == made()


def test_bfloat16_is_near_float32() -> None:
    network = HRNet(16)
    crops = np.random.default_rng(6).integers(0, 256, (1, 256, 256, 3), np.uint8)
    full, half = (
        TopDown(network, model_hash="x", device=CPU, dtype=dtype).look(crops)[0].heatmaps
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert np.abs(full - half).max() < 0.05 * np.abs(full).max()
