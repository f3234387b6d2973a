"""From motion to video: frames, times, who is where, who is in front."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from inference.progress import Cancelled
from inference.synthesis.body import body_of_height
from inference.synthesis.camera import Camera
from inference.synthesis.furniture import stool
from inference.synthesis.mannequin import Look, Mannequin
from inference.synthesis.motion import Motion
from inference.synthesis.posture import joints, standing
from inference.synthesis.render import Extra, Scene, joints_at, render
from inference.synthesis.room import Box, Panel, Room
from inference.video.probe import read_index
from inference.video.proxy import needs_proxy

BODY = body_of_height(1.75)
CAMERA = Camera(
    azimuth_deg=10,
    height_m=1.2,
    distance_m=3.7,
    target=(0, 0, 1),
    focal=1.35,
    width=320,
    height=180,
)
ROOM = Room(
    wall=(0.8, 0.8, 0.78),
    floor=(0.6, 0.5, 0.4),
    floor_kind="planks",
    boxes=(Box((1.5, 2.2, 1.4, 1.8, 0, 0.8), (0.5, 0.4, 0.3)),),
    panels=(Panel((-1.5, -0.8, 1, 2), (0.7, 0.8, 0.9), True),),
)
RED = Look(
    skin=(0.85, 0.65, 0.55), hair=(0.2, 0.1, 0.1), shirt=(0.9, 0.1, 0.1), trousers=(0.8, 0.1, 0.1),
    shoes=(0.8, 0.1, 0.1), long_sleeves=True,
)  # fmt: skip
BLUE = Look(
    skin=(0.45, 0.3, 0.25), hair=(0.1, 0.1, 0.1), shirt=(0.1, 0.1, 0.9), trousers=(0.1, 0.1, 0.8),
    shoes=(0.1, 0.1, 0.8), long_hair=True, shorts=True,
)  # fmt: skip


def _still(x: float = 0.0, y: float = 0.0, seconds: float = 1.0) -> Motion:
    posture = standing(BODY)
    posture[[0, 21, 24]] += x
    posture[[1, 22, 25]] += y
    return Motion(np.repeat(joints(BODY, posture[None]), round(30 * seconds), axis=0), 30.0, ())


def _decode(path: Path) -> tuple[list[Fraction], list[np.ndarray]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    times = [Fraction(f.pts or 0) * (f.time_base or 0) for f in frames]
    return times, [f.to_ndarray(format="rgb24") for f in frames]


def test_every_frame_has_its_exact_time(tmp_path: Path) -> None:
    motion = _still(seconds=1.32)
    out = tmp_path / "squat.mp4"
    count = render(motion, CAMERA, RED, ROOM, out, fps=25)
    times, pictures = _decode(out)
    assert count == len(times) == 33
    assert times == [Fraction(n, 25) for n in range(count)]
    assert pictures[0].shape == (180, 320, 3)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264" and stream.codec_context.pix_fmt == "yuv420p"
    assert [p.name for p in tmp_path.iterdir()] == ["squat.mp4"]


@pytest.mark.parametrize("look", [RED, BLUE])
def test_the_person_is_where_the_joints_are(look: Look) -> None:
    body = _still().joints[0].astype(float)
    scene = Scene(CAMERA, ROOM)
    picture = scene.picture([(Mannequin(look), body)])
    changed = np.abs(picture.astype(int) - scene.empty).max(axis=2) > 12
    seen = np.round(CAMERA.project(body)[:, :2]).astype(int)
    inside = [changed[y, x] for x, y in seen]
    assert np.mean(inside) > 0.9
    columns, rows = np.flatnonzero(changed.any(axis=0)), np.flatnonzero(changed.any(axis=1))
    assert columns[0] > seen[:, 0].min() - 45 and columns[-1] < seen[:, 0].max() + 45
    assert rows[0] > seen[:, 1].min() - 25 and rows[-1] < seen[:, 1].max() + 25


def test_the_nearer_person_covers_the_other() -> None:
    near, far = _still(x=0.8).joints[0].astype(float), _still(x=-0.8).joints[0].astype(float)
    front = Camera(0, 1.2, 3.7, (0, 0, 1), 1.35, 320, 180)
    scene = Scene(front, ROOM)
    x, y = np.round(front.project(near[[5, 6, 11, 12]].mean(axis=0))[:2]).astype(int)
    for people in (((RED, near), (BLUE, far)), ((BLUE, far), (RED, near))):
        picture = scene.picture([(Mannequin(look), body) for look, body in people])
        red, _, blue = picture[y, x].astype(int)
        assert red > blue + 40


def test_somebody_outside_the_picture_or_behind_the_camera_changes_nothing_inside() -> None:
    scene = Scene(CAMERA, ROOM)
    for offset in ([0.0, 9.0, 0.0], [9.0, 0.0, 0.0]):
        body = _still().joints[0] + np.array(offset)
        picture = scene.picture([(Mannequin(RED), body)])
        assert np.array_equal(picture[:, 60:260], scene.empty[:, 60:260])


def test_a_stool_is_hidden_by_who_sits_in_front_of_it() -> None:
    seat = stool(-0.5, 0.0, 0.45, (0.1, 0.8, 0.1))
    front = Camera(0, 1.2, 3.7, (0, 0, 1), 1.35, 320, 180)
    empty = Scene(front, ROOM, (seat,)).picture([])
    with_person = Scene(front, ROOM, (seat,)).picture(
        [(Mannequin(RED), _still().joints[0].astype(float))]
    )
    green = [(p[..., 1].astype(int) - p[..., 0] > 40).sum() for p in (empty, with_person)]
    assert green[0] > 30 and green[1] < green[0]


def test_a_second_person_appears_only_while_their_motion_lasts(tmp_path: Path) -> None:
    out = tmp_path / "two.mp4"
    visitor = Extra(_still(seconds=0.4), BLUE, offset=(0.0, 1.0))
    render(_still(), CAMERA, RED, ROOM, out, fps=10, second_person=visitor)
    _, pictures = _decode(out)
    blue = [(p[..., 2].astype(int) - p[..., 0] > 60).sum() for p in pictures]
    assert blue[0] > 100 and blue[-1] < 20


def test_stopping_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: float, total: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        render(_still(), CAMERA, RED, ROOM, tmp_path / "never.mp4", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_the_same_input_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        render(_still(seconds=0.4), CAMERA, RED, ROOM, tmp_path / name, fps=10)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_joints_between_samples_are_interpolated() -> None:
    motion = Motion(np.arange(4 * 17 * 3, dtype=np.float32).reshape(4, 17, 3), 2.0, ())
    between = joints_at(motion, 0.25)
    assert between is not None and np.allclose(between, motion.joints[:2].mean(axis=0))
    assert joints_at(motion, 5.0) is None and joints_at(motion, -1.0) is None


def test_a_browser_can_play_and_seek_the_film_itself(tmp_path: Path) -> None:
    out = tmp_path / "film.mp4"
    render(_still(seconds=1.2), CAMERA, RED, ROOM, out, fps=25)
    index = read_index(out)
    assert not needs_proxy(index)
    assert np.diff(index.key_frames).max() * 0.04 <= 0.5
