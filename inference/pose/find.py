"""Pass 1: find and follow everybody in a recording."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.parallel import in_order, prefetch
from inference.pose.boxes import joint_boxes, long_sides
from inference.pose.clothes import clothes
from inference.pose.estimator import Detections, Detector
from inference.pose.identity import Tracker, without_duplicates
from inference.pose.link import link
from inference.pose.multipose import PIXELS, input_size
from inference.pose.people import People, assemble
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ, ticks
from inference.video.decode import frames
from inference.video.index import VideoIndex

DECODED_SIDE = 640  # long side of the pictures that people are looked for in
FAR_PIXELS = 512 * 288  # input pixels where people are small; four times the work
FAR_PERSON = 80  # pixels of the usual network input: smaller people are found unreliably
SURVEY_TICKS = 30  # every two seconds a look at `FAR_PIXELS` decides which input is needed
SURE_JOINT = 0.4
_DECODE_AHEAD = 6

Look = tuple[Detections, NDArray[np.float32]]  # people, and (P, 6) the colours of their clothes


def find_people(
    path: Path, index: VideoIndex, detector: Detector, progress: Progress = silent
) -> People:
    """Everybody in the video at 15 Hz, each with one identity.

    progress(done, total) is in seconds of video, called for every tick and while decoding is slow.
    Raises VideoError from decoding, and what `progress` raises. Memory does not grow with the
    picture, only by about 300 bytes per person and tick.
    """
    wanted = ticks(index.times)
    size = decoded_size(index)
    done = 0.0

    def report() -> None:
        progress(done, index.duration)

    decoded = frames(path, index, np.unique(wanted), size=size)
    tracker = Tracker()
    with (
        closing(prefetch(decoded, _DECODE_AHEAD, report)) as pictures,
        ThreadPoolExecutor(detector.threads) as pool,
    ):
        looks = in_order(_looks(pictures, detector, wanted, pool), detector.threads + 2, report)
        for tick, (found, colours) in enumerate(looks):
            tracker.step(tick, found, colours)
            done = min((tick + 1) / MODEL_HZ, index.duration)
            report()
    return assemble(
        link(tracker.tracklets, report),
        ticks=len(wanted),
        width=index.width,
        height=index.height,
        scale=np.array([index.width / size[0], index.height / size[1]], np.float32),
        alive=report,
    )


def decoded_size(index: VideoIndex) -> tuple[int, int]:
    """Width and height of the pictures that people are looked for in."""
    scale = min(1.0, DECODED_SIDE / max(index.width, index.height))
    return _even(index.width * scale), _even(index.height * scale)


def _looks(
    pictures: Iterator[NDArray[np.uint8]],
    detector: Detector,
    wanted: NDArray[np.int64],
    pool: ThreadPoolExecutor,
) -> Iterator[Future[Look]]:
    """The people at each tick, as they are computed; a frame shown for many ticks is seen once."""
    survey: Future[bool] | None = None
    next_survey = 0
    look: Future[Look] | None = None
    for tick, frame in enumerate(wanted):
        if look is None or frame != wanted[tick - 1]:
            image = next(pictures)
            if tick >= next_survey:
                survey = pool.submit(_people_are_far, image, detector)
                next_survey = tick + SURVEY_TICKS
            assert survey is not None
            # A look waits for its survey, which was queued before it and so is never behind it.
            look = pool.submit(_look, image, detector, survey)
        yield look


def _look(image: NDArray[np.uint8], detector: Detector, people_are_far: Future[bool]) -> Look:
    found = detector.detect(image, FAR_PIXELS if people_are_far.result() else PIXELS)
    found = without_duplicates(found)
    return found, clothes(image, found.keypoints)


def _people_are_far(image: NDArray[np.uint8], detector: Detector) -> bool:
    """Whether even the largest person would be too small in the usual network input."""
    found = detector.detect(image, FAR_PIXELS)
    sizes = long_sides(joint_boxes(found.keypoints[found.scores >= SURE_JOINT]))
    height, width = image.shape[:2]
    scale = input_size(width, height, PIXELS)[2]
    return bool(len(sizes)) and bool(np.nanmax(sizes) * scale < FAR_PERSON)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
