"""What people do between exercises, and whole sessions at random."""

from collections.abc import Callable, Sequence

import numpy as np

from inference.synthesis.body import Body
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.motion import Motion
from inference.synthesis.performer import Performer
from inference.synthesis.posture import FACING, LEFT, PELVIS, RIGHT


def drink(who: Performer) -> None:
    """Lift a cup to the mouth and put it back."""
    side = int(who.rng.integers(2))
    mouth = ((0.76, -0.05, -0.42), (-0.28, -0.52, 0.80))
    who.reach({side: mouth}, seconds=1.0, hold=who.rng.uniform(0.8, 1.8), nod=-0.2)


def scratch_head(who: Performer) -> None:
    """One hand to the side of the head."""
    side = int(who.rng.integers(2))
    pose = ((0.20, 0.82, 0.42), (-0.12, -0.92, 0.34))
    who.reach({side: pose}, seconds=0.8, hold=who.rng.uniform(0.8, 1.6), shake=0.10)


def wipe_brow(who: Performer) -> None:
    """The back of a hand over the forehead."""
    side = int(who.rng.integers(2))
    pose = ((0.74, 0.25, 0.18), (-0.32, -0.80, 0.46))
    who.reach({side: pose}, seconds=0.7, hold=who.rng.uniform(0.5, 1.0), nod=0.15, shake=0.08)


def adjust_shirt(who: Performer) -> None:
    """Both hands to the waist."""
    pose = ((-0.08, 0.42, -0.90), (0.72, -0.55, -0.28))
    who.reach(
        {LEFT: pose, RIGHT: pose}, seconds=0.7, hold=who.rng.uniform(0.8, 1.5), nod=0.4, shake=0.12
    )


def hands_on_hips(who: Performer) -> None:
    """Catch one's breath."""
    pose = ((-0.30, 0.76, -0.58), (0.36, -0.80, -0.42))
    look = float(who.rng.uniform(-0.5, 0.5))
    who.reach({LEFT: pose, RIGHT: pose}, seconds=0.8, hold=who.rng.uniform(1.5, 3.0), look=look)


def look_at_watch(who: Performer) -> None:
    """The left forearm in front of the chest."""
    pose = ((0.48, 0.35, -0.80), (0.62, -0.74, 0.22))
    who.reach({LEFT: pose}, seconds=0.7, hold=who.rng.uniform(0.8, 1.5), nod=0.45)


def look_around(who: Performer) -> None:
    """Turn the head, as when somebody speaks."""
    look = float(who.rng.choice([-0.9, 0.9])) * float(who.rng.uniform(0.6, 1.0))
    who.reach({}, seconds=0.6, hold=who.rng.uniform(0.8, 2.0), look=look)


def pick_up(who: Performer) -> None:
    """Bend down to the floor and come up again."""
    side = int(who.rng.integers(2))
    pose = ((0.55, 0.05, -0.84), (0.42, 0.0, -0.90))
    down = 0.30 * who.body.scale
    who.reach({side: pose}, seconds=1.1, hold=0.6, bend=1.05, down=down)


GESTURES: tuple[Callable[[Performer], None], ...] = (
    drink, scratch_head, wipe_brow, adjust_shirt, hands_on_hips, look_at_watch, look_around,
    pick_up,
)  # fmt: skip


def wander(who: Performer, metres: float = 1.0) -> None:
    """Walk a few steps away to a side or backwards, come back and face the same way as before."""
    facing, home = float(who.now[FACING]), who.now[PELVIS][:2].copy()
    angle = facing + who.rng.uniform(0.3 * np.pi, 1.7 * np.pi)
    who.walk_to(*(home + metres * np.array([np.cos(angle), np.sin(angle)])))
    who.stand(float(who.rng.uniform(0.3, 1.5)))
    who.walk_to(*home)
    who.turn_to(facing)


def random_session(
    rng: np.random.Generator,
    seconds: float,
    *,
    body: Body,
    names: Sequence[str] = CLASS_NAMES,
) -> Motion:
    """Sets of exercises in random order with everything in between; at least `seconds` long."""
    who = Performer(
        body, rng, tempo=float(rng.lognormal(0, 0.12)), facing=float(rng.normal(0, 0.2))
    )
    who.stand(float(rng.uniform(0.3, 2.0)))
    while who.seconds < seconds:
        who.exercise(str(rng.choice(names)), int(rng.integers(2, 7)))
        for _ in range(int(rng.integers(0, 3))):
            kind = rng.random()
            if kind < 0.55:
                GESTURES[rng.integers(len(GESTURES))](who)
            elif kind < 0.75:
                wander(who, float(rng.uniform(0.7, 1.4)))
            else:
                who.stand(float(rng.uniform(0.5, 3.0)))
    return who.motion()
