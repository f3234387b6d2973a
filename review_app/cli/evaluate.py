"""`rehab-review evaluate`: how good predictions of any program are, from two files."""

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from review_app.cli.options import AsJson
from review_app.terminal import console, plain_errors

MOST_THRESHOLDS = 100


class OptionError(Exception):
    """An option that cannot be understood."""


def evaluate(
    ground_truth: Annotated[Path, typer.Option(help="ActivityNet-style JSON with the labels.")],
    predictions: Annotated[Path, typer.Option(help="ActivityNet-style JSON with the predictions.")],
    tiou: Annotated[
        str,
        typer.Option(
            help="Overlaps that count as found: start, end and step, or a list with commas."
        ),
    ] = "0.3:0.9:0.1",
    interpolated: Annotated[
        bool,
        typer.Option(
            "--interpolated/--uninterpolated",
            help="Average precision: ActivityNet's interpolated, or all points as in THUMOS.",
        ),
    ] = False,
    subset: Annotated[
        str | None, typer.Option(help="Only videos of this subset of the labels.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(
            help="Recall, boundary errors and false alarms: only predictions of this score or "
            "more; without it, all."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure predictions against labels, both in files; `benchmark` measures the models."""
    with plain_errors():
        tious = thresholds(tiou)
        from inference.evaluation.activitynet_json import read_comparison
        from inference.evaluation.average_precision import Area
        from inference.evaluation.detection_scores import score_detections
        from review_app import evaluation_report

        compared = read_comparison(ground_truth, predictions, subset=subset)
        scores = score_detections(
            compared.labels,
            compared.predictions,
            tious,
            area=Area.INTERPOLATED if interpolated else Area.UNINTERPOLATED,
            score_threshold=-math.inf if min_score is None else min_score,
        )
    if as_json:
        typer.echo(evaluation_report.as_json(scores, compared))
    else:
        console.print(evaluation_report.as_text(scores, compared), highlight=False)


def thresholds(text: str) -> tuple[float, ...]:
    """tIoU thresholds written as start:end:step, both ends included, or as a list with commas.

    Raises OptionError.
    """
    parts = re.split("[:,]", text)
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if ":" not in text:
        found = numbers
    elif len(numbers) == 3 and "," not in text and numbers[2] > 0:
        start, end, step = numbers
        count = (end - start) / step + 1 + 1e-9
        if not count <= MOST_THRESHOLDS + 1:
            raise OptionError(f"--tiou {text} asks for more than {MOST_THRESHOLDS} thresholds.")
        found = [round(start + place * step, 10) for place in range(math.floor(count))]
    else:
        found = []
    if not found or not all(0 < tiou <= 1 for tiou in found):
        raise OptionError(
            f"--tiou {text} is not understood: write start:end:step, such as 0.3:0.9:0.1, or a "
            "list, such as 0.3,0.5,0.7, with values above 0 and not above 1."
        )
    if len(found) > MOST_THRESHOLDS:
        raise OptionError(f"--tiou {text} asks for more than {MOST_THRESHOLDS} thresholds.")
    return tuple(found)
