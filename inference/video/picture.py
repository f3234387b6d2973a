"""What the pictures of a file look like: size, turn, codec, container."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

from inference.video.errors import VideoError
from inference.video.source import NO_FRAMES, Alive, open_source, unwatched


@dataclass(frozen=True)
class Picture:
    """Width and height as displayed; `rotation` in degrees clockwise, one of 0, 90, 180, 270."""

    width: int
    height: int
    rotation: int
    codec: str
    container: str
    pixel_format: str
    has_audio: bool


def read_picture(path: Path, alive: Alive = unwatched) -> Picture:
    """Looks at the first picture that can be decoded; raises VideoError where there is none."""
    with open_source(path, threaded=False) as source:
        container, stream = source.container, source.stream
        kind = _container_kind(path, container.format.name, container.metadata)
        has_audio = len(container.streams.audio) > 0
        codec = stream.codec_context.codec.canonical_name
        aspect = stream.sample_aspect_ratio or Fraction(1)
        frame = next(islice(source.decoded(alive), 1), None)
        if frame is None:
            raise VideoError(NO_FRAMES)
        rotation = round(-frame.rotation / 90) * 90 % 360
        wide, high = frame.width, frame.height
        pixel_format = frame.format.name
    wide = max(1, round(wide * aspect)) if 0 < aspect < 16 else wide
    width, height = (high, wide) if rotation % 180 else (wide, high)
    return Picture(width, height, rotation, codec, kind, pixel_format, has_audio)


def _container_kind(path: Path, name: str, metadata: dict[str, str]) -> str:
    if name.startswith("matroska"):
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(128) else "matroska"
    if name.startswith("mov"):
        return "mov" if metadata.get("major_brand", "qt").startswith("qt") else "mp4"
    return name
