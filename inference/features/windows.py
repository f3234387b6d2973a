"""An endless supply of training windows: sessions nobody filmed, seen by cameras nobody owns."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from inference.features.augment import UNCHANGED, Augmentation, augmented
from inference.features.targets import Targets, step_targets
from inference.pose.track import PoseTrack
from inference.synthesis.body import random_body
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.gestures import random_session
from inference.synthesis.heatmaps import Blobs
from inference.synthesis.motion import Motion
from inference.synthesis.observe import observe, random_camera
from inference.synthesis.pose_errors import PoseErrors
from inference.synthesis.recordings import in_words, motions_by_subject
from inference.synthesis.sessions import SpliceSettings, splice
from inference.video.clock import MODEL_HZ

Subject = Sequence[Motion]


class SupplyError(Exception):
    """Sessions cannot be made of what is there; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Session:
    """A pose track and what is done in it."""

    pose: PoseTrack
    targets: Targets
    motion: Motion

    def blobs(self, ticks: slice) -> Blobs:
        """What is drawn at some ticks, on a map of any width (`Blobs.drawn_with`)."""
        return cast(Blobs, self.pose.heatmaps).cut(ticks)


@dataclass(frozen=True, eq=False)
class Batch:
    """N windows. volumes: (N, 17, T, cells, cells) uint8; targets with T / stride steps."""

    volumes: NDArray[np.uint8]
    classes: NDArray[np.int64]
    edges: NDArray[np.float32]
    offsets: NDArray[np.float32]


@dataclass(frozen=True)
class Supply:
    """Where sessions come from. Session number n is always the same one.

    subjects: recorded people. ticks_a_step: the stride of the network they are for. splicing,
    errors: how sessions are made and seen. invented: share of sessions by people nobody recorded,
    with exercises from joint-angle curves. expansion: every second session is a copy of the one
    before, expanded in time by this factor (frames shown again, labels stretched).
    """

    subjects: Sequence[Subject]
    classes: Sequence[str]
    seed: int
    ticks_a_step: int = 2
    splicing: SpliceSettings = field(default_factory=lambda: SpliceSettings(tempo=(0.7, 1.35)))
    errors: PoseErrors = field(default_factory=PoseErrors.fitted)
    invented: float = 0.25
    expansion: float | None = None

    @property
    def copies(self) -> int:
        """How many sessions in a row are the same one at different speeds."""
        return 1 if self.expansion is None else 2

    def performer(self, number: int) -> int:
        """Which of `subjects` session `number` is spliced from."""
        return number // self.copies % max(len(self.subjects), 1)

    def session(self, number: int) -> Session:
        original, copy = divmod(number, self.copies)
        rng = np.random.default_rng((self.seed, original))
        if rng.random() < self.invented:
            names = [name for name in CLASS_NAMES if name in self.classes]
            seconds = rng.uniform(60, 110)
            motion = random_session(rng, seconds, body=random_body(rng), names=names)
        else:
            motion = splice(self.subjects[self.performer(number)], rng, self.splicing)
        if self.expansion is not None and copy:
            motion = motion.expanded(self.expansion)
        pose = observe(motion, random_camera(rng), rng, self.errors)
        steps, step_s = len(pose.times) // self.ticks_a_step, self.ticks_a_step / MODEL_HZ
        return Session(pose, step_targets(motion.labels, self.classes, steps, step_s), motion)


