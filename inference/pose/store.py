"""A `PoseTrack` on disk: one HDF5 file whose heatmaps are written and read piece by piece."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np
from numpy.typing import NDArray

from inference.pose.people import PoseError
from inference.pose.track import PoseTrack

JOINTS = 17
HEATMAP_SIDE = 32
_CHUNK_TICKS = 64  # about a megabyte of heatmaps


class StoredHeatmaps:
    """The (T, 17, 32, 32) uint8 heatmaps of a stored track; slices along T read the file."""

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.path = path
        self.shape = shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: object) -> NDArray[np.uint8]:
        with h5py.File(self.path, "r") as file:
            return np.asarray(file["heatmaps"][key])

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return self[:] if dtype is None else self[:].astype(dtype)  # type: ignore[call-overload]


class PoseWriter:
    """Writes ticks in order; the file appears under its name only when it is complete."""

    def __init__(self, out: Path, ticks: int) -> None:
        self._out = out
        self._part = out.with_name(out.name + ".part")
        self._file = h5py.File(self._part, "w")
        self._heatmaps = self._file.create_dataset(
            "heatmaps",
            (ticks, JOINTS, HEATMAP_SIDE, HEATMAP_SIDE),
            np.uint8,
            chunks=(min(ticks, _CHUNK_TICKS), JOINTS, HEATMAP_SIDE, HEATMAP_SIDE),
            compression="lzf",
        )
        self._waiting: list[NDArray[np.uint8]] = []
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()
        self._part.unlink(missing_ok=True)

    def add(self, heatmaps: NDArray[np.uint8]) -> None:
        """The (17, 32, 32) heatmaps of the next tick."""
        self._waiting.append(heatmaps)
        if len(self._waiting) == _CHUNK_TICKS:
            self._flush()

    def finish(
        self,
        *,
        times: NDArray[np.float64],
        keypoints: NDArray[np.float32],
        boxes: NDArray[np.float32],
        crops: NDArray[np.float32],
    ) -> None:
        """Write what is left and give the file its name."""
        self._flush()
        for name, values in (
            ("times", times),
            ("keypoints", keypoints),
            ("boxes", boxes),
            ("crops", crops),
        ):
            self._file.create_dataset(name, data=values)
        self._file.close()
        os.replace(self._part, self._out)

    def _flush(self) -> None:
        if self._waiting:
            after = self._written + len(self._waiting)
            self._heatmaps[self._written : after] = np.stack(self._waiting)
            self._written = after
            self._waiting.clear()


def load_pose(path: Path) -> PoseTrack:
    """The stored track; heatmaps stay on disk until they are sliced. Raises PoseError."""
    try:
        with h5py.File(path, "r") as file:
            arrays = {name: file[name][:] for name in ("times", "keypoints", "boxes", "crops")}
            shape = file["heatmaps"].shape
    except (OSError, KeyError) as error:
        raise PoseError(
            f"The stored pose {path.name} cannot be read; delete it and propose again."
        ) from error
    return PoseTrack(**arrays, heatmaps=StoredHeatmaps(path, shape))  # type: ignore[arg-type]
