"""`rehab-review evaluate`: how good proposals are."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from review_app.cli_training import Bars, Data, recorded
from review_app.settings import SHIPPED_WEIGHTS, load_settings
from review_app.terminal import console, plain_errors


def evaluate(
    data: Data,
    subjects: Annotated[
        list[int] | None, typer.Option(help="Whom to film; by default those never trained on.")
    ] = None,
    sessions: Annotated[int, typer.Option(min=1)] = 8,
    seed: Annotated[int, typer.Option()] = 1,
    localizer: Annotated[Path, typer.Option()] = SHIPPED_WEIGHTS / "localizer.safetensors",
    folder: Annotated[
        Path | None, typer.Option(help="Keep the films and what the stages made of them here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Film sessions of people not trained on, run the three stages on the pixels, print mAP."""
    with plain_errors(), Bars() as bars, TemporaryDirectory() as scratch:
        settings = load_settings()
        motions, recordings = recorded(data)
        from inference.evaluation_from_pixels import evaluate_from_pixels, report
        from review_app.jobs import loaded_models

        result = evaluate_from_pixels(
            motions=motions,
            recordings=recordings,
            subjects=subjects or [7, 8],
            sessions=sessions,
            seed=seed,
            pipeline=loaded_models.pipeline(settings, localizer, bars("weights")),
            folder=folder or Path(scratch),
            progress=bars,
        )
    if as_json:
        typer.echo(json.dumps(asdict(result.evaluation), indent=2))
    else:
        console.print(report(result), highlight=False)
