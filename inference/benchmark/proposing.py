"""From sessions with features to figures: what both levels of the benchmark have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inference.benchmark.figures import Figures, figures_of
from inference.benchmark.sessions import BenchmarkSession
from inference.features.track import FeatureTrack
from inference.localize.localizer import Localizer
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label

#: A session and its features; none where stage 1 found nobody, so that everything is missed.
Seen = tuple[BenchmarkSession, FeatureTrack | None]


@dataclass(frozen=True, eq=False)
class Proposed:
    """By the names of the sessions: labels, proposals with their classes, and repetitions
    irrespective of class. minutes: length of all sessions together."""

    labels: dict[str, Sequence[Label]]
    proposals: dict[str, list[Proposal]]
    repetitions: dict[str, list[Proposal]]
    minutes: float


def proposed(seen: Iterable[Seen], localizer: Localizer) -> Proposed:
    """What a localizer makes of sessions whose features are there. Raises LocalizerError."""
    labels: dict[str, Sequence[Label]] = {}
    proposals: dict[str, list[Proposal]] = {}
    repetitions: dict[str, list[Proposal]] = {}
    seconds = 0.0
    for session, track in seen:
        name, duration = session.name, session.motion.duration
        labels[name] = session.motion.labels
        proposals[name], repetitions[name] = [], []
        if track is not None:
            proposals[name], repetitions[name] = localizer.propose_and_count(track, duration)
        seconds += duration
    return Proposed(labels, proposals, repetitions, seconds / 60)


def localizer_figures(seen: Iterable[Seen], localizer: Localizer) -> Figures:
    """What these proposals are worth. Raises LocalizerError and NothingToMeasureError."""
    made = proposed(seen, localizer)
    return figures_of(
        made.labels,
        made.proposals,
        made.repetitions,
        known=localizer.classes,
        minutes=made.minutes,
    )
