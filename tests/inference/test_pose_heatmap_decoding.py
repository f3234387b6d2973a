"""From heatmaps to joints: the published numbers, and what must hold for any of them."""

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.pose import heatmap_decoding as decoding
from tests.parity_files import parity_folder

GRID = (48, 64)  # width and height of the published heatmaps
Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def published() -> Arrays:
    return parity_folder("hrnet").npz("postprocess.npz")


def region(published: Arrays) -> tuple[np.ndarray, np.ndarray]:
    return published["center"], published["scale"]


def test_parity_peaks_and_quarter_offset(published: Arrays) -> None:
    cells, values = decoding.peaks(published["heatmaps"])
    np.testing.assert_array_equal(cells, published["argmax_coords"])
    np.testing.assert_array_equal(values, published["maxvals"])
    joints, again = decoding.decode(published["heatmaps"], "quarter")
    np.testing.assert_array_equal(joints, published["quarter_offset_coords"])
    np.testing.assert_array_equal(again, values)


def test_parity_centre_and_scale(published: Arrays) -> None:
    centre, scale = decoding.centre_and_scale(published["boxes_xywh"])
    np.testing.assert_allclose(centre, published["center"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(scale, published["scale"], rtol=0, atol=1e-6)


def test_parity_affine_matrices(published: Arrays) -> None:
    back = decoding.to_image(*region(published), GRID)
    np.testing.assert_allclose(back, published["affine_heatmap_to_image"], rtol=0, atol=1e-4)
    there = decoding.from_image(*region(published), (192, 256))
    np.testing.assert_allclose(there, published["affine_image_to_input"], rtol=0, atol=1e-4)


def test_parity_joints_in_the_image(published: Arrays) -> None:
    back = decoding.to_image(*region(published), GRID)
    cells, _ = decoding.peaks(published["heatmaps"])
    plain = decoding.transform(cells, back)
    np.testing.assert_allclose(plain, published["final_preds_no_post"], rtol=0, atol=1e-3)
    joints, _ = decoding.decode(published["heatmaps"], "quarter")
    refined = decoding.transform(joints, back)
    np.testing.assert_allclose(refined, published["final_preds_post"], rtol=0, atol=1e-3)


def test_parity_flip_test(published: Arrays) -> None:
    heatmaps = torch.from_numpy(published["heatmaps"])
    mirrored = torch.from_numpy(published["heatmaps_of_mirrored_image"])
    back = decoding.flip_back(mirrored)
    np.testing.assert_allclose(
        back[:, :, ::4, ::4].numpy(), published["flip_back_sub4"], rtol=0, atol=1e-6
    )
    mean = decoding.average_with_flipped(heatmaps, mirrored)
    np.testing.assert_allclose(
        mean[:, :, ::4, ::4].numpy(), published["flip_avg_shift_sub4"], rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(
        mean.double().mean(dim=(2, 3)).numpy(),
        published["flip_avg_shift_mean_per_joint"],
        rtol=0,
        atol=1e-6,
    )
    to_image = decoding.to_image(*region(published), GRID)
    for name, averaged in (("shift", mean), ("noshift", (heatmaps + back) * 0.5)):
        joints, values = decoding.decode(averaged.numpy(), "quarter")
        expected = published[f"flip_{name}_final_preds"]
        np.testing.assert_allclose(
            decoding.transform(joints, to_image), expected, rtol=0, atol=1e-3
        )
        np.testing.assert_allclose(values, published[f"flip_{name}_maxvals"], rtol=0, atol=1e-6)


def test_parity_mirrored_joints(published: Arrays) -> None:
    order = list(range(17))
    for left, right in published["flip_pairs"]:
        order[left], order[right] = right, left
    assert tuple(order) == decoding.MIRRORED_JOINTS


def dark_point_by_point(heatmap: np.ndarray, kernel: int) -> tuple[float, float]:
    """The procedure of the DARK paper for one map, written out with OpenCV's filter."""
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    y, x = int(row), int(column)
    height, width = heatmap.shape
    if not (1 < x < width - 2 and 1 < y < height - 2):
        return float(x), float(y)
    border = kernel // 2
    padded = np.pad(heatmap.astype(np.float64), border)
    smooth = cv2.GaussianBlur(padded, (kernel, kernel), 0)[border:-border, border:-border]
    smooth = smooth * (heatmap.max() / smooth.max())
    log = np.log(np.maximum(smooth, 1e-10))
    slope = 0.5 * np.array([log[y, x + 1] - log[y, x - 1], log[y + 1, x] - log[y - 1, x]])
    xx = 0.25 * (log[y, x + 2] - 2 * log[y, x] + log[y, x - 2])
    yy = 0.25 * (log[y + 2, x] - 2 * log[y, x] + log[y - 2, x])
    xy = 0.25 * (log[y + 1, x + 1] - log[y - 1, x + 1] - log[y + 1, x - 1] + log[y - 1, x - 1])
    step = -np.linalg.inv([[xx, xy], [xy, yy]]) @ slope
    return x + float(step[0]), y + float(step[1])


def test_dark_is_the_papers_procedure() -> None:
    rng = np.random.default_rng(8)
    noise = rng.random((2, 17, 64, 48), dtype=np.float32)
    heatmaps = np.stack([[cv2.GaussianBlur(part, (9, 9), 0) for part in one] for one in noise])
    heatmaps -= np.float32(0.45)  # some of it below 0, where the logarithm is cut off
    joints, values = decoding.decode(heatmaps, "dark")
    expected = [[dark_point_by_point(part, 11) for part in one] for one in heatmaps]
    np.testing.assert_allclose(joints, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(values[..., 0], heatmaps.max(axis=(2, 3)))


def gaussian(x: float, y: float, sigma: float) -> np.ndarray:
    """(1, 1, 64, 48): a Gaussian around (x, y), in cells."""
    columns = np.exp(-((np.arange(48) - x) ** 2) / (2 * sigma**2))
    rows = np.exp(-((np.arange(64) - y) ** 2) / (2 * sigma**2))
    return np.outer(rows, columns)[None, None].astype(np.float32)


def distance(joint: np.ndarray, x: float, y: float) -> float:
    return math.hypot(float(joint[0, 0, 0]) - x, float(joint[0, 0, 1]) - y)


@given(x=st.floats(9, 38), y=st.floats(9, 54), sigma=st.floats(1.5, 3), height=st.floats(0.05, 1))
def test_dark_finds_the_middle_of_a_gaussian(
    x: float, y: float, sigma: float, height: float
) -> None:
    heatmap = np.float32(height) * gaussian(x, y, sigma)
    joint, value = decoding.decode(heatmap, "dark")
    assert distance(joint, x, y) < 0.02
    assert value[0, 0, 0] == heatmap.max()


def test_dark_is_nearer_than_the_quarter_offset() -> None:
    errors: dict[str, list[float]] = {"quarter": [], "dark": []}
    places = np.random.default_rng(3).uniform((9, 9), (38, 54), (200, 2))
    for x, y in places.tolist():
        heatmap = gaussian(x, y, 2)
        errors["quarter"].append(distance(decoding.decode(heatmap, "quarter")[0], x, y))
        errors["dark"].append(distance(decoding.decode(heatmap, "dark")[0], x, y))
    assert np.mean(errors["dark"]) < 0.1 * np.mean(errors["quarter"])
    assert max(errors["quarter"]) < 0.36  # a quarter of a cell each way


@given(arrays(np.float32, (1, 17, 8, 8), elements=st.floats(-1, 1, width=32)))
def test_any_map_gives_finite_joints_at_its_peak(heatmaps: np.ndarray) -> None:
    cells, values = decoding.peaks(heatmaps)
    for decode in ("quarter", "dark"):
        joints, again = decoding.decode(heatmaps, decode)
        assert joints.dtype == np.float32 and np.isfinite(joints).all()
        np.testing.assert_array_equal(again, values)
    moved = decoding.decode(heatmaps, "quarter")[0] - cells
    assert np.isin(np.abs(moved), (0, 0.25)).all()
    assert (cells[values[..., 0] <= 0] == 0).all()


@given(arrays(np.float32, (2, 17, 3, 4), elements=st.floats(-1, 1, width=32)))
def test_flipped_twice_is_as_before(heatmaps: np.ndarray) -> None:
    twice = decoding.flip_back(decoding.flip_back(torch.from_numpy(heatmaps)))
    np.testing.assert_array_equal(twice.numpy(), heatmaps)


@given(
    boxes=arrays(np.float64, (2, 4), elements=st.floats(20, 900)),
    points=arrays(np.float32, (2, 17, 2), elements=st.floats(-100, 2000, width=32)),
)
def test_to_the_grid_and_back(boxes: np.ndarray, points: np.ndarray) -> None:
    centre, scale = decoding.centre_and_scale(boxes)
    there = decoding.from_image(centre, scale, GRID)
    back = decoding.to_image(centre, scale, GRID)
    returned = decoding.transform(decoding.transform(points, there), back)
    np.testing.assert_allclose(returned, points, rtol=1e-4, atol=0.02)


@given(arrays(np.float64, (1, 4), elements=st.floats(1, 900)))
def test_the_region_holds_the_box_and_has_the_networks_shape(boxes: np.ndarray) -> None:
    centre, scale = decoding.centre_and_scale(boxes)
    width, height = scale[0] * 200
    assert width / height == pytest.approx(0.75, rel=1e-5)
    assert width >= 1.2499 * boxes[0, 2] and height >= 1.2499 * boxes[0, 3]
    corner = decoding.transform(
        centre[:, None] - scale[:, None] * 100, decoding.from_image(centre, scale, (192, 256))
    )
    np.testing.assert_allclose(corner, 0, atol=0.02)
