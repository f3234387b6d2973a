"""`rehab-review export-model`: one stage of a preset, or one pose network, as an ONNX file."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference import presets
from inference.pose.network_names import PoseNetwork, present
from review_app.cli.options import PresetName
from review_app.preset_models import preset_files
from review_app.settings import Settings, load_settings
from review_app.terminal import bar, console, plain_errors, table

if TYPE_CHECKING:
    from inference.export.onnx import Exportable


class Stage(StrEnum):
    """The stages in their order; each is one file."""

    POSE = "pose"
    FEATURES = "features"
    LOCALIZER = "localizer"


class ExportOptionError(Exception):
    """Options that do not go together."""


def export_model(
    context: typer.Context,
    stage: Annotated[Stage, typer.Argument(help="Stage 1, 2 or 3 of the pipeline.")],
    out: Annotated[
        Path, typer.Option(help="The .onnx file to write; a .onnx.json comes beside it.")
    ],
    preset: PresetName = presets.DEFAULT.name,
    network: Annotated[
        PoseNetwork | None,
        typer.Option(help="For the pose stage: this network instead of a preset's."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Other weights than those that were fetched or imported.")
    ] = None,
) -> None:
    """Write one stage of a preset as ONNX, and compare it with torch (up to some minutes)."""
    with plain_errors():
        if weights is not None and not weights.is_file():
            raise ExportOptionError(f"There is no file {weights}.")
        settings, chosen = load_settings(), presets.named(preset)
        if network is None:
            loaded = part(settings, stage, chosen, weights)
        elif stage is not Stage.POSE:
            raise ExportOptionError(f"--network is for the pose stage, and not for {stage}.")
        elif _was_given(context, "preset"):
            raise ExportOptionError("--network and --preset both choose a network: give one.")
        else:
            loaded = pose_part(settings, network, weights)
        from inference.export.onnx import TOLERANCE, export, sidecar

        with bar("exporting"):
            differences = export(loaded, out)
    free = "batch" if stage is Stage.POSE else "ticks" if stage is Stage.FEATURES else "steps"
    shown = table(free, "largest difference from torch")
    for length, difference in differences.items():
        shown.add_row(str(length), f"{difference:.1e}")
    console.print(shown)
    console.print(
        f"{out} and {sidecar(out).name} are written; at most {TOLERANCE:g} of an "
        "output's largest value (or of 1, if that is more) is allowed.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def part(
    settings: Settings, stage: Stage, preset: presets.Preset, weights: Path | None
) -> "Exportable":
    """A stage of the preset. Raises PresetError or NetworkMissingError when its weights are
    absent, and what loading raises."""
    if stage is Stage.POSE:
        return pose_part(settings, preset.pose, weights)
    found = preset_files(settings, preset)
    belonging = found.features if stage is Stage.FEATURES else found.localizer
    if weights is None:
        absent = [each for each in presets.missing(preset, found) if each.file == belonging]
        presets.refuse(f"The {stage} of {preset.name} cannot be exported yet", absent)
    file = weights or belonging
    about = {"preset": preset.name, "weights": file.name}
    if stage is Stage.FEATURES:
        from inference.export import stages
        from inference.features.extract import FeatureExtractor

        extractor = FeatureExtractor.load(file)
        about["model_hash"] = extractor.model_hash
        return stages.features_part(extractor.network, about)
    from inference.export import localizers
    from inference.localize.localizer import Localizer

    return localizers.localizer_part(Localizer.load(file), about)


def pose_part(settings: Settings, network: PoseNetwork, weights: Path | None) -> "Exportable":
    """A network of stage 1. Raises NetworkMissingError and what loading raises."""
    file = weights or present(network, settings.weights)
    from inference.export import stages
    from inference.pose import every_network

    module, model_hash = every_network.load(network, file)
    about = {"network": network.value, "weights": file.name, "model_hash": model_hash}
    return stages.pose_part(module, about)


def _was_given(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"
