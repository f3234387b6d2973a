"""`rehab-review train localizer`: the weights of stage 3."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inference import presets
from inference.localize.train_settings import Network, Part
from inference.weights.kept import refuse_to_replace
from review_app.cli.options import PresetName, Replace
from review_app.cli.training import (
    Logs,
    Motions,
    Out,
    Recordings,
    Steps,
    Subjects,
    TrainOptionError,
    Validation,
    WithoutClasses,
    names,
    people,
)
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
    subjects: Subjects = None,
    validation: Validation = None,
    without_classes: WithoutClasses = None,
    sessions: Annotated[int, typer.Option(help="Sessions to train on.", min=1)] = 240,
    recordings_per_class: Annotated[
        int | None,
        typer.Option(help="Only so many labelled sessions of each exercise.", min=1),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--init",
            help="Begin with this localizer instead of nothing; classes go by name.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    network: Annotated[
        Network | None,
        typer.Option(
            help="The network, or the published one to compare with; with --init that of the file.",
            show_default=Network.REFINED.value,
        ),
    ] = None,
    without: Annotated[
        list[Part] | None, typer.Option(help="Leave this part out, to see what it is worth.")
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            help="Take the calibration of this localizer where nobody is watched.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    steps: Steps = None,
    accumulate: Annotated[int, typer.Option(help="Batches a step, in each process.", min=1)] = 1,
    seed: Annotated[
        int,
        typer.Option(
            help="The same seed gives the same training; the sessions are the same for all.",
            min=0,
        ),
    ] = 1,
    logs: Logs = None,
    out: Out = None,
    replace: Replace = False,
) -> None:
    """Train stage 3 on the features of such sessions; goes on where it was stopped.

    In several processes: torchrun --nproc-per-node 2 -m -- review_app.cli train localizer ...
    """
    with plain_errors(), Bars() as bars:
        chosen, left_out = network_of(network, tuple(without or ()), init=start is not None)
        settings, wanted = load_settings(), presets.named(preset)
        from inference.localize.shipped import train_shipped
        from inference.localize.train_settings import TrainSettings
        from inference.progress import silent
        from inference.synthesis.trainset import TrainingSetSettings
        from inference.training.processes import launched
        from review_app.device import chosen_device

        watched, trained = people(recordings, subjects, validation, any_trained=True)
        files = preset_files(settings, wanted)
        if features is None:
            presets.require_features(wanted, files)
        out = out or files.localizer
        first = launched().first
        if first:
            refuse_to_replace(out, replace=replace)
        result = train_shipped(
            motions=motions,
            recordings=recordings,
            features=features or files.features,
            out=out,
            cache=settings.artefacts / "training-sessions",
            sessions=TrainingSetSettings(
                sessions=sessions,
                train_subjects=trained,
                validation_subjects=watched,
                without=names(without_classes),
                recordings_per_class=recordings_per_class,
                expansion=wanted.expansion,
            ),
            settings=TrainSettings(
                steps=steps,
                accumulate=accumulate,
                seed=seed,
                network=chosen,
                without=left_out,
            ),
            start=start,
            calibration=calibration,
            logs=logs and logs / out.stem,
            device=chosen_device(settings.device),
            progress=bars if first else lambda stage: silent,
            on_epoch=lambda metrics: errors.print(asdict(metrics)) if first else None,
        )
    if first:
        typer.echo(json_text(result.metrics))


def network_of(
    network: Network | None, without: tuple[Part, ...], *, init: bool
) -> tuple[Network, tuple[Part, ...]]:
    """What was asked for. Raises TrainOptionError where it does not go together.

    init: whether training begins with the network of a file, which keeps its shape.
    """
    shaping = [part for part in without if part is not Part.QUALITY]
    if init and (network is not None or shaping):
        option = "--network" if network is not None else f"--without {shaping[0].value}"
        raise TrainOptionError(
            f"--init goes on with the network of its file, which {option} cannot change: leave "
            "one of the two away."
        )
    if network is Network.ACTIONFORMER and without:
        raise TrainOptionError(
            f"--without {without[0].value} is about the network of this program: the published "
            "ActionFormer is trained whole."
        )
    if {Part.KINEMATICS, Part.HEATMAPS} <= set(without):
        raise TrainOptionError(
            "Without kinematics and without heatmaps there is nothing left to look at: leave only "
            "one of them out."
        )
    return network or Network.REFINED, without
