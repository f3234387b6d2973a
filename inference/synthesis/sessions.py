"""Sessions with known labels and real background, spliced from recordings of one person.

Recordings hold nothing but repetitions. A session puts some of them into a stretch of ordinary
movement: rest, walking, reaching, half repetitions, with smooth ways from one to the next.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.idle import MOVEMENTS, sway
from inference.synthesis.motion import Label, Motion
from inference.synthesis.skeleton import blend, facing, mirror, root, smooth_step, turn

Array = NDArray[np.floating]


@dataclass(frozen=True)
class SpliceSettings:
    """How sessions are made. Ranges are (least, most), drawn evenly.

    tempo: factor on the speed of a chunk. mirrored: chance that the whole session is done with
    the other side, where the person's labels have names for that. widest_turn_deg: recordings in
    which the person stands turned further away from +x are turned back to this;
    half_repetitions: chance of one before or after a chunk.
    """

    duration_s: tuple[float, float] = (60.0, 120.0)
    repetitions: tuple[int, int] = (2, 8)
    tempo: tuple[float, float] = (0.85, 1.2)
    pause_s: tuple[float, float] = (0.5, 7.0)
    transition_s: tuple[float, float] = (0.5, 1.5)
    mirrored: float = 0.5
    half_repetitions: float = 0.25
    pauses_inside: float = 0.08
    widest_turn_deg: float = 45.0


def splice(
    motions: Sequence[Motion], rng: np.random.Generator, settings: SpliceSettings | None = None
) -> Motion:
    """A session of chunks of `motions`, all of one subject and one rate, with background between.

    Exercises come in random order and none twice in a row where there is a choice.
    """
    settings = settings or SpliceSettings()
    tape = _Tape(motions[0].hz, _standing(motions), settings, rng)
    wanted = rng.uniform(*settings.duration_s)
    tape.idle()
    queue: list[Motion] = []
    while tape.duration < wanted:
        if not queue:
            queue = [motions[i] for i in rng.permutation(len(motions))]
        tape.chunk(queue.pop())
        tape.idle()
    joints, labels = tape.joints(), tape.labels
    known = {label.name for motion in motions for label in motion.labels}
    other_side = [replace(label, name=mirrored_name(label.name)) for label in labels]
    if rng.random() < settings.mirrored and known.issuperset(x.name for x in other_side):
        joints, labels = mirror(joints), other_side
    return Motion(joints=joints.astype(np.float32), hz=tape.hz, labels=tuple(labels))


def mirrored_name(name: str) -> str:
    """What the same is called when it is done with the other side: left and right exchanged."""
    sides = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    words = re.split(r"([a-z]+|[A-Z][a-z]*)", name)
    return "".join(sides.get(word, word) for word in words)


def _standing(motions: Sequence[Motion]) -> list[Array]:
    """Postures (17, 3) with both arms down, facing +x above (0, 0); the first if there is none."""
    starts = [
        motion.joints[min(round(label.start_s * motion.hz), len(motion.joints) - 1)]
        for motion in motions
        for label in motion.labels
    ]
    down = [s for s in starts if (s[9:11, 2] < root(s)[2] + 0.05).all()] or starts[:1]
    tallest = np.median([s[0, 2] for s in down])
    upright = [s for s in down if s[0, 2] > tallest - 0.08]
    return [turn(s - root(s) * [1, 1, 0], -float(facing(s))) for s in upright]


class _Tape:
    """The session so far; every new part is moved to where the body now stands."""

    def __init__(
        self, hz: float, standing: list[Array], settings: SpliceSettings, rng: np.random.Generator
    ) -> None:
        self.hz, self.standing, self.settings, self.rng = hz, standing, settings, rng
        self.parts: list[Array] = []
        self.labels: list[Label] = []
        self.frames = 0

    @property
    def duration(self) -> float:
        return self.frames / self.hz

    def joints(self) -> Array:
        """(T, 17, 3) up to the longest that a session may be."""
        return np.concatenate(self.parts)[: round(self.settings.duration_s[1] * self.hz)]

    def chunk(self, motion: Motion) -> None:
        """Some repetitions in a row, perhaps with a half one before or after.

        Nothing where they would last longer than a session may.
        """
        parts, labels = len(self.parts), len(self.labels)
        self._chunk(motion)
        if self.duration > self.settings.duration_s[1]:
            del self.parts[parts:], self.labels[labels:]
            self.frames = sum(map(len, self.parts))

    def _chunk(self, motion: Motion) -> None:
        rng, settings = self.rng, self.settings
        tempo = rng.uniform(*settings.tempo)
        count = int(rng.integers(settings.repetitions[0], settings.repetitions[1] + 1))
        each = sum(x.end_s - x.start_s for x in motion.labels) / len(motion.labels) / tempo
        fitting = int((settings.duration_s[1] - self.duration) / (each + 0.5))
        count = min(count, len(motion.labels), max(fitting, 1))
        first = int(rng.integers(0, len(motion.labels) - count + 1))
        labels = motion.labels[first : first + count]
        yaw = self._yaw_for(motion)
        half_before, half_after = rng.random(2) < settings.half_repetitions / 2
        if half_before:
            self._add(turn(self._half(motion, labels[0], tempo), yaw))
        for index, label in enumerate(labels):
            part = turn(_stretch(_cut(motion, label), tempo), yaw)
            if index == 0:
                if rng.random() < 0.4:  # gets ready and waits
                    frames = int(self.hz * rng.uniform(0.3, 2.0))
                    self._add(sway(part[0], frames, self.hz, rng)[::-1])
                self._add(part)
            else:
                self._follow(part)
            start = self.frames - len(part)
            self.labels.append(Label(label.name, start / self.hz, self.frames / self.hz))
            if index < count - 1 and rng.random() < settings.pauses_inside:
                frames = int(self.hz * rng.uniform(0.3, 2.5))
                self._follow(sway(part[-1], frames, self.hz, rng), join=False)
        if rng.random() < 0.3:  # holds the last posture a moment
            frames = int(self.hz * rng.uniform(0.3, 1.5))
            self._follow(sway(self.parts[-1][-1], frames, self.hz, rng), join=False)
        if half_after:
            self._add(turn(self._half(motion, labels[-1], tempo), yaw))

    def idle(self) -> None:
        """Rest, or one or two movements that are no exercise."""
        rng = self.rng
        for _ in range(rng.integers(1, 3)):
            standing = self.standing[rng.integers(len(self.standing))]
            if rng.random() < 0.45:
                frames = max(int(self.hz * rng.uniform(*self.settings.pause_s)), 2)
                part = sway(standing, frames, self.hz, rng)
            else:
                part = MOVEMENTS[rng.integers(len(MOVEMENTS))](standing, self.hz, rng)
            self._add(turn(part, rng.normal(0, 0.25)))

    def _half(self, motion: Motion, label: Label, tempo: float) -> Array:
        """The beginning of a repetition, broken off before the middle and taken back."""
        part = _stretch(_cut(motion, label), tempo)
        moved = np.linalg.norm(part - part[0], axis=2).max(axis=1)
        enough = int(np.argmax(moved > self.rng.uniform(0.25, 0.55) * moved.max())) + 1
        go = smooth_step(max(int(enough * self.rng.uniform(1.0, 1.6)), 4))
        where = np.concatenate([go, 1 - go]) * enough
        return _sample(part, where)

    def _yaw_for(self, motion: Motion) -> float:
        """Keeps the side on which people turned to be seen, within limits and not exactly."""
        recorded = float(np.median(facing(motion.joints)))
        widest = np.deg2rad(self.settings.widest_turn_deg)
        return float(np.clip(recorded, -widest, widest) - recorded + self.rng.normal(0, 0.15))

    def _add(self, part: Array) -> None:
        """Moves `part` near to where the body stands, and goes there smoothly."""
        here = root(self.parts[-1][-1])[:2] if self.parts else np.zeros(2)
        there = here * 0.7 + self.rng.normal(0, 0.12, 2)
        shift = there - root(part[0])[:2]
        part = part + np.array([shift[0], shift[1], 0.0])
        if self.parts:
            frames = int(self.hz * self.rng.uniform(*self.settings.transition_s))
            self._append(blend(self.parts[-1][-1], part[0], smooth_step(frames)))
        self._append(part)

    def _follow(self, part: Array, *, join: bool = True) -> None:
        """Adds what goes on without a gap, moved to where the part before ended."""
        shift = root(self.parts[-1][-1])[:2] - root(part[0])[:2]
        part = part + np.array([shift[0], shift[1], 0.0])
        if join:  # a swaying pause may have left the posture a little aside
            frames = min(len(part), int(0.3 * self.hz))
            left = (self.parts[-1][-1] - part[0]) * (1 - smooth_step(frames))[:, None, None]
            part[:frames] += left
        self._append(part)

    def _append(self, part: Array) -> None:
        self.parts.append(part)
        self.frames += len(part)


def _cut(motion: Motion, label: Label) -> Array:
    start = round(label.start_s * motion.hz)
    return motion.joints[start : max(round(label.end_s * motion.hz), start + 2)]


def _stretch(part: Array, tempo: float) -> Array:
    frames = max(round(len(part) / tempo), 2)
    return _sample(part, np.linspace(0, len(part) - 1, frames))


def _sample(part: Array, where: Array) -> Array:
    """Linear interpolation of (T, 17, 3) at the frames `where`, which need not be whole."""
    low = np.clip(where.astype(int), 0, len(part) - 2)
    rest = np.clip(where - low, 0, 1)[:, None, None]
    return part[low] * (1 - rest) + part[low + 1] * rest
