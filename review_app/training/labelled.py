"""What of a project is labelled, what that is enough for, and the sentences that say so."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db.labels import Layer, labelled_layers
from db.patients import list_patients
from db.projects import REPETITIONS, list_classes, list_tiers
from db.videos import list_videos
from inference.video.probe import load_index
from review_app.importing.importer import files
from review_app.settings import Settings

Seconds = tuple[float, float]


@dataclass(frozen=True)
class PatientWork:
    """One patient: how much there is, and how much of it is done. Times in seconds."""

    pseudonym: str
    split: str
    videos: int
    labelled_videos: int
    repetitions: int
    finished_s: float
    recorded_s: float


@dataclass(frozen=True)
class Gathered:
    """The labels of a project: one layer a video (see `db.labels`).

    finished: by video id, the spans that were looked at, in seconds. classes: names of the
    project's exercise classes, in order.
    """

    layers: tuple[Layer, ...]
    finished: Mapping[int, tuple[Seconds, ...]]
    classes: tuple[str, ...]
    patients: tuple[PatientWork, ...]

    def of_split(self, split: str) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.video.patient.split == split)

    def repetitions(self) -> Counter[tuple[str, str]]:
        """How often each (class, split) is labelled."""
        return Counter(
            (segment["class_name"], layer.video.patient.split)
            for layer in self.layers
            for segment in layer.segments
        )


def gather(session: Session, settings: Settings, project_id: int) -> Gathered:
    """All that is labelled in the project now."""
    layers = labelled_layers(session, project_id)
    finished = {
        layer.video.id: _in_seconds(layer, files(settings, layer.video.sha256).index)
        for layer in layers
    }
    tiers = {tier.id for tier in list_tiers(session, project_id) if tier.name == REPETITIONS}
    return Gathered(
        layers=tuple(layers),
        finished=finished,
        classes=tuple(c.name for c in list_classes(session, project_id) if c.tier_id in tiers),
        patients=_patients(session, project_id, layers, finished),
    )


def problem(gathered: Gathered) -> str | None:
    """Why no training is possible, as a sentence that says what to do; None = it is possible."""
    if not any(layer.segments for layer in gathered.layers):
        return (
            "Nothing is labelled yet. Accept or draw repetitions on the review page; "
            "then a model can be trained from them."
        )
    if not any(layer.segments for layer in gathered.of_split("train")):
        return (
            "All labels belong to patients whose videos are kept for checking, not for training. "
            "Label a video of a patient in the train split first."
        )
    return None


def remarks(gathered: Gathered) -> list[str]:
    """What a training from these labels will lack, one sentence each; for when it is possible."""
    train = [layer for layer in gathered.of_split("train") if layer.segments]
    names = {segment["class_name"] for layer in train for segment in layer.segments}
    found = []
    if not any(layer.finished for layer in gathered.of_split("train")):
        found.append(
            "Nothing is marked as finished in the train split: the model sees the labelled "
            "repetitions only and cannot learn from your corrections what is not an exercise. "
            "Mark what you have looked at as finished on the review page."
        )
    if len(train) == 1:
        found.append("Only one video trains: expect the model to know this patient best.")
    if len(names) == 1:
        found.append("Only one class is labelled in the train split: the others learn nothing new.")
    if not any(layer.segments for layer in gathered.of_split("validation")):
        found.append(
            "No patient of the validation split is labelled: there is no validation curve, and "
            "before and after are compared on the training videos themselves."
        )
    if gathered.of_split("test"):
        found.append("Labels of test patients are kept out of training and of its settings.")
    found += [_chosen(layer) for layer in gathered.layers if layer.others]
    return found


def _chosen(layer: Layer) -> str:
    """Which of several people's labels are used, and why."""
    others = ", ".join(layer.others)
    if layer.author is None:
        return (
            f"“{layer.video.original_name}” has an adjudicated result, which is used "
            f"(not the labels of {others})."
        )
    return (
        f"“{layer.video.original_name}” was labelled by several people; the labels of "
        f"{layer.author} are used, as the most recently edited ones (not those of {others})."
    )


def _patients(
    session: Session,
    project_id: int,
    layers: list[Layer],
    finished: Mapping[int, tuple[Seconds, ...]],
) -> tuple[PatientWork, ...]:
    videos = [video for video in list_videos(session, project_id) if video.state == "ready"]
    work = []
    for patient in list_patients(session, project_id):
        own = [video for video in videos if video.patient_id == patient.id]
        labelled = [layer for layer in layers if layer.video.patient_id == patient.id]
        work.append(
            PatientWork(
                pseudonym=patient.pseudonym,
                split=patient.split,
                videos=len(own),
                labelled_videos=len(labelled),
                repetitions=sum(len(layer.segments) for layer in labelled),
                finished_s=sum(
                    end - start for layer in labelled for start, end in finished[layer.video.id]
                ),
                recorded_s=sum(video.duration_s or 0.0 for video in own),
            )
        )
    return tuple(work)


def _in_seconds(layer: Layer, index: Path) -> tuple[Seconds, ...]:
    if not layer.finished:
        return ()
    times = _frame_times(index)
    return tuple((float(times[start]), float(times[end])) for start, end in layer.finished)


@lru_cache(maxsize=64)
def _frame_times(index: Path) -> NDArray[np.float64]:
    """(N + 1,) seconds. An index is named by its video's content and never changes."""
    return load_index(index).times
