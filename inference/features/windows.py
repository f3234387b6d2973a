"""An endless supply of training windows: sessions nobody filmed, seen by cameras nobody owns."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from inference.features.targets import Targets, step_targets
from inference.pose.track import PoseTrack
from inference.synthesis.body import random_body
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.gestures import random_session
from inference.synthesis.heatmaps import Blobs
from inference.synthesis.motion import Motion
from inference.synthesis.observe import PoseErrors, observe, random_camera
from inference.synthesis.recordings import motions_by_subject
from inference.synthesis.sessions import SpliceSettings, splice
from inference.video.clock import MODEL_HZ

Subject = Sequence[Motion]


@dataclass(frozen=True, eq=False)
class Session:
    """A pose track and what is done in it."""

    pose: PoseTrack
    targets: Targets
    motion: Motion

    def drawn(self, cells: int, ticks: slice) -> NDArray[np.uint8]:
        """(t, 17, cells, cells) heatmaps, on a coarser or finer map than the usual."""
        return cast(Blobs, self.pose.heatmaps).drawn_with(cells)[ticks]


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
    errors: PoseErrors = field(default_factory=PoseErrors)
    invented: float = 0.25
    expansion: float | None = None

    @property
    def copies(self) -> int:
        """How many sessions in a row are the same one at different speeds."""
        return 1 if self.expansion is None else 2

    def performer(self, number: int) -> int:
        """Which of `subjects` session `number` is spliced from."""
        return number // self.copies % len(self.subjects)

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
    motions: Path,
    recordings: Path,
    *,
    train: Sequence[int],
    validation: Sequence[int],
    seed: int,
    ticks_a_step: int = 2,
    invented: float = 0.25,
    expansion: float | None = None,
) -> tuple[Supply, Supply]:
    """Training sessions of some subjects, and validation sessions of others at their own tempo.

    `motions` and `recordings` are as in `load_recordings`.
    """
    people = motions_by_subject(motions, recordings, train)
    others = motions_by_subject(motions, recordings, validation)
    classes = sorted({label.name for person in people for m in person for label in m.labels})
    supply = Supply(
        subjects=people, classes=classes, seed=seed, ticks_a_step=ticks_a_step, invented=invented,
        expansion=expansion,
    )  # fmt: skip
    own_tempo = replace(supply.splicing, tempo=(0.9, 1.1))
    return supply, replace(
        supply, subjects=others, seed=1000 + seed, invented=0.0, expansion=None, splicing=own_tempo
    )


def batches(
    supply: Supply, *, size: int, ticks: int, first: int, pool: int
) -> Iterator[Callable[[int], Batch]]:
    """Batch number `first` and all that follow, each as a function of the cells to draw.

    A batch takes `size` windows from a pool of sessions, of which one is replaced each time.
    """
    stride = supply.ticks_a_step
    sessions = deque((supply.session(n) for n in range(first, first + pool - 1)), maxlen=pool)
    for number in range(first, 2**62):
        sessions.append(supply.session(number + pool - 1))
        rng = np.random.default_rng((supply.seed, number, 1))
        chosen = [sessions[i] for i in rng.choice(pool, size, replace=size > pool)]
        starts = [
            int(rng.integers(0, max(len(s.targets.classes) - ticks // stride, 0) + 1))
            for s in chosen
        ]
        yield partial(_cut, chosen, starts, ticks, stride)


def _cut(
    sessions: Sequence[Session], starts: Sequence[int], ticks: int, stride: int, cells: int
) -> Batch:
    steps = ticks // stride
    volumes = np.zeros((len(sessions), ticks, 17, cells, cells), np.uint8)
    for out, session, start in zip(volumes, sessions, starts, strict=True):
        tick = start * stride
        out[:] = session.drawn(cells, slice(tick, tick + ticks))
    spans = [slice(start, start + steps) for start in starts]
    targets = [s.targets for s in sessions]
    return Batch(
        volumes=volumes.transpose(0, 2, 1, 3, 4),
        classes=np.stack([t.classes[s] for t, s in zip(targets, spans, strict=True)]),
        edges=np.stack([t.edges[s] for t, s in zip(targets, spans, strict=True)]),
        offsets=np.stack([t.offsets[s] for t, s in zip(targets, spans, strict=True)]),
    )
