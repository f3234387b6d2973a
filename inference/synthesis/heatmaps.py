"""Heatmap volumes drawn from projected joints, as stage 1 would have produced them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS = 32
SIGMA = 2.0  # of MoveNet's own 64 x 64 map, in its cells


@dataclass(frozen=True, eq=False)
class Blobs:
    """What to draw: N Gaussians a joint, each tick. The strongest wins where they overlap.

    positions: (T, N, 17, 2) pixels of the picture. amplitudes: (T, N, 17) 0..1.
    crops: (T, 3) centre x, centre y, side of the square in pixels.
    sigma: in cells of a map twice as fine as the one drawn. cells: width of the map drawn.
    """

    positions: NDArray[np.float32]
    amplitudes: NDArray[np.float32]
    crops: NDArray[np.float32]
    sigma: float = SIGMA
    cells: int = CELLS

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (len(self.crops), 17, self.cells, self.cells)

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, ticks: slice | int) -> NDArray[np.uint8]:
        """(t, 17, cells, cells) of the ticks asked for: a volume that is never held whole."""
        if isinstance(ticks, int):
            return self[ticks : ticks + 1][0]
        crops = self.crops[ticks, None, None]
        corner = crops[..., :2] - crops[..., 2:] / 2
        where = (self.positions[ticks] - corner) / crops[..., 2:] * (2 * self.cells) - 0.5
        rows = self._profile(where[..., 1]) * self.amplitudes[ticks][..., None]
        columns = self._profile(where[..., 0])
        volume = rows[:, 0, :, :, None] * columns[:, 0, :, None, :]
        for blob in range(1, rows.shape[1]):
            np.maximum(volume, rows[:, blob, :, :, None] * columns[:, blob, :, None, :], out=volume)
        volume *= 255
        volume += 0.5
        return volume.astype(np.uint8)

    def _profile(self, where: NDArray[np.floating]) -> NDArray[np.float32]:
        """(...) in fine cells -> (..., cells): a Gaussian, the larger of each pair of fine cells.

        A Gaussian is separable and so is the maximum of a 2 x 2 block of it.
        """
        fine = np.arange(2 * self.cells, dtype=np.float32)
        distance = (fine - where[..., None].astype(np.float32)) / np.float32(self.sigma)
        gaussian = np.exp(-0.5 * distance**2)
        return np.maximum(gaussian[..., 0::2], gaussian[..., 1::2])


def volume(
    joints: NDArray[np.floating],
    confidence: NDArray[np.floating],
    crops: NDArray[np.floating],
    *,
    sigma: float = SIGMA,
    cells: int = CELLS,
) -> NDArray[np.uint8]:
    """(T, 17, 2) pixels, (T, 17) 0..1, (T, 3) squares -> (T, 17, cells, cells), 255 = 1.0."""
    return Blobs(
        joints[:, None].astype(np.float32),
        confidence[:, None].astype(np.float32),
        crops.astype(np.float32),
        sigma,
        cells,
    )[:]
