"""`rehab-review train features`: the weights of stage 2."""

from dataclasses import asdict

import typer

from inference import presets
from inference.weights.kept import refuse_to_replace
from review_app.cli.options import PresetName, Replace
from review_app.cli.training import Motions, Out, Recordings
from review_app.json_text import json_text
from review_app.preset_models import preset_files
from review_app.settings import load_settings
from review_app.terminal import plain_errors


def train_features(
    motions: Motions,
    recordings: Recordings,
    preset: PresetName = presets.DEFAULT.name,
    out: Out = None,
    replace: Replace = False,
) -> None:
    """Train stage 2 on sessions seen through virtual cameras; goes on where it was stopped."""
    with plain_errors():
        settings, wanted = load_settings(), presets.named(preset)
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
