"""Small real video files for tests, each frame carrying its own number as a barcode."""

import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder greets on stderr otherwise

ROWS, COLUMNS = 4, 5
#: Left, top, right and bottom of the barcode as fractions of the picture.
Region = tuple[float, float, float, float]
WHOLE: Region = (0.0, 0.0, 1.0, 1.0)

BLACK, WHITE = 24, 232


def _cells(number: int) -> NDArray[np.bool_]:
    """(4, 5) white cells: white reference, 16 bits, parity, its opposite, black reference."""
    bits = [number >> k & 1 for k in range(16)]
    parity = sum(bits) % 2
    return np.array([1, *bits, parity, 1 - parity, 0], bool).reshape(ROWS, COLUMNS)


def _edges(extent: int, start: float, end: float, count: int) -> NDArray[np.int64]:
    return np.rint(np.linspace(start * extent, end * extent, count + 1)).astype(np.int64)


def draw_barcode(rgb: NDArray[np.uint8], number: int, region: Region = WHOLE) -> None:
    """Draws `number` (0 to 65535) over `region` of the picture (h, w, 3), in place."""
    if not 0 <= number < 1 << 16:
        raise ValueError(f"a barcode holds 0 to 65535, not {number}")
    left, top, right, bottom = region
    y = _edges(rgb.shape[0], top, bottom, ROWS)
    x = _edges(rgb.shape[1], left, right, COLUMNS)
    for (row, column), white in np.ndenumerate(_cells(number)):
        rgb[y[row] : y[row + 1], x[column] : x[column + 1]] = WHITE if white else BLACK


def read_barcode(rgb: NDArray[np.uint8], region: Region = WHOLE) -> int:
    """The number drawn in a picture (h, w, 3 or more) of any size: decoded, a canvas, a screenshot.

    Raises ValueError where there is none, or where the picture lies on its side or upside down.
    """
    left, top, right, bottom = region
    y = np.linspace(top * rgb.shape[0], bottom * rgb.shape[0], ROWS + 1)
    x = np.linspace(left * rgb.shape[1], right * rgb.shape[1], COLUMNS + 1)
    grey = np.empty((ROWS, COLUMNS))
    for row in range(ROWS):
        for column in range(COLUMNS):
            y0, y1 = np.interp([0.3, 0.7], [0, 1], y[row : row + 2])
            x0, x1 = np.interp([0.3, 0.7], [0, 1], x[column : column + 2])
            cell = rgb[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1, :3]
            grey[row, column] = cell.mean()
    white, black = grey[0, 0], grey[-1, -1]
    if white - black < 60:
        raise ValueError("there is no barcode here, or it is not upright")
    bits = (grey > (white + black) / 2).ravel()
    number = int(sum(int(bit) << k for k, bit in enumerate(bits[1:17])))
    if not np.array_equal(bits.reshape(ROWS, COLUMNS), _cells(number)):
        raise ValueError("the barcode is damaged")
    return number


def barcode_picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (height, width, 3) that is all barcode; `size` is (width, height)."""
    rgb = np.empty((size[1], size[0], 3), np.uint8)
    draw_barcode(rgb, number)
    return rgb


def plain_picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A grey picture whose brightness changes slowly with `number`."""
    return np.full((size[1], size[0], 3), 60 + number % 120, np.uint8)


