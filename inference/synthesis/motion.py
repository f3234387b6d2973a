"""Human motion with known labels, before anyone looks at it through a camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Label:
    """One repetition of one exercise, in seconds."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class Motion:
    """One body moving.

    joints: (T, 17, 3) float32 metres in COCO order; x forward (away from the chest at rest),
        y to the subject's left, z up, floor at z = 0.
    hz: frames a second. labels: repetitions, in order. Everything unlabelled is background.
    """

    joints: NDArray[np.float32]
    hz: float
    labels: tuple[Label, ...]

    @property
    def duration(self) -> float:
        return len(self.joints) / self.hz

    def expanded(self, factor: float) -> "Motion":
        """The same, `factor` times as long: frames are shown again, and labels stretched."""
        frames = (np.arange(round(len(self.joints) * factor)) / factor).astype(int)
        labels = (
            Label(label.name, label.start_s * factor, label.end_s * factor) for label in self.labels
        )
        return Motion(self.joints[frames], self.hz, tuple(labels))
