"""Review proxies: the same frames at the same times, in a form every browser plays."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.progress import Cancelled
from inference.video.decode import frames
from inference.video.errors import VideoError
from inference.video.probe import read_index
from inference.video.proxy import needs_proxy, proxy_size, write_proxy
from tests.video_files import read_barcode, write_video

ORIGINALS = [
    ("mkv", {"codec": "libx264", "b_frames": 2, "start_offset": 0.8}),
    ("mov", {"codec": "libx265", "rotation": 90, "size": (122, 214)}),
    ("mp4", {"codec": "libx264", "rotation": 180}),
    ("mp4", {"codec": "mpeg4", "rotation": 270, "size": (122, 214)}),
    ("webm", {"codec": "libvpx-vp9", "size": (215, 123)}),
    ("mp4", {"codec": "libx264", "pixel_format": "yuv444p", "audio": True}),
    ("mp4", {"codec": "libx265", "pixel_format": "yuv420p10le"}),
]
UNEVEN = np.append(0, np.cumsum(np.random.default_rng(2).uniform(0.012, 0.09, 80)))


@pytest.mark.parametrize(("ending", "how"), ORIGINALS)
def test_frames_and_times_agree_one_to_one(
    tmp_path: Path, ending: str, how: dict[str, Any]
) -> None:
    starts = np.cumsum(np.random.default_rng(5).uniform(0.01, 0.09, 90))
    path = write_video(tmp_path / f"a.{ending}", times=starts, **{"size": (214, 122), **how})
    index = read_index(path)
    out = tmp_path / "proxy.mp4"
    write_proxy(path, index, out)

    made = read_index(out)
    assert made.pts[0] == 0 and made.frame_count == index.frame_count
    np.testing.assert_allclose(made.times, index.times, atol=1e-6)
    assert (made.width, made.height) == proxy_size(index)
    assert (made.codec, made.pixel_format, made.rotation) == ("h264", "yuv420p", 0)
    assert not made.has_audio
    assert np.diff(made.times[np.append(made.key_frames, made.frame_count)]).max() <= 0.5
    assert not needs_proxy(made)
    assert [read_barcode(p) for p in frames(out, made, np.arange(90))] == list(range(90))
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, "proxy.mp4"]


def test_avi_without_display_times(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", b_frames=2, frames=60)
    index = read_index(path)
    assert not index.seekable and needs_proxy(index)
    write_proxy(path, index, tmp_path / "proxy.mp4")
    made = read_index(tmp_path / "proxy.mp4")
    np.testing.assert_allclose(made.times, index.times, atol=1e-6)
    seen = [read_barcode(p) for p in frames(tmp_path / "proxy.mp4", made, np.arange(60))]
    assert seen == list(range(60))


def test_index_comes_first_in_the_file(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", frames=30)
    write_proxy(path, read_index(path), tmp_path / "proxy.mp4")
    file = (tmp_path / "proxy.mp4").read_bytes()
    assert file.find(b"moov") < file.find(b"mdat")


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=3, size=(2562, 1442))
    index = read_index(path)
    assert needs_proxy(index)
    assert proxy_size(index) == (1280, 720)


@pytest.mark.parametrize(
    ("ending", "how", "needed"),
    [
        ("mp4", {}, False),
        ("mp4", {"b_frames": 2, "audio": True}, False),
        ("webm", {"codec": "libvpx-vp9"}, False),
        ("mp4", {"gop": 60}, True),
        ("mp4", {"start_offset": 0.5}, True),
        ("mp4", {"rotation": 90}, True),
        ("mp4", {"codec": "libx265"}, True),
        ("mp4", {"codec": "mpeg4"}, True),
        ("mkv", {}, True),
        ("mov", {}, True),
        ("avi", {"codec": "mjpeg"}, True),
        ("mp4", {"times": UNEVEN}, False),
        ("mp4", {"times": UNEVEN, "b_frames": 2}, True),
        ("webm", {"times": UNEVEN, "codec": "libvpx-vp9"}, True),
    ],
)
def test_what_needs_a_proxy(tmp_path: Path, ending: str, how: dict[str, Any], needed: bool) -> None:
    path = write_video(tmp_path / f"a.{ending}", frames=60, **how)
    assert needs_proxy(read_index(path)) == needed


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", frames=100)
    index = read_index(path)

    def stop(done: float, total: float) -> None:
        if done > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_proxy(path, index, tmp_path / "proxy.mp4", stop)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mkv"]


def test_progress_counts_seconds_of_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", frames=50)
    index = read_index(path)
    calls: list[tuple[float, float]] = []
    write_proxy(path, index, tmp_path / "p.mp4", lambda done, total: calls.append((done, total)))
    assert calls == sorted(calls) and calls[-1] == (index.duration, index.duration)


def test_a_full_disk_is_said_plainly(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", frames=50)
    index = read_index(path)
    (tmp_path / "proxy.mp4.part").symlink_to("/dev/full")
    with pytest.raises(VideoError, match="disk is full"):
        write_proxy(path, index, tmp_path / "proxy.mp4")
    assert not (tmp_path / "proxy.mp4").exists()
    assert os.path.exists("/dev/full")
