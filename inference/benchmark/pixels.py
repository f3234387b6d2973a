"""The benchmark on films: a mannequin moves like the person, and all three stages look at it."""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Event

from inference.benchmark.figures import Figures
from inference.benchmark.proposing import Seen, localizer_figures
from inference.benchmark.sessions import BenchmarkSession
from inference.features.track import FeatureTrack
from inference.parallel import prefetch
from inference.pipeline import FEATURES, FIND, REFINE, STAGES, Pipeline
from inference.pose.people import PoseError
from inference.progress import Cancelled, Progress, silent
from inference.synthesis.filming import RATES, random_look, random_room
from inference.synthesis.render import render
from inference.video import probe

AHEAD = 1  # films made in another thread while the pipeline looks at one


def benchmark_pixels(
    sessions: Sequence[BenchmarkSession],
    *,
    pipeline: Pipeline,
    folder: Path,
    progress: Progress = silent,
) -> Figures:
    """What the pipeline makes of films of the sessions, pixel by pixel.

    folder, progress and errors raised as in `pixel_tracks`; raises LocalizerError as well.
    """
    tracks = pixel_tracks(sessions, pipeline=pipeline, folder=folder, progress=progress)
    return localizer_figures(tracks, pipeline.localizer)


def pixel_tracks(
    sessions: Sequence[BenchmarkSession],
    *,
    pipeline: Pipeline,
    folder: Path,
    progress: Progress = silent,
) -> Iterator[Seen]:
    """Each session with what stages 1 and 2 make of its film; the localizer is not asked.

    The films go into `folder`/films and what the stages make of them into `folder`/artefacts;
    what is there already is used again. Progress is in sessions. Raises VideoError and what
    `progress` raises.
    """
    done = _Done(progress, len(sessions))
    with closing(_films(sessions, folder / "films", done)) as films:
        for session, path in films:
            track = None
            with suppress(PoseError):  # nobody was found
                track = _features(path, pipeline, folder / "artefacts", done)
            yield session, track
            done.looked_at = int(done.looked_at) + 1


def _features(path: Path, pipeline: Pipeline, folder: Path, done: "_Done") -> FeatureTrack:
    index = probe.read_index(path)
    person = pipeline.find(path, index, folder, done.stage(FIND)).patient()
    if pipeline.kept_features(index, folder, person) is None:
        pipeline.refine(path, index, folder, person, done.stage(REFINE))
    return pipeline.features(path, index, folder, person, done.stage(FEATURES))


@dataclass
class _Done:
    """Sessions filmed and looked at so far; films are half of the work, more or less."""

    progress: Progress
    total: int
    filmed: float = 0.0
    looked_at: float = 0.0

    def report(self) -> None:
        self.progress((self.filmed + self.looked_at) / 2, self.total)

    def stage(self, name: str) -> Progress:
        """The progress of a stage of the pipeline."""
        before = int(self.looked_at)

        def moved(seconds: float, of: float) -> None:
            self.looked_at = before + (STAGES.index(name) + seconds / max(of, 1e-9)) / len(STAGES)
            self.report()

        return moved


def _films(
    sessions: Sequence[BenchmarkSession], folder: Path, done: _Done
) -> Generator[tuple[BenchmarkSession, Path], None, None]:
    """Each session with its film, the next of which is made while one is looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    stopped = Event()

    def made() -> Iterator[tuple[BenchmarkSession, Path]]:
        for number, session in enumerate(sessions):

            def moved(seconds: float, of: float, number: int = number) -> None:
                if stopped.is_set():
                    raise Cancelled
                done.filmed = number + seconds / of

            path = film(session, folder, moved)
            done.filmed = number + 1
            yield session, path

    with closing(prefetch(made(), AHEAD, done.report)) as ready:
        try:
            yield from ready
        finally:
            stopped.set()


def film(session: BenchmarkSession, folder: Path, progress: Progress = silent) -> Path:
    """The session as a video in `folder`, with looks, room and frame rate drawn by chance.

    Its name says what is filmed, so that a film that is there already is the same one.
    """
    rng = session.filming()
    look, room, fps = random_look(rng), random_room(rng), int(rng.choice(RATES))
    filmed = hashlib.sha256(session.motion.joints.tobytes())
    filmed.update(repr((astuple(session.camera), look, room, fps)).encode())
    path = folder / f"{session.name}-{filmed.hexdigest()[:12]}.mp4"
    if not path.exists():
        render(session.motion, session.camera, look, room, path, fps=fps, progress=progress)
    return path
