"""Stage 3 as others use it: features in, proposals out, in flat memory for hours of video."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.device import CPU
from inference.features.track import FeatureTrack
from inference.localize import decode, model_file
from inference.localize.actionformer.convolution import pack_weights
from inference.localize.actionformer.network import ActionFormer, LevelOutput
from inference.localize.example import Scaling
from inference.localize.model_file import LocalizerConfig, LocalizerError
from inference.localize.proposal import Proposal
from inference.localize.waiting import while_reporting
from inference.progress import Progress, silent

CORE_STEPS = 2048  # steps answered for at a time; about four and a half minutes


@dataclass(frozen=True, eq=False)
class Confidence:
    """How sure the model is of each class at each moment, for the strip under the video.

    times: (F,) seconds, the middle of each step. scores: (F, C) float32 0..1, the score of the
    best candidate of class c that covers the step. classes: the C names.
    """

    times: NDArray[np.float64]
    scores: NDArray[np.float32]
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Localizer:
    """A trained ActionFormer with its classes. `model_hash` names exactly these weights."""

    model: ActionFormer
    config: LocalizerConfig
    classes: tuple[str, ...]
    scaling: Scaling
    model_hash: str
    settings: decode.DecodeSettings = field(default_factory=decode.DecodeSettings)

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
        model = pack_weights(model.eval().to(device))
        return cls(model, file.config, file.classes, file.scaling, file.model_hash)

    def propose(
        self, track: FeatureTrack, duration_s: float, progress: Progress = silent
    ) -> tuple[list[Proposal], Confidence]:
        """Proposals by start time, clipped to [0, duration_s], and the confidence strip.

        Raises LocalizerError when the features were made by another extractor.
        """
        self.check_features(track)
        times, steps = track.times, len(track.times)
        scores = np.zeros((steps, len(self.classes)), np.float32)
        parts = [no_candidates()]
        for first, levels, core in self.run(track.features):
            found = decode.candidates(levels, self.settings, core)
            found = decode.Candidates(found.segments + first, found.scores, found.labels)
            parts.append(found)
            paint(scores, found)
            progress(min((first + core[1]) * track.step_s, duration_s), duration_s)
        found = decode.joined(parts)
        limit = max(100, round(self.settings.max_per_minute * duration_s / 60))

        def thinned_out() -> tuple[decode.Candidates, NDArray[np.float64]]:
            kept = decode.suppress(found, self.settings, limit)
            return kept, decode.boundary_spreads(kept, found) * track.step_s

        kept, spreads = while_reporting(thinned_out, lambda: progress(duration_s, duration_s))
        origin = float(times[0]) if steps else 0.0
        seconds = np.clip(origin + kept.segments.astype(float) * track.step_s, 0.0, duration_s)
        proposals = [
            Proposal(
                label=self.classes[kept.labels[i]],
                start_s=float(seconds[i, 0]),
                end_s=float(seconds[i, 1]),
                score=float(min(kept.scores[i], 1.0)),
                start_spread_s=float(spreads[i, 0]),
                end_spread_s=float(spreads[i, 1]),
                model=self.model_hash,
            )
            for i in range(len(kept))
            if seconds[i, 1] > seconds[i, 0]
        ]
        proposals.sort(key=lambda proposal: (proposal.start_s, proposal.end_s, -proposal.score))
        return proposals, Confidence(times, scores, self.classes)

    def check_features(self, track: FeatureTrack) -> None:
        if track.model != self.config.features_model:
            raise LocalizerError(
                "This localizer was trained on features of another model than these. "
                "Run the video through the feature extractor the localizer belongs to, "
                "or train a new localizer."
            )

    def run(
        self, features: NDArray[np.float32]
    ) -> Iterator[tuple[int, list[LevelOutput], tuple[int, int]]]:
        """First step of a chunk, its levels, and which of its steps it answers for.

        Chunks overlap by as much as the network can see, so the answers are those of one pass
        over everything.
        """
        steps, reach = len(features), self.model.reach()
        device = next(self.model.parameters()).device
        core = CORE_STEPS if reach is not None else max(steps, 1)
        margin = reach or 0
        for start in range(0, steps, core):
            first, last = max(0, start - margin), min(steps, start + core + margin)
            length = last - first
            to = self.model.padded_length(length) if last == steps else length
            chunk = torch.zeros(1, to, self.config.input_dim)
            chunk[0, :length] = torch.from_numpy(self.scaling.apply(features[first:last]))
            mask = torch.arange(to)[None] < length
            with torch.inference_mode():
                levels = self.model(chunk.transpose(1, 2).to(device), mask.to(device))
            levels = [level.on_cpu() for level in levels]
            yield first, levels, (start - first, min(start + core, steps) - first)


def no_candidates() -> decode.Candidates:
    return decode.Candidates(
        np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
    )


def paint(scores: NDArray[np.float32], found: decode.Candidates) -> None:
    """Raises `scores` (F, C) to each candidate's score over the steps it covers."""
    spans = np.clip(np.rint(found.segments + 0.5), 0, len(scores)).astype(int)
    for (first, last), score, label in zip(spans, found.scores, found.labels, strict=True):
        column = scores[first:last, label]
        np.maximum(column, score, out=column)
