"""The sessions of the benchmark: real repetitions of one person each, spliced, and a camera."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import numpy as np

from inference.synthesis.camera import Camera
from inference.synthesis.filming import SIZES
from inference.synthesis.motion import Motion
from inference.synthesis.observe import random_camera
from inference.synthesis.recordings import RecordingsError, in_words, load_recordings
from inference.synthesis.sessions import SpliceSettings, splice

OWN_TEMPO = SpliceSettings(tempo=(0.9, 1.1))  # people keep their tempo, about

_MOTION, _CAMERA, _OBSERVATION, _FILM = range(4)  # what is drawn by chance in a session


@dataclass(frozen=True, eq=False)
class BenchmarkSession:
    """One person in front of one camera. `name` is the only one of its kind in a benchmark.

    What a generator of `observing` or `filming` gives depends on seed, number and subject alone.
    """

    seed: int
    number: int
    subject: int
    motion: Motion
    camera: Camera

    @property
    def name(self) -> str:
        return f"seed{self.seed}-session{self.number}-subject{self.subject}"

    def observing(self) -> np.random.Generator:
        """For the errors of a simulated pose estimator."""
        return _generator(self.seed, self.subject, self.number, _OBSERVATION)

    def filming(self) -> np.random.Generator:
        """For looks, room and frame rate of a film."""
        return _generator(self.seed, self.subject, self.number, _FILM)


@dataclass(frozen=True, eq=False)
class BenchmarkSessions(Sequence[BenchmarkSession]):
    """`total` sessions, made when they are asked for.

    people: what each subject was recorded doing. Subjects take turns in the order of `people`;
    session n of a subject depends on seed, n and subject alone, not on who else takes part.
    """

    people: dict[int, tuple[Motion, ...]]
    seed: int
    total: int

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, number: int) -> BenchmarkSession: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[BenchmarkSession]: ...
    def __getitem__(self, number: int | slice) -> BenchmarkSession | Sequence[BenchmarkSession]:
        if isinstance(number, slice):
            return [self[each] for each in range(self.total)[number]]
        number = range(self.total)[number]
        subjects = tuple(self.people)
        subject = subjects[number % len(subjects)]
        draw = (self.seed, subject, number)
        rng = _generator(*draw, _CAMERA)
        width, height = SIZES[rng.integers(len(SIZES))]
        return BenchmarkSession(
            seed=self.seed,
            number=number,
            subject=subject,
            motion=splice(self.people[subject], _generator(*draw, _MOTION), OWN_TEMPO),
            camera=replace(random_camera(rng), width=width, height=height),
        )


def benchmark_sessions(
    *,
    motions: Path,
    recordings: Path,
    subjects: Sequence[int],
    seed: int,
    sessions: int,
    correct_only: bool = False,
) -> BenchmarkSessions:
    """Sessions of `subjects` in turn, who should be people the models never saw.

    motions, recordings: the files of `load_recordings`. correct_only: leaves out what was done
    wrongly on purpose. Raises RecordingsError.
    """
    subjects = tuple(dict.fromkeys(subjects))
    taken = [
        recording
        for recording in load_recordings(motions, recordings, subjects)
        if recording.motion.labels and (recording.correct or not correct_only)
    ]
    people = {n: tuple(r.motion for r in taken if r.subject == n) for n in subjects}
    if nothing := [subject for subject, own in people.items() if not own]:
        kind = "correct repetitions" if correct_only else "repetitions"
        raise RecordingsError(
            f"{recordings} names no recording with {kind} of subject {in_words(nothing)}."
        )
    for subject, own in people.items():
        if len({motion.hz for motion in own}) > 1:
            raise RecordingsError(
                f"The recordings of subject {subject} have different rates; one is needed."
            )
    return BenchmarkSessions(people=people, seed=seed, total=sessions)


def _generator(*draw: int) -> np.random.Generator:
    return np.random.default_rng(draw)
