"""A `PoseTrack` on disk: an npz whose heatmaps are written and read block by block.

An npz is a zip of npy files, which can be appended to; the heatmaps are one member for every
`BLOCK_TICKS` ticks. (Not HDF5: on a full disk its library takes the whole process down.)
"""

import os
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from inference.pose.people import PoseError
from inference.pose.track import PoseTrack

JOINTS = 17
HEATMAP_SIDE = 32
BLOCK_TICKS = 64  # about a megabyte of heatmaps, twenty times less when compressed


class StoredHeatmaps:
    """The (T, 17, 32, 32) uint8 heatmaps of a stored track; slices along T read the file."""

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, ticks: int) -> None:
        self.path = path
        self.shape = (ticks, JOINTS, HEATMAP_SIDE, HEATMAP_SIDE)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: int | slice) -> NDArray[np.uint8]:
        if not isinstance(key, slice):
            tick = range(len(self))[key]
            return cast("NDArray[np.uint8]", self[tick : tick + 1][0])
        start, stop, step = key.indices(len(self))
        if step != 1:
            raise IndexError("heatmaps on disk are read forwards, tick by tick")
        first = start // BLOCK_TICKS
        blocks = [np.zeros((0, *self.shape[1:]), np.uint8)]
        with zipfile.ZipFile(self.path) as archive:
            for number in range(first, -(-stop // BLOCK_TICKS)):
                with archive.open(_block_name(number)) as member:
                    blocks.append(np.lib.format.read_array(member))
        offset = first * BLOCK_TICKS
        return np.concatenate(blocks)[start - offset : max(stop, start) - offset]

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return self[:] if dtype is None else self[:].astype(dtype)  # type: ignore[call-overload]


class PoseWriter:
    """Writes ticks in order; the file appears under its name only when it is complete.

    Raises PoseError when it cannot be written, most likely because the disk is full.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._part = out.with_name(out.name + ".part")
        self._waiting: list[NDArray[np.uint8]] = []
        self._blocks = 0
        try:
            self._archive = zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._archive.close()
        except OSError as close_error:
            if error is None:
                raise self._unwritable(close_error) from close_error
        finally:
            self._part.unlink(missing_ok=True)

    def add(self, heatmaps: NDArray[np.uint8]) -> None:
        """The (17, 32, 32) heatmaps of the next tick."""
        self._waiting.append(heatmaps)
        if len(self._waiting) == BLOCK_TICKS:
            self._write_block()

    def finish(
        self,
        *,
        times: NDArray[np.float64],
        keypoints: NDArray[np.float32],
        boxes: NDArray[np.float32],
        crops: NDArray[np.float32],
    ) -> None:
        """Write what is left and give the file its name."""
        if self._waiting:
            self._write_block()
        arrays: dict[str, NDArray[Any]] = {
            "times": times,
            "keypoints": keypoints,
            "boxes": boxes,
            "crops": crops,
        }
        for name, values in arrays.items():
            self._write(f"{name}.npy", values)
        try:
            self._archive.close()
            os.replace(self._part, self._out)
        except OSError as error:
            raise self._unwritable(error) from error

    def _write_block(self) -> None:
        self._write(_block_name(self._blocks), np.stack(self._waiting))
        self._blocks += 1
        self._waiting.clear()

    def _write(self, name: str, values: NDArray[Any]) -> None:
        try:
            with self._archive.open(name, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(values))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> PoseError:
        return PoseError(
            f"The pose could not be stored in {self._out.parent}: {error.strerror}. "
            "Free some space on that disk and propose again."
        )


def load_pose(path: Path) -> PoseTrack:
    """The stored track; heatmaps stay on disk until they are sliced. Raises PoseError."""
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in ("times", "keypoints", "boxes", "crops")}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PoseError(
            f"The stored pose {path.name} cannot be read; delete it and propose again."
        ) from error
    heatmaps = StoredHeatmaps(path, len(arrays["times"]))
    return PoseTrack(**arrays, heatmaps=cast("NDArray[np.uint8]", heatmaps))


def _block_name(number: int) -> str:
    return f"heatmaps_{number:06d}.npy"