def supplies(
    motions: Path | None,
    recordings: Path | None,
    *,
    train: Sequence[int],
    validation: Sequence[int],
    seed: int,
    ticks_a_step: int = 2,
    invented: float = 0.25,
    expansion: float | None = None,
    without: Sequence[str] = (),
) -> tuple[Supply, Supply]:
    """Training sessions of some subjects, and validation sessions of others at their own tempo.

    `motions` and `recordings` are as in `load_recordings`; nobody's are needed where all sessions
    are `invented`. Classes in `without` occur nowhere: not among the classes, and nobody does such
    an exercise. Raises SupplyError and RecordingsError.
    """
    if both := set(train) & set(validation):
        raise SupplyError(f"A subject is trained on or watched, not both: {in_words(both)}.")
    if not train and invented < 1:
        raise SupplyError(
            "Somebody's recordings are needed to train on, or --invented 1, which needs nobody's."
        )
    people: list[list[Motion]] = []
    others: list[list[Motion]] = []
    known = set(CLASS_NAMES)
    if train or validation:
        if motions is None or recordings is None:
            raise SupplyError("--motions and --recordings go together, with people to train on.")
        people = motions_by_subject(motions, recordings, train)
        others = motions_by_subject(motions, recordings, validation)
        known = {x.name for person in [*people, *others] for m in person for x in m.labels}
    if unknown := sorted(set(without) - known):
        raise SupplyError(
            f"There is no class {unknown[0]} to leave out. There are {', '.join(sorted(known))}."
        )
    classes = sorted(known - set(without))
    supply = Supply(
        subjects=[_only(person, without) for person in people],
        classes=classes, seed=seed, ticks_a_step=ticks_a_step,
        invented=invented, expansion=expansion,
    )  # fmt: skip
    if invented > 0 and not set(classes) & set(CLASS_NAMES):
        raise SupplyError(
            "Nobody can be invented who does these exercises; train on recordings alone, with "
            "--invented 0."
        )
    own_tempo = replace(supply.splicing, tempo=(0.9, 1.1))
    return supply, replace(
        supply,
        subjects=[_only(person, without) for person in others],
        seed=1000 + seed,
        invented=0.0,
        expansion=None,
        splicing=own_tempo,
    )


def _only(person: Subject, without: Sequence[str]) -> list[Motion]:
    """What a person does, without some exercises. Raises SupplyError where nothing is left."""
    kept = [m for m in person if not any(label.name in without for label in m.labels)]
    if not kept:
        raise SupplyError("Without these classes somebody has no recording left to train on.")
    return kept


def batches(
    supply: Supply,
    *,
    size: int,
    ticks: int,
    first: int,
    pool: int,
    lane: int = 0,
    lanes: int = 1,
    augmentation: Augmentation = UNCHANGED,
) -> Iterator[Callable[[int], Batch]]:
    """Batch number `first` and all that follow, each as a function of the cells to draw.

    A batch takes `size` windows from a pool of sessions, of which one is replaced each time. Each
    of several lanes, numbered from 0, has sessions of its own.
    """
    stride = supply.ticks_a_step

    def session(number: int) -> Session:
        return supply.session(number * lanes + lane)

    sessions = deque((session(n) for n in range(first, first + pool - 1)), maxlen=pool)
    for number in range(first, 2**62):
        sessions.append(session(number + pool - 1))
        rng = np.random.default_rng((supply.seed, number * lanes + lane, 1))
        chosen = [sessions[i] for i in rng.choice(pool, size, replace=size > pool)]
        starts = [
            int(rng.integers(0, max(len(s.targets.classes) - ticks // stride, 0) + 1))
            for s in chosen
        ]
        seeds = rng.integers(2**63, size=size).tolist()
        yield partial(_cut, chosen, starts, seeds, ticks, stride, augmentation)


def _cut(
    sessions: Sequence[Session],
    starts: Sequence[int],
    seeds: Sequence[int],
    ticks: int,
    stride: int,
    augmentation: Augmentation,
    cells: int,
) -> Batch:
    steps = ticks // stride
    volumes = np.zeros((len(sessions), ticks, 17, cells, cells), np.uint8)
    for out, session, start, seed in zip(volumes, sessions, starts, seeds, strict=True):
        blobs = session.blobs(slice(start * stride, start * stride + ticks))
        out[:] = augmented(blobs, augmentation, np.random.default_rng(seed)).drawn_with(cells)[:]
    spans = [slice(start, start + steps) for start in starts]
    targets = [s.targets for s in sessions]
    return Batch(
        volumes=volumes.transpose(0, 2, 1, 3, 4),
        classes=np.stack([t.classes[s] for t, s in zip(targets, spans, strict=True)]),
        edges=np.stack([t.edges[s] for t, s in zip(targets, spans, strict=True)]),
        offsets=np.stack([t.offsets[s] for t, s in zip(targets, spans, strict=True)]),
    )
