"""Files that are damaged or no videos: a sentence, or what can still be read of them."""

from pathlib import Path

import av
import numpy as np
import pytest

from inference.video.decode import frames
from inference.video.errors import VideoError
from inference.video.probe import read_index
from tests.video_files import read_barcode, write_video


def refusal(path: Path) -> str:
    with pytest.raises(VideoError) as caught:
        read_index(path)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and "Errno" not in sentence
    return sentence


def shown(path: Path) -> tuple[list[int | None], str]:
    """The barcodes of all frames, None for a picture too damaged to read, and the warning."""
    index = read_index(path)
    numbers: list[int | None] = []
    for picture in frames(path, index, np.arange(index.frame_count)):
        try:
            numbers.append(read_barcode(picture))
        except ValueError:
            numbers.append(None)
    return numbers, index.warning


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert "empty" in refusal(tmp_path / "a.mp4")


def test_missing_file(tmp_path: Path) -> None:
    assert "no longer there" in refusal(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    "content",
    [
        b"Dear colleague,\nplease find the video attached.\n" * 50,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nother.mp4\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        bytes(5000),
    ],
    ids=["letter", "playlist", "list of files", "picture", "zeros"],
)
def test_something_else_renamed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert "not an MP4, MOV, AVI, MKV or WebM video" in refusal(path)


def test_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=48000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, 48000, 960):
            silence = np.zeros((1, 960), np.int16)
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48000, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    assert "no video in it" in refusal(path)


def test_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mjpeg", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        file.start_encoding()
    assert "no pictures" in refusal(path)


@pytest.mark.parametrize(
    ("ending", "codec", "options"),
    [
        ("mp4", "libx264", {}),
        ("mp4", "libx264", {"movflags": "+faststart"}),
        ("mp4", "libx264", {"movflags": "+frag_keyframe+empty_moov"}),
        ("mov", "libx265", {}),
        ("mkv", "libx264", {}),
        ("webm", "libvpx-vp9", {}),
        ("avi", "mjpeg", {}),
    ],
    ids=["mp4", "mp4 index first", "mp4 in fragments", "mov", "mkv", "webm", "avi"],
)
def test_cut_off_anywhere(tmp_path: Path, ending: str, codec: str, options: dict[str, str]) -> None:
    """Wherever a file is cut, it is refused plainly, or read up to there with a warning."""
    path = tmp_path / f"a.{ending}"
    write_video(path, codec=codec, frames=30, size=(160, 120), gop=8, mux_options=options)
    whole = path.read_bytes()
    cuts = np.linspace(1, len(whole) - 1, 35).astype(int)
    counts = []
    for cut in cuts:
        path.write_bytes(whole[:cut])
        try:
            numbers, warning = shown(path)
        except VideoError as error:
            assert "cut off" in str(error) or cut < 40, str(error)
        else:
            assert "The end of this file cannot be read" in warning
            assert numbers[:-1] == list(range(len(numbers) - 1))  # the last picture may be half
            counts.append(len(numbers))
    assert counts == sorted(counts)


@pytest.mark.parametrize("filling", ["zeros", "noise"])
@pytest.mark.parametrize(
    ("ending", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mjpeg")]
)
def test_tail_overwritten(tmp_path: Path, ending: str, codec: str, filling: str) -> None:
    path = tmp_path / f"a.{ending}"
    faststart = {"movflags": "+faststart"} if ending == "mp4" else {}
    write_video(path, codec=codec, frames=60, gop=6, mux_options=faststart)
    file = path.read_bytes()
    kept = len(file) * 6 // 10
    rest = len(file) - kept
    noise = np.random.default_rng(0).bytes(rest) if filling == "noise" else bytes(rest)
    path.write_bytes(file[:kept] + noise)
    numbers, warning = shown(path)
    assert 20 < len(numbers) < 50
    assert numbers[:-1] == list(range(len(numbers) - 1))
    assert "cannot be read" in warning


def test_a_damaged_time_stamp_does_not_make_a_year_of_video(tmp_path: Path) -> None:
    starts = np.arange(50) / 25
    starts[30:] += 20_000_000
    path = write_video(tmp_path / "a.mkv", times=starts)
    numbers, warning = shown(path)
    assert numbers == list(range(30)) and "times in this file are damaged" in warning
    assert read_index(path).duration < 2


def test_pictures_that_cannot_be_decoded_are_no_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", codec="mjpeg", frames=40)
    _overwrite_pictures(path, (20, 21, 22))
    index = read_index(path)
    seen = [read_barcode(picture) for picture in frames(path, index, np.arange(index.frame_count))]
    assert seen == [*range(20), *range(23, 40)]
    np.testing.assert_allclose(index.times[19:22] * 25, [19, 23, 24])


def test_damage_after_import_repeats_the_picture_before(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", codec="mjpeg", frames=40)
    index = read_index(path)
    _overwrite_pictures(path, (20, 21, 22))
    seen = [read_barcode(picture) for picture in frames(path, index, np.arange(40))]
    assert seen == [*range(20), 19, 19, 19, *range(23, 40)]


def _overwrite_pictures(path: Path, numbers: tuple[int, ...]) -> None:
    file = bytearray(path.read_bytes())
    first = file.find(b"movi")
    starts = [at for at in range(first, len(file)) if file[at : at + 4] == b"00dc"][:40]
    for number in numbers:
        start = starts[number] + 8
        file[start : starts[number + 1]] = bytes(starts[number + 1] - start)
    path.write_bytes(file)
