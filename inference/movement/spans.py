"""Stretches of ticks: finding them, and bridging short ones."""

import numpy as np
from numpy.typing import NDArray


def runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(T,) -> (N, 2): every stretch of True as half-open [start, end), in order."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return edges.reshape(-1, 2).astype(np.int64)


def bridged(
    values: NDArray[np.float64], known: NDArray[np.bool_], longest: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values (T, J, 2) with straight lines where (T, J) are unknown, and what counts as known now.

    Gaps of at most `longest` ticks between two known ones count as known. Before the first known
    tick and behind the last the joint stands still; one that is never known lies at 0.
    """
    ticks = np.arange(len(values))
    filled, counts = np.zeros(values.shape), known.copy()
    for joint in range(values.shape[1]):
        seen = np.flatnonzero(known[:, joint])
        if not len(seen):
            continue
        for axis in range(values.shape[2]):
            filled[:, joint, axis] = np.interp(ticks, seen, values[seen, joint, axis])
        inner = ticks[seen[0] + 1 : seen[-1]]
        gaps = np.diff(seen)[np.searchsorted(seen, inner) - 1]
        counts[inner, joint] |= gaps <= longest + 1
    return filled, counts
