"""From sessions with features to figures: what both levels of the benchmark have in common."""

from collections.abc import Iterable

from inference.benchmark.figures import Figures, figures_of
from inference.benchmark.sessions import BenchmarkSession
from inference.features.track import FeatureTrack
from inference.localize.localizer import Localizer
from inference.localize.proposal import Proposal

#: A session and its features; none where stage 1 found nobody, so that everything is missed.
Seen = tuple[BenchmarkSession, FeatureTrack | None]


def localizer_figures(seen: Iterable[Seen], localizer: Localizer) -> Figures:
    """What a localizer makes of sessions whose features are there. Raises LocalizerError."""
    labels = {}
    proposals: dict[str, list[Proposal]] = {}
    repetitions: dict[str, list[Proposal]] = {}
    seconds = 0.0
    for session, track in seen:
        name, duration = session.name, session.motion.duration
        labels[name] = session.motion.labels
        proposals[name], repetitions[name] = [], []
        if track is not None:
            proposals[name], _ = localizer.propose(track, duration)
            repetitions[name] = localizer.repetitions(track, duration)
        seconds += duration
    return figures_of(labels, proposals, repetitions, known=localizer.classes, minutes=seconds / 60)
