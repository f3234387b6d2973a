"""How a localizer does on labelled recordings, and the calibration that they give it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

import segment_kernels
from inference.evaluation.evaluate import Evaluation, evaluate
from inference.localize.calibration import (
    LEAST_LABELS_TO_CALIBRATE,
    Calibration,
    fit_calibration,
)
from inference.localize.example import Example, LabelLike
from inference.localize.localizer import Localizer
from inference.localize.proposal import Proposal
from inference.progress import Progress, silent

RIGHT_TIOU = 0.5  # a proposal that overlaps a label of its class this much is right


@dataclass(frozen=True, eq=False)
class Found:
    """What there is in some recordings and what was proposed, within what people looked at."""

    truth: dict[str, list[LabelLike]]
    proposals: dict[str, list[Proposal]]
    minutes: float

    @property
    def labels(self) -> int:
        return sum(map(len, self.truth.values()))

    def evaluation(self, calibration: Calibration | None = None) -> Evaluation:
        """What the proposals are worth, with another calibration where one is given; they must
        not be calibrated yet then."""
        proposals = self.proposals
        if calibration:
            proposals = {
                name: with_calibration(own, calibration) for name, own in proposals.items()
            }
        return evaluate(self.truth, proposals, minutes=self.minutes)

    def calibration(self) -> Calibration | None:
        """The one that fits proposals that are not calibrated yet, in recordings that nothing was
        learned from; None where these hold too few labels to tell."""
        return None if self.labels < LEAST_LABELS_TO_CALIBRATE else calibration_of(self)


def find(localizer: Localizer, examples: Sequence[Example], progress: Progress = silent) -> Found:
    """Runs the localizer over the examples. `progress` is that of each of them."""
    truth: dict[str, list[LabelLike]] = {}
    proposals: dict[str, list[Proposal]] = {}
    minutes = 0.0
    for number, example in enumerate(examples):
        spans = example.finished or ((0.0, example.duration_s),)
        found, _ = localizer.propose(example.track, example.duration_s, progress)
        name = str(number)
        truth[name] = [
            label
            for label in example.labels
            if label.name in localizer.classes and inside(label.start_s, label.end_s, spans)
        ]
        proposals[name] = [p for p in found if inside(p.start_s, p.end_s, spans)]
        minutes += sum(end - start for start, end in spans) / 60
    return Found(truth, proposals, minutes)


def with_calibration(proposals: Sequence[Proposal], calibration: Calibration) -> list[Proposal]:
    """The same proposals with other scores and spreads, in their order."""
    scores = calibration.applied(np.array([each.score for each in proposals], np.float64))
    factor = calibration.spread_factor
    return [
        replace(
            each,
            score=float(score),
            start_spread_s=each.start_spread_s * factor,
            end_spread_s=each.end_spread_s * factor,
        )
        for each, score in zip(proposals, scores, strict=True)
    ]


def calibration_of(found: Found) -> Calibration:
    """From proposals that are not calibrated yet. Those of a class without any label are wrong."""
    names = {label.name for own in found.truth.values() for label in own}
    names |= {proposal.label for own in found.proposals.values() for proposal in own}
    groups = {(video, name): number for number, (video, name) in enumerate(
        (video, name) for video in found.truth for name in sorted(names)
    )}  # fmt: skip
    labels = [(video, each) for video, own in found.truth.items() for each in own]
    proposals = [(video, each) for video in found.truth for each in found.proposals[video]]
    truth = np.array([(each.start_s, each.end_s) for _, each in labels], np.float64).reshape(-1, 2)
    segments = np.array([(p.start_s, p.end_s) for _, p in proposals], np.float64).reshape(-1, 2)
    spreads = np.array([(p.start_spread_s, p.end_spread_s) for _, p in proposals]).reshape(-1, 2)
    scores = np.array([p.score for _, p in proposals], np.float64)
    order, hits = segment_kernels.match(
        truth,
        np.array([groups[video, each.name] for video, each in labels], np.int64),
        segments,
        np.array([groups[video, each.label] for video, each in proposals], np.int64),
        scores,
        np.array([RIGHT_TIOU]),
    )
    taken = hits[0]
    errors = segments[order] - truth[taken]  # meaningless where nothing was taken
    return fit_calibration(scores[order], taken >= 0, errors, spreads[order])


def inside(start_s: float, end_s: float, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether the middle lies in one of the spans."""
    middle = (start_s + end_s) / 2
    return any(start <= middle < end for start, end in spans)
