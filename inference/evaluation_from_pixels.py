"""How good the whole pipeline is on videos whose labels are exactly known.

Sessions of recorded people whom the models never saw are rendered as mannequin videos, and the
pipeline runs on the pixels: find, follow, refine, features, proposals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.evaluation.evaluate import Evaluation, evaluate
from inference.localize.proposal import SURE_SCORE, Proposal
from inference.pipeline import Pipeline
from inference.progress import Progress, silent
from inference.synthesis.filming import film
from inference.synthesis.motion import Label
from inference.synthesis.recordings import load_recordings

TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class FilmedSession:
    """One rendered video, what happens in it, and how long it is."""

    path: Path
    labels: tuple[Label, ...]
    duration_s: float


@dataclass(frozen=True, eq=False)
class PixelEvaluation:
    """What came out, per session name (truth and proposals) and in all. timings: seconds of work
    a stage over all sessions."""

    sessions: tuple[FilmedSession, ...]
    proposals: dict[str, list[Proposal]]
    evaluation: Evaluation
    timings: dict[str, float]


def film_sessions(
    *,
    motions: Path,
    recordings: Path,
    subjects: Sequence[int],
    sessions: int,
    seed: int,
    folder: Path,
    progress: Callable[[str], Progress] = lambda stage: silent,
) -> list[FilmedSession]:
    """Renders `sessions` videos into `folder`, taking the subjects in turn.

    motions, recordings: the files of `load_recordings`. Session n depends on seed and n alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    filmed = []
    for number in range(sessions):
        subject = subjects[number % len(subjects)]
        own = [recording.motion for recording in load_recordings(motions, recordings, {subject})]
        path = folder / f"seed{seed}-session{number}-subject{subject}.mp4"
        motion, _ = film(
            own,
            np.random.default_rng((seed, number)),
            path,
            progress=progress(f"rendering session {number + 1} of {sessions}"),
        )
        filmed.append(FilmedSession(path, motion.labels, motion.duration))
    return filmed


def evaluate_sessions(
    filmed: Sequence[FilmedSession],
    *,
    pipeline: Pipeline,
    folder: Path,
    tious: Sequence[float] = TIOUS,
    score_threshold: float = SURE_SCORE,
    progress: Callable[[str], Progress] = lambda stage: silent,
) -> PixelEvaluation:
    """Runs the pipeline on each video; its artefacts go into `folder`."""
    proposals: dict[str, list[Proposal]] = {}
    timings: dict[str, float] = {}
    for number, session in enumerate(filmed):

        def stage(name: str, number: int = number) -> Progress:
            return progress(f"{name}, session {number + 1} of {len(filmed)}")

        result = pipeline.run(session.path, folder=folder, progress=stage)
        proposals[session.path.stem] = result.proposals
        for name, seconds in result.timings.items():
            timings[name] = timings.get(name, 0.0) + seconds
    return PixelEvaluation(
        sessions=tuple(filmed),
        proposals=proposals,
        evaluation=evaluate(
            {session.path.stem: session.labels for session in filmed},
            proposals,
            tious,
            minutes=sum(session.duration_s for session in filmed) / 60,
            score_threshold=score_threshold,
        ),
        timings=timings,
    )


def evaluate_from_pixels(
    *,
    motions: Path,
    recordings: Path,
    subjects: Sequence[int],
    sessions: int,
    seed: int,
    pipeline: Pipeline,
    folder: Path,
    score_threshold: float = SURE_SCORE,
    progress: Callable[[str], Progress] = lambda stage: silent,
) -> PixelEvaluation:
    """Renders sessions of `subjects` into `folder` and evaluates the pipeline on them."""
    filmed = film_sessions(
        motions=motions,
        recordings=recordings,
        subjects=subjects,
        sessions=sessions,
        seed=seed,
        folder=folder / "videos",
        progress=progress,
    )
    return evaluate_sessions(
        filmed,
        pipeline=pipeline,
        folder=folder / "artefacts",
        score_threshold=score_threshold,
        progress=progress,
    )


def report(result: PixelEvaluation) -> str:
    """The figures as lines of text."""
    evaluation = result.evaluation
    minutes = sum(session.duration_s for session in result.sessions) / 60
    seconds = sum(result.timings.values())
    lines = [
        f"{len(result.sessions)} sessions, {minutes:.1f} minutes, {evaluation.labels} repetitions",
        "interpolated mAP   "
        + "  ".join(
            f"@{tiou:.1f} {value:.3f}"
            for tiou, value in zip(evaluation.tious, evaluation.mean_ap, strict=True)
        )
        + f"  mean {evaluation.average:.3f}",
        *(
            f"  {name:<46} AP@0.5 {values[evaluation.tious.index(0.5)]:.3f}"
            for name, values in evaluation.ap.items()
        ),
        f"proposals with a score of at least {evaluation.score_threshold:g}: they find "
        f"{evaluation.recall:.1%} of the repetitions, with "
        f"{evaluation.false_alarms_per_minute:.2f} false alarms a minute",
        f"boundary error, median and 90th percentile: start {evaluation.start_error_s[0]:.2f} s "
        f"and {evaluation.start_error_s[1]:.2f} s, end {evaluation.end_error_s[0]:.2f} s and "
        f"{evaluation.end_error_s[1]:.2f} s",
    ]
    if seconds:
        lines.append(f"{60 * minutes / seconds:.2f} seconds of video per second")
    return "\n".join(lines)
