"""`rehab-review train features`: the weights of stage 2."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from inference import presets
from inference.weights.kept import refuse_to_replace
from review_app.cli.options import PresetName, Replace
from review_app.cli.training import (
    Logs,
    MotionsFile,
    Out,
    RecordingsFile,
    Seed,
    Steps,
    Subjects,
    Validation,
    WithoutClasses,
    names,
    people,
)
from review_app.json_text import json_text
from review_app.preset_models import preset_files
from review_app.settings import load_settings
from review_app.terminal import plain_errors


def train_features(
    motions: Annotated[Path | None, MotionsFile] = None,
    recordings: Annotated[Path | None, RecordingsFile] = None,
    preset: PresetName = presets.DEFAULT.name,
    subjects: Subjects = None,
    validation: Validation = None,
    without_classes: WithoutClasses = None,
    invented: Annotated[
        float,
        typer.Option(
            help="Share of the sessions by invented people; 1 needs nobody's recordings.",
            min=0.0,
            max=1.0,
        ),
    ] = 0.25,
    start: Annotated[
        Path | None,
        typer.Option(
            help="Begin with these weights instead of random ones, and train shorter.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    steps: Steps = None,
    accumulate: Annotated[
        int, typer.Option(help="Batches of 8 windows a step, in each process.", min=1)
    ] = 1,
    compiled: Annotated[
        bool,
        typer.Option(
            "--compile",
            help="Let torch compile the network first; on a CPU with bfloat16 that took minutes "
            "and made no step faster.",
        ),
    ] = False,
    seed: Seed = 1,
    logs: Logs = None,
    out: Out = None,
    replace_old: Replace = False,
) -> None:
    """Train stage 2 on sessions seen through virtual cameras; goes on where it was stopped.

    In several processes: torchrun --nproc-per-node 2 -m -- review_app.cli train features ...
    """
    with plain_errors():
        settings, wanted = load_settings(), presets.named(preset)
        from inference.features.train import train_features as train
        from inference.features.train_settings import TrainSettings
        from inference.training.processes import launched
        from review_app.device import chosen_device

        watched, trained = people(recordings, subjects, validation, any_trained=invented < 1)
        schedule = TrainSettings()
        if start is not None:
            schedule = schedule.second_stage()
        out = out or preset_files(settings, wanted).features
        checkpoint = out.with_suffix(".checkpoint")
        first = launched().first
        if first and not checkpoint.exists():  # else they are what this training has made so far
            refuse_to_replace(out, replace=replace_old)
        quality = train(
            motions=motions,
            recordings=recordings,
            out=out,
            checkpoint=checkpoint,
            settings=replace(
                schedule,
                layers=wanted.layers,
                expansion=wanted.expansion,
                steps=steps or schedule.steps,
                accumulate=accumulate,
                compiled=compiled,
                seed=seed,
                train_subjects=trained,
                validation_subjects=watched,
                invented=invented,
                without=names(without_classes),
            ),
            start=start,
            logs=logs and logs / out.stem,
            device=chosen_device(settings.device),
        )
        if not first:
            return
        checkpoint.unlink()  # the next training is another one
    typer.echo(json_text({"out": str(out), "validation": quality and asdict(quality)}))
