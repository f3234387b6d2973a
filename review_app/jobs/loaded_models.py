"""The models of a worker, loaded once and kept between jobs."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch

from db.models import Model
from inference import presets
from inference.device import fastest_dtype
from inference.features.extract import FeatureExtractor
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerError
from inference.pipeline import Pipeline
from inference.pose import every_network
from inference.pose.estimator import PoseEstimator
from inference.pose.movenet import MoveNet
from inference.pose.movenet_estimators import MoveNetTorch
from inference.pose.network_names import PoseNetwork
from inference.pose.top_down import TopDown
from inference.presets import Preset
from inference.progress import Progress, silent
from inference.weights.fetched import MOVENET, fetch
from review_app.device import chosen_device
from review_app.preset_models import localizer_file, preset_files, version_problem
from review_app.settings import Settings


def version_pipeline(settings: Settings, model: Model, progress: Progress = silent) -> Pipeline:
    """The pipeline of a model version: the networks of its preset, and its own localizer.

    Raises as `pipeline` does; LocalizerError with the `version_problem`.
    """
    if problem := version_problem(settings, model):
        raise LocalizerError(problem)
    preset = presets.named(model.preset)
    return pipeline(settings, preset, localizer_file(settings, model), progress)


def pipeline(
    settings: Settings,
    preset: Preset,
    localizer: Path | None = None,
    progress: Progress = silent,
    *,
    features: Path | None = None,
) -> Pipeline:
    """The three stages on the device of the settings. Fetches MoveNet when it is not there yet.

    localizer, features: other weights of stages 3 and 2 than the preset's own. Raises
    PresetError, DeviceError, WeightsError, LocalizerError and what `progress` raises.
    """
    found = preset_files(settings, preset)
    if features is not None:
        found = replace(found, features=features)
    if localizer is not None:
        if not localizer.is_file():
            raise LocalizerError(
                f"The model file {localizer} is missing. Choose another model version on the "
                "training page, or restore the file from a backup."
            )
        found = replace(found, localizer=localizer)
        for absent in presets.missing(preset, found):
            if absent.file == localizer:  # what makes the preset's own does not make this one
                raise LocalizerError(
                    f"{localizer} {absent.problem}: choose a localizer that was trained for the "
                    f"preset {preset.name}."
                )
    presets.require(preset, found)
    device = chosen_device(settings.device)
    finder = movenet(settings, progress)
    estimator: PoseEstimator = finder
    if preset.pose is not PoseNetwork.MULTIPOSE:
        estimator = _top_down(_File.of(found.pose), preset.pose, device)
    return Pipeline(
        finder,
        estimator,
        _extractor(_File.of(found.features), device),
        _localizer(_File.of(found.localizer), device),
    )


def movenet(settings: Settings, progress: Progress = silent) -> MoveNet | MoveNetTorch:
    """What finds people in a picture, on the device of the settings. Fetches it when it is not
    there yet. Raises DeviceError, WeightsError and what `progress` raises."""
    # Fetching has no length of its own: the bar of the stage that waits for it stays at its start.
    fetched = fetch(MOVENET, settings.weights, lambda _done, _total: progress(0.0, 0.0))
    return _movenet(_File.of(fetched), chosen_device(settings.device), settings.threads)


@dataclass(frozen=True)
class _File:
    """A file as it is now: one that was replaced is loaded again."""

    path: Path
    changed_ns: int
    size: int

    @classmethod
    def of(cls, path: Path) -> "_File":
        stat = path.stat()
        return cls(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1)
def _movenet(file: _File, device: torch.device, threads: int) -> MoveNet | MoveNetTorch:
    if device.type == "cpu":  # where LiteRT is several times as fast as torch
        return MoveNet(file.path, threads)
    return MoveNetTorch(file.path, device=device, dtype=fastest_dtype(device))


@lru_cache(maxsize=2)
def _top_down(file: _File, name: PoseNetwork, device: torch.device) -> TopDown:
    network, model_hash = every_network.load(name, file.path)
    dtype = fastest_dtype(device)
    return TopDown(network, model_hash=model_hash, device=device, dtype=dtype)


@lru_cache(maxsize=4)
def _extractor(file: _File, device: torch.device) -> FeatureExtractor:
    return FeatureExtractor.load(file.path, device=device)


@lru_cache(maxsize=4)
def _localizer(file: _File, device: torch.device) -> Localizer:
    return Localizer.load(file.path, device=device)
