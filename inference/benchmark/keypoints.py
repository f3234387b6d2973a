"""The benchmark on joints as the pose estimator would see them: stages 2 and 3, no video."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import torch

from inference.benchmark.figures import Figures
from inference.benchmark.proposing import Seen, localizer_figures
from inference.benchmark.sessions import BenchmarkSession
from inference.features.extract import FeatureExtractor
from inference.localize.localizer import Localizer
from inference.parallel import in_order
from inference.progress import Cancelled, Progress, silent
from inference.synthesis.observe import observe
from inference.synthesis.pose_errors import PoseErrors

MOST_WORKERS = 8  # each needs a few hundred megabytes


def benchmark_keypoints(
    sessions: Sequence[BenchmarkSession],
    *,
    extractor: FeatureExtractor,
    localizer: Localizer,
    errors: PoseErrors | None = None,
    progress: Progress = silent,
) -> Figures:
    """What the two models make of the sessions, seen with `errors` (by default those measured of
    the default pose estimator).

    Progress is in sessions. Raises PoseErrorsError, LocalizerError and what `progress` raises.
    """
    tracks = feature_tracks(sessions, extractor=extractor, errors=errors, progress=progress)
    return localizer_figures(tracks, localizer)


def feature_tracks(
    sessions: Sequence[BenchmarkSession],
    *,
    extractor: FeatureExtractor,
    errors: PoseErrors | None = None,
    progress: Progress = silent,
) -> Iterator[Seen]:
    """Each session with its features, one after the other; to be kept where several localizers
    are compared.

    On a CPU several sessions are worked on at a time, with one thread each: the networks are too
    small to gain much from a second thread of their own.
    """
    errors = errors or PoseErrors.fitted()
    workers = min(torch.get_num_threads(), MOST_WORKERS) if extractor.device.type == "cpu" else 1
    done = [0.0] * len(sessions)  # how much of each
    stopped = Event()

    def features(number: int) -> Seen:
        def moved(seconds: float, of: float) -> None:
            if stopped.is_set():
                raise Cancelled
            done[number] = seconds / of

        session = sessions[number]
        pose = observe(session.motion, session.camera, session.observing(), errors)
        return session, extractor.extract(pose, moved)

    with one_thread_each(workers), ThreadPoolExecutor(workers) as pool:
        try:
            started = (pool.submit(features, number) for number in range(len(sessions)))
            yield from in_order(started, workers, lambda: progress(sum(done), len(sessions)))
        finally:
            stopped.set()
    progress(len(sessions), len(sessions))


@contextmanager
def one_thread_each(workers: int) -> Iterator[None]:
    """Shares torch's threads out among workers, for as long as the block lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // workers))
    try:
        yield
    finally:
        torch.set_num_threads(before)
