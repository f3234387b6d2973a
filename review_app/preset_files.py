"""Where the weights of the presets are in this installation."""

from inference import presets
from inference.presets import Missing, Preset, WeightFiles
from review_app.settings import SHIPPED_WEIGHTS, Settings


def preset_files(settings: Settings, preset: Preset) -> WeightFiles:
    """Where the preset's weights belong in this installation."""
    return presets.files(preset, weights=settings.weights, shipped=SHIPPED_WEIGHTS)


def missing(settings: Settings, preset: Preset) -> tuple[Missing, ...]:
    """What has to be made or imported before a project can use the preset."""
    return presets.missing(preset, preset_files(settings, preset))
