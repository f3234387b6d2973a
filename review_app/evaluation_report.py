"""What `rehab-review evaluate` prints: one JSON document, or tables and plain sentences."""

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from inference.evaluation.activitynet_json import Comparison
from inference.evaluation.average_recall import AVERAGE_RECALL_TIOUS
from inference.evaluation.detection_scores import BoundaryErrors, DetectionScores
from inference.evaluation.matching import MATCHED_TIOU
from review_app.json_text import json_text
from review_app.terminal import printable, table

MOST_LISTED = 10


def as_json(scores: DetectionScores, compared: Comparison) -> str:
    """One document; a value that does not exist is null. Times are seconds, shares 0..1.

    Recall, false alarms and boundary errors are those of predictions whose score is at least
    min_score; null means of all.

    Counts of the confusion: one row a class of the labels, one column a class predicted for them,
    last those that no prediction matches.
    """
    remarks = scores.remarks
    document = {
        "ap_variant": scores.area.value,
        "ap_variant_description": scores.area.description,
        "tiou": scores.tious,
        "mAP": scores.mean_ap,
        "average_mAP": scores.average,
        "videos": scores.videos,
        "labels": scores.labels,
        "predictions": scores.predictions,
        "recall_at_kx": {f"{k}x": values for k, values in scores.recall_at_kx.items()},
        "average_recall": {
            "tiou": AVERAGE_RECALL_TIOUS,
            **{f"AR@{limit}": value for limit, value in scores.average_recall.items()},
        },
        "min_score": scores.score_threshold,
        "recall": {"tiou": MATCHED_TIOU, "value": scores.recall},
        "false_alarms": {
            "tiou": MATCHED_TIOU,
            "count": scores.false_alarms,
            "per_minute": _a_minute(scores.false_alarms, compared),
        },
        "boundary_error_s": {"tiou": MATCHED_TIOU, **_errors(scores.errors)},
        "background_false_positives": {
            "count": scores.on_background,
            "share_of_predictions": _share(scores.on_background, scores.predictions),
            "per_minute": _a_minute(scores.on_background, compared),
        },
        "classes": {
            each.name: {
                "labels": each.labels,
                "predictions": each.predictions,
                "ap": each.ap,
                "recall_at_kx": {f"{k}x": values for k, values in each.recall_at_kx.items()},
                "boundary_error_s": _errors(each.errors),
                "background_false_positives": each.on_background,
            }
            for each in scores.classes
        },
        "confusion": {
            "tiou": MATCHED_TIOU,
            "label": [each.name for each in scores.classes],
            "predicted": [*(each.name for each in scores.classes), None],
            "counts": scores.confusion,
        },
        "remarks": {
            "near_duplicate_labels_removed": remarks.near_duplicates,
            "zero_length_labels_left_out": remarks.zero_length_labels,
            "zero_length_predictions_counted_as_misses": remarks.zero_length_predictions,
            "videos_without_predictions": remarks.videos_without_predictions,
            "predictions_for_unknown_videos_counted_as_misses": remarks.unknown_videos,
            "predictions_for_other_subsets_left_out": compared.in_other_subsets,
            "predictions_of_classes_without_labels_left_out": remarks.absent_classes,
        },
    }
    return json_text(document)


def as_text(scores: DetectionScores, compared: Comparison) -> RenderableType:
    """For a person at a terminal. Names from the files are never markup or control characters."""
    return Group(
        Text(f"Average precision: {scores.area.description}", style="bold"),
        _precision_table(scores),
        Text(),
        Text("Recall, boundary errors, false positives on background", style="bold"),
        _recall_table(scores),
        Text(),
        *(Text(printable(line)) for line in _sentences(scores, compared)),
    )


def _precision_table(scores: DetectionScores) -> Table:
    shown = _table("labels", *(f"@{tiou:g}" for tiou in scores.tious), "mean")
    for each in scores.classes:
        values = (*map(_figure, each.ap), _figure(_mean(each.ap)))
        shown.add_row(Text(printable(each.name)), str(each.labels), *values)
    values = (*map(_figure, scores.mean_ap), _figure(scores.average))
    shown.add_row("mAP", str(scores.labels), *values, style="bold")
    return shown


def _recall_table(scores: DetectionScores) -> Table:
    factors = [f"R@{k}x" for k in scores.recall_at_kx]
    shown = _table("predictions", *factors, "start error", "end error", "background")
    for each in scores.classes:
        shown.add_row(
            Text(printable(each.name)),
            str(each.predictions),
            *(_figure(_mean(values)) for values in each.recall_at_kx.values()),
            _seconds(each.errors.start_s),
            _seconds(each.errors.end_s),
            str(each.on_background),
        )
    shown.add_row(
        "all",
        str(scores.predictions),
        *(_figure(_mean(values)) for values in scores.recall_at_kx.values()),
        _seconds(scores.errors.start_s),
        _seconds(scores.errors.end_s),
        str(scores.on_background),
        style="bold",
    )
    return shown


