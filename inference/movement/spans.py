"""Stretches of ticks: finding them, and bridging short ones."""

import numpy as np
from numpy.typing import NDArray


def runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(T,) -> (N, 2): every stretch of True as half-open [start, end), in order."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return edges.reshape(-1, 2).astype(np.int64)


def bridged(
    course: NDArray[np.floating], known: NDArray[np.bool_], longest: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A course (T, D) with straight lines where (T,) it is unknown, and what counts as known now.

    Gaps of at most `longest` ticks between two known ones count as known. Before the first known
    tick and behind the last it stands still; one that is never known is 0.
    """
    seen = np.flatnonzero(known)
    filled, counts = np.zeros(course.shape), known.copy()
    if len(seen):
        for axis in range(course.shape[1]):
            filled[:, axis] = np.interp(np.arange(len(course)), seen, course[seen, axis])
        inner = np.arange(seen[0] + 1, seen[-1])
        gaps = np.diff(seen)[np.searchsorted(seen, inner) - 1]
        counts[inner] |= gaps <= longest + 1
    return filled, counts
