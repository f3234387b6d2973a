"""Single pictures of people, for tests of networks: a real one, and mannequins in a room."""

from functools import cache

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from inference.synthesis.body import body_of_height
from inference.synthesis.camera import Camera
from inference.synthesis.demo import BLUE_SHIRT, STUDIO, THERAPIST
from inference.synthesis.mannequin import Mannequin
from inference.synthesis.posture import joints, standing
from inference.synthesis.render import Scene
from inference.weights import fetched
from tests.inference.real_files import real_file


@cache
def man() -> NDArray[np.uint8]:
    """A man standing on a roof, cut out of the first picture of the real clip: (560, 560, 3)."""
    with av.open(str(real_file(fetched.DEMO_CLIP))) as container:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return first[0:560, 370:930].astype(np.uint8)


@cache
def mannequins(count: int, metres_apart: float = 1.0) -> NDArray[np.uint8]:
    """Up to three mannequins side by side, from 4 m away: (360, 640, 3)."""
    camera = Camera(
        azimuth_deg=5, height_m=1.25, distance_m=4, target=(0, 0, 1), focal=1.36,
        width=640, height=360,
    )  # fmt: skip
    body = body_of_height(1.75)
    people = []
    for look, right in [(BLUE_SHIRT, 0), (THERAPIST, 1), (BLUE_SHIRT, -1)][:count]:
        posture = standing(body)
        posture[[1, 22, 25]] += right * metres_apart
        people.append((Mannequin(look), joints(body, posture[None])[0]))
    return Scene(camera, STUDIO).picture(people)


def shrunk(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A picture in another size and shape."""
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
