"""The interpreter lock is released: another Python thread goes on while a kernel works."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

import segment_kernels


def crowded(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    starts = rng.random(count) * 100
    return np.stack([starts, starts + 50], axis=1), rng.random(count), np.zeros(count, np.int64)


def tiou() -> None:
    segments, _, _ = crowded(5000)
    segment_kernels.tiou(segments.astype(np.float32), segments.astype(np.float32))


def nms() -> None:
    segments, scores, _ = crowded(12_000)
    segment_kernels.nms(segments, scores, iou_threshold=1.0)


def soft_nms() -> None:
    segments, scores, labels = crowded(6000)
    segment_kernels.soft_nms(
        segments,
        scores,
        labels,
        iou_threshold=0.1,
        sigma=100.0,
        min_score=0.0,
        method="gaussian",
        max_per_video=None,
    )


def vote() -> None:
    segments, scores, _ = crowded(12_000)
    segment_kernels.vote(
        segments[:2000], segments, scores, iou_threshold=0.5, weighting="iou_score"
    )


def match() -> None:
    segments, scores, labels = crowded(6000)
    segment_kernels.match(
        segments[:1000], labels[:1000], segments, labels, scores, np.array([0.3, 0.5])
    )


@pytest.mark.parametrize("kernel", [tiou, nms, soft_nms, vote, match])
def test_another_thread_goes_on(kernel: Callable[[], None]) -> None:
    work = threading.Thread(target=kernel)
    work.start()
    turns = 0
    while work.is_alive():
        time.sleep(0.001)
        turns += 1
    assert turns > 5