def _table(*columns: str) -> Table:
    """One row a class; of a narrow terminal the numbers get the width they need."""
    shown = table("class", *columns)
    for column in shown.columns[1:]:
        column.justify = "right"
        column.no_wrap = True
    return shown


def _sentences(scores: DetectionScores, compared: Comparison) -> list[str]:
    limits = ", ".join(f"AR@{n} {_figure(value)}" for n, value in scores.average_recall.items())
    least = scores.score_threshold
    sure = "a prediction" if least == -math.inf else f"a prediction of at least {least:g}"
    lines = [
        "R@kx: recall, mean over these thresholds, of the best k predictions of a class for each "
        "of its labels in a video.",
        f"Errors: median / 90th percentile, where {sure} overlaps a label of its class by "
        f"tIoU {MATCHED_TIOU:g}. So are found {_figure(scores.recall)} of the labels, with "
        f"{scores.false_alarms} false alarms.",
        f"Average recall of the N best predictions of a video, whatever their class, tIoU "
        f"{AVERAGE_RECALL_TIOUS[0]:g} to {AVERAGE_RECALL_TIOUS[-1]:g}: {limits}.",
        *_background(scores, compared),
        *_confusions(scores),
    ]
    remarks = scores.remarks
    if remarks.near_duplicates:
        lines.append(f"Near-duplicate labels removed: {remarks.near_duplicates}.")
    if remarks.zero_length_labels:
        lines.append(f"Labels without length, left out: {remarks.zero_length_labels}.")
    if remarks.zero_length_predictions:
        count = remarks.zero_length_predictions
        lines.append(f"Predictions without length, counted as misses: {count}.")
    if remarks.videos_without_predictions:
        names = remarks.videos_without_predictions
        lines.append(f"Videos without a prediction: {len(names)} ({_listed(names)}).")
    if remarks.unknown_videos:
        counts = remarks.unknown_videos
        lines.append(
            "Predictions for videos that the ground truth does not have, counted as misses: "
            f"{sum(counts.values())} ({_listed(list(counts))})."
        )
    if compared.in_other_subsets:
        lines.append(
            f"Predictions for videos of other subsets, left out: {compared.in_other_subsets}."
        )
    if remarks.absent_classes:
        counts = remarks.absent_classes
        lines.append(
            "Predictions of classes without a label, left out: "
            f"{sum(counts.values())} ({_listed(list(counts))})."
        )
    return lines


def _background(scores: DetectionScores, compared: Comparison) -> list[str]:
    share = _share(scores.on_background, scores.predictions)
    if math.isnan(share):
        return ["There is no prediction to count."]
    rate = _a_minute(scores.on_background, compared)
    return [
        f"False positives on background, which overlap no label: {scores.on_background} of "
        f"{scores.predictions} predictions ({share:.1%}"
        + ("" if math.isnan(rate) else f", {rate:.2f} a minute")
        + ")."
    ]


def _confusions(scores: DetectionScores) -> list[str]:
    names = [each.name for each in scores.classes]
    wrong = [
        (count, names[row], names[column])
        for row, counts in enumerate(scores.confusion)
        for column, count in enumerate(counts[:-1])
        if count and row != column
    ]
    wrong.sort(key=lambda each: -each[0])
    missed = sum(counts[-1] for counts in scores.confusion)
    right = sum(counts[row] for row, counts in enumerate(scores.confusion))
    lines = [
        f"Matched at tIoU {MATCHED_TIOU:g} whatever the class, of {scores.labels} labels: {right} "
        f"as their class, {sum(each[0] for each in wrong)} as another, {missed} not at all."
    ]
    lines += [f"  {count} x {name} taken for {other}" for count, name, other in wrong[:MOST_LISTED]]
    if len(wrong) > MOST_LISTED:
        lines.append(f"  and {len(wrong) - MOST_LISTED} pairs of classes more (all in --json)")
    return lines


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_LISTED])
    return shown if len(names) <= MOST_LISTED else f"{shown} and {len(names) - MOST_LISTED} more"


def _errors(errors: BoundaryErrors) -> dict[str, Any]:
    return {
        "matches": errors.matches,
        "start": {"median": errors.start_s[0], "p90": errors.start_s[1]},
        "end": {"median": errors.end_s[0], "p90": errors.end_s[1]},
    }


def _seconds(error: tuple[float, float]) -> str:
    return "-" if math.isnan(error[0]) else f"{error[0]:.2f} / {error[1]:.2f} s"


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _a_minute(count: int, compared: Comparison) -> float:
    return count / compared.minutes if compared.minutes else math.nan
