"""Somebody in a room who does one thing after another."""

from collections.abc import Callable

import numpy as np

from inference.synthesis.body import Body
from inference.synthesis.exercises import Manner, draw_manner, exercise_named
from inference.synthesis.motion import Label, Motion
from inference.synthesis.posture import (
    ANKLES,
    ARMS,
    FACING,
    HEAD,
    LEFT,
    PELVIS,
    RIGHT,
    SIZE,
    TRUNK,
    Side,
    ankle,
    joints,
    outward,
    place,
    standing,
    turn,
    upper_arm,
)
from inference.synthesis.surface import Array

STEP_SECONDS = 0.52
STEP_METRES = 0.60
LIFT_METRES = 0.09


def smooth(share: Array) -> Array:
    """Minimum jerk (Flash and Hogan, 1985): 0..1 -> 0..1, at rest at both ends."""
    share = np.clip(share, 0.0, 1.0)
    return share**3 * (10 - 15 * share + 6 * share**2)


def perform(
    name: str,
    body: Body,
    rng: np.random.Generator,
    repetitions: int,
    *,
    side: Side | None = None,
    tempo: float = 1.0,
    hz: float = 30.0,
) -> Motion:
    """One set of one exercise, standing before and after it, every repetition labelled.

    tempo above 1 is slower. ValueError for an unknown name.
    """
    performer = Performer(body, rng, hz=hz, tempo=tempo)
    performer.stand(0.3)
    performer.exercise(name, repetitions, side=side)
    performer.stand(0.6)
    return performer.motion()


