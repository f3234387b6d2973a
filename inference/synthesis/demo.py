"""The sessions of the demo project: who does what, where, and who films it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from inference.progress import Progress, silent
from inference.synthesis import gestures
from inference.synthesis.body import Body, body_of_height
from inference.synthesis.camera import Camera
from inference.synthesis.furniture import stool
from inference.synthesis.mannequin import Look
from inference.synthesis.motion import Motion
from inference.synthesis.performer import Performer
from inference.synthesis.posture import LEFT, RIGHT
from inference.synthesis.render import Extra, render
from inference.synthesis.room import Box, Panel, Room
from inference.synthesis.surface import Patches


@dataclass(frozen=True, eq=False)
class DemoSession:
    """One recording still to be filmed. name is also the file's name without its ending.

    patient: pseudonym. split: train, validation or test.
    """

    name: str
    patient: str
    split: str
    motion: Motion
    camera: Camera
    look: Look
    room: Room
    fps: int
    second_person: Extra | None = None
    furniture: tuple[Patches, ...] = field(default=())

    def render(self, out: Path, progress: Progress = silent) -> int:
        """Film it as H.264 MP4; -> number of frames."""
        return render(
            self.motion,
            self.camera,
            self.look,
            self.room,
            out,
            fps=self.fps,
            second_person=self.second_person,
            furniture=self.furniture,
            progress=progress,
        )


def demo_sessions(seed: int = 0) -> list[DemoSession]:
    """Seven sessions of 45 to 90 s by six people; the first is the shortest.

    Everything follows from `seed`; the labels in each motion are exact.
    """
    makers: tuple[Callable[[np.random.Generator], DemoSession], ...] = (
        _squats_and_arms,
        _steps_and_legs,
        _lunges_with_visitor,
        _from_the_stool,
        _mixed_from_the_left,
        _shoulders_from_the_right,
        _second_visit,
    )
    return [maker(np.random.default_rng([seed, number])) for number, maker in enumerate(makers)]


def _camera(azimuth: float, width: int = 960, height: int = 540) -> Camera:
    return Camera(
        azimuth_deg=azimuth,
        height_m=1.25,
        distance_m=3.7,
        target=(0.0, 0.0, 1.0),
        focal=1.36,
        width=width,
        height=height,
    )


def _seen_from(camera: Camera, right: float, away: float) -> tuple[float, float]:
    """A place on the floor, metres to the right in the picture and away from the camera."""
    azimuth = np.deg2rad(camera.azimuth_deg)
    ahead = -np.array([np.cos(azimuth), np.sin(azimuth)])
    sideways = np.array([-np.sin(azimuth), np.cos(azimuth)])
    x, y = right * sideways + away * ahead
    return float(x), float(y)


BLUE_SHIRT = Look(
    skin=(0.87, 0.67, 0.54), hair=(0.23, 0.15, 0.10), shirt=(0.18, 0.40, 0.62),
    trousers=(0.22, 0.23, 0.29), shoes=(0.80, 0.32, 0.25),
)  # fmt: skip
CORAL_SHIRT = Look(
    skin=(0.48, 0.33, 0.25), hair=(0.10, 0.08, 0.07), shirt=(0.80, 0.38, 0.30),
    trousers=(0.20, 0.24, 0.33), shoes=(0.90, 0.90, 0.88), long_hair=True, shorts=True,
)  # fmt: skip
GREEN_JUMPER = Look(
    skin=(0.93, 0.76, 0.66), hair=(0.62, 0.58, 0.54), shirt=(0.24, 0.46, 0.36),
    trousers=(0.36, 0.33, 0.30), shoes=(0.20, 0.20, 0.22), long_sleeves=True,
)  # fmt: skip
WHITE_SHIRT = Look(
    skin=(0.72, 0.52, 0.40), hair=(0.14, 0.10, 0.08), shirt=(0.86, 0.85, 0.82),
    trousers=(0.26, 0.34, 0.47), shoes=(0.30, 0.42, 0.60), long_hair=True,
)  # fmt: skip
YELLOW_SHIRT = Look(
    skin=(0.60, 0.42, 0.31), hair=(0.12, 0.09, 0.08), shirt=(0.86, 0.66, 0.24),
    trousers=(0.30, 0.30, 0.32), shoes=(0.85, 0.85, 0.85), shorts=True,
)  # fmt: skip
GREY_SHIRT = Look(
    skin=(0.90, 0.72, 0.61), hair=(0.52, 0.30, 0.16), shirt=(0.52, 0.54, 0.58),
    trousers=(0.16, 0.17, 0.22), shoes=(0.62, 0.26, 0.48), long_hair=True,
)  # fmt: skip
THERAPIST = Look(
    skin=(0.85, 0.64, 0.52), hair=(0.30, 0.20, 0.13), shirt=(0.66, 0.82, 0.84),
    trousers=(0.88, 0.88, 0.86), shoes=(0.95, 0.95, 0.94),
)  # fmt: skip

STUDIO = Room(
    wall=(0.84, 0.83, 0.79), floor=(0.62, 0.47, 0.34), floor_kind="planks", yaw_deg=7.0, seed=1,
    boxes=(
        Box((1.35, 2.55, 1.42, 1.88, 0.0, 0.78), (0.78, 0.74, 0.67)),
        Box((1.5, 1.62, 1.6, 1.72, 0.78, 1.02), (0.38, 0.52, 0.48)),
        Box((1.85, 2.3, 1.55, 1.75, 0.78, 0.86), (0.62, 0.36, 0.30)),
    ),
    panels=(
        Panel((-2.0, -0.95, 0.95, 2.25), (0.74, 0.85, 0.94), True),
        Panel((1.5, 2.3, 1.25, 1.85), (0.36, 0.52, 0.58), False),
    ),
)  # fmt: skip
GYM = Room(
    wall=(0.74, 0.80, 0.82), floor=(0.50, 0.56, 0.58), floor_kind="tiles", yaw_deg=-9.0, seed=2,
    back_m=2.4, left_m=3.2, right_m=3.2,
    boxes=(
        Box((-2.6, -1.5, 1.7, 2.38, 0.0, 0.48), (0.30, 0.42, 0.56)),
        Box((1.6, 1.72, 2.28, 2.38, 0.0, 2.2), (0.72, 0.58, 0.42)),
        Box((2.5, 2.62, 2.28, 2.38, 0.0, 2.2), (0.72, 0.58, 0.42)),
        *(Box((1.72, 2.5, 2.30, 2.35, z, z + 0.04), (0.76, 0.62, 0.46))
          for z in (0.2, 0.5, 0.8, 1.1, 1.4, 1.7, 2.0)),
    ),
    panels=(Panel((-1.0, 0.9, 1.75, 2.45), (0.80, 0.88, 0.94), True),),
)  # fmt: skip
LIVING_ROOM = Room(
    wall=(0.86, 0.79, 0.70), floor=(0.44, 0.32, 0.24), floor_kind="planks", yaw_deg=12.0, seed=3,
    back_m=2.3, right_m=3.4, lamp=0.56,
    boxes=(
        Box((-2.5, -0.9, 1.65, 2.28, 0.0, 0.42), (0.46, 0.50, 0.56)),
        Box((-2.5, -0.9, 2.08, 2.28, 0.42, 0.85), (0.42, 0.46, 0.52)),
        Box((1.1, 2.1, 1.95, 2.28, 0.0, 1.95), (0.52, 0.40, 0.30)),
        *(Box((1.16, 2.04, 1.93, 1.96, z, z + 0.30), (0.30, 0.23, 0.19))
          for z in (0.12, 0.57, 1.02, 1.47)),
    ),
    panels=(Panel((-2.1, -1.2, 1.2, 1.8), (0.58, 0.36, 0.28), False),
            Panel((2.4, 3.1, 1.0, 2.1), (0.72, 0.82, 0.90), True)),
)  # fmt: skip
WARD = Room(
    wall=(0.80, 0.85, 0.82), floor=(0.66, 0.66, 0.62), floor_kind="plain", yaw_deg=-5.0, seed=4,
    back_m=2.0,
    boxes=(
        Box((0.9, 2.7, 1.15, 1.95, 0.25, 0.62), (0.86, 0.87, 0.88)),
        Box((2.62, 2.70, 1.15, 1.95, 0.0, 1.05), (0.56, 0.60, 0.64)),
        Box((-2.2, -1.7, 1.55, 1.95, 0.0, 0.68), (0.72, 0.64, 0.52)),
    ),
    panels=(Panel((-1.6, -0.6, 1.0, 2.2), (0.78, 0.88, 0.95), True),),
)  # fmt: skip


def _wear(look: Look, body: Body) -> Look:
    return replace(look, girth=body.girth)


def _squats_and_arms(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.76)
    who = Performer(body, rng, tempo=0.95)
    who.stand(1.0)
    who.exercise("deep_squat", 5)
    who.exercise("standing_shoulder_abduction", 4, side=RIGHT)
    gestures.drink(who)
    who.exercise("standing_shoulder_scaption", 4, side=LEFT)
    who.stand(0.6)
    return DemoSession(
        name="01 squats and arms", patient="P-01", split="train", motion=who.motion(),
        camera=_camera(8), look=_wear(BLUE_SHIRT, body), room=STUDIO, fps=25,
    )  # fmt: skip


def _steps_and_legs(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.64, 0.97)
    who = Performer(body, rng, tempo=1.0, at=(0.2, -3.1), facing=np.pi / 2)
    who.walk_to(0.0, 0.0)
    who.turn_to(0.0)
    gestures.adjust_shirt(who)
    who.exercise("hurdle_step", 5, side=RIGHT)
    who.stand(1.5)
    who.exercise("standing_active_straight_leg_raise", 5, side=RIGHT)
    gestures.hands_on_hips(who)
    who.exercise("standing_shoulder_abduction", 4, side=LEFT)
    gestures.wander(who, 0.9)
    return DemoSession(
        name="02 steps and leg raises", patient="P-02", split="train", motion=who.motion(),
        camera=_camera(-18), look=_wear(CORAL_SHIRT, body), room=GYM, fps=30,
    )  # fmt: skip


def _lunges_with_visitor(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.70, 1.08)
    who = Performer(body, rng, tempo=1.05, facing=-0.25)
    who.stand(1.2)
    who.exercise("inline_lunge", 4, side=RIGHT)
    gestures.wipe_brow(who)
    who.exercise("side_lunge", 5, side=LEFT)
    gestures.look_around(who)
    who.exercise("standing_shoulder_extension", 5, side=RIGHT)
    who.stand(0.8)
    motion = who.motion()
    visitor_body = body_of_height(1.80)
    camera = _camera(24)
    begin = _seen_from(camera, -4.2, 1.0)
    visitor = Performer(visitor_body, rng, at=begin, facing=np.deg2rad(camera.azimuth_deg + 90))
    visitor.stand(6.0)
    visitor.walk_to(*_seen_from(camera, 4.2, 1.0))
    visitor.walk_to(*_seen_from(camera, 3.4, -0.9))
    visitor.stand(6.0)
    visitor.walk_to(*_seen_from(camera, -3.0, -0.9))
    visitor.stand(max(0.0, motion.duration - visitor.seconds))
    return DemoSession(
        name="03 lunges with a visitor", patient="P-03", split="train", motion=motion,
        camera=camera, look=_wear(GREEN_JUMPER, body), room=LIVING_ROOM, fps=25,
        second_person=Extra(visitor.motion(), THERAPIST),
    )  # fmt: skip


def _from_the_stool(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.60, 1.16)
    who = Performer(body, rng, tempo=1.12)
    who.stand(1.0)
    who.exercise("sit_to_stand", 5)
    gestures.scratch_head(who)
    who.exercise("standing_shoulder_internal_external_rotation", 5, side=RIGHT)
    gestures.look_at_watch(who)
    who.exercise("standing_shoulder_scaption", 4, side=RIGHT)
    who.exercise("sit_to_stand", 3)
    who.stand(0.8)
    seat = body.ankle + 0.50 * body.leg - 0.115 * body.scale
    return DemoSession(
        name="04 sit to stand", patient="P-04", split="train", motion=who.motion(),
        camera=_camera(-32), look=_wear(WHITE_SHIRT, body), room=WARD, fps=25,
        furniture=(stool(-0.46, 0.0, seat, (0.34, 0.36, 0.42)),),
    )  # fmt: skip


def _mixed_from_the_left(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.83, 0.94)
    who = Performer(body, rng, tempo=0.92, at=(-0.3, 3.2), facing=-np.pi / 2)
    who.walk_to(0.0, 0.0)
    who.turn_to(0.0)
    who.exercise("deep_squat", 5)
    gestures.pick_up(who)
    who.exercise("side_lunge", 4, side=RIGHT)
    gestures.drink(who)
    who.exercise("hurdle_step", 5, side=LEFT)
    who.exercise("standing_shoulder_extension", 4, side=LEFT)
    who.walk_to(-0.3, 3.4)
    return DemoSession(
        name="05 mixed, walking in and out", patient="P-05", split="validation",
        motion=who.motion(), camera=_camera(40), look=_wear(YELLOW_SHIRT, body),
        room=replace(STUDIO, wall=(0.72, 0.76, 0.84), yaw_deg=-10.0, seed=5), fps=30,
    )  # fmt: skip


def _shoulders_from_the_right(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.68, 1.0)
    who = Performer(body, rng, tempo=1.0, facing=0.1)
    who.stand(1.5)
    who.exercise("standing_shoulder_internal_external_rotation", 5, side=LEFT)
    gestures.scratch_head(who)
    who.exercise("standing_active_straight_leg_raise", 5, side=LEFT)
    gestures.wander(who, 1.1)
    who.exercise("standing_shoulder_scaption", 4, side=RIGHT)
    who.exercise("inline_lunge", 4, side=LEFT)
    who.stand(0.8)
    return DemoSession(
        name="06 shoulders and lunges", patient="P-06", split="test", motion=who.motion(),
        camera=_camera(-12, 854, 480), look=_wear(GREY_SHIRT, body),
        room=replace(GYM, wall=(0.86, 0.83, 0.76), floor=(0.58, 0.50, 0.42), yaw_deg=6.0, seed=6),
        fps=25,
    )  # fmt: skip


def _second_visit(rng: np.random.Generator) -> DemoSession:
    body = body_of_height(1.76)
    who = Performer(body, rng, tempo=1.0, facing=-0.15)
    who.stand(0.8)
    who.exercise("side_lunge", 4, side=RIGHT)
    gestures.hands_on_hips(who)
    who.exercise("standing_shoulder_abduction", 4, side=LEFT)
    gestures.adjust_shirt(who)
    who.exercise("standing_shoulder_extension", 4, side=LEFT)
    who.exercise("deep_squat", 4)
    who.stand(0.6)
    return DemoSession(
        name="07 second visit", patient="P-01", split="train", motion=who.motion(),
        camera=_camera(-6), look=replace(_wear(BLUE_SHIRT, body), shirt=(0.48, 0.22, 0.34)),
        room=WARD, fps=25,
    )  # fmt: skip
