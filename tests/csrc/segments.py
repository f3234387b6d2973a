"""What hypothesis draws for the kernels, and the overlaps written out in Python."""

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st


def segment_arrays(max_size: int = 20) -> st.SearchStrategy[np.ndarray]:
    """(n, 2) on a coarse grid: many touch, nest, coincide or have no length."""
    pair = st.tuples(st.integers(0, 60), st.integers(0, 20))
    return st.lists(pair, max_size=max_size).map(
        lambda rows: np.array([(a / 4, (a + length) / 4) for a, length in rows]).reshape(-1, 2)
    )


def crowd(rng: np.random.Generator, count: int, *, span: float, length: float) -> np.ndarray:
    """(count, 2) starts anywhere in `span`, lengths around `length`."""
    starts = rng.uniform(0, span, count)
    return np.stack([starts, starts + rng.exponential(length, count)], axis=1)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """tIoU; 0 where both have no length."""
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    whole = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return float(shared / whole) if whole > 0 else 0.0


def published_overlap(a: list[float], b: list[float]) -> float:
    """tIoU as suppression has it, 1e-6 on either length."""
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / ((a[1] - a[0] + 1e-6) + (b[1] - b[0] + 1e-6) - shared)


@dataclass(frozen=True)
class SoftNms:
    """Soft-NMS of one class with the published steps on the published array, in float64."""

    method: str
    iou_threshold: float
    sigma: float
    min_score: float

    def weight(self, overlapping: float) -> float:
        if self.method == "gaussian":
            return math.exp(-(overlapping * overlapping) / self.sigma)
        if overlapping < self.iou_threshold:
            return 1.0
        return 0.0 if self.method == "hard" else 1.0 - overlapping

    def run(self, segments: np.ndarray, scores: np.ndarray) -> tuple[list[int], list[float]]:
        rows = segments.tolist()
        order, left = list(range(len(scores))), scores.tolist()
        kept = 0
        while kept < len(order):
            best = max(range(kept, len(order)), key=left.__getitem__)  # the first maximum
            order[kept], order[best] = order[best], order[kept]
            left[kept], left[best] = left[best], left[kept]
            place = kept + 1
            while place < len(order):
                left[place] *= self.weight(published_overlap(rows[order[kept]], rows[order[place]]))
                if left[place] < self.min_score:
                    order[place], left[place] = order[-1], left[-1]
                    order.pop()
                    left.pop()
                else:
                    place += 1
            kept += 1
        return order, left
