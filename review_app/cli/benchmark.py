"""`rehab-review benchmark`: how good the models are on recorded people they never saw."""

from contextlib import nullcontext
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from inference import presets
from inference.presets import Preset, WeightFiles
from review_app.cli.options import AsJson, PresetName
from review_app.cli.training import Motions, Recordings, numbers
from review_app.preset_models import preset_files
from review_app.settings import Settings, load_settings
from review_app.terminal import Bars, console, plain_errors

if TYPE_CHECKING:
    from inference.benchmark.figures import Figures
    from inference.benchmark.sessions import BenchmarkSessions


class Level(StrEnum):
    """What the models get to see."""

    KEYPOINTS = "keypoints"
    PIXELS = "pixels"


class BenchmarkError(Exception):
    """Options that do not go together; the message says what to do."""


def benchmark(
    motions: Motions,
    recordings: Recordings,
    subjects: Annotated[
        str, typer.Option(help="Whose recordings, as 7,8: people the models never saw.")
    ],
    seed: Annotated[int, typer.Option(help="The same seed gives the same sessions.", min=0)] = 1,
    sessions: Annotated[int, typer.Option(min=1)] = 40,
    level: Annotated[
        Level,
        typer.Option(help="Projected joints with measured errors, or films and all three stages."),
    ] = Level.KEYPOINTS,
    correct_only: Annotated[
        bool, typer.Option("--correct-only", help="Leave out what was done wrongly on purpose.")
    ] = False,
    preset: PresetName = presets.DEFAULT.name,
    features: Annotated[
        Path | None,
        typer.Option(help="Other weights of stage 2.", exists=True, dir_okay=False),
    ] = None,
    localizer: Annotated[
        Path | None,
        typer.Option(help="Other weights of stage 3.", exists=True, dir_okay=False),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Keep films and what the stages make of them here; used again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the models on spliced sessions of recorded people, with exactly known labels."""
    with plain_errors(), Bars() as bars:
        chosen = tuple(dict.fromkeys(numbers("--subjects", subjects)))
        if not chosen:
            raise BenchmarkError("--subjects names nobody: write their numbers, such as 7,8.")
        if folder is not None and level is Level.KEYPOINTS:
            raise BenchmarkError("--folder keeps films: it goes with --level pixels.")
        if folder is not None:
            _make(folder)
        settings, wanted = load_settings(), presets.named(preset)
        files = _weights(settings, wanted, features, localizer)
        from inference.benchmark.sessions import benchmark_sessions
        from inference.training.provenance import command
        from inference.weights.kept import sha256_of
        from review_app.benchmark_report import BenchmarkRun, as_document, as_text

        made = benchmark_sessions(
            motions=motions,
            recordings=recordings,
            subjects=chosen,
            seed=seed,
            sessions=sessions,
            correct_only=correct_only,
        )
        data = {"motions": motions, "recordings": recordings}
        hashes = {what: sha256_of(file) for what, file in data.items()}
        measure = _on_keypoints if level is Level.KEYPOINTS else partial(_on_pixels, folder=folder)
        figures, weights = measure(made, settings, wanted, files, bars)
        run = BenchmarkRun(
            level=level.value,
            preset=preset,
            motions=motions,
            recordings=recordings,
            subjects=chosen,
            seed=seed,
            correct_only=correct_only,
            hashes=hashes | weights,
            command=command(),
            figures=figures,
        )
    if as_json:
        typer.echo(as_document(run))
    else:
        console.print(as_text(run), highlight=False)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchmarkError(f"{folder} cannot be used for films: {error.strerror}.") from None


def _weights(
    settings: Settings, preset: Preset, features: Path | None, localizer: Path | None
) -> WeightFiles:
    """The files to use; those of the preset where no others are given. Raises PresetError where
    they are not fit for it."""
    own = preset_files(settings, preset)
    files = replace(own, features=features or own.features, localizer=localizer or own.localizer)
    given = (features, localizer)
    absent = [each for each in presets.missing(preset, files) if each.file not in given]
    stages_2_and_3 = [each for each in absent if each.stage > 1]
    presets.refuse(f"The preset {preset.name} cannot be measured yet", stages_2_and_3)
    return files


def _on_keypoints(
    sessions: "BenchmarkSessions",
    settings: Settings,
    preset: Preset,
    files: WeightFiles,
    bars: Bars,
) -> tuple["Figures", dict[str, str]]:
    """Figures, and sha256 of what they were made with."""
    from inference.benchmark.keypoints import benchmark_keypoints
    from inference.features.extract import FeatureExtractor
    from inference.localize.localizer import Localizer
    from inference.synthesis import pose_errors
    from inference.weights.kept import sha256_of
    from review_app.device import chosen_device

    device = chosen_device(settings.device)
    figures = benchmark_keypoints(
        sessions,
        extractor=FeatureExtractor.load(files.features, device=device),
        localizer=Localizer.load(files.localizer, device=device),
        progress=bars("sessions"),
    )
    used = {
        "features": files.features,
        "localizer": files.localizer,
        "pose_errors": pose_errors.SHIPPED,
    }
    return figures, {what: sha256_of(file) for what, file in used.items()}


def _on_pixels(
    sessions: "BenchmarkSessions",
    settings: Settings,
    preset: Preset,
    files: WeightFiles,
    bars: Bars,
    *,
    folder: Path | None,
) -> tuple["Figures", dict[str, str]]:
    """Figures, and sha256 of what they were made with."""
    from inference.benchmark.pixels import benchmark_pixels
    from inference.weights.kept import sha256_of
    from review_app.jobs import loaded_models

    pipeline = loaded_models.pipeline(
        settings, preset, files.localizer, bars("weights"), features=files.features
    )
    with nullcontext(folder) if folder else TemporaryDirectory() as kept:
        figures = benchmark_pixels(
            sessions, pipeline=pipeline, folder=Path(kept), progress=bars("sessions")
        )
    hashes = {
        "pose": pipeline.estimator.model_hash,
        "features": sha256_of(files.features),
        "localizer": sha256_of(files.localizer),
    }
    return figures, hashes
