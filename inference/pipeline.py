"""The three stages in one readable call, each kept and never computed twice."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from inference import artefacts
from inference.artefacts import Artefacts
from inference.features.extract import FeatureExtractor
from inference.features.track import FeatureTrack
from inference.localize.localizer import Confidence, Localizer
from inference.localize.proposal import Proposal
from inference.pose.estimator import Detector, PoseEstimator
from inference.pose.find import find_people
from inference.pose.people import People
from inference.pose.refine import load_pose, refine
from inference.pose.track import PoseTrack
from inference.progress import Progress, silent
from inference.video import probe
from inference.video.index import VideoIndex

FIND, REFINE, FEATURES, LOCALIZE = "find", "refine", "features", "localize"
STAGES = (FIND, REFINE, FEATURES, LOCALIZE)
STAGE_1_VERSION = 1  # to be raised when stage 1 gives other results with the same weights


@dataclass(frozen=True, eq=False)
class PipelineResult:
    """All that is known of one video. timings: seconds of work a stage, none for what was kept."""

    index: VideoIndex
    people: People
    person: int
    features: FeatureTrack
    proposals: list[Proposal]
    confidence: Confidence
    timings: dict[str, float]

    def speed_line(self) -> str:
        """Seconds of video per second of work, for each stage and in all."""
        return speed_line(self.index.duration, self.timings)


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The loaded models of the three stages: `detector` finds people, `estimator` looks closely.

    Every stage method gives the kept result at once where there is one; otherwise it makes what
    it needs from the stage before. `folder` is where all videos' artefacts lie; `person` is a
    person id of `find`, or None for the one most likely to be the patient. They raise VideoError,
    PoseError, LocalizerError and what `progress` raises.
    """

    detector: Detector
    estimator: PoseEstimator
    extractor: FeatureExtractor
    localizer: Localizer

    def run(
        self,
        path: Path,
        *,
        folder: Path,
        person: int | None = None,
        progress: Callable[[str], Progress] = lambda stage: silent,
    ) -> PipelineResult:
        """From a video file to proposals; `progress(stage)` gives the progress of each stage."""
        index = probe.read_index(path)
        clock = StageClock()
        with clock(FIND):
            people = self.find(path, index, folder, progress(FIND))
        person = people.patient() if person is None else person
        with clock(REFINE):
            if self.kept_features(index, folder, person) is None:
                self.refine(path, index, folder, person, progress(REFINE))
        with clock(FEATURES):
            features = self.features(path, index, folder, person, progress(FEATURES))
        with clock(LOCALIZE):
            proposals, confidence = self.localize(path, index, folder, person, progress(LOCALIZE))
        return PipelineResult(index, people, person, features, proposals, confidence, clock.seconds)

    def find(
        self, path: Path, index: VideoIndex, folder: Path, progress: Progress = silent
    ) -> People:
        """Stage 1, first pass: everybody in the video."""
        kept = self.people_path(index, folder)
        if kept.exists():
            return People.load(kept)
        people = find_people(path, index, self.detector, progress)
        kept.parent.mkdir(parents=True, exist_ok=True)
        people.save(kept, lambda: progress(index.duration, index.duration))
        return people

    def refine(
        self,
        path: Path,
        index: VideoIndex,
        folder: Path,
        person: int | None = None,
        progress: Progress = silent,
    ) -> PoseTrack:
        """Stage 1, second pass: one person's pose and heatmaps."""
        people = self.find(path, index, folder, progress)
        person = people.patient() if person is None else person
        kept = self.pose_path(index, folder, person)
        if kept.exists():
            return load_pose(kept)
        return refine(path, index, people, person, self.estimator, kept, progress)

    def features(
        self,
        path: Path,
        index: VideoIndex,
        folder: Path,
        person: int | None = None,
        progress: Progress = silent,
    ) -> FeatureTrack:
        """Stage 2: one feature a step. The heatmaps are not kept beyond it."""
        if person is None:
            person = self.find(path, index, folder, progress).patient()
        kept = self.features_path(index, folder, person)
        track = self.kept_features(index, folder, person)
        if track is None:
            pose = self.refine(path, index, folder, person, progress)
            track = self.extractor.extract(pose, progress)

            def alive() -> None:
                progress(index.duration, index.duration)

            artefacts.write_arrays(
                self.keypoints_path(index, folder, person),
                {
                    "times": pose.times,
                    "keypoints": pose.keypoints,
                    "boxes": pose.boxes,
                    "crops": pose.crops,
                },
                alive,
            )
            artefacts.write_features(kept, track, alive)
            self.pose_path(index, folder, person).unlink(missing_ok=True)
        return track

    def kept_features(self, index: VideoIndex, folder: Path, person: int) -> FeatureTrack | None:
        """What stage 2 kept; None where it has to be made."""
        return artefacts.read_features(self.features_path(index, folder, person))

    def localize(
        self,
        path: Path,
        index: VideoIndex,
        folder: Path,
        person: int | None = None,
        progress: Progress = silent,
    ) -> tuple[list[Proposal], Confidence]:
        """Stage 3: proposals, and how sure the model is of each class at each moment."""
        if person is None:
            person = self.find(path, index, folder, progress).patient()
        kept = self.proposals_path(index, folder, person)
        stored = artefacts.read_proposals(kept)
        if stored is not None:
            return stored
        track = self.features(path, index, folder, person, progress)
        proposals, confidence = self.localizer.propose(track, index.duration, progress)
        artefacts.write_proposals(kept, proposals, confidence)
        return proposals, confidence

    def people_path(self, index: VideoIndex, folder: Path) -> Path:
        """Where `find` keeps everybody; `People.load` reads it."""
        made_with = (STAGE_1_VERSION, self.detector.model_hash)
        return Artefacts(folder, index.sha256).path("people", made_with)

    def pose_path(self, index: VideoIndex, folder: Path, person: int) -> Path:
        """Where `refine` keeps one person's pose and heatmaps until stage 2 is done."""
        return Artefacts(folder, index.sha256).path("pose", self._stage_1(person))

    def keypoints_path(self, index: VideoIndex, folder: Path, person: int) -> Path:
        """An npz of one person's times, keypoints, boxes and crops, kept for good after stage 2."""
        return Artefacts(folder, index.sha256).path("keypoints", self._stage_1(person))

    def features_path(self, index: VideoIndex, folder: Path, person: int) -> Path:
        """Where stage 2 keeps features; `artefacts.read_features` reads it."""
        made_with = (*self._stage_1(person), self.extractor.model_hash)
        return Artefacts(folder, index.sha256).path("features", made_with)

    def proposals_path(self, index: VideoIndex, folder: Path, person: int) -> Path:
        """Where `localize` keeps proposals and confidence; `artefacts.read_proposals` reads it."""
        made_with = (
            *self._stage_1(person),
            self.extractor.model_hash,
            self.localizer.model_hash,
            asdict(self.localizer.detector.settings),
        )
        return Artefacts(folder, index.sha256).path("proposals", made_with)

    def _stage_1(self, person: int) -> tuple[object, ...]:
        """What the pose of a person depends on besides the video."""
        return STAGE_1_VERSION, self.detector.model_hash, self.estimator.model_hash, person


class StageClock:
    """Measures blocks of work: `with clock(name): ...`; the seconds add up under each name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._started = "", 0.0

    def __call__(self, name: str) -> "StageClock":
        self._name = name
        return self

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = time.perf_counter() - self._started
        self.seconds[self._name] = self.seconds.get(self._name, 0.0) + spent


def speed_line(duration_s: float, timings: dict[str, float]) -> str:
    """For example "2.9 s of video per second (find 9.1, refine 6.0, features 12, localize 900)"."""
    stages = ", ".join(
        f"{stage} {duration_s / max(seconds, 1e-3):.3g}" for stage, seconds in timings.items()
    )
    total = duration_s / max(sum(timings.values()), 1e-3)
    return f"{total:.3g} s of video per second ({stages})"