def write_video(
    path: Path,
    *,
    codec: str = "libx264",
    container: str | None = None,
    fps: Fraction | float = 25,
    frames: int = 50,
    times: Sequence[float] | NDArray[np.float64] | None = None,
    size: tuple[int, int] = (320, 240),
    rotation: int = 0,
    start_offset: float = 0.0,
    audio: bool = False,
    barcode: bool = True,
    gop: int = 12,
    b_frames: int = 0,
    pixel_format: str | None = None,
    options: dict[str, str] | None = None,
    mux_options: dict[str, str] | None = None,
    pixel_aspect: tuple[int, int] | None = None,
    pictures: Iterable[NDArray[np.uint8]] | None = None,
) -> Path:
    """Writes a video whose frame n, in display order, shows the barcode n; returns `path`.

    codec: an encoder: libx264, libx265, mpeg4, mjpeg, libvpx, libvpx-vp9, libsvtav1, ...
    container: mp4, mov, avi, matroska, webm; None goes by the name of the file.
    times: seconds at which the frames start, for a variable frame rate (not in AVI); without it
        there are `frames` frames at `fps`. The last of them is followed by no end.
    size: width and height as displayed, after `rotation` degrees clockwise were applied.
    start_offset: seconds by which the first frame comes after the start of the file.
    audio: adds a quiet tone of the same length.
    gop: frames from one key frame to the next; b_frames: how many B-frames may follow each other.
    options, mux_options: of the encoder and of the container.
    pixel_aspect: width to height of a pixel that is not square.
    pictures: upright pictures (h, w, 3) to use in place of barcodes.
    """
    rate = Fraction(fps).limit_denominator(1001)
    if times is None:
        time_base = 1 / rate
        offset = round(start_offset * rate)
        pts = [offset + n for n in range(frames)]
    else:
        time_base = Fraction(1, 30000)
        pts = [round((start_offset + t) / time_base) for t in times]
    draw = barcode_picture if barcode else plain_picture
    source = iter(pictures) if pictures is not None else (draw(n, size) for n in range(len(pts)))

    with av.open(path, "w", format=container, options=mux_options) as file:
        stream = file.add_stream(codec, rate=rate, options=_encoder_options(codec, options))
        assert isinstance(stream, av.VideoStream)
        sideways = rotation % 180 != 0
        stream.width, stream.height = size[::-1] if sideways else size
        stream.pix_fmt = pixel_format or ("yuvj420p" if codec == "mjpeg" else "yuv420p")
        stream.codec_context.time_base = time_base
        stream.gop_size = gop
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = Fraction(*pixel_aspect)
        if codec in ("libx264", "libx265", "mpeg4", "libvpx-vp9"):
            stream.codec_context.max_b_frames = b_frames
        if rotation:
            stream.set_display_rotation(-rotation)
        sound = None
        if audio:
            webm = path.suffix == ".webm" or container == "webm"
            sound = file.add_stream("libopus" if webm else "aac", rate=48000, layout="mono")
            assert isinstance(sound, av.AudioStream)
        for number, picture in zip(pts, source, strict=True):
            stored = np.ascontiguousarray(np.rot90(picture, rotation // 90))
            frame = av.VideoFrame.from_ndarray(stored, format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = number, time_base
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        if sound is not None:
            end = float((pts[-1] + 1) * time_base)
            _write_tone(file, sound, end)
    return path


#: Kinds of recordings that a player has to show right, and how `write_recording` makes them.
RECORDINGS: dict[str, dict[str, Any]] = {
    "constant": {"fps": 25},
    "variable": {"gaps": (1 / 60, 1 / 30, 1 / 24, 1 / 15, 0.11)},
    "b_frames": {"fps": 30, "b_frames": 3, "gop": 30, "audio": True},
    "10 fps": {"fps": 10, "gop": 10},
    "120 fps": {"fps": 120, "gop": 60, "b_frames": 2},
    "29.97": {"fps": Fraction(30000, 1001), "gop": 30},
    "start offset": {"fps": 25, "start_offset": 1.3, "b_frames": 2, "gop": 48},
    "rotated": {"fps": 30, "rotation": 90},
}


def write_recording(folder: Path, kind: str, frames: int) -> Path:
    """A small recording of one of the `RECORDINGS`, frame n showing the barcode n."""
    how = dict(RECORDINGS[kind])
    gaps = how.pop("gaps", None)
    if gaps is not None:
        drawn = np.random.default_rng(4).choice(gaps, frames - 1)
        how["times"] = np.concatenate([[0], np.cumsum(drawn)])
    path = folder / f"{kind.replace(' ', '_').replace('.', '_')}.mp4"
    return write_video(path, frames=frames, size=(160, 120), **how)


def _encoder_options(codec: str, options: dict[str, str] | None) -> dict[str, str]:
    quick = {
        "libx264": {"preset": "veryfast", "crf": "20"},
        "libx265": {"preset": "ultrafast", "crf": "20", "x265-params": "log-level=error"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8", "b": "1M", "threads": "1"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "1M", "threads": "1"},
        "libsvtav1": {"preset": "8", "crf": "20"},
        "mpeg4": {"qscale": "3", "b": "3M"},
        "mjpeg": {"qscale": "3"},
    }
    return {**quick.get(codec, {}), **(options or {})}


def _write_tone(
    file: "av.container.OutputContainer", stream: "av.AudioStream", seconds: float
) -> None:
    block = 960
    for start in range(0, max(block, int(seconds * 48000)), block):
        at = (start + np.arange(block)) / 48000
        tone = (1000 * np.sin(2 * np.pi * 330 * at)).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, start
        frame.time_base = Fraction(1, 48000)
        file.mux(stream.encode(frame))
    file.mux(stream.encode())