class Performer:
    """Collects postures. Every call continues where the last one ended; then ask for `motion`."""

    def __init__(
        self,
        body: Body,
        rng: np.random.Generator,
        *,
        hz: float = 30.0,
        tempo: float = 1.0,
        at: tuple[float, float] = (0.0, 0.0),
        facing: float = 0.0,
    ) -> None:
        self.body = body
        self.rng = rng
        self.hz = hz
        self.tempo = tempo
        self.now = standing(body, facing)
        self.now[PELVIS.start : PELVIS.start + 2] += at
        for side in (LEFT, RIGHT):
            self.now[ankle(side)][:2] += at
        self._pieces: list[Array] = [self.now[None]]
        self._frames = 1
        self._labels: list[Label] = []

    @property
    def seconds(self) -> float:
        """When the last posture so far is held."""
        return (self._frames - 1) / self.hz

    def stand(self, seconds: float) -> None:
        """Hold the posture, with the sway that `motion` adds to everything."""
        self._add(np.repeat(self.now[None], self._count(seconds), axis=0))

    def exercise(
        self,
        name: str,
        repetitions: int,
        *,
        side: Side | None = None,
        manner: Manner | None = None,
        pauses: bool = True,
    ) -> None:
        """A set: take the start posture, repeat, stand again. Each repetition is labelled."""
        exercise, rng = exercise_named(name), self.rng
        manner = manner or draw_manner(rng, side)
        start = exercise.start(self.body, self._resting(), manner)
        start = exercise.reach(self.body, start, manner, np.zeros(1))[0]
        self._move_to(start, float(rng.uniform(0.7, 1.1)))
        self.stand(float(rng.uniform(0.25, 0.7)))
        usual = exercise.seconds * self.tempo * float(rng.lognormal(0, 0.10))
        there = float(rng.uniform(0.40, 0.52))
        hold = float(rng.uniform(0.0, 0.12))
        for number in range(repetitions):
            seconds = usual * float(rng.lognormal(0, 0.06))
            extent = float(np.clip(rng.normal(1.0, 0.035), 0.85, 1.06))
            self._repetition(
                exercise.name, exercise.reach, start, manner, seconds, extent, there, hold
            )
            if pauses and number < repetitions - 1 and rng.random() < 0.7:
                self.stand(float(rng.exponential(0.25)))
        self.stand(float(rng.uniform(0.2, 0.6)))
        self._move_to(self._resting(), float(rng.uniform(0.6, 1.0)))

    def _repetition(
        self,
        name: str,
        reach: Callable[[Body, Array, Manner, Array], Array],
        start: Array,
        manner: Manner,
        seconds: float,
        extent: float,
        there: float,
        hold: float,
    ) -> None:
        count = self._count(seconds)
        time = np.arange(1, count + 1) / count
        back = 1 - there - hold
        shares = np.where(
            time < there + hold, smooth(time / there), 1 - smooth((time - there - hold) / back)
        )
        begin = self.seconds
        self._add(reach(self.body, start, manner, shares * extent))
        self._labels.append(Label(name, begin, self.seconds))

    def turn_to(self, facing: float) -> None:
        """Turn on the spot with small steps."""
        change = (facing - self.now[FACING] + np.pi) % (2 * np.pi) - np.pi
        if abs(change) < 0.02:
            return
        steps = max(1, round(abs(change) / 0.7))
        for step in range(steps):
            goal = self._resting(self.now[FACING] + change / (steps - step))
            change -= change / (steps - step)
            self._move_to(goal, 0.75)

    def walk_to(self, x: float, y: float) -> None:
        """Turn towards a place on the floor and walk there."""
        here = self.now[PELVIS][:2].copy()
        way = np.array([x, y]) - here
        distance = float(np.linalg.norm(way))
        if distance < 0.15:
            return
        heading = float(np.arctan2(way[1], way[0]))
        self.turn_to(heading)
        body, hz = self.body, self.hz
        steps = max(1, round(distance / (STEP_METRES * body.scale)))
        stride = distance / steps
        each = max(2, round(STEP_SECONDS * self.tempo**0.5 * hz))
        count = each * (steps + 1)
        track = np.repeat(self.now[None], count, axis=0)
        side = int(self.rng.integers(2))
        placed = {LEFT: self.now[ankle(LEFT)].copy(), RIGHT: self.now[ankle(RIGHT)].copy()}
        goal = self._resting(heading, (x, y))
        for step in range(steps + 1):
            rows = slice(step * each, (step + 1) * each)
            time = np.arange(1, each + 1) / each
            if step < steps:
                along = here + way / distance * stride * (step + 1)
                target = np.append(along, body.ankle)
                target += place(heading, np.array([0.0, 0.07 * outward(side), 0.0]))
            else:
                target = goal[ankle(side)]
            for foot in (LEFT, RIGHT):
                track[rows, ankle(foot)] = placed[foot]
            share = smooth(time)[:, None]
            track[rows, ankle(side)] = placed[side] * (1 - share) + target * share
            high = LIFT_METRES * np.sin(np.pi * time) * (1 if step < steps else 0.5)
            track[rows, ankle(side).stop - 1] += high
            placed[side] = target
            side = 1 - side
        moved = smooth(np.linspace(0, 1, count)) * 0.35 + 0.65 * np.linspace(0, 1, count)
        track[:, PELVIS][:, :2] = here + moved[:, None] * way
        phase = np.arange(count) / each * np.pi
        track[:, PELVIS.start + 2] -= 0.018 * (1 + np.cos(2 * phase))
        fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / each)
        reachable = self._between_feet(track)
        track[:, PELVIS][:, :2] = 0.4 * track[:, PELVIS][:, :2] + 0.6 * reachable
        first = 1.0 if side == steps % 2 else -1.0
        for arm in (LEFT, RIGHT):
            swing = 0.42 * fade * np.sin(phase) * first * outward(arm)
            track[:, upper_arm(arm)] += swing[:, None] * [1, 0, 0]
            track[:, upper_arm(arm).stop : upper_arm(arm).stop + 3] += np.maximum(swing, 0)[
                :, None
            ] * [0.6, 0, 0]
        self._add(track)
        self._move_to(goal, 0.45)

    def _between_feet(self, track: Array) -> Array:
        middle = (track[:, ankle(LEFT)] + track[:, ankle(RIGHT)])[:, :2] / 2
        width = max(3, round(0.5 * self.hz))
        padded = np.pad(middle, ((width, width), (0, 0)), mode="edge")
        kernel = np.hanning(2 * width + 1)
        kernel /= kernel.sum()
        return np.stack(
            [np.convolve(padded[:, axis], kernel, mode="valid") for axis in (0, 1)], axis=1
        )

    def reach(
        self,
        arms: dict[Side, tuple[tuple[float, float, float], tuple[float, float, float]]],
        *,
        seconds: float,
        hold: float,
        bend: float = 0.0,
        nod: float = 0.0,
        look: float = 0.0,
        down: float = 0.0,
        shake: float = 0.0,
    ) -> None:
        """Anything that is no exercise: hands go somewhere, stay, and come back.

        arms: side -> directions of upper arm and forearm for the left side (mirrored for the
        right). bend, nod, look in radians; down in metres; shake: size of small repeated
        movements of the forearms while there.
        """
        goal = self.now.copy()
        for side, (upper, lower) in arms.items():
            mirror = np.array([1.0, outward(side), 1.0])
            goal[upper_arm(side)] = np.asarray(upper) * mirror
            goal[upper_arm(side).stop : upper_arm(side).stop + 3] = np.asarray(lower) * mirror
        goal[TRUNK.start] += bend
        goal[HEAD] += [nod, look]
        goal[PELVIS.start + 2] -= down
        goal[PELVIS] += place(goal[FACING], np.array([-0.35 * down, 0.0, 0.0]))
        before = self.now.copy()
        self._move_to(goal, seconds)
        count = self._count(hold)
        track = np.repeat(goal[None], count, axis=0)
        if shake:
            time = np.arange(count) / self.hz
            fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.2)
            for side in arms:
                low = upper_arm(side).stop
                wave = shake * fade * np.sin(2 * np.pi * 2.6 * time)
                track[:, low : low + 3] += wave[:, None] * np.array([0.5, 0.3, 1.0])
        self._add(track)
        self._move_to(before, seconds)

    def motion(self) -> Motion:
        """Everything so far, with sway."""
        track = np.concatenate(self._pieces)
        return Motion(
            joints=joints(self.body, _with_sway(track, self.hz, self.rng)),
            hz=self.hz,
            labels=tuple(self._labels),
        )

    def _count(self, seconds: float) -> int:
        return max(1, round(seconds * self.hz))

    def _add(self, track: Array) -> None:
        self._pieces.append(track)
        self._frames += len(track)
        self.now = track[-1].copy()

    def _resting(self, facing: float | None = None, at: tuple[float, float] | None = None) -> Array:
        """Standing relaxed over the place between the feet."""
        facing = float(self.now[FACING]) if facing is None else facing
        middle = (self.now[ankle(LEFT)] + self.now[ankle(RIGHT)])[:2] / 2 if at is None else at
        posture = standing(self.body, facing)
        for part in (PELVIS, ankle(LEFT), ankle(RIGHT)):
            posture[part.start : part.start + 2] += middle
        return posture

    def _move_to(self, goal: Array, seconds: float) -> None:
        """Blend to another posture; feet that have to go elsewhere take steps, one at a time."""
        start = self.now
        goal = goal.copy()
        change = goal[FACING] - start[FACING]
        goal[FACING] = start[FACING] + (change + np.pi) % (2 * np.pi) - np.pi
        moving = [
            side for side in (LEFT, RIGHT) if np.linalg.norm((goal - start)[ankle(side)]) > 1e-3
        ]
        seconds = max(seconds * self.tempo**0.5, 0.5 * len(moving))
        count = self._count(seconds)
        time = np.arange(1, count + 1) / count
        share = smooth(time)
        track = start + share[:, None] * (goal - start)
        for first in range(ARMS.start, ARMS.stop, 3):
            part = slice(first, first + 3)
            track[:, part] = turn(start[part], goal[part], share)
        track[:, ANKLES] = start[ANKLES]
        for number, side in enumerate(moving):
            begin, end = number / len(moving), (number + 1) / len(moving)
            local = np.clip((time - begin) / (end - begin), 0, 1)
            step = smooth(local)[:, None]
            track[:, ankle(side)] = start[ankle(side)] * (1 - step) + goal[ankle(side)] * step
            far = float(np.linalg.norm((goal - start)[ankle(side)][:2]))
            height = LIFT_METRES * min(1.0, far / 0.25)
            track[:, ankle(side).stop - 1] += height * np.sin(np.pi * local) ** 2
        self._add(track)


def _with_sway(track: Array, hz: float, rng: np.random.Generator) -> Array:
    """Nobody stands still: slow small movements of everything but the feet."""
    time = np.arange(len(track)) / hz
    size = np.zeros(SIZE)
    size[PELVIS] = [0.006, 0.008, 0.0]
    size[TRUNK] = [0.012, 0.010, 0.015]
    size[HEAD] = [0.035, 0.06]
    size[ARMS] = 0.012
    swayed = track.copy()
    for column in np.flatnonzero(size):
        for hertz in rng.uniform(0.08, 0.8, 4):
            phase = rng.uniform(0, 2 * np.pi)
            swayed[:, column] += size[column] / 2 * np.sin(2 * np.pi * hertz * time + phase)
    return swayed
