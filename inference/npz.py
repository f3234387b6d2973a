"""Writing npz files that may take a while."""

import zipfile
from collections.abc import Callable, Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray


def unwatched() -> None:
    """For arrays that are always small."""


def write_npz(
    file: IO[bytes], arrays: Mapping[str, NDArray[Any]], alive: Callable[[], None] = unwatched
) -> None:
    """Like `np.savez_compressed`, four times as fast for a few per cent more bytes.

    `alive` is called at least for every 16 MB and may raise. Raises OSError when the disk is full.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(_Watched(member, alive), np.asarray(values))


class _Watched:
    """A file that calls `alive` before it is written to."""

    def __init__(self, file: IO[bytes], alive: Callable[[], None]) -> None:
        self._file, self._alive = file, alive

    def write(self, data: bytes) -> int:
        self._alive()
        return self._file.write(data)
