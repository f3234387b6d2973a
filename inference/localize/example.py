"""What the localizer learns from: the features of one recording and what people said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.features.track import FeatureTrack


class LabelLike(Protocol):
    """Anything with a class name, a start and an end in seconds."""

    @property
    def name(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Example:
    """One recording. finished: spans in seconds that somebody has looked at, so that whatever
    is not labelled there is background. group: the patient; a patient is in one split only.
    """

    track: FeatureTrack
    labels: tuple[LabelLike, ...]
    finished: tuple[tuple[float, float], ...]
    group: str

    @property
    def duration_s(self) -> float:
        return len(self.track.times) * self.track.step_s


@dataclass(frozen=True, eq=False)
class Scaling:
    """Brings each feature channel to mean 0 and spread 1 over the first training set.

    Averages of rectified maps hardly differ from their own mean; without this the network spends
    its first thousand steps on the difference. mean, spread: (D,) float32.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> "Scaling":
        features = np.concatenate([example.track.features for example in examples])
        return cls(features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3))

    @classmethod
    def none(cls, channels: int) -> "Scaling":
        """Leaves features as they are, as published networks want them."""
        return cls(np.zeros(channels, np.float32), np.ones(channels, np.float32))

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return (features - self.mean) / self.spread
