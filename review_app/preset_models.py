"""The localizers of the presets as model versions that a project can choose."""

import hashlib
import json
import shutil

from sqlalchemy.orm import Session

from db.model_versions import register_shipped
from db.models import Model
from db.projects import choose_model
from inference import presets
from inference.presets import Preset
from review_app.preset_files import missing, preset_files
from review_app.settings import Settings


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
    sidecar = weights.with_suffix(".json")
    described = json.loads(sidecar.read_text())
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    for source, suffix in ((sidecar, ".json"), (weights, ".safetensors")):
        copy = settings.models / f"{sha256}{suffix}"
        if not copy.exists():
            half = copy.with_suffix(copy.suffix + ".part")
            shutil.copyfile(source, half)
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
