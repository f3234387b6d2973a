"""What stage 1 makes of two films, computed once for all tests that look at it."""

import atexit
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
from numpy.typing import NDArray

from inference.pose.find import find_people
from inference.pose.movenet import MoveNet
from inference.pose.people import People
from inference.pose.refine import refine
from inference.pose.track import PoseTrack
from inference.synthesis.body import body_of_height
from inference.synthesis.camera import Camera
from inference.synthesis.demo import BLUE_SHIRT, STUDIO, THERAPIST
from inference.synthesis.performer import Performer
from inference.synthesis.render import Extra, joints_at, render
from inference.video.clock import ticks
from inference.video.index import VideoIndex
from inference.video.probe import read_index
from inference.weights import fetched
from tests.inference.real_files import real_file


@dataclass(frozen=True, eq=False)
class Film:
    """A video, who was found in it, and where the joints of everybody really are, if known."""

    path: Path
    index: VideoIndex
    people: People
    truth: tuple[NDArray[np.float64], ...] = ()  # each (T, 17, 2) pixels


@cache
def movenet() -> MoveNet:
    return MoveNet(real_file(fetched.MOVENET))


@cache
def real_clip() -> Film:
    """A man on a roof does a somersault down and walks off while a woman walks by; 7.7 s."""
    path = real_file(fetched.DEMO_CLIP)
    index = read_index(path)
    return Film(path, index, find_people(path, index, movenet()))


@cache
def hidden_patient() -> Film:
    """A mannequin lifts an arm; another walks by between it and the camera and hides it; 10 s."""
    rng = np.random.default_rng(4)
    patient = Performer(body_of_height(1.7), rng)
    patient.stand(1.0)
    patient.exercise("standing_shoulder_abduction", 3, pauses=False)
    passer = Performer(body_of_height(1.8), rng, at=(1.0, -2.4), facing=np.pi / 2)
    passer.stand(3.0)
    passer.walk_to(1.0, 2.4)
    camera = Camera(
        azimuth_deg=5, height_m=1.25, distance_m=3.7, target=(0, 0, 1), focal=1.36,
        width=640, height=360,
    )  # fmt: skip
    folder = Path(mkdtemp(prefix="hidden-patient-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    path = folder / "film.mp4"
    motions = patient.motion(), passer.motion()
    render(motions[0], camera, BLUE_SHIRT, STUDIO, path, second_person=Extra(motions[1], THERAPIST))
    index = read_index(path)
    seconds = index.times[ticks(index.times)]
    nowhere = np.full((17, 3), np.nan)
    truth = tuple(
        np.stack(
            [
                nowhere[:, :2] if joints is None else camera.project(joints)[:, :2]
                for joints in (joints_at(motion, at) for at in seconds)
            ]
        )
        for motion in motions
    )
    return Film(path, index, find_people(path, index, movenet()), truth)


@cache
def hidden_patient_pose() -> PoseTrack:
    film = hidden_patient()
    out = film.path.with_suffix(".npz")
    return refine(film.path, film.index, film.people, film.people.patient(), movenet(), out)
