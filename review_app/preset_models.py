"""The presets of this installation: where their weights are, and their localizers as model
versions that a project can choose.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from db.model_versions import register_shipped
from db.models import Model
from db.projects import choose_model
from inference import presets
from inference.presets import Missing, Preset, WeightFiles
from inference.weights.kept import sha256_of, sidecar
from review_app.settings import SHIPPED_WEIGHTS, Settings


def preset_files(settings: Settings, preset: Preset) -> WeightFiles:
    """Where the preset's weights belong in this installation."""
    return presets.weight_files(preset, weights=settings.weights, shipped=SHIPPED_WEIGHTS)


def missing(settings: Settings, preset: Preset) -> tuple[Missing, ...]:
    """What has to be made or imported before a project can use the preset."""
    return presets.missing(preset, preset_files(settings, preset))


def register_models(db: Session, settings: Settings) -> None:
    """Put the localizer of every preset that is complete among the model versions.

    A checkout without weights can import and label, and says so when asked to propose.
    """
    for preset in presets.PRESETS:
        if not missing(settings, preset):
            register_model(db, settings, preset)


def register_model(db: Session, settings: Settings, preset: Preset) -> Model:
    """The preset's own localizer as a model version; its file is kept beside those trained here."""
    weights = preset_files(settings, preset).localizer
    described, sha256 = sidecar(weights), sha256_of(weights)
    for suffix in (".json", ".safetensors"):
        copy = settings.models / f"{sha256}{suffix}"
        if not copy.exists():
            half = copy.with_suffix(copy.suffix + ".part")
            shutil.copyfile(weights.with_suffix(suffix), half)
            half.replace(copy)
    return register_shipped(
        db,
        name=f"{'shipped' if preset.shipped else preset.name} {sha256[:8]}",
        preset=preset.name,
        sha256=sha256,
        settings=described.get("config", {}),
        metrics=described.get("metrics", {}),
        classes=described["classes"],
    )


def use_preset(db: Session, settings: Settings, project_id: int, preset: Preset) -> None:
    """New proposals of the project are made with the preset. Raises PresetError."""
    presets.require(preset, preset_files(settings, preset))
    choose_model(db, project_id, register_model(db, settings, preset).id)


def localizer_file(settings: Settings, model: Model) -> Path:
    """The weights of a model version; those of the presets are kept there as well."""
    return settings.models / f"{model.sha256}.safetensors"


def version_problem(settings: Settings, model: Model) -> str:
    """Why a model version can propose and train nothing here, in sentences; "" where it can."""
    file = localizer_file(settings, model)
    own = preset_files(settings, presets.named(model.preset))
    problem = presets.localizer_problem(replace(own, localizer=file))
    if not problem:
        return ""
    if problem == presets.NOT_THERE:
        return (
            f"The weights of “{model.name}” are missing from {settings.models}. Put the file back "
            "or use another version."
        )
    return (
        f"“{model.name}” cannot be used any more: its file {problem}. All labels and proposals "
        "stay as they are. Use another version, or train a new one from the labels on the "
        "training page."
    )
