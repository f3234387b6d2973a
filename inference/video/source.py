"""Opening a video file safely and decoding it past damage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from inference.video.complete import kind_of
from inference.video.errors import VideoError

#: Called now and then while decoding goes on; may raise `Cancelled`.
Alive = Callable[[], None]

# Only these: other demuxers read playlists, pictures and text, some of them other files as well.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"

NOT_A_VIDEO = (
    "This file is not an MP4, MOV, AVI, MKV or WebM video. Export it as MP4 and import it again."
)
CUT_OFF = (
    "This video was cut off before it was complete and cannot be opened. "
    "Copy it again from the camera or phone."
)
DAMAGED = "This video is damaged and cannot be opened. Copy it again from the camera or phone."
NO_PICTURE = "This file has no video in it. Choose the file that holds the recording."
NO_FRAMES = "This video holds no pictures. Copy it again from the camera or phone."
GONE = "The file is no longer there. Import it again."
UNREADABLE = "The file cannot be read. Check that it may be opened and that its disk is connected."


def unwatched() -> None:
    """An `Alive` for work that is always short."""


@dataclass(frozen=True, eq=False)
class Source:
    """An open file and the one stream of it that is looked at."""

    container: InputContainer
    stream: VideoStream

    def decoded(self, alive: Alive = unwatched) -> Iterator[av.VideoFrame]:
        """Pictures in display order from where the file is, passing over what cannot be decoded.

        `alive` is called for every packet. Raises VideoError where the disk does not give the file.
        """
        try:
            for packet in self.container.demux(self.stream):
                alive()
                with suppress(av.error.FFmpegError):
                    yield from packet.decode()
        except (av.error.InvalidDataError, EOFError):
            return  # the container is damaged from here on
        except av.error.FFmpegError:
            raise VideoError(UNREADABLE) from None

    def seek(self, pts: int) -> None:
        """Goes to the key frame at or before `pts`, or to the start where there is no way to."""
        for target in (pts, min(0, pts)):
            try:
                self.container.seek(target, stream=self.stream)
                return
            except av.error.FFmpegError:
                continue


@contextmanager
def open_source(path: Path, *, threaded: bool = True) -> Iterator[Source]:
    """The file and its first moving picture stream; raises VideoError where there is none."""
    try:
        container = av.open(
            str(path),
            container_options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except av.error.FileNotFoundError:
        raise VideoError(GONE) from None
    except av.error.PermissionError:
        raise VideoError(UNREADABLE) from None
    except av.error.EOFError:
        raise VideoError(NO_FRAMES) from None
    except (av.error.FFmpegError, ValueError):
        raise VideoError(DAMAGED if kind_of(path) else NOT_A_VIDEO) from None
    with container:
        yield Source(container, _moving_picture(container, threaded))


def _moving_picture(container: InputContainer, threaded: bool) -> VideoStream:
    cover = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if not streams:
        raise VideoError(NO_PICTURE)
    stream = streams[0]
    if stream.codec_context is None:
        raise VideoError(
            "The pictures in this video are stored in a way that cannot be read here. "
            "Export it as MP4 (H.264) and import it again."
        )
    stream.thread_type = "AUTO" if threaded else "SLICE"
    return stream
