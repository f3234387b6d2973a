"""The models of a worker, loaded once and kept between jobs."""

from functools import cache, lru_cache
from pathlib import Path

from db.models import Model
from inference.features.extract import FeatureExtractor
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerError
from inference.pipeline import Pipeline
from inference.pose.movenet import MoveNet
from inference.progress import Progress, silent
from inference.weights import MOVENET, fetch
from review_app.settings import SHIPPED_WEIGHTS, Settings


def localizer_file(settings: Settings, model: Model) -> Path:
    """The weights of a model version; the shipped one is kept there as well."""
    return settings.models / f"{model.sha256}.safetensors"


def pipeline(settings: Settings, localizer: Path, progress: Progress = silent) -> Pipeline:
    """The three stages, ready to work. Fetches MoveNet when it is not there yet.

    Raises WeightsError, LocalizerError and what `progress` raises.
    """
    if not localizer.exists():
        raise LocalizerError(
            f"The model file {localizer} is missing. Choose another model version on the training "
            "page, or restore the file from a backup."
        )
    # Fetching has no length of its own: the bar of the stage that waits for it stays at its start.
    movenet = fetch(MOVENET, settings.weights, lambda _done, _total: progress(0.0, 0.0))
    return Pipeline(
        _movenet(movenet, settings.threads),
        _extractor(SHIPPED_WEIGHTS / "features.safetensors"),
        _localizer(localizer),
    )


@cache
def _movenet(path: Path, threads: int) -> MoveNet:
    return MoveNet(path, threads)


@cache
def _extractor(path: Path) -> FeatureExtractor:
    return FeatureExtractor.load(path)


@lru_cache(maxsize=4)
def _localizer(path: Path) -> Localizer:
    return Localizer.load(path)
