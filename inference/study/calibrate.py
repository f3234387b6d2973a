"""Localizers of the folds with a calibration, as files that the benchmark command can measure."""

from pathlib import Path

from inference.localize import model_file
from inference.localize.calibration import Calibration
from inference.weights.kept import sidecar


def write_calibrated(localizer: Path, calibration: Calibration, out: Path) -> None:
    """Writes `out`: the same weights, whose scores and spreads are calibrated. Raises
    LocalizerError."""
    read = model_file.read(localizer)
    said = model_file.description(read.config, read.classes, read.calibration)
    about = {
        name: value for name, value in sidecar(localizer).items() if name not in (*said, "sha256")
    }
    model_file.write(
        out,
        config=read.config,
        classes=read.classes,
        weights=read.weights,
        scaling=read.scaling,
        calibration=calibration,
        about=about | {"calibration_of": read.model_hash},
    )
