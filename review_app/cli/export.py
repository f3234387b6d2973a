"""`rehab-review export-model`: one stage of a preset as an ONNX file."""

from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference import presets
from review_app.cli.options import PresetName
from review_app.settings import Settings, load_settings
from review_app.terminal import console, plain_errors, table

if TYPE_CHECKING:
    from torch import nn

    from inference.export.onnx import Exportable


class Stage(StrEnum):
    """The stages in their order; each is one file."""

    POSE = "pose"
    FEATURES = "features"
    LOCALIZER = "localizer"


def export_model(
    stage: Annotated[Stage, typer.Argument(help="Stage 1, 2 or 3 of the pipeline.")],
    out: Annotated[Path, typer.Option(help="The ONNX file to write; a .json comes beside it.")],
    preset: PresetName = presets.DEFAULT.name,
    weights: Annotated[
        Path | None, typer.Option(help="Other weights of this stage than the preset's.")
    ] = None,
) -> None:
    """Write one stage of a preset as ONNX, and compare it with torch in ONNX Runtime."""
    with plain_errors():
        settings = load_settings()
        from inference.export.onnx import TOLERANCE, export

        differences = export(part(settings, stage, presets.preset(preset), weights), out)
    free = "batch" if stage is Stage.POSE else "ticks" if stage is Stage.FEATURES else "steps"
    shown = table(free, "largest difference from torch")
    for length, difference in differences.items():
        shown.add_row(str(length), f"{difference:.1e}")
    console.print(shown)
    console.print(
        f"{out} and {out.with_suffix('.json').name} are written; at most {TOLERANCE:g} of an "
        "output's largest value (or of 1, if that is more) is allowed.",
        soft_wrap=True,
    )


def part(
    settings: Settings, stage: Stage, preset: presets.Preset, weights: Path | None
) -> "Exportable":
    """The loaded stage. Raises PresetError when its weights are absent, and what loading raises."""
    from inference.export import stages
    from review_app.preset_files import preset_files

    belonging = preset_files(settings, preset)
    file = (
        weights
        or {
            Stage.POSE: belonging.pose,
            Stage.FEATURES: belonging.features,
            Stage.LOCALIZER: belonging.localizer,
        }[stage]
    )
    for absent in presets.missing(preset, belonging):
        if absent.file == file:
            raise presets.PresetError(
                f"The weights of {absent.what}, are missing: {file}. Make them with "
                f"`{'` or `'.join(absent.commands)}`, or name others with --weights."
            )
    about = {"preset": preset.name, "weights": file.name}
    match stage:
        case Stage.POSE:
            network, model_hash = pose_network(preset, file)
            return stages.pose_part(network, {**about, "model_hash": model_hash})
        case Stage.FEATURES:
            from inference.features.extract import FeatureExtractor

            extractor = FeatureExtractor.load(file)
            about["model_hash"] = extractor.model_hash
            return stages.features_part(extractor.network, about)
        case Stage.LOCALIZER:
            from inference.localize.localizer import Localizer

            localizer = Localizer.load(file)
            about["model_hash"] = localizer.model_hash
            about["features_model"] = localizer.config.features_model
            return stages.localizer_part(
                localizer.model, localizer.scaling, localizer.classes, about
            )


def pose_network(preset: presets.Preset, file: Path) -> "tuple[nn.Module, str]":
    """The network of stage 1 and the hash of its weights; MoveNet is fetched when it is absent."""
    if preset.pose is presets.PoseModel.MOVENET:
        from inference.pose.movenet_numbers import load_multipose
        from inference.weights.fetched import MOVENET, fetch

        if file.name == MOVENET.file_name:
            fetch(MOVENET, file.parent)
        return load_multipose(file), sha256(file.read_bytes()).hexdigest()
    from inference.pose.networks import load_pose_network
    from inference.weights.official import Arch

    return load_pose_network(file, Arch(preset.pose))
