"""Stage 3 as others use it: features in, proposals out, in flat memory for hours of video."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.device import CPU
from inference.features.track import FeatureTrack
from inference.localize import model_file
from inference.localize.actionformer.convolution import pack_weights
from inference.localize.calibration import Calibration
from inference.localize.decode import Candidates, joined
from inference.localize.detector import Detector, detector_of
from inference.localize.example import Scaling
from inference.localize.inputs import usual_of
from inference.localize.model_file import Config, LocalizerError
from inference.localize.proposal import Proposal
from inference.localize.waiting import while_reporting
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ

CORE_TICKS = 4096  # ticks answered for at a time; about four and a half minutes
LEAST_LIMIT = 100  # proposals, however short a recording is


@dataclass(frozen=True, eq=False)
class Confidence:
    """How sure the model is of each class at each moment, for the strip under the video.

    times: (F,) seconds, the middle of each step. scores: (F, C) float32 0..1, the score of the
    surest proposal of class c that covers the step, 0 where there is none. classes: the C names.
    """

    times: NDArray[np.float64]
    scores: NDArray[np.float32]
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Localizer:
    """A trained localizer with its classes. `model_hash` names exactly these weights.

    detector: the network and how it is decoded.
    """

    detector: Detector
    config: Config
    classes: tuple[str, ...]
    scaling: Scaling
    model_hash: str
    calibration: Calibration = field(default_factory=Calibration)

    @classmethod
    def load(cls, path: Path, device: torch.device = CPU) -> "Localizer":
        """The network computes on `device`; candidates are thinned out on the CPU.

        Raises LocalizerError with a sentence when the file cannot be used.
        """
        file = model_file.read(path)
        model = file.config.build(len(file.classes))
        try:
            model.load_state_dict(file.weights)
        except RuntimeError as error:
            raise LocalizerError(f"{path.name} does not fit its own description.") from error
        return cls(
            detector_of(pack_weights(model.eval().to(device)), file.config),
            file.config,
            file.classes,
            file.scaling,
            file.model_hash,
            file.calibration,
        )

    @property
    def model(self) -> nn.Module:
        """The network itself."""
        return self.detector.module

    def propose(
        self, track: FeatureTrack, duration_s: float, progress: Progress = silent
    ) -> tuple[list[Proposal], Confidence]:
        """Proposals by start time, clipped to [0, duration_s], and the confidence strip.

        Scores are calibrated: of the proposals with a score of 0.8 about 8 in 10 are right, as
        far as recordings are like those that the calibration was made on. Raises LocalizerError
        when the features were made by another extractor.
        """
        by_class, _ = self.candidates(track, duration_s, progress)
        proposals = self.proposals(by_class, self.classes, duration_s, progress)
        return proposals, painted(proposals, track, self.classes)

    def propose_and_count(
        self, track: FeatureTrack, duration_s: float, progress: Progress = silent
    ) -> tuple[list[Proposal], list[Proposal]]:
        """Proposals as in `propose`, and repetitions of whatever exercise, which have "" as their
        label; both by start time, from one run of the network."""
        by_class, whatever = self.candidates(track, duration_s, progress)
        return (
            self.proposals(by_class, self.classes, duration_s, progress),
            self.proposals(whatever, ("",), duration_s, progress),
        )

    def candidates(
        self, track: FeatureTrack, duration_s: float, progress: Progress
    ) -> tuple[Candidates, Candidates]:
        """The candidates of a whole recording: by class, and whatever the class."""
        self.check_features(track)
        by_class, whatever = [Candidates.none()], [Candidates.none()]
        for done_s, *found in self.chunks(track):
            by_class.append(found[0])
            whatever.append(found[1])
            progress(min(done_s, duration_s), duration_s)
        return joined(by_class), joined(whatever)

    def proposals(
        self, found: Candidates, names: tuple[str, ...], duration_s: float, progress: Progress
    ) -> list[Proposal]:
        """What is left of the candidates of a whole recording, calibrated, by start time."""
        limit = max(LEAST_LIMIT, round(self.detector.max_per_minute * duration_s / 60))
        kept = while_reporting(
            lambda: self.detector.decoded(found, limit), lambda: progress(duration_s, duration_s)
        )
        scores = self.calibration.applied(kept.scores)
        seconds = np.clip(kept.segments / MODEL_HZ, 0.0, duration_s)
        spreads = kept.spreads / MODEL_HZ * self.calibration.spread_factor
        proposals = [
            Proposal(
                label=names[kept.labels[i]],
                start_s=float(seconds[i, 0]),
                end_s=float(seconds[i, 1]),
                score=float(scores[i]),
                start_spread_s=float(spreads[i, 0]),
                end_spread_s=float(spreads[i, 1]),
                model=self.model_hash,
            )
            for i in range(len(kept))
            if seconds[i, 1] > seconds[i, 0]
        ]
        proposals.sort(key=lambda proposal: (proposal.start_s, proposal.end_s, -proposal.score))
        return proposals

    def check_features(self, track: FeatureTrack) -> None:
        if track.model != self.config.features_model:
            raise LocalizerError(
                "This localizer was trained on features of another model than these. "
                "Run the video through the feature extractor the localizer belongs to, "
                "or train a new localizer."
            )

    def chunks(self, track: FeatureTrack) -> Iterator[tuple[float, Candidates, Candidates]]:
        """Seconds done, and the candidates by class and whatever the class, chunk by chunk.

        Chunks overlap by as much as the network can see, so the answers are those of one pass
        over everything.
        """
        ticks, reach = len(track.keypoints), self.detector.reach
        if not ticks:
            return
        usual = usual_of(track.keypoints)
        stride = self.detector.stride
        core = max(1, CORE_TICKS // stride) * stride if reach is not None else ticks
        margin = reach or 0
        for start in range(0, ticks, core):
            end = min(start + core, ticks)
            first, last = max(0, start - margin), min(ticks, start + core + margin)
            by_class, whatever = self.detector.candidates(
                self.detector.inputs(track, self.scaling, usual, first, last),
                first=first,
                core=(start - first, end - first),
                last=last == ticks,
            )
            yield end / MODEL_HZ, by_class, whatever


def painted(proposals: list[Proposal], track: FeatureTrack, classes: tuple[str, ...]) -> Confidence:
    """Each proposal's score over the steps whose middle it covers."""
    strip = np.zeros((len(track.times), len(classes)), np.float32)
    for proposal in proposals:
        first, last = np.searchsorted(track.times, (proposal.start_s, proposal.end_s))
        column = strip[first:last, classes.index(proposal.label)]
        np.maximum(column, proposal.score, out=column)
    return Confidence(track.times, strip, classes)
