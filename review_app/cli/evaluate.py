"""`rehab-review evaluate`: how good proposals are, from two files or from pixels."""

import math
import re
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from inference import presets
from inference.localize.proposal import SURE_SCORE
from review_app.cli.options import PRESET_HELP, AsJson
from review_app.cli.training import recorded
from review_app.json_text import json_text
from review_app.settings import load_settings
from review_app.terminal import Bars, console, plain_errors

FROM_FILES = "From files"
FROM_PIXELS = "From pixels"
MOST_THRESHOLDS = 100


class OptionError(Exception):
    """Options that do not go together, or one that cannot be understood."""


def evaluate(
    context: typer.Context,
    ground_truth: Annotated[
        Path | None,
        typer.Option(help="ActivityNet-style JSON with the labels.", rich_help_panel=FROM_FILES),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="ActivityNet-style JSON with the predictions.", rich_help_panel=FROM_FILES
        ),
    ] = None,
    tiou: Annotated[
        str,
        typer.Option(
            help="Overlaps that count as found: start, end and step, or a list with commas.",
            rich_help_panel=FROM_FILES,
        ),
    ] = "0.3:0.9:0.1",
    interpolated: Annotated[
        bool,
        typer.Option(
            "--interpolated/--uninterpolated",
            help="Average precision: ActivityNet's interpolated, or all points as in THUMOS.",
            rich_help_panel=FROM_FILES,
        ),
    ] = False,
    subset: Annotated[
        str | None,
        typer.Option(help="Only videos of this subset of the labels.", rich_help_panel=FROM_FILES),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Film sessions with the recorded motions in this folder (recordings.json and one "
            ".npz) and run the three stages on the pixels; interpolated average precision.",
            rich_help_panel=FROM_PIXELS,
        ),
    ] = None,
    subjects: Annotated[
        list[int] | None,
        typer.Option(
            help="Whom to film; by default those never trained on.", rich_help_panel=FROM_PIXELS
        ),
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, rich_help_panel=FROM_PIXELS)] = 8,
    seed: Annotated[int, typer.Option(rich_help_panel=FROM_PIXELS)] = 1,
    preset: Annotated[
        str,
        typer.Option(help=PRESET_HELP, rich_help_panel=FROM_PIXELS),
    ] = presets.DEFAULT.name,
    localizer: Annotated[
        Path | None,
        typer.Option(
            help="Other weights of stage 3 than the preset's.",
            exists=True,
            dir_okay=False,
            rich_help_panel=FROM_PIXELS,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Keep the films and what the stages made of them here.",
            rich_help_panel=FROM_PIXELS,
        ),
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(
            help="Recall, boundary errors and false alarms: only predictions of this score or "
            f"more. Without it, all those of a file; those of {SURE_SCORE:g} or more when filming.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure proposals against labels: of two files, or of sessions filmed for the purpose."""
    with plain_errors():
        check_options(context)
    if data is not None:
        _from_pixels(
            data=data,
            subjects=subjects or [7, 8],
            sessions=sessions,
            seed=seed,
            preset=preset,
            localizer=localizer,
            folder=folder,
            min_score=SURE_SCORE if min_score is None else min_score,
            as_json=as_json,
        )
        return
    with plain_errors():
        if ground_truth is None or predictions is None:
            raise OptionError(
                "Say what to evaluate: --ground-truth GT.json and --predictions P.json, or "
                "--data FOLDER with recorded motions to film."
            )
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


def check_options(context: typer.Context) -> None:
    """Raises OptionError where options of both ways in are given together."""
    panels: dict[str, list[str]] = {FROM_FILES: [], FROM_PIXELS: []}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        panel = getattr(parameter, "rich_help_panel", None)
        if panel in panels and source is not None and source.name == "COMMANDLINE":
            panels[panel].append(parameter.opts[0])
    files, pixels = panels[FROM_FILES], panels[FROM_PIXELS]
    if files and pixels:
        raise OptionError(
            f"{files[0]} is for comparing files and {pixels[0]} for filming sessions: use one or "
            "the other."
        )
    if pixels and "--data" not in pixels:
        raise OptionError(f"{pixels[0]} needs --data FOLDER with the recorded motions to film.")
    both = {"--ground-truth", "--predictions"}
    if files and not both <= set(files):
        absent = " and ".join(sorted(both - set(files)))
        raise OptionError(f"{files[0]} needs {absent} as well.")


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


def _from_pixels(
    *,
    data: Path,
    subjects: list[int],
    sessions: int,
    seed: int,
    preset: str,
    localizer: Path | None,
    folder: Path | None,
    min_score: float,
    as_json: bool,
) -> None:
    with plain_errors(), Bars() as bars, TemporaryDirectory() as scratch:
        settings = load_settings()
        motions, recordings = recorded(data)
        from inference.evaluation.average_precision import Area
        from inference.evaluation_from_pixels import evaluate_from_pixels, report
        from review_app.jobs import loaded_models

        chosen = presets.named(preset)
        result = evaluate_from_pixels(
            motions=motions,
            recordings=recordings,
            subjects=subjects,
            sessions=sessions,
            seed=seed,
            pipeline=loaded_models.pipeline(settings, chosen, localizer, bars("weights")),
            folder=folder or Path(scratch),
            score_threshold=min_score,
            progress=bars,
        )
    if as_json:
        figures = {"ap_variant": Area.INTERPOLATED.value, **asdict(result.evaluation)}
        typer.echo(json_text(figures))
    else:
        console.print(report(result), highlight=False)
