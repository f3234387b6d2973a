"""Measures the error model of an estimator on videos of mannequins, whose joints are known."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from inference.pose.estimator import Detector, PoseEstimator
from inference.pose.find import find_people
from inference.pose.refine import refine
from inference.progress import Progress, silent
from inference.synthesis.body import random_body
from inference.synthesis.clip_errors import Estimated
from inference.synthesis.error_fit import Fit, fitted
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.filming import film
from inference.synthesis.motion import Motion
from inference.synthesis.performer import perform
from inference.synthesis.render import joints_at
from inference.synthesis.sessions import SpliceSettings
from inference.video.clock import MODEL_HZ, ticks
from inference.video.probe import read_index

EXERCISES, REPETITIONS = 4, 5  # that an invented person can do


@dataclass(frozen=True, eq=False)
class FittedErrors:
    """The result of `fit_pose_errors` and what it was measured on. minutes: of video."""

    fit: Fit
    clips: int
    minutes: float
    seed: int
    detector: str
    estimator: str

    def about(self, command: str) -> dict[str, Any]:
        """What the file says before the parameters; `command` made it."""
        return {
            "about": "How the default pose estimator errs, measured on rendered videos of "
            "mannequins. Lengths are in sides of the crop; seventeen numbers are one a joint in "
            "COCO order. inference/synthesis/pose_errors.py says what each parameter means.",
            "rendered": {
                "clips": self.clips,
                "minutes": round(self.minutes, 1),
                "seed": self.seed,
                "motions": "invented people with exercises from joint-angle curves; nobody's "
                "recordings",
            },
            "command": command,
            "detector": self.detector,
            "estimator": self.estimator,
            "seen": self.fit.seen,
            "not measured, usual values": self.fit.kept,
            "joints": [each.rounded() for each in self.fit.joints],
        }


def fit_pose_errors(
    *,
    detector: Detector,
    estimator: PoseEstimator,
    clips: int,
    seed: int,
    seconds: float = 40.0,
    progress: Callable[[str], Progress] = lambda stage: silent,
) -> FittedErrors:
    """Films `clips` invented people for `seconds` each and fits `PoseErrors` to how stage 1 errs.

    `progress(stage)` gives the progress of each clip. The same seed and clips give the same
    numbers on the same machine. Raises PoseErrorsError when too little can be measured, VideoError,
    PoseError, and what `progress` raises.
    """
    films = []
    with TemporaryDirectory(prefix="pose-errors-") as folder:
        for number in range(clips):
            report = progress(f"clip {number + 1} of {clips}")
            path = Path(folder) / f"{number}.mp4"
            rng = np.random.default_rng((seed, number))
            films.append(filmed(rng, path, seconds, detector, estimator, report))
        fit = fitted(films, np.random.default_rng((seed, clips)))
    ticks_seen = sum(len(each.points) for each in films)
    return FittedErrors(
        fit=fit,
        clips=clips,
        minutes=ticks_seen / (60 * MODEL_HZ),
        seed=seed,
        detector=detector.model_hash,
        estimator=estimator.model_hash,
    )


def filmed(
    rng: np.random.Generator,
    path: Path,
    seconds: float,
    detector: Detector,
    estimator: PoseEstimator,
    progress: Progress = silent,
) -> Estimated:
    """One invented person filmed into `path`, and what stage 1 makes of the video."""
    settings = SpliceSettings(duration_s=(seconds, seconds), repetitions=(2, 4))
    motion, camera = film(
        invented_person(rng), rng, path, settings=settings, progress=_part(progress, 0)
    )
    index = read_index(path)
    people = find_people(path, index, detector, _part(progress, 1))
    out = path.with_suffix(".npz")
    pose = refine(path, index, people, people.patient(), estimator, out, _part(progress, 2))
    shown = index.times[ticks(index.times)]
    points = np.stack([joints for at in shown if (joints := joints_at(motion, at)) is not None])
    return Estimated(
        points=points,
        projected=camera.project(points),
        pose=pose,
        size=(camera.width, camera.height),
    )


def invented_person(rng: np.random.Generator) -> list[Motion]:
    """Sets of a few exercises by somebody who does not exist."""
    body = random_body(rng)
    names = rng.choice(CLASS_NAMES, EXERCISES, replace=False)
    return [perform(str(name), body, rng, REPETITIONS) for name in names]


def _part(progress: Progress, number: int, parts: int = 3) -> Progress:
    """Progress of one part of several that are about equally long."""

    def report(done: float, total: float) -> None:
        progress(number + (done / total if total else 0.0), parts)

    return report
