"""Examples for the localizer that nobody had to film: spliced sessions, turned to features."""

import hashlib
import os
import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.features.extract import FeatureExtractor
from inference.features.track import FeatureTrack
from inference.features.windows import Session, Supply, supplies
from inference.localize.example import Example, LabelLike
from inference.parallel import in_order
from inference.progress import Progress, silent

ON_A_GPU = 4  # sessions made at a time, so that it does not wait for their movements


@dataclass(frozen=True)
class TrainingSetSettings:
    """How many sessions of whom. A person is in one of the two only.

    without: classes that nobody does and the localizer does not know. recordings_per_class: only
    so many training sessions with labels of each class, the first ones; None for all. expansion:
    each training session comes a second time, expanded in time by this factor.
    """

    sessions: int = 240
    validation_sessions: int = 24
    train_subjects: tuple[int, ...] = (1, 2, 3, 4, 5)
    validation_subjects: tuple[int, ...] = (6,)
    invented: float = 0.0
    seed: int = 1
    without: tuple[str, ...] = ()
    recordings_per_class: int | None = None
    expansion: float | None = None


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Examples for `train_localizer` and the classes in them."""

    train: list[Example]
    validation: list[Example]
    classes: tuple[str, ...]


def training_set(
    *,
    motions: Path,
    recordings: Path,
    extractor: FeatureExtractor,
    cache: Path,
    settings: TrainingSetSettings | None = None,
    progress: Progress = silent,
) -> TrainingSet:
    """Sessions of recorded and invented people seen by random cameras, as features with labels.

    `motions` and `recordings` are as in `load_recordings`. Features are kept in the folder
    `cache` under a name that says what was seen, and used again for exactly that. Progress is in
    sessions. Without validation subjects nothing is validated. Raises SupplyError, RecordingsError.
    """
    settings = settings or TrainingSetSettings()
    supply, unseen = supplies(
        motions,
        recordings,
        train=settings.train_subjects,
        validation=settings.validation_subjects,
        seed=settings.seed,
        ticks_a_step=extractor.network.stride,
        invented=settings.invented,
        expansion=settings.expansion,
        without=settings.without,
    )
    watched = settings.validation_sessions if settings.validation_subjects else 0
    trained = settings.sessions * supply.copies
    wanted = [(supply, 100_000 + number) for number in range(trained)]
    wanted += [(unseen, number) for number in range(watched)]
    workers = ON_A_GPU
    if extractor.device.type == "cpu":
        workers = max(1, (os.cpu_count() or 1) // torch.get_num_threads())
    examples: list[Example] = []
    with ThreadPoolExecutor(workers, thread_name_prefix="sessions") as pool:

        def submitted() -> Iterator[Future[Example]]:
            for one, number in wanted:
                yield pool.submit(example_of, one, number, extractor, cache)

        try:
            for example in in_order(
                submitted(), 2 * workers, lambda: progress(len(examples), len(wanted))
            ):
                examples.append(example)
                progress(len(examples), len(wanted))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    train, validation = examples[:trained], examples[trained:]
    if settings.recordings_per_class is not None:
        train = limited(train, settings.recordings_per_class)
    return TrainingSet(train, validation, tuple(supply.classes))


def example_of(supply: Supply, number: int, extractor: FeatureExtractor, cache: Path) -> Example:
    """Session `number` with its features, from the cache where they are there."""
    session = supply.session(number)
    track = track_of(session, extractor, cache)
    return Example(
        track=track,
        labels=session.motion.labels,
        finished=((0.0, len(track.times) * track.step_s),),
        group=f"{supply.seed}-{supply.performer(number)}",
    )


def track_of(session: Session, extractor: FeatureExtractor, cache: Path) -> FeatureTrack:
    how = (extractor.model_hash, str(extractor.dtype))
    seen = hashlib.sha256(pickle.dumps((session.pose, *how)))
    path = cache / f"features-{seen.hexdigest()[:24]}.npy"
    if path.exists():
        features: NDArray[np.float16] = np.load(path)
    else:
        features = extractor.extract(session.pose).features.astype(np.float16)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.stem}.{os.getpid()}.part.npy")
        np.save(part, features)
        part.replace(path)
    return FeatureTrack(
        times=(np.arange(len(features)) + 0.5) * extractor.step_s,
        features=features.astype(np.float32),
        step_s=extractor.step_s,
        model=extractor.model_hash,
        keypoints=session.pose.keypoints,
    )


def limited(examples: Sequence[Example], recordings_per_class: int) -> list[Example]:
    """The first examples of each class: as if only so many recordings of it had been labelled.

    What an example shows of classes that have enough already is neither a label nor background.
    """
    seen: Counter[str] = Counter()
    kept = []
    for example in examples:
        names = {label.name for label in example.labels}
        wanted = {name for name in names if seen[name] < recordings_per_class}
        if not wanted:
            continue
        seen.update(wanted)
        others = [label for label in example.labels if label.name not in wanted]
        kept.append(
            replace(
                example,
                labels=tuple(label for label in example.labels if label.name in wanted),
                finished=without_spans(example.finished, others),
            )
        )
    return kept


def without_spans(
    spans: Sequence[tuple[float, float]], labels: Sequence[LabelLike]
) -> tuple[tuple[float, float], ...]:
    """Spans of seconds less the time of the labels."""
    left = list(spans)
    for label in labels:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, label.start_s)), (max(start, label.end_s), end))
            if part[1] > part[0]
        ]
    return tuple(left)
