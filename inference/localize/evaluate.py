"""How good proposals are: average precision, boundary errors, false alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import segment_kernels
from inference.localize.example import LabelLike
from inference.localize.proposal import Proposal

THUMOS_TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)
DUPLICATE_S = 1e-3  # labels of a class whose boundaries are this close are one label
MATCHED_TIOU = 0.5  # for boundary errors and false alarms


@dataclass(frozen=True)
class Evaluation:
    """Proposals against truth. Precision values are 0..1, times are seconds.

    tious: thresholds. mean_ap: one value a threshold, the mean over the classes in the truth.
    ap: class -> one value a threshold. average: mean of mean_ap. recall: share of the labels
    matched at tIoU 0.5 by proposals of at least `score_threshold`. start_error_s, end_error_s:
    (median, 90th percentile) absolute error of those matches; NaN without a match.
    false_alarms_per_minute: proposals of at least `score_threshold` that match no label.
    """

    tious: tuple[float, ...]
    mean_ap: tuple[float, ...]
    ap: dict[str, tuple[float, ...]]
    average: float
    score_threshold: float
    recall: float
    start_error_s: tuple[float, float]
    end_error_s: tuple[float, float]
    false_alarms_per_minute: float
    labels: int

    def at(self, tiou: float) -> float:
        """mAP at one of the thresholds."""
        return self.mean_ap[int(np.argmin(np.abs(np.array(self.tious) - tiou)))]


@dataclass(frozen=True, eq=False)
class Matches:
    """Proposals of one class over all videos by falling score, and what each one hit.

    scores (n,); hits (K, n): index into `truth` at each threshold, -1 for a miss.
    truth, found: (start, end) rows of labels and proposals.
    """

    scores: NDArray[np.float64]
    hits: NDArray[np.int64]
    truth: NDArray[np.float64]
    found: NDArray[np.float64]


def evaluate(
    truth: Mapping[str, Sequence[LabelLike]],
    proposals: Mapping[str, Sequence[Proposal]],
    tious: Sequence[float] = THUMOS_TIOUS,
    *,
    minutes: float | None = None,
    score_threshold: float = 0.3,
) -> Evaluation:
    """Compares per video; a class absent from the truth changes no precision.

    Interpolated average precision as in the ActivityNet tool that THUMOS results are computed
    with. Proposals for videos that the truth does not know count as misses. minutes: length of
    all videos together, for false alarms (NaN without it).
    """
    thresholds = np.asarray(tuple(tious), float)
    names = sorted({label.name for labels in truth.values() for label in labels})
    ap: dict[str, tuple[float, ...]] = {}
    errors, matched, label_count, alarms = [np.zeros((0, 2))], 0, 0, 0
    for name in names:
        found = match(truth, proposals, name, np.append(thresholds, MATCHED_TIOU))
        precision = [average_precision(hits, len(found.truth)) for hits in found.hits[:-1]]
        ap[name] = tuple(precision)
        sure = found.scores >= score_threshold
        hit = found.hits[-1][sure]
        good = hit >= 0
        errors.append(np.abs(found.found[sure][good] - found.truth[hit[good]]))
        matched += int(good.sum())
        label_count += len(found.truth)
        alarms += int((~good).sum())
    known = set(names)
    alarms += sum(
        proposal.score >= score_threshold and proposal.label not in known
        for video in proposals.values()
        for proposal in video
    )
    mean_ap = np.mean(list(ap.values()), axis=0) if ap else np.full(len(thresholds), np.nan)
    all_errors = np.concatenate(errors)
    return Evaluation(
        tious=tuple(float(tiou) for tiou in thresholds),
        mean_ap=tuple(float(value) for value in mean_ap),
        ap=ap,
        average=float(np.mean(mean_ap)),
        score_threshold=score_threshold,
        recall=matched / label_count if label_count else float("nan"),
        start_error_s=median_and_p90(all_errors[:, 0]),
        end_error_s=median_and_p90(all_errors[:, 1]),
        false_alarms_per_minute=alarms / minutes if minutes else float("nan"),
        labels=label_count,
    )


def match(
    truth: Mapping[str, Sequence[LabelLike]],
    proposals: Mapping[str, Sequence[Proposal]],
    name: str,
    thresholds: NDArray[np.float64],
) -> Matches:
    """By falling score each proposal takes the label of its video that it overlaps most and
    that is still free. Among equal scores the later proposal comes first, as published."""
    rows = [
        (video, proposal.start_s, proposal.end_s, proposal.score)
        for video, listed in proposals.items()
        for proposal in listed
        if proposal.label == name
    ]
    scores = np.array([row[3] for row in rows], float)
    order = np.argsort(scores, kind="stable")[::-1]
    found = np.array([row[1:3] for row in rows], float).reshape(-1, 2)
    offsets: dict[str, int] = {}
    segments: list[tuple[float, float]] = []
    for video, labels in truth.items():
        offsets[video] = len(segments)
        segments += without_duplicates(
            [(label.start_s, label.end_s) for label in labels if label.name == name]
        )
    every = np.array(segments, float).reshape(-1, 2)
    last = {
        video: end
        for video, end in zip(offsets, [*list(offsets.values())[1:], len(segments)], strict=True)
    }
    hits = np.full((len(thresholds), len(rows)), -1, np.int64)
    taken = np.zeros((len(thresholds), len(every)), bool)
    for rank, row in enumerate(order):
        video = rows[row][0]
        if video not in offsets:
            continue
        own = np.arange(offsets[video], last[video])
        overlap = segment_kernels.tiou(found[row : row + 1], every[own])[0]
        best_first = np.argsort(overlap, kind="stable")[::-1]
        for k, threshold in enumerate(thresholds):
            free = [i for i in best_first if overlap[i] >= threshold and not taken[k, own[i]]]
            if free:
                hits[k, rank] = own[free[0]]
                taken[k, own[free[0]]] = True
    return Matches(scores[order], hits, every, found[order])


def average_precision(hits: NDArray[np.int64], positives: int) -> float:
    """Area under the interpolated precision-recall curve of proposals by falling score."""
    right = np.cumsum(hits >= 0)
    precision = right / np.arange(1, len(hits) + 1)
    recall = np.concatenate([[0.0], right / positives, [1.0]])
    precision = np.concatenate([[0.0], precision, [0.0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.nonzero(recall[1:] != recall[:-1])[0] + 1
    return float(((recall[steps] - recall[steps - 1]) * precision[steps]).sum())


def without_duplicates(segments: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The segments (seconds), each kept once where start and end agree to DUPLICATE_S."""
    kept: list[tuple[float, float]] = []
    for start, end in segments:
        if not any(abs(start - a) <= DUPLICATE_S and abs(end - b) <= DUPLICATE_S for a, b in kept):
            kept.append((start, end))
    return kept


def median_and_p90(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median and 90th percentile; not-a-number where there are no values."""
    if not len(values):
        return float("nan"), float("nan")
    return float(np.median(values)), float(np.percentile(values, 90))
