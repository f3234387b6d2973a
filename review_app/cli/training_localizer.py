"""`rehab-review train localizer`: the weights of stage 3."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inference import presets
from inference.weights.kept import refuse_to_replace
from review_app.cli.options import PresetName, Replace
from review_app.cli.training import Motions, Out, Recordings
from review_app.json_text import json_text
from review_app.preset_models import preset_files
from review_app.settings import load_settings
from review_app.terminal import Bars, errors, plain_errors


def train_localizer(
    motions: Motions,
    recordings: Recordings,
    preset: PresetName = presets.DEFAULT.name,
    features: Annotated[
        Path | None,
        typer.Option(
            help="Weights of stage 2; by default those of the preset.", exists=True, dir_okay=False
        ),
    ] = None,
    out: Out = None,
    replace: Replace = False,
) -> None:
    """Train stage 3 on the features of such sessions."""
    with plain_errors(), Bars() as bars:
        settings, wanted = load_settings(), presets.named(preset)
        from inference.localize.shipped import train_shipped
        from inference.synthesis.trainset import TrainingSetSettings
        from review_app.device import chosen_device

        files = preset_files(settings, wanted)
        if features is None:
            presets.require_features(wanted, files)
        out = out or files.localizer
        refuse_to_replace(out, replace=replace)
        trained = train_shipped(
            motions=motions,
            recordings=recordings,
            features=features or files.features,
            out=out,
            cache=settings.artefacts / "training-sessions",
            sessions=TrainingSetSettings(expansion=wanted.expansion),
            device=chosen_device(settings.device),
            progress=bars,
            on_epoch=lambda metrics: errors.print(asdict(metrics)),
        )
    typer.echo(json_text(trained.metrics))
