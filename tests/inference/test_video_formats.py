"""Every container and codec: the index says what decoding shows, frame by frame."""

from pathlib import Path

import numpy as np
import pytest

from inference.progress import Cancelled
from inference.video.decode import frames
from inference.video.index import VideoIndex
from inference.video.probe import load_index, read_index, save_index
from inference.video.trust import packets_agree
from tests.video_files import read_barcode, write_video

CODECS = {
    "libx264": ("h264", ("mp4", "mov", "mkv", "avi")),
    "libx265": ("hevc", ("mp4", "mov", "mkv")),
    "mpeg4": ("mpeg4", ("mp4", "mov", "mkv", "avi")),
    "mjpeg": ("mjpeg", ("mp4", "mov", "mkv", "avi")),
    "libvpx": ("vp8", ("webm", "mkv")),
    "libvpx-vp9": ("vp9", ("webm", "mkv", "mp4")),
    "libsvtav1": ("av1", ("webm", "mkv", "mp4")),
}
CASES = [(codec, ending) for codec, (_, endings) in CODECS.items() for ending in endings]


def shown(path: Path, index: VideoIndex) -> list[int]:
    return [read_barcode(picture) for picture in frames(path, index, np.arange(index.frame_count))]


@pytest.mark.parametrize(("codec", "ending"), CASES)
def test_constant_rate(tmp_path: Path, codec: str, ending: str) -> None:
    path = write_video(tmp_path / f"a.{ending}", codec=codec, frames=40, b_frames=2)
    index = read_index(path)
    assert index.codec == CODECS[codec][0]
    assert (index.width, index.height, index.rotation) == (320, 240, 0)
    assert not index.has_audio and not index.warning
    np.testing.assert_allclose(index.times, np.arange(41) / 25, atol=1e-9)
    assert shown(path, index) == list(range(40))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("codec", "ending"),
    [("libx264", "mp4"), ("libx265", "mov"), ("libx264", "mkv"), ("libvpx-vp9", "webm")],
)
def test_variable_rate_rotation_offset_and_sound(
    tmp_path: Path, codec: str, ending: str, rotation: int
) -> None:
    starts = np.cumsum(np.random.default_rng(rotation).uniform(1 / 120, 0.1, 60))
    size = (215, 123) if codec == "libvpx-vp9" else (214, 122)
    path = write_video(
        tmp_path / f"a.{ending}",
        codec=codec,
        times=starts,
        size=size,
        rotation=rotation,
        start_offset=0.7,
        audio=True,
        b_frames=2,
    )
    index = read_index(path)
    assert (index.width, index.height, index.rotation) == (*size, rotation)
    assert index.has_audio and not index.warning
    precision = float(index.time_base)
    np.testing.assert_allclose(index.times[:-1], starts - starts[0], atol=1.01 * precision)
    assert index.times[0] == 0 and np.all(np.diff(index.times) > 0)
    assert shown(path, index) == list(range(60))


@pytest.mark.parametrize("fps", [10, 24000 / 1001, 50, 120])
def test_frame_rates(tmp_path: Path, fps: float) -> None:
    index = read_index(write_video(tmp_path / "a.mp4", fps=fps, frames=30))
    np.testing.assert_allclose(index.times, np.arange(31) / fps, atol=1e-4)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", size=(180, 144), frames=5, pixel_aspect=(16, 11))
    index = read_index(path)
    assert (index.width, index.height) == (262, 144)
    assert next(frames(path, index, np.array([0]))).shape == (144, 262, 3)


def test_edit_list_that_starts_between_key_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=40, gop=20)
    file = bytearray(path.read_bytes())
    at = file.find(b"elst") + 12  # then: duration, start in the media, rate
    file[at + 4 : at + 8] = (512 * 5).to_bytes(4, "big")
    path.write_bytes(file)
    index = read_index(path)
    assert index.trimmed and index.times[0] == 0
    assert shown(path, index) == list(range(5, 40))


def test_saving_keeps_everything(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.webm", codec="libvpx-vp9", frames=30, audio=True)
    index = read_index(path)
    save_index(index, tmp_path / "index.npz")
    again = load_index(tmp_path / "index.npz")
    arrays = ("pts", "key_frames")
    for name, value in vars(index).items():
        if name in arrays:
            np.testing.assert_array_equal(value, getattr(again, name))
        elif name != "times":
            assert value == getattr(again, name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.webm", "index.npz"]


def test_progress_counts_bytes_up_to_the_end(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=200)
    calls: list[tuple[float, float]] = []
    index = read_index(path, lambda done, total: calls.append((done, total)))
    assert calls == sorted(calls)
    assert calls[-1] == (2 * index.size_bytes, 2 * index.size_bytes)


def test_counting_the_pictures_of_a_long_avi_can_be_cancelled(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", frames=200, b_frames=2)

    def stop_in_the_second_half(done: float, total: float) -> None:
        if done == total - 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_index(path, stop_in_the_second_half)


def test_checking_times_against_pictures_reports_for_every_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=400, gop=150, size=(160, 120))
    index = read_index(path)
    calls: list[int] = []
    assert packets_agree(path, index, lambda: calls.append(1)) == 0
    assert len(calls) >= 60  # forty pictures at the start, ten after each of two key frames
