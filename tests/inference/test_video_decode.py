"""Pictures by frame number: any ascending choice of them, any size."""

from pathlib import Path

import numpy as np
import pytest

from inference.video.decode import frames
from inference.video.index import VideoIndex
from inference.video.probe import read_index
from tests.video_files import read_barcode, write_video

COUNT = 300


@pytest.fixture(scope="module", params=["mp4", "mkv", "counted.avi", "one key frame.mp4"])
def video(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, VideoIndex]:
    path = tmp_path_factory.mktemp("video") / f"a.{request.param}"
    gop = 1000 if "one key" in request.param else 12
    write_video(path, frames=COUNT, b_frames=2, gop=gop, size=(160, 120))
    index = read_index(path)
    assert index.frame_count == COUNT
    assert index.seekable == (path.suffix != ".avi")
    return path, index


@pytest.mark.parametrize(
    "wanted",
    [
        [0],
        [COUNT - 1],
        [0, 0, 0, 1, 1, 299, 299],
        list(range(0, COUNT, 2)),
        [5, 150, 151, 155, 290],
        [11, 12, 13, 47, 48, 49],
        [],
    ],
)
def test_each_entry_gets_its_frame(video: tuple[Path, VideoIndex], wanted: list[int]) -> None:
    path, index = video
    got = [read_barcode(picture) for picture in frames(path, index, np.array(wanted, np.int64))]
    assert got == wanted


def test_random_choices(video: tuple[Path, VideoIndex]) -> None:
    path, index = video
    rng = np.random.default_rng(3)
    for _ in range(5):
        wanted = np.sort(rng.integers(0, COUNT, rng.integers(1, 30)))
        got = [read_barcode(picture) for picture in frames(path, index, wanted, size=(96, 72))]
        assert got == wanted.tolist()


def test_size_is_width_and_height_upright(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", size=(120, 160), rotation=90, frames=10)
    index = read_index(path)
    picture = next(frames(path, index, np.array([7]), size=(60, 80)))
    assert picture.shape == (80, 60, 3) and picture.dtype == np.uint8
    assert picture.flags.c_contiguous and read_barcode(picture) == 7


def test_only_frames_of_the_recording(video: tuple[Path, VideoIndex]) -> None:
    path, index = video
    with pytest.raises(IndexError):
        next(frames(path, index, np.array([COUNT])))
