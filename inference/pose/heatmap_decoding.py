"""From heatmaps to joints as HRNet was published with (Sun et al., CVPR 2019), DARK as an option.

Heatmaps are (N, J, H, W). Joints are x, then y, in cells, where 0 is the middle of the first cell;
pixels of an image are counted from the middle of the first pixel in the same way, as published.
"""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

Decoding = Literal["quarter", "dark"]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

ASPECT = 192 / 256  # width over height of the published input
PADDING = 1.25
SCALE_UNIT = 200.0  # pixels; the published code gives the size of a person in these
DARK_KERNEL = 11  # cells; published for networks that are trained with Gaussians of sigma 2
DARK_FLOOR = np.float32(1e-10)

#: The joint that takes each joint's place in a mirrored picture (COCO order).
MIRRORED_JOINTS = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)


def decode(heatmaps: Floats, decoding: Decoding) -> tuple[Floats, Floats]:
    """(N, J, H, W) -> joints (N, J, 2) in cells, and the value (N, J, 1) of each map's peak."""
    cells, values = peaks(heatmaps)
    refine = quarter_offset if decoding == "quarter" else dark
    return refine(heatmaps, cells), values


def peaks(heatmaps: Floats) -> tuple[Floats, Floats]:
    """The highest cell of each map: (N, J, H, W) -> its place (N, J, 2) and value (N, J, 1).

    The first of equals in reading order. A map that is nowhere above 0 gives cell (0, 0).
    """
    count, joints, _, width = heatmaps.shape
    flat = heatmaps.reshape(count, joints, -1)
    where = flat.argmax(axis=2)
    values = np.take_along_axis(flat, where[..., None], axis=2)
    cells = np.stack([where % width, where // width], axis=2).astype(np.float32)
    return np.where(values > 0, cells, np.float32(0)), values


def quarter_offset(heatmaps: Floats, cells: Floats) -> Floats:
    """Each peak (N, J, 2) moved a quarter of a cell towards the higher of its neighbours.

    As published, peaks in the first two and the last columns and rows stay where they are.
    """
    at = _values_around(heatmaps, cells)
    slope = np.stack([at(1, 0) - at(-1, 0), at(0, 1) - at(0, -1)], axis=2)
    inside = _inside(heatmaps, cells, last=2)
    return np.where(inside, cells + 0.25 * np.sign(slope), cells).astype(np.float32)


def dark(heatmaps: Floats, cells: Floats, kernel: int = DARK_KERNEL) -> Floats:
    """The middle of the Gaussian that each map resembles, starting from its peak (N, J, 2).

    The map is smoothed; from the slope and curvature of its logarithm follows the way to the
    middle. As published (github.com/ilovepose/DarkPose), peaks in the two outer columns and rows
    stay where they are, and so do those without curvature; a map that resembles no Gaussian may
    give any place. Zhang et al., Distribution-Aware Coordinate Representation for Human Pose
    Estimation, CVPR 2020.
    """
    smooth = np.log(np.maximum(modulate(heatmaps, kernel), DARK_FLOOR))
    at = _values_around(smooth, cells)
    dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    dxx = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4
    dyy = (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
    dxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    curvature = dxx * dyy - dxy**2
    curved = curvature != 0
    # minus the inverse of the second derivatives, times the first
    step = np.stack([dxy * dy - dyy * dx, dxy * dx - dxx * dy], axis=2)
    step /= np.where(curved, curvature, 1)[..., None]
    known = _inside(heatmaps, cells, last=3) & curved[..., None]
    return np.where(known, cells + step, cells).astype(np.float32)


def modulate(heatmaps: Floats, kernel: int) -> Floats:
    """Smoothed by a Gaussian `kernel` cells wide, nothing beyond the border, as high as before."""
    rows, columns = (_smoothing(side, kernel) for side in heatmaps.shape[2:])
    smooth = rows @ heatmaps.astype(np.float64) @ columns
    before, after = heatmaps.max(axis=(2, 3)), smooth.max(axis=(2, 3))
    gain = before / np.where(after == 0, 1, after)
    return (smooth * gain[..., None, None]).astype(np.float32)


def average_with_flipped(heatmaps: torch.Tensor, of_mirrored: torch.Tensor) -> torch.Tensor:
    """The published flip test: the mean of the heatmaps (N, 17, H, W) of a picture and its mirror
    image."""
    return (heatmaps + shift_right(flip_back(of_mirrored))) * 0.5


def flip_back(heatmaps: torch.Tensor) -> torch.Tensor:
    """The heatmaps (N, 17, H, W) of a mirrored picture, as those of the picture."""
    return heatmaps[:, MIRRORED_JOINTS].flip(3)


def shift_right(heatmaps: torch.Tensor) -> torch.Tensor:
    """Moved by one cell; the first column stays, too.

    Cell c of a network is trained for pixel 4c, so that in mirrored pictures everything lies 3/4
    of a cell further left; the published test moves it by a whole one.
    """
    return torch.cat([heatmaps[..., :1], heatmaps[..., :-1]], dim=3)


def centre_and_scale(boxes: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """The region that is cut out for each person: its centre in pixels, and its published scale.

    boxes: (N, 4) x, y, width, height in pixels. scale: (N, 2) width and height of the region in
    units of 200 pixels: the shorter side grows until they are as 192 to 256, then both by 1.25.
    """
    x, y, width, height = boxes.astype(np.float64).T
    centre = np.stack([x + width / 2, y + height / 2], axis=1)
    size = np.stack(
        [np.maximum(width, height * ASPECT), np.maximum(height, width / ASPECT)], axis=1
    )
    scale = (size / SCALE_UNIT).astype(np.float32) * np.float32(PADDING)
    return centre.astype(np.float32), scale


def from_image(centre: Floats, scale: Floats, size: tuple[int, int]) -> Doubles:
    """(N, 2, 3) from pixels of the image to those of a grid of `size` (width, height).

    As published, the centre falls on half the size, and the width alone decides the zoom.
    """
    zoom = size[0] / (scale[:, :1].astype(np.float64) * SCALE_UNIT)
    return _zoom(zoom, centre, np.divide(size, 2))


def to_image(centre: Floats, scale: Floats, size: tuple[int, int]) -> Doubles:
    """(N, 2, 3) from a grid of `size` (width, height) to pixels of the image."""
    zoom = scale[:, :1].astype(np.float64) * SCALE_UNIT / size[0]
    return _zoom(zoom, np.divide(size, 2), centre)


def transform(joints: Floats, matrices: Doubles) -> Floats:
    """Joints (N, J, 2) by the matrices (N, 2, 3)."""
    moved = joints @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]
    return moved.astype(np.float32)


def _zoom(zoom: Doubles, source: NDArray[np.floating], target: NDArray[np.floating]) -> Doubles:
    """(N, 2, 3) that enlarges by `zoom` (N, 1) and takes the points `source` to `target`."""
    shift = target - zoom * source
    return np.concatenate([zoom[..., None] * np.eye(2), shift[..., None]], axis=2)


def _inside(heatmaps: Floats, cells: Floats, *, last: int) -> NDArray[np.bool_]:
    """(N, J, 1): whether the cell is beyond the first two columns and rows and before the last."""
    height, width = heatmaps.shape[2:]
    inside = (cells > 1) & (cells <= (width - last, height - last))
    return inside[..., :1] & inside[..., 1:]


def _values_around(heatmaps: Floats, cells: Floats) -> Callable[[int, int], Doubles]:
    """A function of (right, down): the value (N, J) that far from each cell, or at the border."""
    count, joints, height, width = heatmaps.shape
    column, row = cells.astype(np.intp).transpose(2, 0, 1)
    image, joint = np.arange(count)[:, None], np.arange(joints)

    def at(right: int, down: int) -> Doubles:
        x, y = np.clip(column + right, 0, width - 1), np.clip(row + down, 0, height - 1)
        return heatmaps[image, joint, y, x].astype(np.float64)

    return at


def _smoothing(cells: int, kernel: int) -> Doubles:
    """(cells, cells): a row or column times this is smoothed, with zeros beyond its ends."""
    weights = cv2.getGaussianKernel(kernel, 0)[:, 0]  # the width follows from the kernel's
    distance = np.arange(cells) - np.arange(cells)[:, None] + kernel // 2
    near = (distance >= 0) & (distance < kernel)
    return np.where(near, weights[np.clip(distance, 0, kernel - 1)], 0)
