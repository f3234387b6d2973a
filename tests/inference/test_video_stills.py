"""Posters and thumbnail sheets."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.progress import Cancelled
from inference.video.probe import read_index
from inference.video.stills import write_poster, write_thumbnails
from tests.video_files import read_barcode, write_video


def picture_of(path: Path) -> np.ndarray:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    return np.ascontiguousarray(bgr[..., ::-1])


@pytest.mark.parametrize("rotation", [0, 90])
def test_poster_is_upright_and_no_wider_than_needed(tmp_path: Path, rotation: int) -> None:
    path = write_video(tmp_path / "a.mp4", size=(960, 720), rotation=rotation, frames=50)
    write_poster(path, read_index(path), tmp_path / "poster.jpg")
    poster = picture_of(tmp_path / "poster.jpg")
    assert poster.shape == (480, 640, 3)
    assert 0 <= read_barcode(poster) <= 10


@pytest.mark.parametrize(("seconds", "gop"), [(0.04, 12), (3, 12), (3, 1000), (130, 25)])
def test_each_thumbnail_shows_its_time(tmp_path: Path, seconds: float, gop: int) -> None:
    path = write_video(tmp_path / "a.mp4", frames=round(seconds * 25), gop=gop, size=(160, 120))
    index = read_index(path)
    layout = write_thumbnails(path, index, tmp_path / "sheet.jpg")
    sheet = picture_of(tmp_path / "sheet.jpg")
    width, height = layout["width"], layout["height"]
    assert layout["count"] <= 120
    assert (layout["count"] - 1) * layout["every_s"] < index.duration
    for k in range(layout["count"]):
        y, x = k // layout["columns"] * height, k % layout["columns"] * width
        shown = index.times[read_barcode(sheet[y : y + height, x : x + width])]
        assert k * layout["every_s"] - 0.5 <= shown <= k * layout["every_s"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "sheet.jpg"]


@pytest.mark.parametrize(("name", "gop"), [("a.mp4", 1000), ("a.avi", 12)])
def test_progress_goes_on_where_much_is_decoded_between_thumbnails(
    tmp_path: Path, name: str, gop: int
) -> None:
    path = write_video(tmp_path / name, frames=150, gop=gop, size=(160, 120))
    index = read_index(path)
    calls: list[tuple[float, float]] = []
    write_thumbnails(path, index, tmp_path / "sheet.jpg", lambda *call: calls.append(call))
    assert len(calls) > 100
    assert calls == sorted(calls) and calls[-1] == (12, 12)
    posters: list[tuple[float, float]] = []
    write_poster(path, index, tmp_path / "poster.jpg", lambda *call: posters.append(call))
    assert len(posters) > 6


def test_a_cancelled_sheet_stops_between_thumbnails_and_leaves_nothing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=150, gop=1000, size=(160, 120))
    index = read_index(path)
    calls = []

    def stop_soon(done: float, total: float) -> None:
        calls.append(done)
        if len(calls) == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_thumbnails(path, index, tmp_path / "sheet.jpg", stop_soon)
    assert calls[-1] < 3
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
