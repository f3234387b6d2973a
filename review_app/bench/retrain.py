"""Retraining the shipped localizer as the application does, beside a training from nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Group, RenderableType

from inference.artefacts import read_features, write_features
from inference.features.extract import FeatureExtractor
from inference.localize import model_file
from inference.localize.example import Example
from inference.localize.train import TrainedModel, train_localizer
from inference.progress import Progress, silent
from inference.synthesis.body import random_body
from inference.synthesis.gestures import random_session
from inference.synthesis.motion import Label, Motion
from inference.synthesis.observe import observe, random_camera
from review_app.bench.machine import machine, machine_line
from review_app.bench.timing import Times
from review_app.settings import SHIPPED_WEIGHTS
from review_app.terminal import table
from review_app.training.retrain import Wishes

SEED = 0
SHARE_OF_VALIDATION = 5  # one recording of the validation split to so many of the train split
SHIPPED, NOTHING = "the shipped version", "nothing"


class TooFewRecordingsError(Exception):
    """Training from nothing is not possible with so few; the message says how many it takes."""


@dataclass(frozen=True, eq=False)
class Recording:
    """What is kept of an invented person's session: a file of features, and labels.

    finished_s: until when everything that happens is labelled.
    """

    features: Path
    labels: tuple[Label, ...]
    finished_s: float
    patient: str

    def example(self) -> Example:
        track = read_features(self.features)
        assert track is not None
        return Example(track, self.labels, ((0.0, self.finished_s),), self.patient)


def run(
    *,
    recordings: int = 20,
    seconds: float = 90.0,
    epochs: int | None = None,
    threads: int = 2,
    weights: Path = SHIPPED_WEIGHTS,
    progress: Callable[[str], Progress] = lambda what: silent,
) -> dict[str, Any]:
    """Seconds from cached features to a new version on disk, quality before and after included.

    recordings: of the train split; a fifth as many more are of the validation split. epochs: as a
    person may wish, None as most do. weights: the folder of features.safetensors and
    localizer.safetensors. Raises TooFewRecordingsError,
    FeaturesError, LocalizerError and what `progress` raises.
    """
    if recordings < 2:
        raise TooFewRecordingsError("Training takes 2 recordings at least: ask for more.")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with TemporaryDirectory() as scratch:
            wishes = Wishes(epochs=epochs, parent_id=None, seed=SEED)
            return _run(recordings, seconds, wishes, weights, Path(scratch), progress)
    finally:
        torch.set_num_threads(before)


def _run(
    recordings: int,
    seconds: float,
    wishes: Wishes,
    weights: Path,
    folder: Path,
    progress: Callable[[str], Progress],
) -> dict[str, Any]:
    shipped = weights / "localizer.safetensors"
    classes = model_file.read(shipped).classes
    extractor = FeatureExtractor.load(weights / "features.safetensors")
    watched = max(1, recordings // SHARE_OF_VALIDATION)
    shown = progress("making recordings")
    made = []
    for number in range(recordings + watched):
        shown(number, recordings + watched)
        made.append(recorded(number, seconds, extractor, folder))
    train, validation = made[:recordings], made[recordings:]
    rows: list[dict[str, Any]] = []
    for start, file in ((SHIPPED, shipped), (NOTHING, None)):
        out = folder / f"{len(rows)}.safetensors"
        steps = _Steps(progress(f"training from {start}"))
        times = Times()
        training = partial(
            retrained,
            train,
            validation,
            classes=classes,
            out=out,
            start=file,
            wishes=wishes,
            progress=steps,
        )
        trained = times.add(training)
        rows.append(
            {
                "start": start,
                "seconds": times.clock_s,
                "cpu_seconds": times.processor_s,
                "steps": steps.total,
                "epochs": len(trained.epochs),
                "map_before": trained.before.average if trained.before else None,
                "map_after": trained.after.average,
            }
        )
    return {
        "machine": machine(),
        "threads": torch.get_num_threads(),
        "recordings": recordings,
        "validation_recordings": watched,
        "seconds_of_each": seconds,
        "labels": sum(len(one.labels) for one in train),
        "trainings": rows,
        "factor": rows[1]["seconds"] / rows[0]["seconds"],
        "cpu_factor": rows[1]["cpu_seconds"] / rows[0]["cpu_seconds"],
    }


def recorded(number: int, seconds: float, extractor: FeatureExtractor, folder: Path) -> Recording:
    """A session of somebody invented, seen by a camera somewhere, its features kept in `folder`."""
    rng = np.random.default_rng((SEED, number))
    session = random_session(rng, seconds, body=random_body(rng))
    motion = Motion(session.joints[: round(seconds * session.hz)], session.hz, session.labels)
    track = extractor.extract(observe(motion, random_camera(rng), rng))
    path = folder / f"{number}.npz"
    write_features(path, track)
    whole = tuple(label for label in session.labels if label.end_s <= seconds)
    cut = [label.start_s for label in session.labels if label.start_s < seconds < label.end_s]
    return Recording(
        features=path,
        labels=whole,
        finished_s=min([seconds, *cut]),
        patient=f"patient {number}",
    )


def retrained(
    train: list[Recording],
    validation: list[Recording],
    *,
    classes: tuple[str, ...],
    out: Path,
    start: Path | None,
    wishes: Wishes,
    progress: Progress,
) -> TrainedModel:
    """As a training job does it: features are read, and a version is trained and written."""
    return train_localizer(
        [recording.example() for recording in train],
        validation=[recording.example() for recording in validation],
        classes=classes,
        out=out,
        warm_start=start,
        settings=wishes.training(),
        progress=progress,
    )


class _Steps:
    """Passes on where a training is, and keeps how many steps it has in all."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.total = progress, 0

    def __call__(self, done: float, total: float) -> None:
        self.total = round(total)
        self.progress(done, total)


def report(figures: dict[str, Any]) -> RenderableType:
    """The table a reader sees."""
    shown = table(
        "started from", "seconds", "processor seconds", "steps", "seconds a step", "mAP before",
        "mAP after",
    )  # fmt: skip
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in figures["trainings"]:
        before = row["map_before"]
        shown.add_row(
            row["start"],
            f"{row['seconds']:.0f}",
            f"{row['cpu_seconds']:.0f}",
            str(row["steps"]),
            f"{row['seconds'] / max(row['steps'], 1):.2f}",
            "" if before is None else f"{before:.2f}",
            f"{row['map_after']:.2f}",
        )
    return Group(
        shown,
        f"{figures['recordings']} recordings of {figures['seconds_of_each']:.0f} s with "
        f"{figures['labels']} labels and {figures['validation_recordings']} more to watch; "
        "features are cached. From nothing takes "
        f"{figures['factor']:.1f} times as long ({figures['cpu_factor']:.1f} times the processor "
        "time). Everything counts, from reading features to measuring the new version and writing "
        "it. Invented people, whom the shipped version may have seen the like of: the mAP (over "
        "tIoU 0.3 to 0.7) only shows that something was learnt.",
        machine_line(figures["machine"]),
    )
