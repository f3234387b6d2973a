"""Examples for the localizer that nobody had to film: spliced sessions, turned to features."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from inference.features.extract import FeatureExtractor
from inference.features.track import FeatureTrack
from inference.features.windows import Session, Supply, supplies
from inference.localize.example import Example
from inference.progress import Progress, silent
from inference.synthesis.motion import Label


@dataclass(frozen=True)
class TrainingSetSettings:
    """How many sessions of whom. A person is in one of the two only.

    expansion: each training session comes a second time, expanded in time by this factor.
    """

    sessions: int = 160
    validation_sessions: int = 16
    train_subjects: tuple[int, ...] = (1, 2, 3, 4, 5)
    validation_subjects: tuple[int, ...] = (6,)
    invented: float = 0.25
    seed: int = 1
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
    `cache` and used again when nothing that they depend on has changed. Progress is in sessions.
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
    )
    sessions = settings.sessions * supply.copies
    total = sessions + settings.validation_sessions
    train = [
        _example(supply, 100_000 + n, extractor, cache, progress, (n, total))
        for n in range(sessions)
    ]
    validation = [
        _example(unseen, n, extractor, cache, progress, (sessions + n, total))
        for n in range(settings.validation_sessions)
    ]
    progress(total, total)
    return TrainingSet(train, validation, tuple(supply.classes))


def _example(
    supply: Supply,
    number: int,
    extractor: FeatureExtractor,
    cache: Path,
    progress: Progress,
    place: tuple[int, int],
) -> Example:
    progress(*place)
    settings = json.dumps(
        ["with keypoints", asdict(supply.splicing), asdict(supply.errors), supply.invented,
         supply.seed, number, len(supply.subjects), supply.expansion, extractor.model_hash]
    )  # fmt: skip
    path = cache / f"session-{hashlib.sha256(settings.encode()).hexdigest()[:24]}.npz"
    if not path.exists():
        _keep(path, supply.session(number), extractor)
    with np.load(path) as kept:
        labels = tuple(
            Label(str(name), float(start), float(end))
            for name, (start, end) in zip(kept["names"], kept["spans"], strict=True)
        )
        track = FeatureTrack(
            times=kept["times"],
            features=kept["features"].astype(np.float32),
            step_s=extractor.step_s,
            model=extractor.model_hash,
            keypoints=kept["keypoints"],
        )
    finished = ((0.0, len(track.times) * track.step_s),)
    group = f"{supply.seed}-{supply.performer(number)}"
    return Example(track=track, labels=labels, finished=finished, group=group)


def _keep(path: Path, session: Session, extractor: FeatureExtractor) -> None:
    track = extractor.extract(session.pose)
    labels = session.motion.labels
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new.npz")
    np.savez(
        new,
        times=track.times,
        features=track.features.astype(np.float16),
        keypoints=track.keypoints,
        names=np.array([label.name for label in labels]),
        spans=np.array([(label.start_s, label.end_s) for label in labels]).reshape(-1, 2),
    )
    new.replace(path)
