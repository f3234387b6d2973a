"""Average precision row by row with pandas, the way the published evaluators compute it.

The structure is that of ActivityNet's eval_detection.py and ActionFormer's metrics.py: one data
frame each for labels and predictions, grouped by class; a loop over the predictions by falling
score; for each one the labels of its video are looked up and tried by falling overlap, threshold
by threshold; then the interpolated area. It is here to be measured against, and to check results.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Document = dict[str, Any]


def average_precision_by_class(
    ground_truth: Document, predictions: Document, tious: Sequence[float]
) -> dict[str, NDArray[np.float64]]:
    """Class -> interpolated average precision, one value a threshold, from parsed documents."""
    labels = pd.DataFrame(
        [
            (video, *row["segment"], row["label"])
            for video, entry in ground_truth["database"].items()
            for row in entry["annotations"]
        ],
        columns=["video", "start", "end", "label"],
    )
    found = pd.DataFrame(
        [
            (video, *row["segment"], row["label"], row["score"])
            for video, rows in predictions["results"].items()
            for row in rows
        ],
        columns=["video", "start", "end", "label", "score"],
    )
    found_by_class = dict(list(found.groupby("label")))
    return {
        str(name): _one_class(
            own.reset_index(drop=True),
            found_by_class.get(name, found.iloc[:0]).reset_index(drop=True),
            np.asarray(tious, np.float64),
        )
        for name, own in labels.groupby("label")
    }


def _one_class(
    labels: pd.DataFrame, found: pd.DataFrame, tious: NDArray[np.float64]
) -> NDArray[np.float64]:
    taken = np.zeros((len(tious), len(labels)), bool)
    right = np.zeros((len(tious), len(found)))
    order = found["score"].to_numpy().argsort()[::-1]
    by_video = labels.groupby("video")
    for rank, (_, prediction) in enumerate(found.loc[order].iterrows()):
        try:
            own = by_video.get_group(prediction["video"]).reset_index()
        except KeyError:
            continue
        overlap = _overlap(
            prediction[["start", "end"]].to_numpy(), own[["start", "end"]].to_numpy()
        )
        for row, tiou in enumerate(tious):
            for candidate in overlap.argsort()[::-1]:
                if overlap[candidate] < tiou:
                    break
                label = own.loc[candidate]["index"]
                if not taken[row, label]:
                    taken[row, label] = True
                    right[row, rank] = 1
                    break
    hits = right.cumsum(axis=1)
    precision = hits / np.arange(1, len(found) + 1)
    recall = hits / len(labels)
    return np.array([_area(*curve) for curve in zip(precision, recall, strict=True)])


def _overlap(one: NDArray[Any], many: NDArray[Any]) -> NDArray[Any]:
    shared = np.minimum(one[1], many[:, 1]) - np.maximum(one[0], many[:, 0])
    shared = shared.clip(0)
    overlap: NDArray[Any] = shared / (many[:, 1] - many[:, 0] + one[1] - one[0] - shared)
    return overlap


def _area(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    heights = np.hstack([[0.0], precision, [0.0]])
    widths = np.hstack([[0.0], recall, [1.0]])
    for place in range(len(heights) - 2, -1, -1):
        heights[place] = max(heights[place], heights[place + 1])
    steps = np.flatnonzero(widths[1:] != widths[:-1]) + 1
    return float(((widths[steps] - widths[steps - 1]) * heights[steps]).sum())
