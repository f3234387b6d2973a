"""Whether training is possible with some data, and what people should know before it starts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inference.localize.example import Example
from inference.localize.model_file import LocalizerFile
from inference.localize.sample import Sample, longest_label
from inference.localize.train_settings import MOST_CROP_TICKS
from inference.video.clock import MODEL_HZ

LABELS_FROM_NOTHING = 10  # at least
RECORDINGS_FROM_NOTHING = 2


class TrainingError(Exception):
    """Training is not possible with these data; the message says what is missing."""


def check(
    examples: Sequence[Example], validation: Sequence[Example], start: LocalizerFile | None
) -> None:
    """Raises TrainingError where examples are missing, share a patient or do not fit the model.

    start: the version to begin with, None = new weights.
    """
    if not examples:
        raise TrainingError(
            "There is nothing to train on yet: label some repetitions on the review page, mark "
            "what you have looked at as finished, and train again."
        )
    shared = {example.group for example in examples} & {example.group for example in validation}
    if shared:
        raise TrainingError(
            f"Patient {sorted(shared)[0]} is in the training and in the validation data; "
            "a patient can be in only one of them."
        )
    models = {example.track.model for example in (*examples, *validation)}
    if start:
        models.add(start.config.features_model)
    if len(models) > 1:
        raise TrainingError(
            "The videos were not all analysed by the same feature model that the localizer "
            "belongs to. Propose again for all labelled videos, then train."
        )


def check_labels(
    samples: Sequence[Sample], examples: Sequence[Example], *, warm: bool
) -> list[str]:
    """Raises TrainingError where training is impossible, and gives warnings where it is weak."""
    labels = np.concatenate([sample.labels for sample in samples])
    finished = any(end > start for example in examples for start, end in example.finished)
    if not len(labels):
        raise TrainingError(
            "No repetition is labelled yet: add at least one on the review page and train again."
        )
    if not warm and (
        len(labels) < LABELS_FROM_NOTHING or len(examples) < RECORDINGS_FROM_NOTHING or not finished
    ):
        raise TrainingError(
            f"Training from nothing needs at least {LABELS_FROM_NOTHING} labelled repetitions in "
            f"{RECORDINGS_FROM_NOTHING} recordings and something marked as finished; there are "
            f"{len(labels)} in {len(examples)}. Start from an existing model, or label more."
        )
    warnings = []
    if not finished:
        warnings.append(
            "Nothing is marked as finished, so the model saw no background; mark what you have "
            "looked at as finished to keep false proposals away."
        )
    if len({example.group for example in examples}) == 1:
        warnings.append("All training recordings show one patient; the model may fit only them.")
    if len(set(labels.tolist())) == 1:
        warnings.append(
            "Only one class is labelled; the other classes learn only what is not them."
        )
    longest, learned = longest_label(samples), MOST_CROP_TICKS / 2
    if longest > learned:
        warnings.append(
            f"The longest label lasts {longest / MODEL_HZ:.0f} s. Labels longer than about "
            f"{learned / MODEL_HZ:.0f} s are hardly learned: check whether it holds several "
            "repetitions, and label each of them by itself."
        )
    return warnings


def described(examples: Sequence[Example], validation: Sequence[Example]) -> dict[str, Any]:
    """What the sidecar says of the data: amounts only, no names."""

    def amounts(chosen: Sequence[Example]) -> dict[str, Any]:
        return {
            "recordings": len(chosen),
            "patients": len({example.group for example in chosen}),
            "minutes": round(sum(example.duration_s for example in chosen) / 60, 1),
            "labels": sum(len(example.labels) for example in chosen),
        }

    return {"training": amounts(examples), "validation": amounts(validation)}
