"""Heatmap volumes drawn from projected joints, as stage 1 would have produced them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

CELLS = 32

#: Standard deviation of MoveNet's answers, in cells of its own 64 x 64 map, when the person's
#: longer side is 0.8 of the crop; measured on the package's outdoor clip. It narrows to half as
#: the person gets smaller.
SIGMAS = np.array(
    [0.72, 0.72, 0.72, 0.88, 0.88, 1.34, 1.34, 1.32, 1.32, 1.1, 1.1, 1.75, 1.75, 1.34, 1.34,
     1.32, 1.32], np.float32,
)  # fmt: skip
GAIN = 1.16  # the fitted height of an answer, as a factor on the confidence reported with it


@dataclass(frozen=True, eq=False)
class Blobs:
    """What to draw: N Gaussians a joint, each tick. The strongest wins where they overlap.

    positions: (T, N, 17, 2) pixels of the picture. amplitudes: (T, N, 17) 0..1.
    crops: (T, 3) centre x, centre y, side of the square in pixels.
    sigmas: (T, 17) in cells of a map twice as fine as the one drawn. cells: width of the latter.
    """

    positions: NDArray[np.float32]
    amplitudes: NDArray[np.float32]
    crops: NDArray[np.float32]
    sigmas: NDArray[np.float32]
    cells: int = CELLS

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (len(self.crops), 17, self.cells, self.cells)

    def drawn_with(self, cells: int) -> "Blobs":
        """The same answers on a finer or coarser map."""
        return replace(self, cells=cells, sigmas=self.sigmas * np.float32(cells / self.cells))

    def cut(self, ticks: slice) -> "Blobs":
        """The same at some of the ticks only."""
        return replace(
            self,
            positions=self.positions[ticks],
            amplitudes=self.amplitudes[ticks],
            crops=self.crops[ticks],
            sigmas=self.sigmas[ticks],
        )

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, ticks: slice | int) -> NDArray[np.uint8]:
        """(t, 17, cells, cells) of the ticks asked for: a volume that is never held whole."""
        if isinstance(ticks, int):
            return self[ticks : ticks + 1][0]
        crops = self.crops[ticks, None, None]
        corner = crops[..., :2] - crops[..., 2:] / 2
        where = (self.positions[ticks] - corner) / crops[..., 2:] * (2 * self.cells) - 0.5
        sigmas = self.sigmas[ticks, None, :, None]
        rows = self._profile(where[..., 1], sigmas) * (255 * self.amplitudes[ticks])[..., None]
        columns = self._profile(where[..., 0], sigmas)
        volume = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for row, column, out in zip(rows, columns, volume, strict=True):
            strongest = row[0, :, :, None] * column[0, :, None, :]
            for blob in range(1, len(row)):
                other = row[blob, :, :, None] * column[blob, :, None, :]
                np.maximum(strongest, other, out=strongest)
            np.rint(strongest, out=strongest)
            out[:] = strongest
        return volume

    def _profile(
        self, where: NDArray[np.floating], sigmas: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(...) in fine cells -> (..., cells): a Gaussian, the larger of each pair of fine cells.

        A Gaussian is separable and so is the maximum of a 2 x 2 block of it.
        """
        fine = np.arange(2 * self.cells, dtype=np.float32)
        distance = (fine - where[..., None].astype(np.float32)) / sigmas
        gaussian = np.exp(-0.5 * distance**2)
        return np.maximum(gaussian[..., 0::2], gaussian[..., 1::2])


def sigmas_for(
    boxes: NDArray[np.floating], crops: NDArray[np.floating], *, cells: int = CELLS
) -> NDArray[np.float32]:
    """(T, 4) person, (T, 3) squares -> (T, 17) widths of the answers in fine cells."""
    share = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) / (0.8 * crops[:, 2])
    return (SIGMAS * (0.5 + 0.5 * share[:, None]) * (cells / CELLS)).astype(np.float32)


def volume(
    joints: NDArray[np.floating],
    confidence: NDArray[np.floating],
    boxes: NDArray[np.floating],
    crops: NDArray[np.floating],
    *,
    cells: int = CELLS,
) -> NDArray[np.uint8]:
    """Joints (T, 17, 2) in pixels with confidence (T, 17), the person's boxes (T, 4) and the
    squares (T, 3) -> (T, 17, cells, cells), 255 = 1.0."""
    return Blobs(
        positions=joints[:, None].astype(np.float32),
        amplitudes=np.minimum(GAIN * confidence[:, None], 1).astype(np.float32),
        crops=crops.astype(np.float32),
        sigmas=sigmas_for(boxes, crops, cells=cells),
        cells=cells,
    )[:]
