"""The error model of stage 1: its file, and that the fit finds what was put in."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.pose.movenet import MoveNet
from inference.pose.track import PoseTrack
from inference.progress import Progress, silent
from inference.synthesis.clip_errors import Estimated
from inference.synthesis.error_fit import Fit, fitted
from inference.synthesis.fit_errors import fit_pose_errors, invented_person
from inference.synthesis.observe import random_camera
from inference.synthesis.pose_errors import SHIPPED, PoseErrors, PoseErrorsError
from inference.synthesis.sessions import SpliceSettings, splice
from inference.weights import fetched
from tests.inference.real_files import real_file

ABOUT = {"about": "for a test", "joints": [{"joint": "nose", "median": [0.1, 0.2]}]}

TRUTH = PoseErrors(
    jitter=(0.001,) * 5 + (0.002,) * 12,
    wander=(0.003,) * 11 + (0.006,) * 6,
    bias=(0.008,) * 17,
    sessions=(0.6, 1 / 0.6),
    confidence=(0.5,) * 5 + (0.7,) * 12,
    spread=(0.05,) * 17,
    far_side=0.6,
    face_away=0.5,
    dropouts_per_minute=1.5,
    swaps_per_minute=8.0,
    swapped_from_behind=0.5,
    ghost=0.4,
    width=(0.9, 1.4),
)


def people(count: int) -> list[Estimated]:
    """People at 15 Hz before cameras, without any estimate of their pose yet."""
    films = []
    for number in range(count):
        rng = np.random.default_rng((5, number))
        settings = SpliceSettings(duration_s=(60.0, 60.0), repetitions=(1, 2))
        motion = splice(invented_person(rng), rng, settings)
        camera = replace(random_camera(rng), width=1280, height=720)
        points = motion.joints[::2].astype(float)
        projected = camera.project(points)
        nothing = np.zeros(0)
        pose = PoseTrack(nothing, nothing, nothing, nothing, nothing)  # type: ignore[arg-type]
        films.append(Estimated(points, projected, pose, (1280, 720)))
    return films


@pytest.fixture(scope="module")
def fit() -> Fit:
    """Of eight people; what is drawn for a session is spread evenly over them."""
    rng = np.random.default_rng(8)
    films = []
    for number, film in enumerate(people(8)):
        share = (number + 0.5) / 8
        size = TRUTH.sessions[0] * (TRUTH.sessions[1] / TRUTH.sessions[0]) ** share
        width = TRUTH.width[0] + (TRUTH.width[1] - TRUTH.width[0]) * share
        session = replace(
            TRUTH, sessions=(size, size), width=(width, width), swapped_from_behind=number % 2
        )
        films.append(film.imagined(session, rng))
    return fitted(films, rng)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("jitter", 0.1), ("wander", 0.1), ("bias", 0.3), ("confidence", 0.1), ("spread", 0.15)],
)
def test_the_fit_finds_what_was_put_in_joint_by_joint(
    fit: Fit, name: str, tolerance: float
) -> None:
    ratio = np.array(getattr(fit.errors, name)) / np.array(getattr(TRUTH, name))
    assert np.median(ratio) == pytest.approx(1, rel=tolerance)
    assert ratio.std() < 2 * tolerance


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("far_side", 0.1),
        ("face_away", 0.15),
        ("dropouts_per_minute", 0.25),
        ("swaps_per_minute", 0.35),
        ("swapped_from_behind", 0.5),
        ("ghost", 0.4),
    ],
)
def test_the_fit_finds_what_was_put_in(fit: Fit, name: str, tolerance: float) -> None:
    assert getattr(fit.errors, name) == pytest.approx(getattr(TRUTH, name), rel=tolerance)


def test_ranges_of_a_session_are_found(fit: Fit) -> None:
    assert fit.errors.width == pytest.approx(TRUTH.width, rel=0.15)
    spread = [np.log(high / low) for low, high in (fit.errors.sessions, TRUTH.sessions)]
    assert spread[0] == pytest.approx(spread[1], rel=0.4)


def test_the_figures_say_how_well_the_model_describes_the_clips(fit: Fit) -> None:
    assert [joint.joint for joint in fit.joints][:2] == ["nose", "left eye"]
    for name, tolerance in (("median", 0.2), ("percentile_90", 0.25), ("confidence", 0.1)):
        real, model = np.array([getattr(joint, name) for joint in fit.joints]).T
        assert model.mean() == pytest.approx(real.mean(), rel=tolerance)
        assert np.abs(np.log(model / real)).max() < np.log(2.5)


def test_what_cannot_be_told_is_kept_and_said() -> None:
    rng = np.random.default_rng(1)
    facing = people(1)[0]
    still = np.repeat(facing.points[:1], 300, axis=0)
    camera = replace(random_camera(rng), azimuth_deg=0.0)
    film = replace(facing, points=still, projected=camera.project(still))
    fit = fitted([film.imagined(TRUTH, rng)], rng)
    assert set(fit.kept) >= {"far_side", "face_away", "swapped_from_behind"}
    assert fit.errors.swapped_from_behind == PoseErrors().swapped_from_behind
    assert "from behind" in fit.kept["swapped_from_behind"]


def test_the_file_says_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "errors.json"
    TRUTH.save(path, ABOUT)
    assert PoseErrors.load(path) == TRUTH
    said = json.loads(path.read_text())
    assert said == {**ABOUT, "parameters": json.loads(json.dumps(asdict(TRUTH)))}
    lines = path.read_text().splitlines()
    assert any(line.strip().startswith('"jitter": [0.001,') for line in lines)
    assert list(path.parent.iterdir()) == [path]


def test_the_shipped_errors_are_measured_ones() -> None:
    said = json.loads(SHIPPED.read_text())
    assert said["rendered"]["clips"] >= 8
    assert said["command"].startswith("rehab-review fit-pose-errors --clips")
    assert len(said["joints"]) == 17
    assert PoseErrors.fitted() == PoseErrors.load(SHIPPED) != PoseErrors()


@pytest.mark.parametrize(
    "damage",
    [
        lambda said: said.pop("parameters"),
        lambda said: said["parameters"].pop("ghost"),
        lambda said: said["parameters"].update(other=1.0),
        lambda said: said["parameters"].update(jitter=[0.001] * 16),
        lambda said: said["parameters"].update(jitter=0.001),
        lambda said: said["parameters"].update(ghost="much"),
        lambda said: said["parameters"].update(ghost=float("nan")),
        lambda said: said["parameters"].update(bias=[-0.1] * 17),
    ],
)
def test_a_damaged_file_is_refused_with_a_sentence(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    path = tmp_path / "errors.json"
    TRUTH.save(path, ABOUT)
    said = json.loads(path.read_text())
    damage(said)
    path.write_text(json.dumps(said))
    with pytest.raises(PoseErrorsError, match=r"errors\.json is damaged. Make it again"):
        PoseErrors.load(path)


def test_a_file_that_is_no_json_or_absent_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "errors.json"
    with pytest.raises(PoseErrorsError, match=r"errors\.json is missing. Make it again"):
        PoseErrors.load(path)
    path.write_bytes(b"\xff\x00{")
    with pytest.raises(PoseErrorsError, match=r"errors\.json is damaged"):
        PoseErrors.load(path)


def test_from_rendered_videos_to_an_error_model(tmp_path: Path) -> None:
    movenet = MoveNet(real_file(fetched.MOVENET))
    stages = []

    def progress(stage: str) -> Progress:
        stages.append(stage)
        return silent

    found = fit_pose_errors(
        detector=movenet, estimator=movenet, clips=2, seed=3, seconds=3.0, progress=progress
    )
    assert stages == ["clip 1 of 2", "clip 2 of 2"]
    assert found.minutes == pytest.approx(6 / 60, rel=0.05)
    assert 0.0003 < np.mean(found.fit.errors.jitter) < 0.01
    assert 0.4 < np.mean(found.fit.errors.confidence) < 1
    found.fit.errors.save(tmp_path / "errors.json", found.about("a command"))
    said = json.loads((tmp_path / "errors.json").read_text())
    assert said["estimator"] == movenet.model_hash
    assert said["joints"][9]["joint"] == "left wrist"
