"""The commands that make the weights of a preset."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inference import presets
from inference.weights.kept import refuse_to_replace
from review_app.cli.options import PresetName, Replace
from review_app.json_text import json_text
from review_app.preset_models import preset_files
from review_app.settings import load_settings
from review_app.terminal import Bars, errors, plain_errors

train_app = typer.Typer(no_args_is_help=True, help="Train the weights of stage 2 or stage 3.")

Data = Annotated[
    Path,
    typer.Option(
        help="Folder with the recorded motions: recordings.json and one .npz.",
        exists=True,
        file_okay=False,
    ),
]


class DataError(Exception):
    """The folder with the recorded motions is not what it should be."""


def recorded(data: Path) -> tuple[Path, Path]:
    """The motions and their description in `data`. Raises DataError."""
    motions, description = sorted(data.glob("*.npz")), data / "recordings.json"
    if len(motions) != 1 or not description.exists():
        raise DataError(f"{data} must hold recordings.json and one .npz with the motions.")
    return motions[0], description


Out = Annotated[
    Path | None,
    typer.Option(help="Where they go; by default where the preset looks for them."),
]


@train_app.command("features")
def train_features(
    data: Data,
    preset: PresetName = presets.DEFAULT.name,
    out: Out = None,
    replace: Replace = False,
) -> None:
    """Train stage 2 on sessions seen through virtual cameras; goes on where it was stopped."""
    with plain_errors():
        settings, wanted = load_settings(), presets.named(preset)
        motions, recordings = recorded(data)
        from inference.features.train import TrainSettings
        from inference.features.train import train_features as train
        from review_app.device import chosen_device

        out = out or preset_files(settings, wanted).features
        checkpoint = out.with_suffix(".checkpoint")
        if not checkpoint.exists():  # else they are what this training has made so far
            refuse_to_replace(out, replace=replace)
        quality = train(
            motions=motions,
            recordings=recordings,
            out=out,
            checkpoint=checkpoint,
            settings=TrainSettings(layers=wanted.layers, expansion=wanted.expansion),
            device=chosen_device(settings.device),
        )
        checkpoint.unlink()  # the next training is another one
    typer.echo(json_text(asdict(quality)))


@train_app.command("localizer")
def train_localizer(
    data: Data,
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
        motions, recordings = recorded(data)
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
